"""`actbench audit`: targets, exit status, output, documents and figures."""

import json
import re

import numpy as np
import pytest

import actbench
from actbench.activations.counterparts import FRAMEWORKS
from actbench.activations.record import Counterpart
from actbench.cli import main
from actbench.conformance import documents
from actbench.conformance.audit import audit
from actbench.conformance.findings import FAIL, STRICT
from actbench.conformance.measurements import EAGER, measure
from actbench.conformance.targets.inventory import inventory
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.target import NotInstalledError, Target
from actbench.frameworks.libraries import DTYPES, LIBRARIES, installed
from tests.conftest import FULL


def relu(x):
    """ReLU for NumPy arrays."""
    return np.maximum(x, 0)


def swish_like(x):
    """x times the sigmoid of x, by Keras."""
    import keras

    return x * keras.ops.sigmoid(x)


def takes_nothing(x):
    """A function that takes the tensors of no library."""
    raise TypeError(f"{type(x).__name__} is not supported")


def one_target(*words, **options):
    """Return the one target of these words."""
    (target,) = parse_targets(words, **options)
    assert isinstance(target, Target)
    return target


def test_a_conforming_target_exits_0_and_prints_and_draws_its_errors(tmp_path, capsys):
    assert main(["audit", "relu", "--figure", str(tmp_path / "relu.png")]) == 0
    # The figures of NumPy and TensorFlow have different names.
    assert len(list(tmp_path.glob("relu-*.png"))) == 2
    out = capsys.readouterr().out
    assert "tolerance in ULP of normal results: value 4" in out
    assert out.count("conforms (") == 2  # NumPy and TensorFlow
    assert "f'(0) = 0, the left derivative in [0, 1]" in out


def test_a_failing_target_exits_1_and_prints_the_worst_input_and_a_reproducer(tmp_path, capsys):
    path = tmp_path / "celu.svg"
    assert main(["audit", "keras:celu", "--figure", str(path)]) == 1
    out, err = capsys.readouterr()
    assert str(path) in err
    text = path.read_text()
    for dtype in DTYPES:
        for order in ("value", "derivative"):
            assert f"<!-- {order}, {dtype} -->" in text
    assert re.search(r"FAIL derivative, float32: [\d,]+ of 38\d,\d+ inputs", out)
    assert re.search(r"float64: \d{2,3},\d{3} inputs, random numbers of each exponent", out)
    assert "x = 0.0 (0x00000000): got 2.0, expected 1" in out
    assert "print(t1.gradient(y, x)[0])" in out
    assert "DOES NOT CONFORM: wrong in the ordinary range (derivative)" in out


def test_json_prints_only_the_documents(capsys):
    assert main(["audit", "tf:relu", "keras:relu6", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [document["target"] for document in found] == ["tf:relu", "keras:relu6"]
    assert {finding["outcome"] for finding in found[0]["findings"]} <= {"ok", "skipped"}


@pytest.mark.parametrize(
    ("function", "options", "status"),
    [
        ("relu", ["--as", "relu"], 0),
        ("relu", ["--formula", "max(x, 0)"], 0),
        ("relu", ["--as", "linear"], 1),
        ("swish_like", ["--as", "swish"], 1),
    ],
)
def test_a_user_function_is_compared_with_a_name_or_a_formula(
    function, options, status, capsys
):
    assert main(["audit", f"tests.test_audit_command:{function}", *options]) == status
    library = "numpy" if function == "relu" else "tensorflow"
    assert f"on {library}" in capsys.readouterr().out


def test_settings_belong_to_the_target_before_them():
    found = parse_targets(["keras:elu", "alpha=0.5", "leaky_relu", "negative_slope=0.3"])
    expected = [str(target.expected) for target in found if isinstance(target, Target)]
    leaky = "leaky_relu(negative_slope=0.3)"
    assert expected == ["elu(alpha=0.5)", leaky, leaky]
    leaky = one_target("keras:leaky_relu", expected="leaky_relu negative_slope=0.01")
    assert str(leaky.expected) == "leaky_relu(negative_slope=0.01)"


def test_arguments_select_the_record_of_a_framework_function():
    assert one_target("keras:gelu").expected == actbench.get("gelu")
    assert one_target("keras:ops.gelu").expected == actbench.get("gelu_tanh")
    assert one_target("keras:gelu", "approximate=True").expected == actbench.get("gelu_tanh")
    assert one_target("keras:PReLU").expected == actbench.get("prelu", alpha=0)


USER = "tests.test_audit_command"
FIGURE = "/proc/no/figure.png"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "expected a TARGET such as torch:gelu, or --all, got neither"),
        (["mosh"], "did you mean mish"),
        (["keras:mosh"], "did you mean mish"),
        (["keras:mosh", "--as", "mish"], "expected a function of keras, got 'mosh'"),
        (["nowhere:f"], "that can be imported, got ModuleNotFoundError"),
        (["math:nothing"], "expected an attribute of math, got 'nothing'"),
        ([f"{USER}:relu"], "expected --as NAME or --formula TEXT"),
        ([f"{USER}:takes_nothing", "--as", "relu"], "got a function that takes none of them"),
        (["formula:x +"], "formula"),
        (["beta=1", "mish"], "expected a target before the first setting, got none"),
        (["mish", "gamma=1"], "parameter of mish: expected none, got 'gamma'"),
        (["relu", "--as", "relu", "--formula", "x"], "expected one of them, got both"),
        (["relu", "--ulp", "0.1"], "expected a finite number of at least 0.5 ULP"),
        (["relu", "--ulp", "inf"], "expected a finite number of at least 0.5 ULP"),
        (["relu", "--timeout", "0"], "--timeout: expected a number of seconds above 0"),
        (["relu", "--timeout", "nan"], "--timeout: expected a number of seconds above 0"),
        (["relu", "--timeout", "1e300"], "--timeout: expected a number of seconds above 0"),
        (["relu", "--device", "moon"], "moon"),
        (["relu", "--device", "cuda"], "device of tensorflow: expected cpu, got 'cuda'"),
        (["--all", "relu"], "got 'relu'"),
        (["--all", "--exhaustive"], "--all and --exhaustive: expected one of them, got both"),
        (["relu", "--figure", FIGURE], "expected a path that can be written"),
        (["keras:gelu", "beta=1"], "for which a record is known, got beta=1"),
        (["keras:elu", "foo=1", "--as", "elu"], "got foo"),
        (["keras:backend", "--as", "elu"], "expected a function or a layer, got a module"),
        (["relu", "--as", ""], "--as: expected a name of `actbench list`, got ''"),
        (["relu", "--compiled"], "--compiled: expected --exhaustive as well"),
    ],
)
def test_a_wrong_request_exits_2_with_one_line(words, text, capsys):
    assert main(["audit", *words]) == 2
    err = capsys.readouterr().err
    assert text in err
    assert err.count("\n") == 1
    assert len(err) < 1500


def test_a_target_of_a_missing_framework_is_skipped(capsys, monkeypatch):
    monkeypatch.setattr(
        "actbench.conformance.targets.framework_targets.installed",
        lambda package: package != "torch",
    )
    assert main(["audit", "torch:gelu", "tf:relu"]) == 0
    err = capsys.readouterr().err
    assert "torch:gelu: expected torch to be installed, got no such package" in err
    assert main(["audit", "torch:gelu"]) == 2
    assert isinstance(parse_targets(["torch:gelu"])[0], NotInstalledError)


def test_a_document_is_read_as_it_was_written(tmp_path):
    target = one_target("keras:mish")
    found = audit(target, measurements=measure(target, dtypes=("float32",), modes=(EAGER,)))
    documents.write(tmp_path, found)
    again, faults = documents.read(tmp_path)
    assert not faults
    assert again == [found]
    assert again[0].to_dict() == found.to_dict()


def test_files_that_are_no_audits_are_faults(tmp_path):
    folder = tmp_path / documents.FOLDER
    folder.mkdir()
    (folder / "other.json").write_text('{"schema": 99}')
    (folder / "broken.json").write_text('{"sch')
    (folder / "list.json").write_text("[]")
    found, faults = documents.read(tmp_path)
    assert not found
    assert [fault.path.stem for fault in faults] == ["broken", "list", "other"]


def test_a_document_of_schema_1_is_migrated(tmp_path):
    worst = {"x": "0.0", "bits": "0x0000", "got": "2.0", "wanted": "1", "ulp": 1024.0}
    verdicts = [
        {
            "check": "derivative",
            "outcome": "fails",
            "text": "beside a joint",
            "dtype": "float16",
            "mode": "eager",
            "ulp": 1024.0,
            "apart": {"subnormal": 0.25, "beside a joint": 1024.0},
            "failing": 2,
            "checked": 63488,
            "worst": worst,
            "reproducer": "import keras",
        },
        {"check": "kept for backward", "outcome": "ok", "bytes_per_element": 4.0},
    ]
    old = {
        "target": "keras:celu", "place": "keras.activations.celu", "package": "keras",
        "library": "tensorflow", "device": "cpu", "expected": "celu(alpha=1)", "formula": "x",
        "tolerance": STRICT._asdict(), "verdicts": verdicts, "versions": {"keras": "3.15.1"},
        "machine": {}, "started": "2026-01-01T00:00:00+00:00", "seconds": 1.0, "schema": 1,
    }  # fmt: skip
    path = tmp_path / documents.FOLDER / "celu.json"
    path.parent.mkdir()
    path.write_text(json.dumps(old))
    (found,), faults = documents.read(tmp_path)
    assert not faults
    assert (found.location, found.schema) == ("keras.activations.celu", 3)
    derivative, memory = found.findings
    assert (derivative.outcome, derivative.failing, derivative.ulp) == (FAIL, 2, 1024.0)
    assert derivative.other_errors == {"subnormal result": 0.25, "near a breakpoint": 1024.0}
    assert derivative.detail == "largest error: near a breakpoint"
    assert derivative.worst is not None
    assert (derivative.worst.got, derivative.worst.expected) == ("2.0", "1")
    assert (memory.check, memory.bytes_per_element) == ("bytes kept for backward", 4.0)


def test_all_writes_a_document_for_each_function(tmp_path, capsys, monkeypatch):
    known = {
        entry.counterpart.name: entry
        for entry in inventory(("tensorflow", "keras"))
        if entry.counterpart
    }
    few = [known["tf.nn.relu"], known["keras.activations.celu"]]
    few.append(few[0]._replace(counterpart=Counterpart("tf.nn.gone")))
    monkeypatch.setattr("actbench.conformance.targets.inventory.inventory", lambda _: few)
    assert main(["audit", "--all", "--store", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "1 of 2 functions conform" in out
    assert "[2/3] keras:celu" in err
    assert "tf.nn.gone" in err
    assert "this function is skipped" in err
    assert len(list((tmp_path / "audit").rglob("*.json"))) == 2


def test_the_inventory_is_sorted_by_package():
    packages = [entry.package for entry in inventory()]
    assert packages == sorted(packages, key=["actbench", *FRAMEWORKS].index)
    assert {"actbench", "keras", "tensorflow"} <= set(packages)
    found = inventory(("actbench",))[1]
    assert found.target().library.name == "tensorflow"


REPRODUCED = ["keras:celu", "tf:silu", "keras:LeakyReLU"]


@pytest.mark.parametrize("words", REPRODUCED if FULL else REPRODUCED[:1])
def test_reproducers_are_three_lines_that_print_the_result_of_the_audit(words, capsys):
    findings = [f for f in audit(one_target(words)).failures if f.reproducer]
    assert len({finding.mode for finding in findings}) == 2
    for finding in findings:
        assert len(finding.reproducer.splitlines()) == 3
        exec(finding.reproducer, {})  # noqa: S102 - the lines above
        printed = capsys.readouterr().out
        number = re.search(r"(?:tf.Tensor\()?(\S+?)[,)\s]", printed)
        assert number, printed
        dtype = DTYPES[finding.dtype].type
        assert finding.worst
        expected, got = (float(dtype(float(text))) for text in (finding.worst.got, number[1]))
        assert got == pytest.approx(expected, rel=1e-6, nan_ok=True), finding


def test_bytes_kept_are_those_of_the_saved_tensors():
    relu6 = one_target("tf:relu6")
    mish = one_target("keras:mish")
    library = LIBRARIES["tensorflow"]()
    assert library.bytes_kept(relu6.make("float32"), "float32") == 4
    assert library.bytes_kept(mish.make("float32"), "float32") == 8
    assert library.bytes_kept(actbench.get("mish"), "float32") == 4
    assert library.bytes_kept(actbench.get("mish"), "float16") == 2


def test_a_document_states_tolerance_and_expected_activation():
    target = one_target("tf:relu")
    measurements = measure(target, dtypes=("float16",), modes=(EAGER,))
    found = audit(target, STRICT._replace(value=1.0), measurements=measurements)
    document = found.to_dict()
    assert document["tolerance"] == {
        "value": 1.0,
        "derivative": 16.0,
        "second_derivative": 64.0,
    }
    assert document["expected"] == "relu"
    assert found.conforms


@pytest.mark.parametrize("package", ["torch", "jax", "mlx"])
def test_functions_of_other_frameworks_are_evaluated_and_differentiated(package):
    if not installed(package):
        pytest.skip(f"{package} is not installed")
    library = LIBRARIES[package]()
    target = one_target(f"{package}:tanh")
    with library.scope("float32"):
        x = np.linspace(-2, 2, 9, dtype=np.float32)
        for order, expected in enumerate((np.tanh(x), 1 / np.cosh(x) ** 2)):
            function = library.derivative(target.make("float32"), order)
            got = library.array(function(library.tensor(x)))
            np.testing.assert_allclose(got, expected, rtol=1e-5)
