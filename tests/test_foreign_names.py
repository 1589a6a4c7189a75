"""Names in any spelling and in other frameworks, in `get` and in the commands."""

import subprocess
import sys

import pytest

import actbench
from actbench.activations.counterparts import counterparts_of
from actbench.activations.foreign.names import own_name, resolve
from actbench.activations.foreign.prefixes import plain
from actbench.activations.foreign.signatures import Required
from actbench.activations.foreign.table import SIGNATURES
from actbench.cli import main
from actbench.cli.parameters import parse_activation
from actbench.errors import RequestError

OWN = (*actbench.names(), *actbench.vector_names())

# Keras's sparsemax has other values than the record.
ROWS = {
    (row.name, str(row.fixed), row.function): row for row in counterparts_of() if row.agrees
}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: f"{row.name}-{row.function}")
def test_every_counterpart_has_the_defaults_of_its_framework(row):
    given = {key: value for key, value in row.fixed.items() if key not in ("axis", "dim")}
    if row.function in actbench.vector_names():
        assert actbench.get_vector(row.name, **given).name == row.function
        return
    record = actbench.get(row.function)
    values = dict(record.parameters)
    for ours, theirs in row.parameters.items():
        if row.defaults[ours] is None:
            given[theirs] = values[ours]
        else:
            values[ours] = row.defaults[ours]
    found = actbench.get(row.name, **given)
    if row.name.rpartition(".")[2].lower() == "prelu":  # its slope is an initial value
        values = dict(found.parameters)
    assert found == actbench.get(row.function, **values)
    # The arguments of the call may also be given by the names of the record.
    same = {ours: values[ours] for ours in row.parameters}
    assert actbench.get(row.name, **row.fixed, **same) == found


WITHOUT_ARGUMENTS = [
    row
    for row in SIGNATURES
    if Required not in row.parameters.values() and row.name not in ("torch.clamp", "onnx.Clip")
]


@pytest.mark.parametrize("row", WITHOUT_ARGUMENTS, ids=lambda row: row.name)
def test_every_name_of_the_table_is_found_in_several_spellings(row):
    function = resolve(row.name, {})
    framework, _, rest = row.name.partition(".")
    assert resolve(f"{framework.upper()}.{rest}", {}) == function
    assert resolve(f"{framework}:{rest}", {}) == function
    assert resolve(f"{row.name}()", {}) == function
    long = {"tf": "tensorflow", "torch": "pytorch"}.get(framework, framework)
    assert resolve(f"{long}:{rest}", {}) == function


def test_the_spelling_of_own_names_is_unique():
    assert len({plain(name) for name in OWN}) == len(OWN)


@pytest.mark.parametrize("name", OWN)
def test_own_names_are_found_in_every_spelling(name):
    camel = "".join(part.capitalize() for part in name.split("_"))
    for spelling in (name.upper(), camel, name.replace("_", ""), name.replace("_", "-")):
        assert own_name(spelling) == name
    if name in actbench.names():
        assert actbench.get(camel) == actbench.get(name)
    else:
        assert actbench.get_vector(camel) == actbench.get_vector(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LeakyReLU", "leaky_relu(negative_slope=0.2)"),
        ("lrelu", "leaky_relu(negative_slope=0.2)"),
        ("nn.LeakyReLU", "leaky_relu(negative_slope=0.01)"),
        ("keras.layers.LeakyReLU", "leaky_relu(negative_slope=0.3)"),
        ("keras:LeakyReLU", "leaky_relu(negative_slope=0.3)"),
        ("keras:leaky_relu", "leaky_relu(negative_slope=0.2)"),
        ("nn.LeakyReLU(0.1)", "leaky_relu(negative_slope=0.1)"),
        ("ReLU6", "relu6"),
        ("GELU", "gelu"),
        ("torch:gelu", "gelu"),
        ("jax.nn.gelu", "gelu_tanh"),
        ("hardswish", "hard_silu"),
        ("identity", "linear"),
        ("keras:elu", "elu(alpha=1)"),
        ("softplus(beta=2)", "softplus(beta=2)"),
        ("actbench.mish", "mish"),
    ],
)
def test_the_rule_for_names(name, expected):
    assert str(actbench.get(name)) == expected


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("swich", {}, "did you mean swish"),
        ("Swich", {}, "did you mean swish"),
        ("keras:mosh", {}, "or keras.activations.mish"),
        ("nn.Softpluss", {}, "did you mean torch.nn.Softplus"),
        ("torch:softplus", {"gamma": 2}, "expected beta or threshold, got 'gamma'"),
        ("torch:threshold", {}, "expected a value of threshold, got none"),
        ("elu(1.3)", {}, "expected parameters by name"),
        ("keras:silu", {"beta": 2}, "expected none, got 'beta'"),
        ("torch:softmax", {}, "use actbench.get_vector('softmax')"),
        ("Softmax", {}, "use actbench.get_vector('softmax')"),
        ("LeakyReLU", {"negative_slope": "steep"}, "expected a finite real number"),
    ],
)
def test_wrong_names_get_one_line(name, given, text):
    with pytest.raises(RequestError) as error:
        actbench.get(name, **given)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["show", "torch:softplus beta=2"], "softplus(beta=2)"),
        (["show", "torch:softplus", "beta=2"], "softplus(beta=2)"),
        (["show", "swish beta=2"], "swish(beta=2)"),
        (["show", "nn.LeakyReLU"], "leaky_relu(negative_slope=0.01)"),
        (["show", "torch:gelu", "approximate=tanh"], "gelu_tanh"),
        (["show", "tensorflow:gelu", "approximate=True"], "gelu_tanh"),
        (["show", "nn.LogSoftmax"], "log_softmax"),
        (
            ["translate", "lrelu", "--to", "tensorflow", "--no-run"],
            "actbench.get('leaky_relu')",
        ),
    ],
)
def test_commands_accept_names_of_frameworks(words, first, capsys):
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[0] == first


def test_tables_and_runs_accept_names_of_frameworks(capsys):
    assert main(["table", "keras:LeakyReLU", "--input-range", "-8,8"]) == 0
    assert "leaky_relu(negative_slope=0.3)" in capsys.readouterr().err
    assert str(parse_activation("nn.Softplus beta=2")) == str(
        parse_activation("softplus beta=2")
    )
    assert main(["list", "--in", "tf"]) == 0
    listed = capsys.readouterr().out
    assert main(["list", "--in", "tensorflow"]) == 0
    assert capsys.readouterr().out == listed


def test_import_does_not_read_the_tables_of_frameworks():
    program = (
        "import sys, actbench; actbench.get('mish');"
        "sys.exit('actbench.activations.foreign.table' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603
