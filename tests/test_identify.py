"""`actbench identify`: every record from its own formula, parameters, near misses, requests."""

import json
import os
import re
from functools import partial

import numpy as np
import pytest

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.cli import main
from actbench.conformance import inputs as input_module
from actbench.conformance.identification import agreement, command
from actbench.conformance.identification.features import features
from actbench.conformance.identification.fitting import FIT_INPUTS, fit
from actbench.errors import RequestError
from actbench.frameworks.libraries import installed
from tests.cases import SHIFTED
from tests.conftest import FULL
from tests.same_process import SameProcess

ALL = [*(kind() for kind in RECORDS), *SHIFTED]

NOT_UNIQUE = {
    "rrelu": "its slope is the mean of its two parameters",
    "acon_c": "it is the same function with p1 and p2 exchanged",
    "sinlu": "it is the same function at −a and −b",
}
"""Records with several parameters for one function ↦ the reason."""


@pytest.fixture(autouse=True)
def _few_inputs(monkeypatch):
    """Judge at few inputs, because this file has many functions."""
    original = input_module.inputs

    def few(activation, dtype):
        x = original(activation, dtype)
        return x[np.unique([*range(0, x.size, 40), x.size - 1, *np.flatnonzero(x == 0)])]

    monkeypatch.setattr(agreement, "inputs", few)
    monkeypatch.setattr(command, "IsolatedProcess", SameProcess)


def of_formula(activation):
    """Return the function of a record's formula, which is computed by other code."""
    return actbench.from_formula(activation.formula, **activation.parameters)


@pytest.mark.parametrize("activation", ALL, ids=str)
def test_the_parameters_of_each_record_are_found_from_its_formula(activation):
    function = of_formula(activation)
    numbers = features(function)
    x = np.union1d(FIT_INPUTS, [each for each in numbers if abs(each) <= 100])
    found = fit(type(activation), x, function(x), numbers, "float64", 2.0**-52).activation
    if activation.name in NOT_UNIQUE:
        np.testing.assert_allclose(found(x), activation(x), rtol=1e-14, atol=1e-14)
    else:
        assert found.parameters == pytest.approx(activation.parameters, rel=1e-14)


IDENTIFIED = ALL if FULL else ALL[::7]


@pytest.mark.parametrize("activation", IDENTIFIED, ids=str)
def test_each_record_is_identified(activation):
    """The first match is this record, or one that equals it with no more parameters."""
    found = command.identify(activation)
    names = [each.name for each in found.matches]
    assert names
    x = np.linspace(-9, 9, 999)
    for match in found.matches:
        equal = actbench.get(match.name, **match.parameters)
        np.testing.assert_allclose(equal(x), activation(x), rtol=1e-13, atol=1e-13)
    counts = [len(each.parameters) for each in found.matches]
    assert counts == sorted(counts)
    assert activation.name in names or counts[0] < len(activation.parameters)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("formula:x * (1 + erf(x / sqrt(2))) / 2", "gelu"),
        ("formula:x / 2 * (1 + tanh(sqrt(2 / pi) * x * (1 + 0.044715 * x**2)))", "gelu_tanh"),
        ("formula:x * sigmoid(1.702 * x)", "quick_gelu"),
        ("keras:gelu", "gelu"),
        ("tensorflow:gelu approximate=True", "gelu_tanh"),
        ("torch:gelu", "gelu"),
        ("torch:gelu approximate=tanh", "gelu_tanh"),
        ("jax:gelu", "gelu_tanh"),
        ("onnx:Gelu", "gelu"),
    ],
)
def test_the_forms_of_gelu_are_told_apart(target, name, capsys):
    package = {"onnx": "onnxruntime"}.get(target.partition(":")[0], target.partition(":")[0])
    if package != "formula" and not installed(package):
        pytest.skip(f"{package} is not installed")
    assert main(["identify", target]) == 0
    # Keras computes gelu of float64 with a constant of float32.
    assert re.search(
        rf"^computes {name}(, in float32 only)?: f\(x\) = ", capsys.readouterr().out, re.M
    )


@pytest.mark.parametrize(
    ("target", "expected", "equal"),
    [
        ("formula:x if x > 0 else exp(x) - 1", "elu(alpha=1)", ["celu(alpha=1)"]),
        ("formula:x / (1 + exp(-x))", "swish(beta=1)", ["e_swish(beta=1)"]),
        ("formula:max(x, 0)", "relu", ["leaky_relu(negative_slope=0)"]),
        ("formula:x if x > 0 else 0.25 * x", "prelu(alpha=0.25)", ["leaky_relu(neg"]),
    ],
)
def test_equal_functions_are_named_the_simplest_first(target, expected, equal):
    first, *others = command.identify(target).matches
    assert str(first) == expected
    for text in equal:
        assert any(str(other).startswith(text) for other in others)


def leaky(x):
    """A leaky ReLU of float32 only."""
    if x.dtype != np.float32:
        raise TypeError("expected float32")
    return np.where(x > 0, x, np.float32(0.3) * x)


def shrink(x):
    """A function with jumps at ±0.37."""
    return np.where(np.abs(x) > 0.37, x, 0)


def naive_softplus(x):
    """Softplus that overflows for large x."""
    return np.log(1 + np.exp(x))


def no_activation(x):
    """A function that is no activation of the catalogue."""
    return np.where(x > 0, x, 0.1 * np.abs(x) ** 0.5)


def tanh_of_float32(x):
    """Tanh with the precision of float32 in every format."""
    return np.tanh(x.astype(np.float32)).astype(x.dtype)


def noisy(x):
    """A random function."""
    return x + np.random.default_rng().normal(size=x.shape)


def normalised(x):
    """A function whose results depend on the whole array."""
    return x / np.abs(x).max()


def ends_its_process(x):
    """A function that ends its process."""
    os._exit(x.size and 3)


HERE = "tests.test_identify"


@pytest.mark.parametrize(
    ("function", "expected"),
    [(leaky, "leaky_relu(negative_slope=0.3)"), (shrink, "hard_shrink(threshold=0.37)")],
)
def test_parameters_are_short_decimals(function, expected):
    assert str(command.identify(function).matches[0]) == expected


def test_a_lower_precision_in_one_format_is_stated(capsys):
    assert main(["identify", f"{HERE}:tanh_of_float32"]) == 0
    out = capsys.readouterr().out
    assert "computes tanh, in float32 only: f(x) = tanh(x)" in out
    assert re.search(r"float64: largest difference .*e-08 at x = ", out)


def test_lambdas_and_partial_functions_are_identified():
    assert str(actbench.identify(lambda x: np.tanh(x)).matches[0]) == "tanh"
    assert str(command.identify(partial(np.multiply, 1.0)).matches[0]) == "linear"


def test_an_error_in_the_tails_is_no_match_and_its_place_is_shown(capsys):
    assert main(["identify", f"{HERE}:naive_softplus"]) == 1
    out = capsys.readouterr().out
    assert "computes no known activation" in out
    assert "  softplus with beta=1: f(x) = log(1 + exp(beta * x)) / beta" in out
    assert "got inf" in out
    assert re.search(r"within rounding for -\S+e\+30\d ≤ x ≤ [67]\d\d", out)


def test_the_nearest_record_is_shown_with_its_largest_difference(capsys):
    assert main(["identify", f"{HERE}:no_activation", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert not document["matches"]
    sizes = [each["size"] for each in document["nearest"]]
    assert sizes == sorted(sizes)
    nearest = document["nearest"][0]
    record = actbench.get(nearest["name"], **nearest["parameters"])
    worst = nearest["agreements"][0]["largest"]
    x = np.array([worst["x"]])
    assert worst["got"] == no_activation(x)[0]
    assert worst["expected"] == record(x)[0]
    assert worst["size"] == abs(worst["got"] - worst["expected"])
    # It is the largest one on a grid of the test, too.
    grid = np.linspace(-8, 8, 801)
    assert np.abs(no_activation(grid) - record(grid)).max() <= 1.05 * worst["size"]


def test_json_has_the_match(capsys):
    assert main(["identify", "formula:x * tanh(a * x)", "a=1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["matches"][0]["name"] == "lisht"
    assert {each["dtype"] for each in document["matches"][0]["agreements"]} == {
        "float64",
        "float32",
    }


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "TARGET: expected a value, got none"),
        (["mosh"], "did you mean mish"),
        (["keras:mosh"], "got 'mosh'"),
        (["nowhere:f"], "that can be imported"),
        (["formula:x +"], "formula"),
        ([f"{HERE}:noisy"], "got a random one"),
        ([f"{HERE}:normalised"], "expected an elementwise function"),
        (["mish", "--timeout", "0"], "--timeout: expected a number of seconds above 0"),
    ],
)
def test_wrong_requests_get_one_line_and_exit_status_2(arguments, text, capsys):
    assert main(["identify", *arguments]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("actbench: ")
    assert text in err
    assert err.count("\n") == 1


def test_a_value_that_is_no_function_is_refused():
    with pytest.raises(RequestError, match="expected a callable or a name, got 3"):
        command.identify(3)  # type: ignore[arg-type]


def test_a_function_that_ends_its_process_is_no_match(monkeypatch, capsys):
    monkeypatch.undo()
    assert main(["identify", f"{HERE}:ends_its_process"]) == 1
    assert "its process exited with status 3" in capsys.readouterr().err
