"""Formulas in SymPy: LaTeX, and an oracle that is accurate to 50 digits.

The oracle evaluates the textbook formula and its symbolic derivatives with mpmath. It is
independent of the stable code that it is used to check.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import mpmath
import sympy

from actbench.errors import RequestError
from actbench.formula.algebra import Algebra, evaluate_tree
from actbench.formula.parse import parse
from actbench.formula.tree import Tree

X = sympy.Symbol("x", real=True)

# Results below 10⁻⁴⁰⁰ are 0 in every format, so 400 digits suffice in most cases. After
# stronger cancellation, the results at two precisions disagree, and the digits are doubled.
_MIN_DIGITS, _MAX_DIGITS = 400, 10_000

# Larger exponents would make mpmath fill the memory with the digits of eˣ.
_MAX_EXPONENT_BITS = 4_096


class HasFormula(Protocol):
    """The part of `Activation` that LaTeX and the oracle need."""

    @property
    def formula(self) -> str | None:
        """The textbook formula; None if it is unknown."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """The parameters: name ↦ value."""

    @property
    def symbols(self) -> Mapping[str, str]:
        """The LaTeX symbols of the parameters: name ↦ symbol."""


def _piecewise(condition: sympy.Expr, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """Return a if the condition holds, else b; unevaluated because SymPy may be very slow."""
    return sympy.Piecewise((a, condition), (b, True), evaluate=False)


def _compare(operator: str, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    relation = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq}
    return relation[operator](a, b, evaluate=False)


def _number(text: str) -> sympy.Expr:
    return sympy.pi if text == "pi" else sympy.Rational(text)


class _NamedFunction(sympy.Function):  # type: ignore[misc]
    """A function that LaTeX shows by its name; the oracle uses its definition instead."""

    latex_name: str

    def _latex(self, printer: sympy.printing.printer.Printer) -> str:
        return rf"{self.latex_name}\left({printer.doprint(self.args[0])}\right)"


class _Sigma(_NamedFunction):
    latex_name = r"\sigma"


class _Softplus(_NamedFunction):
    latex_name = r"\operatorname{softplus}"


class _Erf(_NamedFunction):
    latex_name = r"\operatorname{erf}"


_SHARED_FUNCTIONS = {
    "atan": sympy.atan,
    "cos": sympy.cos,
    "exp": sympy.exp,
    "log": sympy.log,
    "sin": sympy.sin,
    "sqrt": sympy.sqrt,
    "tanh": sympy.tanh,
}

ORACLE_ALGEBRA = Algebra(
    number=_number,
    functions=_SHARED_FUNCTIONS
    | {
        "abs": lambda x: _piecewise(_compare(">", x, sympy.Integer(0)), x, -x),
        "erf": sympy.erf,
        "max": lambda a, b: _piecewise(_compare(">", a, b), a, b),
        "min": lambda a, b: _piecewise(_compare("<", a, b), a, b),
        "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
        "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    },
    power=pow,
    where=_piecewise,
    compare=_compare,
)
"""Functions by their definitions, for the oracle."""

LATEX_ALGEBRA = Algebra(
    number=_number,
    functions=_SHARED_FUNCTIONS
    | {
        "abs": sympy.Abs,
        "erf": _Erf,
        "max": sympy.Max,
        "min": sympy.Min,
        "sigmoid": _Sigma,
        "softplus": _Softplus,
    },
    power=pow,
    where=_piecewise,
    compare=_compare,
)
"""Functions by their names, for LaTeX."""


def latex(activation: HasFormula) -> str:
    r"""Return the formula in LaTeX, with parameters as symbols and without dollar signs.

    Raises:
        RequestError: the activation has no formula.

    Example:
        >>> import actbench
        >>> print(latex(actbench.get("swish")))
        x \sigma\left(\beta x\right)
    """
    symbols = {"x": X} | {
        name: sympy.Symbol(symbol, real=True) for name, symbol in activation.symbols.items()
    }
    return str(sympy.latex(evaluate_tree(_tree(activation), LATEX_ALGEBRA, symbols)))


def oracle(activation: HasFormula, x: float, *, order: int = 0, digits: int = 50) -> mpmath.mpf:
    """Return f(x), f'(x) or f''(x) from the textbook formula, accurate to `digits` digits.

    The formula is differentiated symbolically and evaluated by mpmath with at least 400
    digits, then with twice as many, until two results agree.

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
        ArithmeticError: the results with more and more digits do not agree, or a number is
            too large to compute.

    Example:
        >>> import actbench, mpmath
        >>> mpmath.nstr(oracle(actbench.get("mish"), -1.0), 20)
        '-0.30340146137410891807'
    """
    names = tuple(activation.parameters)
    function = _mpmath_function(_tree(activation), names, order)
    arguments = [x, *activation.parameters.values()]
    precision = max(_MIN_DIGITS, digits + 15)
    previous = _evaluate(function, arguments, precision)
    while precision < _MAX_DIGITS:
        precision *= 2
        result = _evaluate(function, arguments, precision)
        if abs(previous - result) <= mpmath.mpf(10) ** -digits * abs(result):
            with mpmath.workdps(digits):
                return +result
        previous = result
    raise ArithmeticError(
        f"{activation} at {x}: expected {digits} equal digits at two precisions, "
        f"got fewer with up to {precision} digits"
    )


def _tree(activation: HasFormula) -> Tree:
    if activation.formula is None:
        raise RequestError(
            f"{activation}: expected a formula, got none; use formula:TEXT to give one"
        )
    return parse(activation.formula, ("x", *activation.parameters))


def _evaluate(
    function: Callable[..., mpmath.mpf], arguments: Sequence[float], digits: int
) -> mpmath.mpf:
    with mpmath.workdps(digits):
        try:
            return mpmath.mpf(function(*map(mpmath.mpf, arguments)))
        except (TypeError, OverflowError, ZeroDivisionError, MemoryError) as error:
            raise ArithmeticError(
                f"formula at {arguments[0]}: expected a real number, got {error}"
            ) from None


@lru_cache(maxsize=1024)
def _mpmath_function(
    tree: Tree, names: tuple[str, ...], order: int
) -> Callable[..., mpmath.mpf]:
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    value = evaluate_tree(tree, ORACLE_ALGEBRA, symbols | {"x": X})
    expression = sympy.diff(value, X, order)
    # lambdify compiles text that SymPy writes from the parts of the algebra, never user text.
    function: Callable[..., mpmath.mpf] = sympy.lambdify(
        [X, *symbols.values()], expression, [{"exp": _exp}, "mpmath"], cse=True
    )
    return function


def _exp(x: mpmath.mpf) -> mpmath.mpf:
    if mpmath.isfinite(x) and mpmath.mag(x) > _MAX_EXPONENT_BITS:
        if x < 0:
            return mpmath.mpf(0)
        raise ArithmeticError(
            f"exp: expected an exponent below 2**{_MAX_EXPONENT_BITS}, got a larger one"
        )
    return mpmath.exp(x)
