"""Functions with a planted fault each, which the audit must find."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import actbench
from actbench.activations.record import Activation
from actbench.conformance.findings import STRICT, Tolerance
from actbench.conformance.targets.target import Target
from actbench.frameworks.libraries import LIBRARIES

Wrong = Callable[[Activation, Any], Any]
"""A function (correct activation, x) ↦ wrong results."""


@dataclass
class FaultyFunction:
    """A NumPy function with derivatives; those that are None are correct."""

    correct: Activation
    wrong_value: Wrong | None = None
    wrong_derivative: Wrong | None = None
    wrong_second_derivative: Wrong | None = None

    def __call__(self, x):
        if self.wrong_value is None:
            return self.correct(x)
        return self.wrong_value(self.correct, x)

    def derivative(self, x):
        if self.wrong_derivative is None:
            return self.correct.derivative(x)
        return self.wrong_derivative(self.correct, x)

    def second_derivative(self, x):
        if self.wrong_second_derivative is None:
            return self.correct.second_derivative(x)
        return self.wrong_second_derivative(self.correct, x)


@dataclass(frozen=True)
class Fault:
    """A planted fault.

    Args:
        name: description of the fault.
        target: the faulty function and the activation that it should compute.
        check: the check that must fail.
        tolerance: allowed errors of the audit.
        dtype: a format in which the fault shows.
    """

    name: str
    target: Target
    check: str
    tolerance: Tolerance = STRICT
    dtype: str = "float32"


FAULTS: list[Fault] = []


def plant(
    name,
    activation,
    check,
    *,
    value=None,
    derivative=None,
    second_derivative=None,
    tolerance=STRICT,
    dtype="float32",
    **parameters,
):
    """Add a fault: wrong functions of the correct activation and x."""
    correct = actbench.get(activation, **parameters)
    function = FaultyFunction(correct, value, derivative, second_derivative)
    target = Target(
        name=name,
        location="tests.faults",
        package="numpy",
        library=LIBRARIES["numpy"](),
        expected=correct,
        make=lambda _: function,
        call="f({x})",
    )
    FAULTS.append(Fault(name, target, check, tolerance, dtype))


def another_activation(name, **parameters):
    """Return the fault of being another activation."""
    wrong = actbench.get(name, **parameters)
    return lambda _, x: wrong(x)


def in_place(correct, x):
    """Write to the input, as ReLU in place does."""
    result = correct(x)
    x[x < 0] = 0
    return result


def masked_bits(correct, x, mask):
    """Clear the last bits of float32 results in a small interval."""
    y = correct(x)
    if y.dtype != np.float32:
        return y
    inside = (x > 0.70) & (x < 0.71)
    y[inside] = (y[inside].view(np.uint32) & np.uint32(mask)).view(np.float32)
    return y


def at_pattern(pattern, wrong):
    """Return the fault of a wrong result for one bit pattern of float16."""

    def fault(correct, x):
        y = correct(x)
        if y.dtype == np.float16:
            y[x.view(np.uint16) == pattern] = wrong
        return y

    return fault


def naive(formula):
    """Return the fault of computing the formula as it is written, in the dtype of x."""

    def fault(_, x):
        with np.errstate(all="ignore"):
            return formula(x).astype(x.dtype)

    return fault


def one(x):
    """Return 1 in the dtype of x."""
    return x.dtype.type(1)


def depend_on_neighbours(correct, x):
    """Let each result depend on the previous element."""
    y = correct(x)
    if y.size > 1:
        y.reshape(-1)[1:] += x.dtype.type(0.01) * np.clip(x.reshape(-1)[:-1], -1, 1)
    return y


def subtract_batch_mean(correct, x):
    """Subtract a thousandth of the mean of the batch; ABReLU subtracts the whole mean."""
    finite = x[np.isfinite(x)].astype(np.float64)
    mean = np.clip(finite, -8, 8).mean() if finite.size else 0
    return correct(x) - x.dtype.type(1e-3 * mean)


def depend_on_size(correct, x):
    """Be wrong after the last multiple of 8 elements, as a faulty vector loop is."""
    y = correct(x)
    tail = y.size % 8
    if tail:
        y.reshape(-1)[-tail:] *= x.dtype.type(1.01)
    return y


def flip_negative(correct, x):
    """Flip the sign of results for negative x."""
    return np.where(x < 0, -correct(x), correct(x))


def write_to_large_inputs(correct, x):
    """Write to inputs above 10⁴, and leave all others unchanged."""
    y = correct(x)
    x[np.abs(x) > 1e4] = 0
    return y


def write_to_two_axes(correct, x):
    """Write to the input if it has two axes."""
    y = correct(x)
    if x.ndim == 2:
        x[...] = 0
    return y


def raise_in_float64(correct, x):
    """Raise an error in one of the formats."""
    if x.dtype == np.float64:
        raise ValueError("float64 is not supported for the input types")
    return correct(x)


def wrong_in_tail(special, wrong):
    """Return the fault of a wrong result for special numbers after the last vector of 4."""

    def fault(correct, x):
        y = correct(x)
        tail = np.arange(x.size).reshape(x.shape) >= x.size - x.size % 4
        y[tail & special(x)] = wrong
        return y

    return fault


def keep_nan_out_of_single_elements(correct, x):
    """Give 0 for an array of one NaN."""
    return np.nan_to_num(correct(x)) if x.size == 1 else correct(x)


FINE = Tolerance(1, 16, 64)

plant("sign for negative x", "leaky_relu", "value", value=flip_negative)
plant("sign of the derivative", "tanh", "derivative", derivative=lambda f, x: -f.derivative(x))
plant(
    "sign of the second derivative",
    "softplus",
    "second derivative",
    second_derivative=lambda f, x: -f.second_derivative(x),
)
plant(
    "constant of quick GELU off by 1e-6",
    "quick_gelu",
    "value",
    value=naive(lambda x: x / (1 + np.exp(-1.702001702 * x.astype(np.float64)))),
)
plant(
    "scale of SELU off by 1e-6",
    "selu",
    "value",
    value=lambda f, x: (f(x.astype(np.float64)) * (1 + 1e-6)).astype(x.dtype),
)
plant(
    "slope off by 1e-6",
    "leaky_relu",
    "derivative",
    derivative=lambda f, x: (f.derivative(x.astype(np.float64)) * (1 + 1e-6)).astype(x.dtype),
    dtype="float64",
)
plant(
    "celu'(0) = 2",
    "celu",
    "derivative",
    derivative=lambda f, x: np.where(x == 0, 2 * one(x), f.derivative(x)),
)
plant(
    "relu'(0) = −1",
    "relu",
    "kinks",
    derivative=lambda f, x: np.where(x == 0, -one(x), f.derivative(x)),
)
plant(
    "hard_tanh'(1) = 2",
    "hard_tanh",
    "kinks",
    derivative=lambda f, x: np.where(x == 1, 2 * one(x), f.derivative(x)),
)
plant(
    "wrong side of a jump",
    "hard_shrink",
    "value",
    value=lambda f, x: np.where(np.abs(x) == 0.5, x, f(x)),
)
plant(
    "softplus is x above 20",
    "softplus",
    "value",
    value=lambda f, x: np.where(x > 20, x, f(x)),
    dtype="float64",
)
plant(
    "derivative of softplus is 1 above 10",
    "softplus",
    "derivative",
    derivative=lambda f, x: np.where(x > 10, one(x), f.derivative(x)),
)
plant(
    "sigmoid is constant beyond ±15",
    "sigmoid",
    "value",
    value=lambda f, x: f(np.clip(x, x.dtype.type(-15), x.dtype.type(15))),
)
plant(
    "elu computed as exp(x) − 1",
    "elu",
    "value",
    value=naive(lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)),
)
plant("x − tanh(x)", "tanh_shrink", "value", value=naive(lambda x: x - np.tanh(x)))
plant("x / (1 + exp(−x))", "swish", "value", value=naive(lambda x: x / (1 + np.exp(-x))))
plant(
    "x · tanh(log(1 + exp(x)))",
    "mish",
    "value",
    value=naive(lambda x: x * np.tanh(np.log(1 + np.exp(x)))),
)
plant(
    "squareplus computes x²",
    "squareplus",
    "value",
    value=naive(lambda x: (x + np.sqrt(x * x + 4)) / 2),
)
plant("writes to its input", "relu", "input unchanged", value=in_place)
plant("depends on the batch", "elu", "elementwise", value=subtract_batch_mean)
plant("depends on its neighbour", "tanh", "elementwise", value=depend_on_neighbours)
plant("is wrong in the vector tail", "mish", "elementwise", value=depend_on_size)
plant(
    "depends on the largest element",
    "softsign",
    "elementwise",
    value=lambda f, x: f(x) if x.size < 4000 else f(x) * x.dtype.type(0.999),
)
plant("NaN at one pattern", "gelu", "value", value=at_pattern(0x3555, np.nan), dtype="float16")
plant("0 at one pattern", "gelu", "value", value=at_pattern(0xB555, 0), dtype="float16")
plant(
    "derivative NaN at one pattern",
    "mish",
    "derivative",
    derivative=lambda f, x: at_pattern(0x0001, np.nan)(f.derivative, x),
    dtype="float16",
)
plant(
    "NaN at −∞",
    "swish",
    "special values of the value",
    value=lambda f, x: np.where(x == -np.inf, x.dtype.type(np.nan), f(x)),
)
plant(
    "derivative NaN at +∞",
    "swish",
    "special values of the derivative",
    derivative=lambda f, x: np.where(x == np.inf, x.dtype.type(np.nan), f.derivative(x)),
)
plant(
    "NaN becomes 0",
    "relu",
    "special values of the value",
    value=lambda _, x: np.where(x > 0, x, x.dtype.type(0)),
)
plant(
    "−0 gives another value",
    "softplus",
    "special values of the value",
    value=lambda f, x: np.where((x == 0) & np.signbit(x), one(x), f(x)),
)
plant(
    "four bits lost in a small interval",
    "mish",
    "value",
    value=lambda f, x: masked_bits(f, x, 0xFFFFFFF0),
)
plant(
    "the last bit lost in a small interval",
    "mish",
    "value",
    value=lambda f, x: masked_bits(f, x, 0xFFFFFFFE),
    tolerance=FINE,
)
plant(
    "wrong default slope",
    "leaky_relu",
    "value",
    value=another_activation("leaky_relu", negative_slope=0.01),
)
plant("wrong default alpha", "elu", "value", value=another_activation("elu", alpha=0.5))
plant(
    "hard sigmoid of Keras 2",
    "hard_sigmoid",
    "value",
    value=another_activation("hard_sigmoid_keras2"),
)
plant("tanh approximation of GELU", "gelu", "value", value=another_activation("gelu_tanh"))
plant(
    "upper bound exceeded by 1 ULP",
    "tanh",
    "upper bound",
    value=lambda f, x: np.where(x > 9, np.nextafter(one(x), one(x) * 2), f(x)),
)
plant(
    "not monotone",
    "sigmoid",
    "monotone",
    value=lambda f, x: np.where((x > 1) & (x < 1.001), x.dtype.type(0.7), f(x)),
)
plant(
    "not odd",
    "arctan",
    "odd",
    value=lambda f, x: np.where(x > 0, f(x) * x.dtype.type(1.01), f(x)),
)
plant("returns another dtype", "gelu", "value", value=lambda f, x: f(x.astype(np.float64)))
plant(
    "derivative lacks a factor",
    "swish",
    "derivative",
    derivative=lambda f, x: f.derivative(x) * x.dtype.type(0.5),
    beta=2.0,
)
plant(
    "small derivatives are 0",
    "silu",
    "derivative",
    derivative=lambda f, x: f.derivative(x) * (np.abs(f.derivative(x)) >= 1e-3),
)


def flatten(correct, x):
    """Return one axis for every shape."""
    return correct(x).ravel()


def require_one_axis(correct, x):
    """Raise an error for more than one axis."""
    if x.ndim > 1:
        raise ValueError(f"x: expected one axis, got {x.ndim}")
    return correct(x)


plant("returns another shape", "mish", "elementwise", value=flatten)
plant("raises an error for two axes", "mish", "elementwise", value=require_one_axis)
plant(
    "lower bound exceeded",
    "swish",
    "lower bound",
    value=lambda f, x: f(x) * x.dtype.type(1.02),
)
plant(
    "not even",
    "gaussian",
    "even",
    value=lambda f, x: np.where(x > 0, f(x) * x.dtype.type(1.01), f(x)),
)
plant("writes to large inputs only", "tanh", "input unchanged", value=write_to_large_inputs)
plant("writes to arrays of two axes", "tanh", "elementwise", value=write_to_two_axes)
plant("raises an error in one format", "tanh", "value", value=raise_in_float64, dtype="float64")
plant(
    "a derivative raises an error",
    "tanh",
    "derivative",
    derivative=lambda _, x: x.no_such_attribute,
)
plant(
    "all derivatives are 0",
    "tanh",
    "derivative",
    derivative=lambda _, x: np.zeros_like(x),
    dtype="float16",
)
plant("gives NaN for all numbers", "sigmoid", "value", value=lambda _, x: x * np.nan)
plant(
    "NaN becomes 0 in the last elements",
    "relu",
    "value at each position",
    value=wrong_in_tail(np.isnan, 0),
)
plant(
    "−∞ gives NaN in the last elements",
    "tanh",
    "value at each position",
    value=wrong_in_tail(np.isneginf, np.nan),
)
plant(
    "huge numbers become NaN in the last elements",
    "leaky_relu",
    "value at each position",
    value=wrong_in_tail(lambda x: np.isfinite(x) & (x > 1e4), np.nan),
    dtype="float16",
)
plant(
    "subnormal numbers become 1 in the last elements",
    "linear",
    "value at each position",
    value=wrong_in_tail(lambda x: (x != 0) & (np.abs(x) < 1e-310), 1),
    dtype="float64",
)
plant(
    "NaN becomes 0 in an array of one element",
    "relu",
    "value at each position",
    value=keep_nan_out_of_single_elements,
)
plant(
    "the derivative at +∞ is NaN in the last elements",
    "relu",
    "derivative at each position",
    derivative=lambda f, x: wrong_in_tail(np.isposinf, np.nan)(f.derivative, x),
)
