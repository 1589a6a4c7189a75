"""`actbench.audit` in Python: callables, libraries, ranges, tolerances, severity, displays."""

import functools
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench.conformance.findings import FAIL, OK, Finding, Point, Severity
from actbench.conformance.inputs import PLAIN_NUMBERS, inputs
from actbench.conformance.severity import most_telling, severities, severity_of
from actbench.conformance.targets import target
from actbench.conformance.tolerance_classes import tolerance
from actbench.errors import RequestError

FLOAT32: dict[str, Any] = {"dtypes": ["float32"], "derivatives": 0}


def scaled_relu(x, scale=1.0):
    return np.maximum(x * x.dtype.type(scale), 0)


class Relu:
    def __call__(self, x):
        return np.maximum(x, 0)


CALLABLES = {
    "a lambda": lambda x: np.maximum(x, 0),
    "a function": scaled_relu,
    "a partial function": functools.partial(scaled_relu, scale=1.0),
    "an object": Relu(),
    "a class": Relu,
    "a tensor function": tf.nn.relu,
    "a layer": keras.layers.ReLU(),
    "an activation": actbench.get("relu"),
    "an import string": f"{__name__}:scaled_relu",
    "a name": "relu",
    "a name of a framework": "keras:relu",
}


@pytest.mark.parametrize("name", CALLABLES)
def test_a_callable_is_audited(name):
    found = actbench.audit(CALLABLES[name], "relu", **FLOAT32)
    assert found.conforms, str(found)
    assert {each.dtype for each in found.findings if each.checked} == {"float32"}
    assert found.expected == "relu"


def test_a_lambda_has_no_location_and_no_hash_of_its_code():
    found = actbench.audit(lambda x: np.maximum(x, 0), "relu", **FLOAT32)
    assert found.location == ""
    assert found.code.function == ""
    assert "<lambda>" in found.target


def test_arguments_go_to_the_function_and_to_the_expected_activation():
    def slope(x, negative_slope):
        return np.where(x > 0, x, x * x.dtype.type(negative_slope))

    assert actbench.audit(slope, "leaky_relu", negative_slope=0.25, **FLOAT32).conforms
    assert actbench.audit(
        slope, formula="max(x, x / 4)", negative_slope=0.25, **FLOAT32
    ).conforms


def test_the_chosen_library_runs_the_function_and_its_gradient_is_seen():
    def absolute(x):
        return x * (x > 0) if isinstance(x, np.ndarray) else abs(x)

    on_numpy = actbench.audit(absolute, "relu", **FLOAT32)
    on_tensorflow = actbench.audit(absolute, "absolute", library="tensorflow", derivatives=1,
                                   dtypes=["float32"])  # fmt: skip
    assert (on_numpy.library, on_tensorflow.library) == ("numpy", "tensorflow")
    assert on_tensorflow.conforms
    assert any(each.check == "derivative" and each.checked for each in on_tensorflow.findings)


def test_a_range_limits_the_inputs_and_the_search():
    def wrong_outside(x):
        return np.where(np.abs(x) <= 2, np.maximum(x, 0), x.dtype.type(7))

    inside = actbench.audit(wrong_outside, "relu", range=(-2, 2), **FLOAT32)
    assert inside.conforms, str(inside)
    assert not actbench.audit(wrong_outside, "relu", range=(-2, 2.5), **FLOAT32).conforms
    x = inputs(actbench.get("relu"), "float32", (-2.0, 2.0))
    assert x.min() == -2
    assert x.max() == 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_tolerance_class_is_the_limit_of_its_format(dtype):
    gelu = actbench.get("gelu")
    found = actbench.audit(gelu, tolerance="typical", dtypes=[dtype], derivatives=1)
    assert found.tolerance.value == tolerance(gelu, dtype, "typical")
    assert found.tolerance.derivative == tolerance(gelu, dtype, "typical", order=1)


def test_a_relative_error_within_rtol_conforms_and_a_larger_one_does_not():
    def inexact(x):
        return np.maximum(x, 0) * x.dtype.type(1 + 1e-5)

    largest: dict[str, Any] = {"range": (-1e30, 1e30)}
    assert actbench.audit(inexact, "relu", rtol=1.1e-5, **largest, **FLOAT32).conforms
    assert not actbench.audit(inexact, "relu", rtol=4e-6, **largest, **FLOAT32).conforms


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "function": ({"function": 3}, "function: expected a callable"),
    "no expectation": ({"expected": None}, "expected --as NAME"),
    "two expectations": ({"formula": "x"}, "expected one of them, got both"),
    "library": ({"library": "caffe"}, "library: expected numpy"),
    "library of a name": ({"function": "torch:relu", "library": "numpy"}, "expected"),
    "format": ({"dtypes": ["float8"]}, "dtypes: expected some of float16"),
    "no format": ({"dtypes": []}, "got none"),
    "derivatives": ({"derivatives": 3}, "derivatives: expected 0, 1 or 2, got 3"),
    "empty range": ({"range": (1, 0)}, "range: expected (smallest, largest)"),
    "range of NaN": ({"range": (float("nan"), 1)}, "range: expected"),
    "range without numbers": ({"range": (1 + 1e-12, 1 + 2e-12)}, "range: expected an interval"),
    "range of three": ({"range": (1, 2, 3)}, "range: expected two numbers"),
    "tolerance": ({"tolerance": 0.1}, "at least 0.5 ULP"),
    "class": ({"tolerance": "loose"}, "expected one of exact"),
    "rtol": ({"rtol": 2}, "rtol: expected"),
    "argument": ({"beta": 2}, "expected arguments of the function"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_has_one_clear_line(name):
    change, text = WRONG[name]
    request = {"function": scaled_relu, "expected": "relu", **FLOAT32, **change}
    with pytest.raises(RequestError) as raised:
        actbench.audit(request.pop("function"), request.pop("expected"), **request)
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("function", ["mish", scaled_relu])
def test_a_library_that_is_not_installed_has_one_clear_line(function, monkeypatch):
    monkeypatch.setattr(target, "installed", lambda name: name != "jax")
    with pytest.raises(RequestError, match=r"expected jax to be installed.*pip install jax"):
        actbench.audit(function, "relu", library="jax")


# Severities.


def severity_at(x, ulp, dtype="float32"):
    return list(Severity)[severities(np.array([x], dtype), np.array([ulp]))[0]]


@pytest.mark.parametrize(
    ("x", "ulp", "expected"),
    [
        (1.0, np.inf, Severity.ORDINARY),
        (0.0, 1e6, Severity.ORDINARY),
        (10.0, 4097.0, Severity.ORDINARY),
        (1.0, 4096.0, Severity.ROUNDING),
        (11.0, np.inf, Severity.TAILS),
        (1e-30, np.inf, Severity.TAILS),
        (1e30, 5.0, Severity.ROUNDING),
    ],
)
def test_severity_follows_from_input_and_error(x, ulp, expected):
    assert severity_at(x, ulp) == expected


def test_a_number_in_place_of_zero_is_serious_and_a_subnormal_one_is_not():
    x, zero = np.array([1.0], np.float32), np.array([True])
    tiny = np.finfo(np.float32).tiny
    for got, expected in [(1.0, Severity.ORDINARY), (1e-30, Severity.TAILS)]:
        found = severities(x, np.array([got / tiny]), zero)
        assert list(Severity)[found[0]] == expected


def test_the_most_telling_result_is_at_the_plainest_number_of_the_most_serious_ones():
    x = np.array([1e-38, 20.0, 2.5, 3.0, 0.3], np.float32)
    ulp = np.array([1e30, np.inf, 1e5, 1e4, 1e6])
    levels = severities(x, ulp)
    assert most_telling(x, ulp, levels, np.arange(5)) == 3
    assert most_telling(x, ulp, levels, np.array([0, 1])) == 1
    assert most_telling(x, ulp, levels, np.array([0, 4])) == 4
    assert all(np.float16(number) == number for number in PLAIN_NUMBERS)


def test_a_failure_without_errors_in_ulp_has_a_severity_too():
    nan = Point(x="nan", bits="0x0", got="1", expected="nan", ulp=None)
    assert severity_of(Finding("value", FAIL, "raises")) == Severity.ORDINARY
    assert severity_of(Finding("value", FAIL, dtype="float16", worst=nan)) == Severity.TAILS


def test_an_audit_has_the_severity_of_its_most_serious_failure():
    found = actbench.audit(np.abs, "relu", **FLOAT32)
    assert found.severity == Severity.ORDINARY
    assert found.worst is not None
    assert found.worst.example is not None
    assert found.worst.example.x == "-1.0"
    assert all((each.severity is None) == (each.outcome != FAIL) for each in found.findings)
    good = actbench.audit(scaled_relu, "relu", **FLOAT32)
    assert good.severity is None
    assert good.worst is None
    assert any(each.outcome == OK for each in good.findings)


# Displays.


def test_displays_contain_the_conclusion_and_no_markup_of_the_function():
    def odd_name(x):
        return np.abs(x)

    odd_name.__qualname__ = "<b>[red]odd"
    found = actbench.audit(odd_name, "relu", **FLOAT32)
    html = found._repr_html_()
    assert "<b>[red]" not in html
    assert "wrong in the ordinary range" in html
    assert html.count("<tr>") >= 4
    assert str(found).splitlines()[-1].startswith("DOES NOT CONFORM: wrong in the ordinary")
    assert "\\[red]" in found.__rich__()
    assert repr(found) == "<Audit of the function <b>[red]odd as relu: 3 failures>"
    assert found.to_dict()["findings"]
