"""The oracle: values and derivatives of a textbook formula, accurate to 50 digits.

The formula is evaluated by mpmath as a truncated power series in x, by the rules of calculus.
The oracle is independent of the stable code that it is used to check.
"""

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt
from typing import Protocol, TypeAlias

import mpmath

from actbench.errors import RequestError
from actbench.formula.parse import parse
from actbench.formula.tree import (
    Conditional,
    FunctionCall,
    Name,
    Negative,
    Number,
    Operation,
    Relation,
    Tree,
    names_in,
)

# Results below 10⁻⁴⁰⁰ are 0 in every format, so 400 digits suffice in most cases. After
# stronger cancellation, the results at two precisions disagree, and the digits are doubled.
_MIN_DIGITS, _MAX_DIGITS = 400, 6_000

# Magnitude in bits from which on tanh is ±1, in any precision that fits into memory.
_TANH_IS_ONE = 64

# Larger exponents would make mpmath fill the memory with the digits of eˣ.
_MAX_EXPONENT_BITS = 4_096

Series: TypeAlias = tuple[mpmath.mpf, ...]
"""The coefficients of 1, h, h², … in f(x + h), as many as the derivative needs."""

Derivatives: TypeAlias = Callable[[mpmath.mpf], mpmath.mpf]


class HasFormula(Protocol):
    """The part of `Activation` that the oracle needs."""

    @property
    def formula(self) -> str | None:
        """The textbook formula; None if it is unknown."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """The parameters: name ↦ value."""


def tree_of(activation: HasFormula) -> Tree:
    """Return the formula of an activation as a tree.

    Raises:
        RequestError: the activation has no formula.
    """
    if activation.formula is None:
        raise RequestError(
            f"{activation}: expected a formula, got none; use formula:TEXT to give one"
        )
    return parse(activation.formula, ("x", *activation.parameters))


def oracle(activation: HasFormula, x: float, *, order: int = 0, digits: int = 50) -> mpmath.mpf:
    """Return f(x), f'(x) or f''(x) from the textbook formula, accurate to `digits` digits.

    The formula is evaluated with at least 400 digits, then with twice as many, until two
    results agree.

    Args:
        activation: the record, of which only formula and parameters are used.
        x: a finite float; it and the parameters are taken exactly.
        order: 0 for the value, 1 and 2 for the derivatives. At a kink the derivative is that
            of the piece which contains x.
        digits: number of accurate decimal digits. If terms cancel to less than 10⁻³⁴⁰ of
            their size, the result may be 0.

    Returns:
        An mpmath number.

    Raises:
        RequestError: the activation has no formula.
        NotRealError: the function has no real value, or no derivative, at x.
        ArithmeticError: the results with more and more digits do not agree, or a number is
            too large to compute.

    Example:
        >>> import actbench, mpmath
        >>> mpmath.nstr(oracle(actbench.get("mish"), -1.0), 20)
        '-0.30340146137410891807'
    """
    tree, names = tree_of(activation), {"x": x, **activation.parameters}
    precision = max(_MIN_DIGITS, digits + 15)
    previous = _derivative(tree, names, order, precision)
    while precision < _MAX_DIGITS:
        precision *= 2
        result = _derivative(tree, names, order, precision)
        if result is not None and _agree(previous, result, precision, digits):
            with mpmath.workdps(digits):
                return +result
        previous = result
    raise ArithmeticError(
        f"{activation} at {x}: expected {digits} equal digits at two precisions, "
        f"got fewer with up to {precision} digits"
    )


def _agree(
    previous: mpmath.mpf | None, result: mpmath.mpf, precision: int, digits: int
) -> bool:
    """Return whether two results agree, the second of which has twice as many digits."""
    if previous is None:
        return False
    difference = abs(previous - result)
    # Rounding errors of terms of size 1 that cancel.
    noise = [mpmath.mpf(10) ** (60 - known) for known in (precision // 2, precision)]
    return bool(
        difference <= mpmath.mpf(10) ** -digits * abs(result)
        or (abs(previous) < noise[0] and abs(result) < noise[1])
    )


class NotRealError(ArithmeticError):
    """The formula has no real value, or no derivative, at an x."""


class _TooFewDigitsError(Exception):
    """The argument of a periodic function is so large that all its digits are needed."""


def _derivative(
    tree: Tree, names: Mapping[str, float], order: int, digits: int
) -> mpmath.mpf | None:
    """Return a derivative, computed with a number of digits; None if that are too few."""
    with mpmath.workdps(digits):
        try:
            series = _Expansion(names, order).of(tree)
        except _TooFewDigitsError:
            return None
        except (ValueError, ZeroDivisionError) as error:
            raise NotRealError(
                f"formula at {names['x']}: expected a real number, got {error}"
            ) from None
        except (OverflowError, MemoryError) as error:
            raise ArithmeticError(
                f"formula at {names['x']}: expected a number that fits into memory, got {error}"
            ) from None
        return series[order] * (2 if order == 2 else 1)


class _Expansion:
    """The expansion of all parts of a formula around one x, each computed once."""

    def __init__(self, names: Mapping[str, float], order: int) -> None:
        self.names = {name: mpmath.mpf(value) for name, value in names.items()}
        self.order = order
        self.known: dict[Tree, Series] = {}

    def of(self, tree: Tree) -> Series:
        if tree not in self.known:
            self.known[tree] = self._compute(tree)
        return self.known[tree]

    def _compute(self, tree: Tree) -> Series:
        match tree:
            case Number(text):
                return self._constant(+mpmath.pi if text == "pi" else mpmath.mpf(text))
            case Name("x"):
                return (self.names["x"], mpmath.mpf(1), mpmath.mpf(0))[: self.order + 1]
            case Name(name):
                return self._constant(self.names[name])
            case Negative(operand):
                return tuple(-a for a in self.of(operand))
            case Conditional(relation, then, otherwise):
                # The other part may have no value at this x.
                return self.of(then if self._is_true(relation) else otherwise)
            case FunctionCall("abs", (operand,)):
                series = self.of(operand)
                return series if series[0] > 0 else tuple(-a for a in series)
            case FunctionCall("max", (left, right)):
                return self.of(left if self._holds(Relation(">", left, right)) else right)
            case FunctionCall("min", (left, right)):
                return self.of(left if self._holds(Relation("<", left, right)) else right)
            case FunctionCall(function, (operand,)):
                return _chain(self.of(operand), *_DERIVATIVES[function])
            case Operation("**", base, exponent) if "x" in names_in(exponent):
                return _chain(
                    _times(self.of(exponent), _chain(self.of(base), *_DERIVATIVES["log"])),
                    *_DERIVATIVES["exp"],
                )
            case Operation("**", base, exponent):
                return _power(self.of(base), self.of(exponent)[0])
            case Operation(operator, left, right):
                return _ARITHMETIC[operator](self.of(left), self.of(right))
        raise TypeError(f"formula: expected a part of a formula, got {tree!r}")

    def _constant(self, number: mpmath.mpf) -> Series:
        return (number, *[mpmath.mpf(0)] * self.order)

    def _is_true(self, relation: Relation) -> bool:
        """Return whether a condition holds; one without real operands is false."""
        try:
            return self._holds(relation)
        except (ValueError, ZeroDivisionError):
            return False

    def _holds(self, relation: Relation) -> bool:
        left, right = self.of(relation.left)[0], self.of(relation.right)[0]
        return bool(_COMPARISONS[relation.operator](left, right))


def _plus(a: Series, b: Series) -> Series:
    return tuple(map(mpmath.mpf.__add__, a, b))


def _minus(a: Series, b: Series) -> Series:
    return tuple(map(mpmath.mpf.__sub__, a, b))


def _times(a: Series, b: Series) -> Series:
    return tuple(
        sum((a[i] * b[n - i] for i in range(n + 1)), mpmath.mpf(0)) for n in range(len(a))
    )


def _over(a: Series, b: Series) -> Series:
    quotient: list[mpmath.mpf] = []
    for n, each in enumerate(a):
        rest = sum((quotient[i] * b[n - i] for i in range(n)), mpmath.mpf(0))
        quotient.append((each - rest) / b[0])
    return tuple(quotient)


_ARITHMETIC: dict[str, Callable[[Series, Series], Series]] = {
    "+": _plus, "-": _minus, "*": _times, "/": _over,
}  # fmt: skip
_COMPARISONS: dict[str, Callable[[mpmath.mpf, mpmath.mpf], bool]] = {
    "<": lt, "<=": le, ">": gt, ">=": ge, "==": eq,
}  # fmt: skip


def _chain(u: Series, *derivatives: Derivatives) -> Series:
    """Return the series of g(u) from the functions g, g' and g'' of a number."""
    value = derivatives[0](u[0])
    if not any(u[1:]):  # g may have no derivative there, but a constant has
        return (value, *u[1:])
    if len(u) == 2:
        return value, derivatives[1](u[0]) * u[1]
    slope = derivatives[1](u[0])
    return value, slope * u[1], slope * u[2] + derivatives[2](u[0]) * u[1] * u[1] / 2


def _power(u: Series, exponent: mpmath.mpf) -> Series:
    """Return the series of u to a power that does not depend on x."""

    def derivative(order: int) -> Derivatives:
        factor = mpmath.mpf(1)
        for i in range(order):
            factor *= exponent - i
        return lambda v: factor * _number_power(v, exponent - order) if factor else factor

    return _chain(u, derivative(0), derivative(1), derivative(2))


def _number_power(base: mpmath.mpf, exponent: mpmath.mpf) -> mpmath.mpf:
    if base == 0 and exponent > 0:
        return base
    if exponent and mpmath.mag(exponent) > _MAX_EXPONENT_BITS:
        if base < 0:
            raise ArithmeticError("power: expected a smaller exponent of a negative number")
    elif mpmath.isint(exponent):
        return base ** int(exponent)
    return _exp(exponent * _log(base))


def _exp(x: mpmath.mpf) -> mpmath.mpf:
    if x and mpmath.mag(x) > _MAX_EXPONENT_BITS:
        if x < 0:
            return mpmath.mpf(0)
        raise ArithmeticError(
            f"exp: expected an exponent below 2**{_MAX_EXPONENT_BITS}, got a larger one"
        )
    return mpmath.exp(x)


def _log(x: mpmath.mpf) -> mpmath.mpf:
    if x <= 0:
        raise ValueError("the logarithm of a number that is not positive")
    return mpmath.log(x)


def _sqrt(x: mpmath.mpf) -> mpmath.mpf:
    if x < 0:
        raise ValueError("the square root of a negative number")
    return mpmath.sqrt(x)


def _periodic(function: Derivatives) -> Derivatives:
    def compute(x: mpmath.mpf) -> mpmath.mpf:
        if x and mpmath.mag(x) > mpmath.mp.prec:
            raise _TooFewDigitsError
        return function(x)

    return compute


def _sigmoid(x: mpmath.mpf) -> mpmath.mpf:
    return 1 / (1 + _exp(-x)) if x > 0 else _exp(x) / (1 + _exp(x))


def _sigmoid_slope(x: mpmath.mpf) -> mpmath.mpf:
    e = _exp(-abs(x))
    return e / (1 + e) ** 2


def _sigmoid_curvature(x: mpmath.mpf) -> mpmath.mpf:
    return _sigmoid_slope(x) * (1 - 2 * _sigmoid(x))


def _tanh(x: mpmath.mpf) -> mpmath.mpf:
    # mpmath computes 2 to the power of the magnitude, which may have 10¹¹ bits.
    if x and mpmath.mag(x) > _TANH_IS_ONE:
        return mpmath.sign(x)
    return mpmath.tanh(x)


def _tanh_slope(x: mpmath.mpf) -> mpmath.mpf:
    return 4 * _sigmoid_slope(2 * x)


def _erf_slope(x: mpmath.mpf) -> mpmath.mpf:
    return 2 / mpmath.sqrt(mpmath.pi) * _exp(-x * x)


_sin, _cos = _periodic(mpmath.sin), _periodic(mpmath.cos)

_DERIVATIVES: dict[str, tuple[Derivatives, Derivatives, Derivatives]] = {
    "atan": (mpmath.atan, lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
    "cos": (_cos, lambda x: -_sin(x), lambda x: -_cos(x)),
    "erf": (mpmath.erf, _erf_slope, lambda x: -2 * x * _erf_slope(x)),
    "exp": (_exp, _exp, _exp),
    "log": (_log, lambda x: 1 / x, lambda x: -1 / (x * x)),
    "sigmoid": (_sigmoid, _sigmoid_slope, _sigmoid_curvature),
    "sin": (_sin, _cos, lambda x: -_sin(x)),
    "softplus": (lambda x: mpmath.log1p(_exp(x)), _sigmoid, _sigmoid_slope),
    "sqrt": (_sqrt, lambda x: 1 / (2 * _sqrt(x)), lambda x: -1 / (4 * x * _sqrt(x))),
    "tanh": (_tanh, _tanh_slope, lambda x: -2 * _tanh(x) * _tanh_slope(x)),
}
"""The functions of one argument ↦ g, g' and g''."""
