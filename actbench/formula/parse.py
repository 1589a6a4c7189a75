"""The language of formulas: text to a tree of plain tuples, and a walk through that tree.

A formula is an expression in x, its parameters, numbers, pi, + − * / **, the functions
below, and conditionals (`x if x > 0 else alpha * x`). Where the arguments of max or min are
equal, the second counts, which decides the derivative there: that of min(max(x, 0), 6) is 0
at 0 and at 6, as in all frameworks. Text is only ever parsed
to a syntax tree, whose nodes are let in one kind at a time: nothing is evaluated as Python,
so a formula from a reader or a file is safe. The tree knows no library; an `Algebra` gives
it meaning: SymPy's (`symbolic`) or stable array operations (`generated`).
"""

import ast
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from keyword import iskeyword
from operator import add, mul, neg, sub, truediv
from typing import Any

from actbench.errors import RequestError

Tree = tuple[Any, ...]
"""("number", text), ("name", name), ("call", function, *trees), (operator, *trees) with
operators + - * / ** < <= > >= == and "neg", or ("if", condition, tree, tree)."""

FUNCTIONS = {
    "abs": 1, "atan": 1, "cos": 1, "erf": 1, "exp": 1, "log": 1, "max": 2, "min": 2,
    "sigmoid": 1, "sin": 1, "softplus": 1, "sqrt": 1, "tanh": 1,
}  # fmt: skip
"""The functions and how many arguments each takes."""

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==",
}  # fmt: skip
_ON_NUMBERS: dict[str, Callable[..., Any]] = {
    "abs": abs, "atan": math.atan, "cos": math.cos, "erf": math.erf, "exp": math.exp,
    "log": math.log, "max": max, "min": min, "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "sin": math.sin, "softplus": lambda x: math.log1p(math.exp(x)), "sqrt": math.sqrt,
    "tanh": math.tanh,
}  # fmt: skip

_ARITHMETIC = {"+": add, "-": sub, "*": mul, "/": truediv}
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "=="})

# Beyond these a formula is an attack or a mistake: nothing published comes near.
_LONGEST, _DEEPEST, _HIGHEST_POWER, _LARGEST_EXPONENT = 2_000, 40, 100, 700


@dataclass(frozen=True)
class Algebra:
    """What the parts of a formula mean; + − * / are the values' own.

    Args:
        number: the text of a decimal number ↦ value; also given "pi".
        functions: name ↦ function, for each of `FUNCTIONS`.
        power: (base, exponent) ↦ power.
        where: (condition, value if it holds, value if not) ↦ value.
        compare: (operator, left, right) ↦ condition.
    """

    number: Callable[[str], Any]
    functions: Mapping[str, Callable[..., Any]]
    power: Callable[[Any, Any], Any]
    where: Callable[[Any, Any, Any], Any]
    compare: Callable[[str, Any, Any], Any]


@lru_cache(maxsize=1024)
def parse(text: str, names: tuple[str, ...]) -> Tree:
    """Return a formula as a tree.

    Args:
        text: the formula, such as "x * sigmoid(beta * x)".
        names: what may stand in it besides numbers, pi and functions: x and the parameters.

    Raises:
        RequestError: the text is no formula; the message says what is wrong, and where.

    Example:
        >>> parse("x * tanh(2)", ("x",))
        ('*', ('name', 'x'), ('call', 'tanh', ('number', '2')))
    """
    if not isinstance(text, str):
        raise RequestError(f"formula {text!r} is no text")
    if len(text) > _LONGEST:
        raise RequestError(
            f"formula {text[:30] + '…'!r}: {len(text)} characters, at column {_LONGEST + 1} "
            f"it is too long; up to {_LONGEST} would be right"
        )
    # A line break or blanks before it mean nothing in an expression, but much to Python.
    line = re.sub(r"[\r\n]", " ", text)
    blanks = len(line) - len(line.lstrip())
    try:
        tree = ast.parse(line.lstrip(), mode="eval").body
    except SyntaxError as error:
        column = blanks + (error.offset or 1)
        raise RequestError(f"formula {text!r}: {error.msg} at column {column}") from None
    except (ValueError, RecursionError, MemoryError):  # a zero byte; nesting too deep
        raise RequestError(f"formula {text!r}: cannot be read, at column 1") from None
    return _Reader(line.lstrip(), blanks, names).read(tree, 0)


def is_parameter_name(name: str) -> bool:
    """Return whether a name can stand for a parameter: a plain one, not taken."""
    plain = name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    return plain and not iskeyword(name) and name not in {"x", "pi", *FUNCTIONS}


@dataclass(frozen=True)
class _Reader:
    text: str
    blanks: int
    names: tuple[str, ...]

    def read(self, node: ast.expr, depth: int) -> Tree:
        tree = self._read(node, depth)
        self._check_size(node, tree)
        return tree

    def _read(self, node: ast.expr, depth: int) -> Tree:
        if depth > _DEEPEST:
            raise self._refusal(node, f"is nested more than {_DEEPEST} deep")

        def inner(*nodes: ast.expr) -> Iterable[Tree]:
            return (self.read(each, depth + 1) for each in nodes)

        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                if not math.isfinite(_float(number)):
                    raise self._refusal(node, "is too large a number")
                return "number", str(number)
            case ast.Name(id=name) if name in self.names:
                return "name", name
            case ast.Name(id="pi"):
                return "number", "pi"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return "neg", *inner(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return next(iter(inner(operand)))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)], *inner(left, right)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if FUNCTIONS.get(
                name
            ) == len(args):
                return "call", name, *inner(*args)
            case ast.IfExp(
                test=ast.Compare(left=left, ops=[op], comparators=[right]),
                body=body,
                orelse=other,
            ) if type(op) in _OPERATORS:
                condition = (_OPERATORS[type(op)], *inner(left, right))
                return "if", condition, *inner(body, other)
        raise self._refusal(node, "is not understood")

    def _check_size(self, node: ast.expr, tree: Tree) -> None:
        """Refuse numbers that would take for ever, or fill the memory, to work out exactly."""
        match tree:
            case ("**", _, exponent):
                size = constant(exponent)
                if size is not None and not abs(size) <= _HIGHEST_POWER:
                    raise self._refusal(node, f"has a power beyond ±{_HIGHEST_POWER}")
            case ("call", "exp", exponent):
                size = constant(exponent)
                if size is not None and not abs(size) <= _LARGEST_EXPONENT:
                    raise self._refusal(node, f"has an exponent beyond ±{_LARGEST_EXPONENT}")
        size = constant(tree)
        if size is not None and not math.isfinite(size):
            raise self._refusal(node, "is no finite number")

    def _refusal(self, node: ast.expr, wrong: str) -> RequestError:
        part = (ast.get_source_segment(self.text, node) or "").strip()
        part = part if len(part) <= 60 else part[:59] + "…"
        # Python counts in bytes of UTF-8.
        before = self.text.encode()[: node.col_offset].decode()
        column = self.blanks + len(before) + 1
        return RequestError(
            f"formula {self.text!r}: {part!r} at column {column} {wrong}; "
            f"names are {', '.join(self.names)}, pi, functions {', '.join(FUNCTIONS)}, and "
            "conditions are written `a if x > 0 else b`"
        )


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def constant(tree: Tree) -> float | None:
    """Return what a tree without names is worth, NaN if it is no real number; else None."""
    match tree:
        case ("name", _) | ("if", _, _, _):
            return None
        case ("number", text):
            return math.pi if text == "pi" else float(text)
        case ("call", function, *parts):
            operation = _ON_NUMBERS[function]
        case ("neg", *parts):
            operation = neg
        case (operator, *parts):
            operation = pow if operator == "**" else _ARITHMETIC[operator]
    sizes = [constant(part) for part in parts]
    numbers = [size for size in sizes if size is not None]
    if len(numbers) < len(sizes):
        return None
    try:
        return _real(operation(*numbers))
    except (ArithmeticError, ValueError):
        return math.nan


def _real(number: Any) -> float:
    return float(number) if isinstance(number, (int, float)) else math.nan


def walk(tree: Tree, algebra: Algebra, names: Mapping[str, Any]) -> Any:
    """Return what a tree is worth in an algebra; equal subtrees are computed once.

    Args:
        tree: as `parse` returns it.
        algebra: what numbers and functions mean.
        names: what each name stands for.
    """
    known: dict[Tree, Any] = {}

    def worth(tree: Tree) -> Any:
        if tree not in known:
            known[tree] = fresh(tree)
        return known[tree]

    def fresh(tree: Tree) -> Any:
        match tree:
            case ("number", text):
                return algebra.number(text)
            case ("name", name):
                return names[name]
            case ("neg", operand):
                return -worth(operand)
            case ("call", function, *arguments):
                return algebra.functions[function](*map(worth, arguments))
            case ("if", (comparison, left, right), then, other):
                condition = algebra.compare(comparison, worth(left), worth(right))
                return algebra.where(condition, worth(then), worth(other))
            case ("**", base, exponent):
                return algebra.power(worth(base), worth(exponent))
            case (operator, left, right):
                return _ARITHMETIC[operator](worth(left), worth(right))
        raise AssertionError(tree)

    return worth(tree)


def boundaries(tree: Tree) -> set[tuple[Tree, Tree]]:
    """Return the pairs of subtrees whose order decides which piece of a formula holds.

    Example:
        >>> boundaries(parse("max(x, 0)", ("x",)))
        {(('name', 'x'), ('number', '0'))}
    """
    found: set[tuple[Tree, Tree]] = set()
    match tree:
        case ("number" | "name", _):
            return found
        case ("call", "max" | "min", left, right) | ("if", (_, left, right), _, _):
            found.add((left, right))
        case ("call", "abs", operand):
            found.add((operand, ("number", "0")))
    for part in tree[1:]:
        if isinstance(part, tuple):
            if part[0] in _COMPARISONS:
                found |= boundaries(part[1]) | boundaries(part[2])
            else:
                found |= boundaries(part)
    return found


def is_entire(tree: Tree) -> bool:
    """Return whether a formula is made of parts that have all derivatives everywhere.

    Example:
        >>> is_entire(parse("x * tanh(exp(x))", ("x",))), is_entire(parse("1 / x", ("x",)))
        (True, False)
    """
    match tree:
        case ("number" | "name", _):
            return True
        case ("call", "abs" | "max" | "min" | "log" | "sqrt", *_) | ("if", *_):
            return False
        case ("/", above, below):
            return is_entire(above) and constant(below) is not None
        case ("**", base, exponent):
            power = constant(exponent)
            return is_entire(base) and power is not None and power >= 0 and power % 1 == 0
    return all(is_entire(part) for part in tree[1:] if isinstance(part, tuple))
