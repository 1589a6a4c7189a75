"""Functions with a planted fault each, which the audit must flag."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import actbench
from actbench.conformance.findings import STRICT, Tolerance
from actbench.conformance.targets import Target
from actbench.frameworks.libraries import LIBRARIES


@dataclass
class Planted:
    """A NumPy function with derivatives; those left out are right."""

    right: Any
    value: Callable[[Any], Any] | None = None
    slope: Callable[[Any], Any] | None = None
    bend: Callable[[Any], Any] | None = None

    def __call__(self, x):
        return (self.value or self.right)(x)

    def derivative(self, x):
        return (self.slope or self.right.derivative)(x)

    def second_derivative(self, x):
        return (self.bend or self.right.second_derivative)(x)


@dataclass(frozen=True)
class Fault:
    """A planted fault.

    Args:
        what: what was done.
        target: the faulty function and what it should be.
        check: the verdict that must flag it.
        tolerance: what the audit is asked to hold it to.
    """

    what: str
    target: Target
    check: str
    tolerance: Tolerance = STRICT


FAULTS: list[Fault] = []


def plant(
    what, name, check, *, value=None, slope=None, bend=None, tolerance=STRICT, **parameters
):
    """Add a fault: each of value, slope and bend takes the right function and x."""
    right = actbench.get(name, **parameters)

    def bound(wrong):
        return None if wrong is None else lambda x: wrong(right, x)

    function = Planted(right, bound(value), bound(slope), bound(bend))
    target = Target(
        name=what,
        place="tests.faults",
        package="numpy",
        library=LIBRARIES["numpy"](),
        expected=right,
        make=lambda _: function,
        call="f({x})",
    )
    FAULTS.append(Fault(what, target, check, tolerance))


def other(name, **parameters):
    """Return a fault: being another activation."""
    wrong = actbench.get(name, **parameters)
    return lambda _, x: wrong(x)


def in_place(right, x):
    """Write to the input, as ReLU in place does."""
    result = right(x)
    x[x < 0] = 0
    return result


def shaved(right, x, mask):
    """Drop last bits of float32 results in a small interval."""
    y = right(x)
    if y.dtype != np.float32:
        return y
    inside = (x > 0.70) & (x < 0.71)
    y[inside] = (y[inside].view(np.uint32) & np.uint32(mask)).view(np.float32)
    return y


def at_pattern(pattern, wrong):
    """Return a fault at one pattern of float16."""

    def fault(right, x):
        y = right(x)
        if y.dtype == np.float16:
            y[x.view(np.uint16) == pattern] = wrong
        return y

    return fault


def naive(formula):
    """Return a fault: a formula written down as it stands, in the dtype of x."""

    def fault(_, x):
        with np.errstate(all="ignore"):
            return formula(x).astype(x.dtype)

    return fault


def one(x):
    """Return 1 in the dtype of x."""
    return x.dtype.type(1)


def neighbours(right, x):
    """Let each element feel the one before it."""
    y = right(x)
    if y.size > 1:
        y.reshape(-1)[1:] += x.dtype.type(0.01) * np.clip(x.reshape(-1)[:-1], -1, 1)
    return y


def batch_mean(right, x):
    """Subtract a thousandth of the mean of the batch, as ABReLU does with all of it."""
    finite = x[np.isfinite(x)].astype(np.float64)
    return right(x) - x.dtype.type(1e-3 * np.clip(finite, -8, 8).mean() if finite.size else 0)


def by_size(right, x):
    """Be wrong in the elements after the last multiple of 8, as a bad vector tail is."""
    y = right(x)
    tail = y.size % 8
    if tail:
        y.reshape(-1)[-tail:] *= x.dtype.type(1.01)
    return y


def flip_negative(right, x):
    """Flip the sign for negative x."""
    return np.where(x < 0, -right(x), right(x))


FINE = Tolerance(1, 16, 64)

plant("sign for negative x", "leaky_relu", "value", value=flip_negative)
plant("sign of the derivative", "tanh", "derivative", slope=lambda f, x: -f.derivative(x))
plant(
    "sign of the second derivative",
    "softplus",
    "second derivative",
    bend=lambda f, x: -f.second_derivative(x),
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
    slope=lambda f, x: (f.derivative(x.astype(np.float64)) * (1 + 1e-6)).astype(x.dtype),
)
plant(
    "celu'(0) = 2",
    "celu",
    "derivative",
    slope=lambda f, x: np.where(x == 0, 2 * one(x), f.derivative(x)),
)
plant(
    "relu'(0) = −1",
    "relu",
    "kinks",
    slope=lambda f, x: np.where(x == 0, -one(x), f.derivative(x)),
)
plant(
    "hard_tanh'(1) = 2",
    "hard_tanh",
    "kinks",
    slope=lambda f, x: np.where(x == 1, 2 * one(x), f.derivative(x)),
)
plant(
    "the other branch at a jump",
    "hard_shrink",
    "value",
    value=lambda f, x: np.where(np.abs(x) == 0.5, x, f(x)),
)
plant(
    "softplus is x from 20 on",
    "softplus",
    "value",
    value=lambda f, x: np.where(x > 20, x, f(x)),
)
plant(
    "softplus is x from 10 on",
    "softplus",
    "derivative",
    slope=lambda f, x: np.where(x > 10, one(x), f.derivative(x)),
)
plant(
    "sigmoid is cut at ±15",
    "sigmoid",
    "value",
    value=lambda f, x: f(np.clip(x, x.dtype.type(-15), x.dtype.type(15))),
)
plant(
    "elu by exp(x) − 1",
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
    "squareplus squares",
    "squareplus",
    "value",
    value=naive(lambda x: (x + np.sqrt(x * x + 4)) / 2),
)
plant("writes to its input", "relu", "input unchanged", value=in_place)
plant("depends on the batch", "elu", "each element by itself", value=batch_mean)
plant("depends on its neighbour", "tanh", "each element by itself", value=neighbours)
plant("is wrong in the vector tail", "mish", "each element by itself", value=by_size)
plant(
    "depends on the largest element",
    "softsign",
    "each element by itself",
    value=lambda f, x: f(x) if x.size < 4000 else f(x) * x.dtype.type(0.999),
)
plant("NaN at one pattern", "gelu", "value", value=at_pattern(0x3555, np.nan))
plant("0 at one pattern", "gelu", "value", value=at_pattern(0xB555, 0))
plant(
    "derivative NaN at one pattern",
    "mish",
    "derivative",
    slope=lambda f, x: at_pattern(0x0001, np.nan)(f.derivative, x),
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
    slope=lambda f, x: np.where(x == np.inf, x.dtype.type(np.nan), f.derivative(x)),
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
    value=lambda f, x: shaved(f, x, 0xFFFFFFF0),
)
plant(
    "the last bit lost in a small interval",
    "mish",
    "value",
    value=lambda f, x: shaved(f, x, 0xFFFFFFFE),
    tolerance=FINE,
)
plant(
    "a wrong default slope",
    "leaky_relu",
    "value",
    value=other("leaky_relu", negative_slope=0.01),
)
plant("a wrong default alpha", "elu", "value", value=other("elu", alpha=0.5))
plant("hard sigmoid of Keras 2", "hard_sigmoid", "value", value=other("hard_sigmoid_keras2"))
plant("tanh for the exact GELU", "gelu", "value", value=other("gelu_tanh"))
plant(
    "the bound passed by 1 ULP",
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
plant("another dtype", "gelu", "value", value=lambda f, x: f(x.astype(np.float64)))
plant(
    "derivative lacks a factor",
    "swish",
    "derivative",
    slope=lambda f, x: f.derivative(x) * x.dtype.type(0.5),
    beta=2.0,
)
plant(
    "derivative is flushed early",
    "silu",
    "derivative",
    slope=lambda f, x: f.derivative(x) * (np.abs(f.derivative(x)) >= 1e-3),
)


def flat(right, x):
    """Give one axis, whatever the input has."""
    return right(x).ravel()


def for_one_axis(right, x):
    """Refuse more than one axis."""
    if x.ndim > 1:
        raise ValueError("one axis would be right")
    return right(x)


plant("gives another shape", "mish", "each element by itself", value=flat)
plant("refuses more than one axis", "mish", "each element by itself", value=for_one_axis)
plant(
    "the lower bound passed",
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
