"""Enclosures of a formula and its derivative on intervals of x, with proofs of continuity."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from operator import add, and_, mul, truediv
from typing import NamedTuple

import numpy as np

from actbench.formula.algebra import Algebra, evaluate_tree
from actbench.formula.evaluate import stabilise
from actbench.formula.intervals import (
    BoolArray,
    FloatArray,
    IndexArray,
    Interval,
    absolute,
    constant,
    cosine,
    monotone,
    sine,
)
from actbench.formula.tree import (
    FunctionCall,
    Negative,
    Number,
    Operation,
    Tree,
    replace_operands,
)


@dataclass(frozen=True, eq=False)
class Enclosure:
    """What is proved about a function on each interval of x.

    Args:
        value: encloses its values.
        slope: encloses its derivatives and, at a kink, the one-sided derivatives.
        defined: it has a real value at every x of the interval.
        undefined: it has a real value at no x of the interval.
        continuous: it is defined and continuous.
        analytic: it is defined and has derivatives of all orders.
        constant: its value if it does not depend on x, else None.
    """

    value: Interval
    slope: Interval
    defined: BoolArray
    undefined: BoolArray
    continuous: BoolArray
    analytic: BoolArray
    constant: float | None = None

    def __neg__(self) -> "Enclosure":
        number = None if self.constant is None else -self.constant
        return replace(self, value=-self.value, slope=-self.slope, constant=number)

    def __add__(self, other: "Enclosure") -> "Enclosure":
        value, slope = self.value + other.value, self.slope + other.slope
        return _joined(self, other, value, slope, add)

    def __sub__(self, other: "Enclosure") -> "Enclosure":
        return self + -other

    def __mul__(self, other: "Enclosure") -> "Enclosure":
        if self is other:
            return _power(self, _number(2.0))
        value = self.value * other.value
        slope = self.slope * other.value + self.value * other.slope
        return _joined(self, other, value, slope, mul)

    def __truediv__(self, other: "Enclosure") -> "Enclosure":
        value = self.value / other.value
        slope = (self.slope - value * other.slope) / other.value
        result = _joined(self, other, value, slope, truediv)
        zero = (other.value.lo == 0) & (other.value.hi == 0)
        return _restricted(result, ~other.value.contains_zero(), zero)


class Slope(NamedTuple):
    """A simpler formula of the derivative between two points."""

    lo: float
    hi: float
    tree: Tree


@dataclass(frozen=True)
class EnclosedFunction:
    """A formula that can be evaluated on intervals.

    Args:
        tree: the formula.
        parameters: its parameters.
        slopes: formulas of its derivative that give narrower enclosures.
    """

    tree: Tree
    parameters: Mapping[str, float]
    slopes: tuple[Slope, ...] = ()

    def on(self, lo: FloatArray, hi: FloatArray) -> Enclosure:
        """Return what is proved on the intervals [lo, hi] of x."""
        with np.errstate(all="ignore"):
            found = self._evaluate(self.tree, lo, hi)
            for slope in self.slopes:
                inside = np.flatnonzero((lo >= slope.lo) & (hi <= slope.hi))
                if inside.size:
                    narrower = self._evaluate(slope.tree, lo[inside], hi[inside])
                    found = _with_slope(found, inside, narrower)
            return found

    def __neg__(self) -> "EnclosedFunction":
        slopes = tuple(slope._replace(tree=Negative(slope.tree)) for slope in self.slopes)
        return EnclosedFunction(Negative(self.tree), self.parameters, slopes)

    def _evaluate(self, tree: Tree, lo: FloatArray, hi: FloatArray) -> Enclosure:
        true, false = np.ones(lo.shape, bool), np.zeros(lo.shape, bool)
        x = Enclosure(Interval(lo, hi), constant(1.0), true, false, true, true)
        names = {name: _number(value) for name, value in self.parameters.items()}
        result = evaluate_tree(_without_cancellation(tree), ALGEBRA, {"x": x, **names})
        return _broadcast(result, lo.shape)


@lru_cache(maxsize=1024)
def _without_cancellation(tree: Tree) -> Tree:
    """Return an equal formula with functions that do not cancel, where one applies."""
    tree = replace_operands(stabilise(tree), _without_cancellation)
    match tree:
        case Operation("+", Number("1"), FunctionCall("erf", (u,))) | Operation(
            "+", FunctionCall("erf", (u,)), Number("1")
        ):
            return FunctionCall("erfc", (Negative(u),))
        case Operation("-", Number("1"), FunctionCall("erf", (u,))):
            return FunctionCall("erfc", (u,))
        case Operation("+", Number("1"), FunctionCall("tanh", (u,))) | Operation(
            "+", FunctionCall("tanh", (u,)), Number("1")
        ):
            double = FunctionCall("sigmoid", (Operation("*", Number("2"), u),))
            return Operation("*", Number("2"), double)
        case FunctionCall("log", (Operation("+", Number("1"), u),)):
            return FunctionCall("log1p", (u,))
        case Operation("-", FunctionCall("exp", (u,)), Number("1")):
            return FunctionCall("expm1", (u,))
        case FunctionCall("log", (FunctionCall("sigmoid", (u,)),)):
            return Negative(FunctionCall("softplus", (Negative(u),)))
    return tree


def _with_slope(e: Enclosure, inside: IndexArray, slope: Enclosure) -> Enclosure:
    """Return an enclosure whose slopes are also within those of another formula."""
    lo, hi = e.slope.lo.copy(), e.slope.hi.copy()
    known = slope.defined
    at = inside[known]
    lo[at] = np.maximum(lo[at], slope.value.lo[known])
    hi[at] = np.minimum(hi[at], slope.value.hi[known])
    return replace(e, slope=Interval(lo, hi))


def _broadcast(e: Enclosure, shape: tuple[int, ...]) -> Enclosure:
    def full(array: FloatArray) -> FloatArray:
        return np.broadcast_to(array, shape)

    def flag(array: BoolArray) -> BoolArray:
        return np.broadcast_to(array, shape)

    return Enclosure(
        Interval(full(e.value.lo), full(e.value.hi)),
        Interval(full(e.slope.lo), full(e.slope.hi)),
        flag(e.defined),
        flag(e.undefined),
        flag(e.continuous),
        flag(e.analytic),
        e.constant,
    )


def _number(value: float) -> Enclosure:
    true, false = np.asarray(True), np.asarray(False)
    return Enclosure(constant(value), constant(0.0), true, false, true, true, value)


def _joined(
    a: Enclosure,
    b: Enclosure,
    value: Interval,
    slope: Interval,
    operation: Callable[[float, float], float],
) -> Enclosure:
    """Return an operation of two enclosures that is defined wherever both are."""
    number = None
    if a.constant is not None and b.constant is not None:
        with contextlib.suppress(ArithmeticError):
            number = operation(a.constant, b.constant)
            number = number if np.isfinite(number) else None
    return Enclosure(
        value,
        slope,
        a.defined & b.defined,
        a.undefined | b.undefined,
        a.continuous & b.continuous,
        a.analytic & b.analytic,
        number,
    )


def _restricted(
    e: Enclosure, analytic: BoolArray, undefined: BoolArray, defined: BoolArray | None = None
) -> Enclosure:
    """Return an enclosure of a function that is defined only for some of its arguments."""
    known = analytic if defined is None else defined
    return replace(
        e,
        defined=e.defined & known,
        undefined=e.undefined | undefined,
        continuous=e.continuous & known,
        analytic=e.analytic & analytic,
    )


def _unary(
    function: Callable[[Interval], Interval],
    derivative: Callable[[Interval], Interval],
    u: Enclosure,
) -> Enclosure:
    value, number = function(u.value), None
    if u.constant is not None and np.ptp([value.lo, value.hi]) <= 1e-14 * np.abs(value.lo):
        number = float((value.lo + value.hi) / 2)
    return replace(u, value=value, slope=derivative(u.value) * u.slope, constant=number)


_ONE = constant(1.0)


def _erf(x: FloatArray) -> FloatArray:
    from scipy.special import erf

    return np.asarray(erf(x))


def _minus_complement(x: FloatArray) -> FloatArray:
    from scipy.special import erfc

    return -np.asarray(erfc(x))


_exp = monotone(np.exp, 0.0, np.inf)
_log1p = monotone(np.log1p, -np.inf, np.inf)
_expm1 = monotone(np.expm1, -1.0, np.inf)
_sigmoid = monotone(lambda x: 1 / (1 + np.exp(-x)), 0.0, 1.0)
_softplus = monotone(lambda x: np.logaddexp(0.0, x), 0.0, np.inf)
_tanh = monotone(np.tanh, -1.0, 1.0)
_atan = monotone(np.arctan, -np.pi / 2, np.nextafter(np.pi / 2, 2))
_erf_interval = monotone(_erf, -1.0, 1.0)
_minus_erfc = monotone(_minus_complement, -2.0, 0.0)


def _positive(function: Callable[[FloatArray], FloatArray]) -> Callable[[Interval], Interval]:
    """Return the enclosure of an increasing function of numbers that are not negative."""
    inner = monotone(function, -np.inf, np.inf)
    return lambda u: inner(Interval(np.maximum(u.lo, 0.0), np.maximum(u.hi, 0.0)))


_log = _positive(np.log)


def _sqrt(u: Interval) -> Interval:
    root = _positive(np.sqrt)(u)
    return Interval(np.maximum(root.lo, 0.0), root.hi)


def _bell(peak: Callable[[FloatArray], FloatArray]) -> Callable[[Interval], Interval]:
    """Return the enclosure of an even function that is positive and falls for x > 0."""

    def enclose(u: Interval) -> Interval:
        size = absolute(u)
        falling = monotone(lambda x: -peak(x), -np.inf, 0.0)
        return -falling(size)

    return enclose


_sigmoid_slope = _bell(lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2)
_tanh_slope = _bell(lambda x: 4 * np.exp(-2 * x) / (1 + np.exp(-2 * x)) ** 2)
_atan_slope = _bell(lambda x: 1 / (1 + x * x))
_erf_slope = _bell(lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x))


def _logarithm(u: Enclosure) -> Enclosure:
    result = _unary(_log, Interval.reciprocal, u)
    return _restricted(result, u.value.lo > 0, u.value.hi <= 0)


def _logarithm_of_sum(u: Enclosure) -> Enclosure:
    above = Interval(np.maximum(u.value.lo, -1.0), np.maximum(u.value.hi, -1.0))
    result = _unary(lambda _: _log1p(above), lambda v: (_ONE + v).reciprocal(), u)
    return _restricted(result, u.value.lo > -1, u.value.hi <= -1)


def _square_root(u: Enclosure) -> Enclosure:
    result = _unary(_sqrt, lambda v: (constant(2.0) * _sqrt(v)).reciprocal(), u)
    return _restricted(result, u.value.lo > 0, u.value.hi < 0, u.value.lo >= 0)


def _power(u: Enclosure, exponent: Enclosure) -> Enclosure:
    if exponent.constant is None:
        result = _unary(_exp, _exp, exponent * _logarithm(u))
        # A negative number has a real power if the exponent is an integer. A varying exponent
        # is an integer at single numbers only, and those are left out.
        has_integer = np.floor(exponent.value.hi) >= np.ceil(exponent.value.lo)
        is_fixed = (exponent.slope.lo == 0) & (exponent.slope.hi == 0)
        is_open = (u.value.lo < 0) & has_integer & is_fixed
        value, slope = (
            Interval(np.where(is_open, -np.inf, v.lo), np.where(is_open, np.inf, v.hi))
            for v in (result.value, result.slope)
        )
        undefined = result.undefined & ~is_open
        return replace(result, value=value, slope=slope, undefined=undefined)
    p = exponent.constant
    result = replace(
        _joined(u, exponent, u.value.power(p), constant(0.0), pow),
        slope=constant(p) * u.value.power(p - 1) * u.slope if p != 0 else constant(0.0),
    )
    if exponent.value.lo != exponent.value.hi:
        # It is rounded, so it is unknown whether it is an integer.
        return _restricted(result, u.value.lo > 0, u.value.hi < u.value.lo)
    zero = (u.value.lo == 0) & (u.value.hi == 0)
    if p % 1 == 0:
        return result if p >= 0 else _restricted(result, ~u.value.contains_zero(), zero)
    if p > 0:
        return _restricted(result, u.value.lo > 0, u.value.hi < 0, u.value.lo >= 0)
    return _restricted(result, u.value.lo > 0, u.value.hi <= 0)


@dataclass(frozen=True, eq=False)
class Condition:
    """The intervals on which a comparison is proved true, and those on which it is false."""

    true: BoolArray
    false: BoolArray
    equal_ends: BoolArray
    """The operands are equal where the outcome changes, as those of max and abs are."""


def compare(operator: str, a: Enclosure, b: Enclosure) -> Condition:
    """Return where a comparison is proved."""
    below, above = a.value.hi < b.value.lo, a.value.lo > b.value.hi
    not_above, not_below = a.value.hi <= b.value.lo, a.value.lo >= b.value.hi
    equal = not_above & not_below
    true, false = {
        "<": (below, not_below),
        "<=": (not_above, above),
        ">": (above, not_above),
        ">=": (not_below, below),
        "==": (equal, below | above),
    }[operator]
    # A comparison with NaN is false.
    defined, undefined = a.defined & b.defined, a.undefined | b.undefined
    return Condition(true & defined, (false & defined) | undefined, np.asarray(False))


def select(condition: Condition, a: Enclosure, b: Enclosure) -> Enclosure:
    """Return the enclosure of a if the condition holds, else of b."""
    true, false = condition.true, condition.false
    joined = condition.equal_ends

    def chosen(first: FloatArray, second: FloatArray, both: FloatArray) -> FloatArray:
        return np.where(true, first, np.where(false, second, both))

    def hull(first: Interval, second: Interval) -> Interval:
        both = first.hull(second)
        return Interval(
            chosen(first.lo, second.lo, both.lo), chosen(first.hi, second.hi, both.hi)
        )

    def flag(name: str, undecided: Callable[[BoolArray, BoolArray], BoolArray]) -> BoolArray:
        first, second = getattr(a, name), getattr(b, name)
        return np.where(true, first, np.where(false, second, undecided(first, second)))

    number = None
    if a.constant is not None and b.constant is not None and np.ndim(true) == 0:
        number = a.constant if true else b.constant if false else None
    return Enclosure(
        hull(a.value, b.value),
        hull(a.slope, b.slope),
        flag("defined", and_),
        flag("undefined", and_),
        flag("continuous", lambda first, second: joined & first & second),
        flag("analytic", lambda first, second: np.zeros_like(first & second)),
        number,
    )


def _extreme(operator: str, a: Enclosure, b: Enclosure) -> Enclosure:
    condition = replace(compare(operator, a, b), equal_ends=np.asarray(True))
    result = select(condition, a, b)
    join = np.maximum if operator == ">" else np.minimum
    # Unlike a conditional, it is undefined if one of its arguments is.
    return replace(
        result,
        value=Interval(join(a.value.lo, b.value.lo), join(a.value.hi, b.value.hi)),
        defined=a.defined & b.defined,
        undefined=a.undefined | b.undefined,
        continuous=a.continuous & b.continuous,
        analytic=result.analytic & a.defined & b.defined,
    )


def _magnitude(u: Enclosure) -> Enclosure:
    return replace(_extreme(">", u, -u), value=absolute(u.value))


ALGEBRA: Algebra[Enclosure, Condition] = Algebra(
    number=lambda text: _number(np.pi if text == "pi" else float(text)),
    functions={
        "abs": _magnitude,
        "atan": partial(_unary, _atan, _atan_slope),
        "cos": partial(_unary, cosine, lambda u: -sine(u)),
        "erf": partial(_unary, _erf_interval, _erf_slope),
        "erfc": partial(_unary, lambda u: -_minus_erfc(u), lambda u: -_erf_slope(u)),
        "exp": partial(_unary, _exp, _exp),
        "expm1": partial(_unary, _expm1, _exp),
        "log": _logarithm,
        "log1p": _logarithm_of_sum,
        "max": partial(_extreme, ">"),
        "min": partial(_extreme, "<"),
        "sigmoid": partial(_unary, _sigmoid, _sigmoid_slope),
        "sin": partial(_unary, sine, cosine),
        "softplus": partial(_unary, _softplus, _sigmoid),
        "sqrt": _square_root,
        "tanh": partial(_unary, _tanh, _tanh_slope),
    },
    power=_power,
    where=select,
    compare=compare,
)
"""Formulas on intervals, with their derivatives."""
