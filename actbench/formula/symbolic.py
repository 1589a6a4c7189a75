"""Formulas in SymPy: LaTeX, and an oracle that is right to 50 digits.

The oracle evaluates the textbook formula and its symbolic derivatives with mpmath. It
shares nothing with the stable code that it is used to check. (Activations are `Any` here: only
their formula and parameters are used.)
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import mpmath
import sympy

from actbench.errors import RequestError
from actbench.formula.parse import Algebra, Tree, parse, walk

X = sympy.Symbol("x", real=True)

# More than float64's smallest number has: whatever a formula loses below these digits is
# zero in every format, and cancellation above them shows when digits are doubled.
_FEWEST_DIGITS, _MOST_DIGITS = 400, 10_000

# Where eˣ has more digits before its point than any use has, mpmath would fill the memory.
_LARGEST_EXPONENT_BITS = 4_096


def _either(a: Any, b: Any, condition: Any) -> Any:
    """Return a where the condition holds, else b; unevaluated, since SymPy may think long."""
    return sympy.Piecewise((a, condition), (b, True), evaluate=False)


def _compare(operator: str, a: Any, b: Any) -> Any:
    relation = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq}
    return relation[operator](a, b, evaluate=False)


def _number(text: str) -> Any:
    return sympy.pi if text == "pi" else sympy.Rational(text)


class _Named(sympy.Function):  # type: ignore[misc]
    """A function as it is written; the oracle uses its definition instead."""

    written: str

    def _latex(self, printer: Any) -> str:
        return rf"{self.written}\left({printer.doprint(self.args[0])}\right)"


class _Sigma(_Named):
    written = r"\sigma"


class _Softplus(_Named):
    written = r"\operatorname{softplus}"


class _Erf(_Named):
    written = r"\operatorname{erf}"


_SHARED = {
    "atan": sympy.atan,
    "cos": sympy.cos,
    "exp": sympy.exp,
    "log": sympy.log,
    "sin": sympy.sin,
    "sqrt": sympy.sqrt,
    "tanh": sympy.tanh,
}

DEFINED = Algebra(
    number=_number,
    functions=_SHARED
    | {
        "abs": lambda x: _either(x, -x, _compare(">", x, sympy.Integer(0))),
        "erf": sympy.erf,
        "max": lambda a, b: _either(a, b, _compare(">", a, b)),
        "min": lambda a, b: _either(a, b, _compare("<", a, b)),
        "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
        "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    },
    power=pow,
    where=lambda condition, a, b: _either(a, b, condition),
    compare=_compare,
)
"""Functions by their definitions, for the oracle."""

WRITTEN = Algebra(
    number=_number,
    functions=_SHARED
    | {
        "abs": sympy.Abs,
        "erf": _Erf,
        "max": sympy.Max,
        "min": sympy.Min,
        "sigmoid": _Sigma,
        "softplus": _Softplus,
    },
    power=pow,
    where=lambda condition, a, b: _either(a, b, condition),
    compare=_compare,
)
"""Functions as they are written, for LaTeX."""


def latex(activation: Any) -> str:
    r"""Return the formula in LaTeX, parameters as symbols, without dollar signs.

    Example:
        >>> import actbench
        >>> print(latex(actbench.get("swish")))
        x \sigma\left(\beta x\right)
    """
    symbols = {"x": X} | {
        name: sympy.Symbol(symbol, real=True) for name, symbol in activation.symbols.items()
    }
    return str(sympy.latex(walk(_tree(activation), WRITTEN, symbols)))


def oracle(activation: Any, x: float, *, order: int = 0, digits: int = 50) -> Any:
    """Return f(x), f'(x) or f''(x) from the textbook formula, right to `digits` digits.

    The formula is differentiated symbolically and evaluated by mpmath with at least 400
    digits, then with twice as many, until two results agree.

    Args:
        activation: the record; its formula and parameters are used, nothing else.
        x: a finite float, taken exactly, as are the parameters.
        order: 0 for the value, 1 and 2 for the derivatives. At a kink they are those of the
            piece that the formula takes there.
        digits: decimal digits asked for. What is smaller than 10⁻³⁴⁰ beside the terms it is
            made of may come out as 0.

    Returns:
        An mpmath number.

    Raises:
        RequestError: the activation has no formula.
        ArithmeticError: the digits did not settle, or a number is out of reach.

    Example:
        >>> import actbench, mpmath
        >>> mpmath.nstr(oracle(actbench.get("mish"), -1.0), 20)
        '-0.30340146137410891807'
    """
    names = tuple(activation.parameters)
    function = _function(_tree(activation), names, order)
    arguments = [x, *activation.parameters.values()]
    precision = max(_FEWEST_DIGITS, digits + 15)
    found = _evaluate(function, arguments, precision)
    while precision < _MOST_DIGITS:
        precision *= 2
        better = _evaluate(function, arguments, precision)
        if abs(found - better) <= mpmath.mpf(10) ** -digits * abs(better):
            with mpmath.workdps(digits):
                return +better
        found = better
    raise ArithmeticError(f"{activation} at {x}: {digits} digits did not settle")


def _tree(activation: Any) -> Tree:
    if activation.formula is None:
        raise RequestError(
            f"{activation}: has no formula; one given as formula:TEXT would be right"
        )
    return parse(activation.formula, ("x", *activation.parameters))


def _evaluate(function: Callable[..., Any], arguments: list[float], digits: int) -> Any:
    with mpmath.workdps(digits):
        try:
            return mpmath.mpf(function(*map(mpmath.mpf, arguments)))
        except (TypeError, OverflowError, ZeroDivisionError, MemoryError) as error:
            raise ArithmeticError(f"no real number at {arguments[0]} ({error})") from None


@lru_cache(maxsize=1024)
def _function(tree: Tree, names: tuple[str, ...], order: int) -> Callable[..., Any]:
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    expression = sympy.diff(walk(tree, DEFINED, symbols | {"x": X}), X, order)
    # The text that is compiled here is SymPy's, made from a tree of the parts above.
    made: Callable[..., Any] = sympy.lambdify(
        [X, *symbols.values()], expression, [{"exp": _exp}, "mpmath"], cse=True
    )
    return made


def _exp(x: Any) -> Any:
    if mpmath.isfinite(x) and mpmath.mag(x) > _LARGEST_EXPONENT_BITS:
        if x < 0:
            return mpmath.mpf(0)
        raise ArithmeticError("an exponential is out of reach")
    return mpmath.exp(x)
