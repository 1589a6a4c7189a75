"""From a textbook formula to LaTeX and to an oracle that is right to 50 digits.

A formula is an expression in x, the record's parameters, numbers, + − * / ** and the
functions below. It is read by walking its syntax tree, never evaluated as Python, so text
from a reader or a file is safe.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from math import ceil, log10
from typing import Any, NamedTuple

import mpmath
import sympy

from actbench.activations.record import Activation
from actbench.errors import RequestError

X = sympy.Symbol("x", real=True)


class _Sigma(sympy.Function):  # type: ignore[misc]
    """σ as it is written; the oracle uses its definition instead."""

    def _latex(self, printer: Any) -> str:
        return rf"\sigma\left({printer.doprint(self.args[0])}\right)"


def _maximum(a: Any, b: Any) -> Any:
    return sympy.Piecewise((a, a > b), (b, True))


def _minimum(a: Any, b: Any) -> Any:
    return sympy.Piecewise((a, a < b), (b, True))


class _Function(NamedTuple):
    arguments: int
    defined: Callable[..., Any]
    written: Callable[..., Any]


_FUNCTIONS = {
    "abs": _Function(1, sympy.Abs, sympy.Abs),
    "exp": _Function(1, sympy.exp, sympy.exp),
    "log": _Function(1, sympy.log, sympy.log),
    "max": _Function(2, _maximum, sympy.Max),
    "min": _Function(2, _minimum, sympy.Min),
    "sigmoid": _Function(1, lambda x: 1 / (1 + sympy.exp(-x)), _Sigma),
    "tanh": _Function(1, sympy.tanh, sympy.tanh),
}

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def parse(text: str, symbols: Mapping[str, Any], *, written: bool = False) -> Any:
    """Return a formula as a SymPy expression.

    Args:
        text: the formula, such as "x * sigmoid(beta * x)".
        symbols: what each name in it stands for.
        written: keep functions as they are written (for LaTeX) instead of expanding them
            to their definitions (for the oracle).

    Raises:
        RequestError: the text is no formula; the message says where.

    Example:
        >>> import sympy
        >>> parse("x * sigmoid(2 * x)", {"x": sympy.Symbol("x")})
        x/(1 + exp(-2*x))
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise RequestError(f"formula {text!r}: {error.msg} at column {error.offset}") from None
    return _walk(tree, text, symbols, written)


def _walk(node: ast.expr, text: str, symbols: Mapping[str, Any], written: bool) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return sympy.Rational(str(number))
        case ast.Name(id=name) if name in symbols:
            return symbols[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_walk(operand, text, symbols, written)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](
                _walk(left, text, symbols, written), _walk(right, text, symbols, written)
            )
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if (
            name in _FUNCTIONS and len(args) == _FUNCTIONS[name].arguments
        ):
            function = _FUNCTIONS[name].written if written else _FUNCTIONS[name].defined
            return function(*(_walk(arg, text, symbols, written) for arg in args))
    raise RequestError(
        f"formula {text!r}: {ast.unparse(node)!r} at column {node.col_offset + 1} is not "
        f"understood; names are {', '.join(symbols)}, functions {', '.join(_FUNCTIONS)}"
    )


def latex(activation: Activation) -> str:
    r"""Return the formula in LaTeX, parameters as symbols, without dollar signs.

    Example:
        >>> import actbench
        >>> print(latex(actbench.get("swish")))
        x \sigma\left(\beta x\right)
    """
    symbols = {"x": X} | {
        f.name: sympy.Symbol(f.metadata["symbol"], real=True) for f in fields(activation)
    }
    return str(sympy.latex(parse(activation.formula, symbols, written=True)))


def oracle(activation: Activation, x: float, *, order: int = 0, digits: int = 50) -> Any:
    """Return f(x), f'(x) or f''(x) from the textbook formula, right to `digits` digits.

    The formula is differentiated symbolically and evaluated by mpmath with enough digits
    to outlast its cancellation, then again with twice as many; both must agree. It shares
    nothing with the stable code that it is used to check.

    Args:
        activation: the record; its formula and parameters are used, nothing else.
        x: a finite float, taken exactly; |x · parameter| up to about 5,000.
        order: 0 for the value, 1 and 2 for the derivatives. At a kink they are those of
            one of the two sides.
        digits: decimal digits asked for.

    Returns:
        An mpmath number.

    Raises:
        ArithmeticError: the digits did not settle, or x is out of reach.

    Example:
        >>> import actbench, mpmath
        >>> mpmath.nstr(oracle(actbench.get("mish"), -1.0), 20)
        '-0.30340146137410891807'
    """
    steepness = max([1.0, *(abs(value) for value in activation.parameters.values())])
    # Terms as large as e^(2|βx|) or as small as x² may cancel.
    guard = ceil(2 * steepness * abs(x) + (2 * abs(log10(abs(x))) if x else 0))
    if guard > 10_000:
        raise ArithmeticError(f"{activation} at {x}: needs more than 10,000 digits")
    function = _function(activation, order)
    with mpmath.workdps(digits + 15 + guard):
        first = function(mpmath.mpf(x))
    with mpmath.workdps(2 * (digits + 15 + guard)):
        second = function(mpmath.mpf(x))
    if abs(first - second) > mpmath.mpf(10) ** -digits * abs(second):
        raise ArithmeticError(f"{activation} at {x}: {digits} digits did not settle")
    with mpmath.workdps(digits):
        return +second


@lru_cache(maxsize=256)
def _function(activation: Activation, order: int) -> Callable[[Any], Any]:
    symbols = {"x": X} | {
        # A float is a fraction; as one it stays exact at any precision.
        name: sympy.Rational(*value.as_integer_ratio())
        for name, value in activation.parameters.items()
    }
    expression = sympy.diff(parse(activation.formula, symbols), X, order)
    function: Callable[[Any], Any] = sympy.lambdify(X, expression, "mpmath")
    return lambda x: mpmath.mpf(function(x))
