"""`actbench translate`: every row of its table is run, and so is each expression."""

import json

import numpy as np
import pytest

from actbench.activations.foreign.calls import parse_call
from actbench.activations.foreign.meanings import complete, meaning_of
from actbench.activations.foreign.signatures import VECTOR_NAMES, Required
from actbench.activations.foreign.table import SIGNATURES
from actbench.cli import main
from actbench.deployment.translation import measured, measurement, translate
from actbench.deployment.translation.expressions import TEMPLATES, expression
from actbench.deployment.translation.runs import GRID, Code, can_run, run_one
from actbench.frameworks.counterparts import bind, value_and_derivative_at
from tests.conftest import FULL

EXACT = [
    ("nn.LeakyReLU()", "keras", "keras.layers.LeakyReLU(negative_slope=0.01)"),
    (
        "nn.PReLU()", "keras",
        "keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25))",
    ),
    ("nn.ELU(1.3)", "onnx", "op.Elu(x, alpha=1.3)"),
    ("nn.Hardswish()", "jax", "jax.nn.hard_silu(x)"),
    ("nn.GLU()", "keras", "keras.activations.glu(x)"),
    ("nn.GELU('tanh')", "jax", "jax.nn.gelu(x)"),
    ("keras.layers.LeakyReLU()", "torch", "torch.nn.LeakyReLU(negative_slope=0.3)"),
    ("jax.nn.gelu", "tf", "tf.nn.gelu(x, approximate=True)"),
    ("nn.Hardtanh(0, 6)", "tf", "tf.nn.relu6(x)"),
    ("hf:gelu_new", "torch", "torch.nn.functional.gelu(x, approximate='tanh')"),
    ("onnx:HardSigmoid(alpha=1/6)", "torch", "torch.nn.functional.hardsigmoid(x)"),
]  # fmt: skip

EXPRESSIONS = [
    ("nn.Softplus(beta=2)", "keras", "keras.activations.softplus(2 * x) / 2"),
    ("nn.ELU(1.3)", "tf", "tf.where(x > 0, x, 1.3 * tf.nn.elu(x))"),
    ("hf:relu2", "torch", "torch.nn.functional.relu(x) ** 2"),
    ("F.mish(x)", "tf", "x * tf.tanh(tf.nn.softplus(x))"),
]

SPELLINGS = [
    ("layers.leakyrelu", "leaky_relu(negative_slope=0.3)"),
    ("tf.keras.layers.ELU(1.3)", "elu(alpha=1.3)"),
    ("F.elu(x, 1.3)", "elu(alpha=1.3)"),
    ("nn.ELU(1.3)(x)", "elu(alpha=1.3)"),
    ("onnx:Elu(alpha=2)", "elu(alpha=2)"),
    ("ACT2FN['quick_gelu']", "quick_gelu"),
    ("timm.hard_mish", "hard_mish"),
    ("torch.nn.relu", "relu"),
]

# Values of parameters that differ from all defaults; those of `when` come first.
VALUES = {
    "alpha": 1.3, "axis": -1, "b": 2.0, "beta": 1.7, "clip_value_max": 3.0,
    "clip_value_min": -2.0, "default_value": 0.3, "dim": -1, "gamma": 1.2, "high": 3.0,
    "init": 0.4, "lambd": 0.7, "low": -2.0, "lower": 0.1, "max": 3.0, "max_val": 3.0,
    "max_value": 3.0, "min": -2.0, "min_val": -2.0, "negative_slope": 0.15, "slope": 0.15,
    "threshold": 0.8, "upper": 0.4, "value": 0.3, "x_max": 3.0, "x_min": -2.0,
}  # fmt: skip
INITIALISER = "keras.initializers.Constant(0.4)"
LIBRARY = {"keras": "tensorflow", "tf": "tensorflow", "torch": "torch", "jax": "jax"}
ROWS = [(row, meaning) for row in SIGNATURES for meaning in row.meanings]
SCALAR = [
    pytest.param(row, meaning, id=f"{row.name}-{meaning.function[:24]}")
    for row, meaning in ROWS
    if meaning.function not in VECTOR_NAMES and row.framework not in {"hf", "timm"}
]
VECTOR = [
    pytest.param(row, meaning, id=f"{row.name}-{meaning.function}")
    for row, meaning in ROWS
    if meaning.function in VECTOR_NAMES and row.framework in LIBRARY
]


def require(framework):
    if not can_run(framework):
        pytest.skip(f"{framework} is not installed")


def call_of(row, meaning):
    """Return a call that has a meaning, with other values than the defaults."""
    arguments = dict(meaning.when)
    for source in meaning.parameters.values():
        if source == "alpha_initializer":
            arguments[source] = INITIALISER
        elif isinstance(source, str):
            arguments[source] = VALUES[source]
    for name, default in row.parameters.items():
        assert default is not Required or name in arguments
    given = ", ".join(f"{k}={v if v == INITIALISER else repr(v)}" for k, v in arguments.items())
    return f"{row.name}({given})"


def code_of(row, meaning):
    """Return the function that a call should compute, and source code that runs it."""
    source = translate(call_of(row, meaning), ["keras"])[0].sources[0]
    assert source.signature == row
    return source


def check(code, function, *, slopes=True):
    """Run source code, and compare values and derivatives with a record."""
    record = function.record
    kinks = [kink.x for kink in record.kinks]
    near = [x + step for x in kinks for step in (-1e-3, 1e-3)]
    points = sorted({*np.linspace(-7.03, 7.01, 40).tolist(), *near})
    found = run_one(Code(code.framework, code.text, tuple(points)))
    jumps = np.zeros(len(GRID), bool)
    for x in kinks:
        jumps |= np.isclose(GRID, x)
    for dtype, step in (("float32", 2e-5), ("float16", 2e-2)):
        if dtype not in found.values:
            assert code.framework == "onnx"
            assert "Celu" in code.text  # ONNX has it in float32 only
            continue
        wanted = record(GRID.astype(dtype).astype(np.float64))
        scale = np.maximum(1, np.abs(wanted))
        errors = np.abs(found.values[dtype] - wanted) / scale
        assert np.max(errors[~jumps]) < step, dtype
    if slopes:
        wanted = record.derivative(np.array(points, np.float32).astype(np.float64))
        assert found.slopes is not None
        np.testing.assert_allclose(found.slopes, wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("row", "meaning"), SCALAR)
def test_each_row_computes_its_function(row, meaning):
    require(row.framework)
    source = code_of(row, meaning)
    check(Code(row.framework, source.code), source.function, slopes=row.framework != "onnx")


@pytest.mark.parametrize(("row", "meaning"), VECTOR)
def test_each_row_computes_its_function_of_vectors(row, meaning):
    require(row.framework)
    call = parse_call(call_of(row, meaning))
    function, _ = meaning_of(row, call)
    vectors = np.linspace(-7.03, 7.01, 400, dtype=np.float32).reshape(5, 4, 5, 4)
    axis = int(function.parameters["axis"])
    value, _ = value_and_derivative_at(
        bind(row.name, dict(call.keywords)), vectors, LIBRARY[row.framework]
    )
    wanted = VECTOR_NAMES[function.name](axis=axis)(vectors)
    np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("framework", ["keras", "tf", "jax", "torch", "onnx"])
@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_each_expression_computes_its_function(name, framework):
    require(framework)
    defaults = complete(name, {}).parameters
    if name in {"softplus", "swish", "elu", "celu", "leaky_relu", "threshold"}:
        changed = {k: VALUES["slope" if k == "negative_slope" else k] for k in defaults}
        function = complete(name, changed)
    else:
        function = complete(name, {k: v * 1.0 for k, v in defaults.items()})
    written = expression(function, framework)
    if written is None:
        pytest.skip("no expression is known")
    check(Code(framework, written.text), function, slopes=framework != "onnx")


def test_every_class_of_torch_is_known():
    module = pytest.importorskip("torch.nn.modules.activation")
    known = {row.name for row in SIGNATURES}
    unknown = {name for name in module.__all__ if f"torch.nn.{name}" not in known}
    assert unknown == {"MultiheadAttention"}  # a layer, no activation


@pytest.mark.parametrize(("call", "framework", "code"), EXACT + EXPRESSIONS)
def test_calls_are_translated(call, framework, code):
    (answer,) = translate(call, [framework])
    (found,) = answer.translations
    assert (found.code, found.exact) == (code, (call, framework, code) in EXACT)


@pytest.mark.parametrize(("call", "function"), SPELLINGS)
def test_calls_are_read_in_any_spelling(call, function):
    (answer,) = translate(call, ["keras"])
    assert str(answer.function) == function


def test_an_ambiguous_name_has_all_its_meanings():
    assert {answer.function.name for answer in translate("gelu")} == {"gelu", "gelu_tanh"}
    slopes = {a.function.parameters["negative_slope"] for a in translate("leaky_relu")}
    assert slopes >= {0.01, 0.2, 0.3}


@pytest.mark.parametrize(
    ("call", "part"),
    [
        ("nn.Softplu(2)", "torch.nn.Softplus"), ("nn.ELU(", "got 'nn.ELU('"),
        ("nn.ELU(1, 2, 3)", "at most 2"), ("nn.ELU(alpha=y)", "constant"),
        ("nn.Threshold(1)", "value"), ("nn.ELU(beta=1)", "alpha"), ("", "expected"),
        ("nn.ELU('a')", "expected"), ("nn.ELU(*a)", "expected"), ("nn.ELU(**a)", "expected"),
        ("nn.MultiheadAttention(8, 2)", "expected an activation"),
        ("F.elu(1.3)", "tensor"), ("keras.layers.ReLU(max_value=-1)", "expected"),
        ("nn.ELU(alpha=True and 1)", "expected"), ("nn.ELU(1/0)", "expected"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_one_line(call, part, capsys):
    assert main(["translate", call]) == 2
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert "expected" in message
    assert part in message


def test_a_framework_that_is_not_known_is_one_line(capsys):
    assert main(["translate", "gelu", "--to", "mxnet"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_derivatives_at_kinks_are_read_where_a_framework_is_not_installed(monkeypatch):
    monkeypatch.setattr(measurement, "can_run", lambda _: False)
    (answer,) = measured(translate("nn.LeakyReLU()", ["jax"]))
    (jax,) = answer.translations
    assert "f'(0) = 1, where torch.nn.LeakyReLU has 0.01" in jax.differences
    # The table has no derivatives at these limits.
    (answer,) = measured(translate("nn.Hardtanh(-2, 3)", ["jax"]))
    assert answer.translations[0].differences == ()


@pytest.mark.skipif(not FULL, reason="starts frameworks in processes")
@pytest.mark.parametrize(
    ("call", "framework", "difference"),
    [
        ("actbench.hard_tanh", "keras", "f'(-1) = 1, f'(1) = 1, where"),
        ("tf.clip_by_value(x, -2, 3)", "jax", "f'(-2) = 0.5, f'(3) = 0.5, where"),
        ("nn.Hardtanh(-2, 3)", "tf", "f'(-2) = 1, f'(3) = 1, where torch.nn.Hardtanh has 0, 0"),
        ("nn.LeakyReLU(0.2)", "jax", "f'(0) = 1, where torch.nn.LeakyReLU has 0.2"),
        ("nn.CELU(1.3)", "onnx", "it takes no float16"),
    ],
)
def test_derivatives_at_kinks_are_measured(call, framework, difference, capsys):
    require(framework)
    require("torch" if call.startswith("nn.") else "tf")
    assert main(["translate", call, "--to", framework, "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    (found,) = answer["translations"]
    assert [text for text in found["differences"] if text.startswith(difference)]
