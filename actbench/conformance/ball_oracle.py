"""A fast oracle: true values of a formula and its derivatives, with proven error bounds.

The textbook formula is evaluated in ball arithmetic (Arb, in FLINT): each number is a midpoint
with a radius that bounds its error. The derivatives are the coefficients of power series. The
precision is raised until the radius is small, so cancellation costs time, not accuracy. One
evaluation takes about 10 µs; `actbench.formula.symbolic.oracle`, which is independent of this
module and checks it, takes about 1 ms.

Reference: Johansson (2017), Arb: efficient arbitrary-precision midpoint-radius interval
arithmetic, doi:10.1109/TC.2017.2690633.
"""

from collections.abc import Callable, Sequence
from operator import add, ge, gt, le, lt, mul, sub, truediv
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
from flint import arb, arb_series, ctx

from actbench.activations.record import Activation
from actbench.formula.algebra import Algebra, evaluate_tree
from actbench.formula.evaluate import stabilise
from actbench.formula.parse import parse
from actbench.formula.tree import Tree

Doubles = npt.NDArray[np.float64]

# Precisions in bits. The last one suffices for x = 10³⁰⁸ as the argument of sin, and for
# 1 + exp(x) where exp(x) underflows in float64.
_PRECISIONS = (128, 384, 1280, 2560, 5120)

# A true value is known if it is accurate to this many bits, or if it is smaller than any float
# and so is its radius.
_ENOUGH_BITS = 70
_TINY, _ABSOLUTE_RADIUS = 2.0**-1070, arb(2) ** -1140

# Inputs that are evaluated at once; more would only need more memory.
_BLOCK = 4096

_NAN = arb.nan()


class Balls:
    """Power series around many inputs, with balls as coefficients.

    Operands of the operators are `Balls` of the same length, or a constant ball.
    """

    def __init__(self, series: list[arb_series]) -> None:
        self.series = series

    def __neg__(self) -> "Balls":
        return Balls([-each for each in self.series])

    def __add__(self, other: "Ball") -> "Balls":
        return self._combine(add, other)

    def __sub__(self, other: "Ball") -> "Balls":
        return self._combine(sub, other)

    def __mul__(self, other: "Ball") -> "Balls":
        return self._combine(mul, other)

    def __truediv__(self, other: "Ball") -> "Balls":
        return self._combine(_quotient, other)

    def __rsub__(self, other: arb) -> "Balls":
        return Balls([other - each for each in self.series])

    def __rtruediv__(self, other: arb) -> "Balls":
        constant = arb_series([other])
        return Balls([_quotient(constant, each) for each in self.series])

    __radd__, __rmul__ = __add__, __mul__

    def map(self, function: Callable[[arb_series], arb_series]) -> "Balls":
        """Return the results of a function of one series."""
        return Balls([function(each) for each in self.series])

    def _combine(self, operation: Callable[..., arb_series], other: "Ball") -> "Balls":
        if isinstance(other, Balls):
            return Balls(list(map(operation, self.series, other.series)))
        constant = arb_series([other])
        return Balls([operation(each, constant) for each in self.series])


Ball: TypeAlias = Balls | arb
"""A value that depends on x, or a constant."""

Decision: TypeAlias = "list[bool | None] | bool | None"
"""The outcome of a comparison for each input, or of constants; None if it is not decided."""


def true_values(
    activation: Activation, x: Doubles, orders: Sequence[int]
) -> dict[int, tuple[Doubles, Doubles]]:
    """Return f, f' or f'' from the textbook formula, each as the sum of two arrays.

    Args:
        activation: the record, of which only formula and parameters are used.
        x: finite inputs in float64; they and the parameters are taken exactly.
        orders: 0 for f, 1 and 2 for the derivatives.

    Returns:
        Order ↦ (high, low): the true value rounded to float64, and the rest. Both are NaN
        where the true value is not known: it is not a real number, or not enough digits are
        certain even at the largest precision.
    """
    tree = stabilise(parse(activation.formula or "", ("x", *activation.parameters)))
    results = {order: (np.full(x.size, np.nan), np.full(x.size, np.nan)) for order in orders}
    unknown = np.arange(x.size)
    cap = ctx.cap
    try:
        ctx.cap = max(orders) + 1
        for precision in _PRECISIONS:
            with ctx.workprec(precision):
                for start in range(0, unknown.size, _BLOCK):
                    _fill(tree, activation, x, unknown[start : start + _BLOCK], results)
            missing = np.any([np.isnan(high[unknown]) for high, _ in results.values()], axis=0)
            unknown = unknown[missing]
    finally:
        ctx.cap = cap
    return results


def enclosures(
    activation: Activation, x: Sequence[float | arb], *, precision: int
) -> list[tuple[arb, arb, arb]]:
    """Return balls that contain f, f' and f'' at each x.

    Args:
        activation: the record, of which only formula and parameters are used.
        x: finite inputs; they and the parameters are taken exactly.
        precision: in bits.

    Returns:
        The three balls of each input. A ball without bounds is infinite or NaN: the function
        has no real value, or the precision does not decide which piece of the formula applies.
    """
    tree = stabilise(parse(activation.formula or "", ("x", *activation.parameters)))
    cap = ctx.cap
    try:
        ctx.cap = 3
        with ctx.workprec(precision):
            names: dict[str, Ball] = {
                key: arb(value) for key, value in activation.parameters.items()
            }
            variable = Balls([arb_series([each, 1]) for each in x])
            result = evaluate_tree(tree, _ALGEBRA, {"x": variable, **names})
            if not isinstance(result, Balls):  # a constant
                result = Balls([arb_series([result])] * len(x))
            return [(each[0], each[1], 2 * each[2]) for each in result.series]
    finally:
        ctx.cap = cap


def _fill(
    tree: Tree,
    activation: Activation,
    x: Doubles,
    chosen: npt.NDArray[np.intp],
    results: dict[int, tuple[Doubles, Doubles]],
) -> None:
    """Compute the results at the chosen inputs, and write those that are precise enough."""
    names: dict[str, Ball] = {key: arb(value) for key, value in activation.parameters.items()}
    variable = Balls([arb_series([each, 1]) for each in x[chosen].tolist()])
    result = evaluate_tree(tree, _ALGEBRA, {"x": variable, **names})
    if not isinstance(result, Balls):  # a constant
        result = Balls([arb_series([result])] * chosen.size)
    for order, (high, low) in results.items():
        factor = 2 if order == 2 else 1
        parts = np.array([_two_floats(series[order]) for series in result.series])
        high[chosen], low[chosen] = factor * parts.T


def _two_floats(value: arb) -> tuple[float, float]:
    """Return a number as the sum of two floats; NaN if its radius is too large."""
    high = float(value)
    if value.rel_accuracy_bits() >= _ENOUGH_BITS or value.is_exact():
        return high, float(value - high) if abs(high) < np.inf else 0.0
    if abs(high) < _TINY and value.rad() <= _ABSOLUTE_RADIUS:
        return high, 0.0
    return np.nan, np.nan


def _quotient(a: arb_series, b: arb_series) -> arb_series:
    try:
        return cast(arb_series, truediv(a, b))
    except (ValueError, ZeroDivisionError):  # the first coefficient of b is 0
        return _unknown()


def _unknown() -> arb_series:
    return arb_series([_NAN, _NAN, _NAN])


def _composed(rule: Callable[[arb], tuple[arb, arb, arb]]) -> Callable[[Ball], Ball]:
    """Return a function from a rule x ↦ (f(x), f'(x), f''(x) / 2)."""

    def apply(series: arb_series) -> arb_series:
        value, first, second = rule(series[0])
        slope, bend = series[1], series[2]
        return arb_series([value, first * slope, first * bend + second * slope * slope])

    def function(x: Ball) -> Ball:
        return x.map(apply) if isinstance(x, Balls) else rule(x)[0]

    return function


def _method(name: str) -> Callable[[Ball], Ball]:
    """Return a function that Arb has for balls and for series."""

    def function(x: Ball) -> Ball:
        if not isinstance(x, Balls):
            return cast(arb, getattr(x, name)())
        method = getattr(arb_series, name)
        return Balls([_applied(method, each) for each in x.series])

    return function


def _applied(method: Callable[[arb_series], arb_series], series: arb_series) -> arb_series:
    try:
        return method(series)
    except (ValueError, ZeroDivisionError):  # the root or logarithm of 0
        return _unknown()


def _sigmoid(x: arb) -> tuple[arb, arb, arb]:
    e = (-abs(x)).exp()
    larger = 1 / (1 + e)
    smaller = e * larger
    slope = larger * smaller
    bend = slope * (1 - e) * larger / 2
    return (larger, slope, -bend) if x > 0 else (smaller, slope, bend)


def _softplus(x: arb) -> tuple[arb, arb, arb]:
    e = (-abs(x)).exp()
    larger = 1 / (1 + e)
    smaller, tail = e * larger, e.log1p()
    return (
        (x + tail, larger, larger * smaller / 2)
        if x > 0
        else (tail, smaller, larger * smaller / 2)
    )


def _tanh(x: arb) -> tuple[arb, arb, arb]:
    e = (-2 * abs(x)).exp()
    quotient = 2 / (1 + e)
    slope, value = e * quotient * quotient, x.tanh()
    return value, slope, -value * slope


def _power(base: Ball, exponent: Ball) -> Ball:
    if isinstance(exponent, Balls):
        return _exp(exponent * _log(base))
    whole = exponent.unique_fmpz() if exponent.is_integer() else None
    power = exponent if whole is None else int(whole)
    if isinstance(base, Balls):
        constant = power if isinstance(power, int) else arb_series([power])
        return Balls([_applied(lambda each: each**constant, each) for each in base.series])
    return base**power


_COMPARISONS = {"<": (lt, ge), "<=": (le, gt), ">": (gt, le), ">=": (ge, lt)}


def _compare(operator: str, a: Ball, b: Ball) -> Decision:
    if not isinstance(a, Balls) and not isinstance(b, Balls):
        return _decide(operator, a, b)
    size = len((a if isinstance(a, Balls) else cast(Balls, b)).series)
    left, right = (
        [series[0] for series in side.series] if isinstance(side, Balls) else [side] * size
        for side in (a, b)
    )
    return [_decide(operator, x, y) for x, y in zip(left, right, strict=True)]


def _decide(operator: str, a: arb, b: arb) -> bool | None:
    """Return the outcome of a comparison, or None if the balls overlap."""
    if operator == "==":
        return True if a == b else False if a != b else None
    holds, fails = _COMPARISONS[operator]
    return True if holds(a, b) else False if fails(a, b) else None


def _where(condition: Decision, a: Ball, b: Ball) -> Ball:
    if not isinstance(condition, list):
        return a if condition else b if condition is False else _NAN
    left, right = (
        side.series if isinstance(side, Balls) else [arb_series([side])] * len(condition)
        for side in (a, b)
    )
    return Balls(
        [
            x if holds else y if holds is False else _unknown()
            for holds, x, y in zip(condition, left, right, strict=True)
        ]
    )


_exp, _log = _method("exp"), _method("log")

_ALGEBRA: Algebra[Ball, Decision] = Algebra(
    number=lambda text: arb.pi() if text == "pi" else arb(text),
    functions={
        "abs": lambda x: _where(_compare(">", x, arb(0)), x, -x),
        "atan": _method("atan"),
        "cos": _method("cos"),
        "erf": _method("erf"),
        "exp": _exp,
        "log": _log,
        "max": lambda a, b: _where(_compare(">", a, b), a, b),
        "min": lambda a, b: _where(_compare("<", a, b), a, b),
        "sigmoid": _composed(_sigmoid),
        "sin": _method("sin"),
        "softplus": _composed(_softplus),
        "sqrt": _method("sqrt"),
        "tanh": _composed(_tanh),
    },
    power=_power,
    where=_where,
    compare=_compare,
)
