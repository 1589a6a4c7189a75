"""The formula language: text to a syntax tree.

A formula is an expression in x, its parameters, numbers, pi, the operators + − * / **, the
functions of `actbench.formula.tree.FUNCTIONS`, and conditionals such as
`x if x > 0 else alpha * x`. If both arguments of max or min are equal, the derivative is that
of the second argument. For example, the derivative of min(max(x, 0), 6) is 0 at 0 and at 6, as
in all frameworks. A condition is false where one of its sides has no real value.

The text is parsed by Python's `ast`, and only a fixed list of node types is accepted. Nothing
is evaluated as Python, so formulas from users and from files are safe.
"""

import ast
import math
import re
import unicodedata
import warnings
from dataclasses import dataclass
from functools import lru_cache
from keyword import iskeyword

from actbench.errors import RequestError
from actbench.formula.tree import (
    FUNCTIONS,
    Conditional,
    FunctionCall,
    Name,
    Negative,
    Number,
    Operation,
    Relation,
    Tree,
    constant_value,
)

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
}  # fmt: skip
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==",
}  # fmt: skip

# No published formula comes near these limits. A formula beyond them is a mistake or an attack.
_MAX_LENGTH, _MAX_DEPTH, _MAX_POWER, _MAX_EXPONENT = 2_000, 40, 100, 700

# Length of a formula in a message.
_MAX_SHOWN = 100


@lru_cache(maxsize=1024)
def parse(text: str, names: tuple[str, ...]) -> Tree:
    """Return a formula as a tree.

    Args:
        text: the formula, such as "x * sigmoid(beta * x)".
        names: the names that may occur in it: x and the parameters.

    Raises:
        RequestError: the text is not a formula; the message names the mistake and its column.

    Example:
        >>> parse("x * tanh(2)", ("x",)).left
        Name(name='x')
    """
    if not isinstance(text, str):
        raise RequestError(f"formula: expected a string, got {text!r}")
    if len(text) > _MAX_LENGTH:
        raise RequestError(
            f"formula {quoted(text)}: expected at most {_MAX_LENGTH} characters, "
            f"got {len(text)}; it is too long at column {_MAX_LENGTH + 1}"
        )
    # Line breaks and leading blanks have no meaning in a formula, but Python rejects them.
    line = re.sub(r"[\r\n]", " ", text)
    blanks = len(line) - len(line.lstrip())
    try:
        with warnings.catch_warnings():
            # Python warns of a text such as "1if x > 0 else 2", and rejects it later.
            warnings.simplefilter("error")
            tree = ast.parse(line.lstrip(), mode="eval").body
    except SyntaxError as error:
        column = blanks + (error.offset or 1)
        raise RequestError(
            f"formula {quoted(text)}: expected an expression, "
            f"got a syntax error at column {column}: {error.msg}"
        ) from None
    except (ValueError, RecursionError, MemoryError):  # a zero byte; nesting too deep
        raise RequestError(
            f"formula {quoted(text)}: expected an expression, got unreadable text at column 1"
        ) from None
    return _Converter(line.lstrip(), blanks, names).convert(tree, 0)


def quoted(text: str) -> str:
    """Return a formula for a message, in quotes and not too long."""
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…")


def is_parameter_name(name: str) -> bool:
    """Return whether a name is allowed for a parameter: an identifier that is not reserved."""
    # Python normalises identifiers to NFKC, so another spelling would never be found.
    normal = name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    return normal and not iskeyword(name) and name not in {"x", "pi", *FUNCTIONS}


@dataclass(frozen=True)
class _Converter:
    """Converts Python's syntax tree of one text."""

    text: str
    blanks: int
    names: tuple[str, ...]

    def convert(self, node: ast.expr, depth: int) -> Tree:
        tree = self._convert(node, depth)
        self._check_size(node, tree)
        return tree

    def _convert(self, node: ast.expr, depth: int) -> Tree:
        if depth > _MAX_DEPTH:
            raise self._error(node, f"at most {_MAX_DEPTH} nested levels")

        def inner(node: ast.expr) -> Tree:
            return self.convert(node, depth + 1)

        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                if not math.isfinite(_float(number)):
                    raise self._error(node, "a finite number")
                return Number(str(number))
            case ast.Name(id=name) if name in self.names:
                return Name(name)
            case ast.Name(id="pi"):
                return Number("pi")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Negative(inner(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return inner(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return Operation(_OPERATORS[type(op)], inner(left), inner(right))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if FUNCTIONS.get(
                name
            ) == len(args):
                return FunctionCall(name, tuple(map(inner, args)))
            case ast.IfExp(
                test=ast.Compare(left=left, ops=[op], comparators=[right]),
                body=then,
                orelse=otherwise,
            ) if type(op) in _COMPARISONS:
                condition = Relation(_COMPARISONS[type(op)], inner(left), inner(right))
                return Conditional(condition, inner(then), inner(otherwise))
        raise self._error(
            node,
            f"names {', '.join(self.names)}, numbers, pi, operators + - * / **, "
            f"functions {', '.join(FUNCTIONS)}, conditionals `a if x > 0 else b`",
        )

    def _check_size(self, node: ast.expr, tree: Tree) -> None:
        """Refuse numbers that need too much time or memory in exact arithmetic."""
        match tree:
            case Operation("**", _, exponent):
                size = constant_value(exponent)
                if size is not None and not abs(size) <= _MAX_POWER:
                    raise self._error(node, f"a power within ±{_MAX_POWER}")
            case FunctionCall("exp", (exponent,)):
                size = constant_value(exponent)
                if size is not None and not abs(size) <= _MAX_EXPONENT:
                    raise self._error(node, f"an exponent within ±{_MAX_EXPONENT}")
        size = constant_value(tree)
        if size is not None and not math.isfinite(size):
            raise self._error(node, "a finite number")

    def _error(self, node: ast.expr, expected: str) -> RequestError:
        part = (ast.get_source_segment(self.text, node) or "").strip()
        part = part if len(part) <= 60 else part[:59] + "…"
        # Python counts columns in bytes of UTF-8.
        before = self.text.encode()[: node.col_offset].decode()
        column = self.blanks + len(before) + 1
        return RequestError(
            f"formula {quoted(self.text)}: expected {expected}, got {part!r} at column {column}"
        )


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf
