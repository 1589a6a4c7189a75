"""The syntax tree of a formula, and functions of the tree that need no array library.

A tree does not depend on a library: an `Algebra` (`actbench.formula.algebra`) says how
numbers and functions are evaluated.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import add, mul, neg, sub, truediv
from typing import TypeAlias

FUNCTIONS = {
    "abs": 1, "atan": 1, "cos": 1, "erf": 1, "exp": 1, "log": 1, "max": 2, "min": 2,
    "sigmoid": 1, "sin": 1, "softplus": 1, "sqrt": 1, "tanh": 1,
}  # fmt: skip
"""The functions of the language ↦ their number of arguments."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number: its decimal digits, or "pi"."""

    text: str

    def __float__(self) -> float:
        return math.pi if self.text == "pi" else float(self.text)


@dataclass(frozen=True, slots=True)
class Name:
    """The variable x or a parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """−operand."""

    operand: "Tree"


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands and one of the operators + - * / **."""

    operator: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """One of `FUNCTIONS` with its arguments."""

    function: str
    arguments: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A condition: two operands and one of the operators < <= > >= ==."""

    operator: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then` if the condition is true, else `otherwise`."""

    condition: Relation
    then: "Tree"
    otherwise: "Tree"


Tree: TypeAlias = Number | Name | Negative | Operation | FunctionCall | Conditional
"""A formula."""

ZERO = Number("0")

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": add, "-": sub, "*": mul, "/": truediv, "**": pow,
}  # fmt: skip
_NUMBER_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs, "atan": math.atan, "cos": math.cos, "erf": math.erf, "exp": math.exp,
    "log": math.log, "max": max, "min": min, "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "sin": math.sin, "softplus": lambda x: math.log1p(math.exp(x)), "sqrt": math.sqrt,
    "tanh": math.tanh,
}  # fmt: skip


def operands(tree: Tree) -> tuple[Tree, ...]:
    """Return the direct subtrees of a tree; those of a conditional's condition come first.

    Example:
        >>> operands(Operation("+", Name("x"), Number("1")))
        (Name(name='x'), Number(text='1'))
    """
    match tree:
        case Negative(operand):
            return (operand,)
        case Operation(_, left, right):
            return left, right
        case FunctionCall(_, arguments):
            return arguments
        case Conditional(Relation(_, left, right), then, otherwise):
            return left, right, then, otherwise
    return ()


def replace_operands(tree: Tree, replace: Callable[[Tree], Tree]) -> Tree:
    """Return a tree in which a function has replaced each direct subtree."""
    match tree:
        case Negative(operand):
            return Negative(replace(operand))
        case Operation(operator, left, right):
            return Operation(operator, replace(left), replace(right))
        case FunctionCall(function, arguments):
            return FunctionCall(function, tuple(map(replace, arguments)))
        case Conditional(Relation(operator, left, right), then, otherwise):
            condition = Relation(operator, replace(left), replace(right))
            return Conditional(condition, replace(then), replace(otherwise))
    return tree


def names_in(tree: Tree) -> set[str]:
    """Return the names that occur in a tree."""
    if isinstance(tree, Name):
        return {tree.name}
    return set().union(*map(names_in, operands(tree)))


def has_isolated_values(tree: Tree) -> bool:
    """Return whether a condition of a formula may hold at single numbers x only.

    Example:
        >>> equal = Relation("==", Name("x"), Number("1"))
        >>> has_isolated_values(Conditional(equal, Number("2"), Name("x")))
        True
    """
    if (
        isinstance(tree, Conditional)
        and tree.condition.operator == "=="
        and "x" in names_in(tree.condition.left) | names_in(tree.condition.right)
    ):
        return True
    return any(map(has_isolated_values, operands(tree)))


def constant_value(tree: Tree) -> float | None:
    """Return the value of a tree without names and conditionals, else None.

    Returns:
        The value, or NaN if it is not a real number.
    """
    operation: Callable[..., float]
    match tree:
        case Name() | Conditional():
            return None
        case Number():
            return float(tree)
        case Negative():
            operation = neg
        case FunctionCall(function, _):
            operation = _NUMBER_FUNCTIONS[function]
        case Operation(operator, _, _):
            operation = _ARITHMETIC[operator]
    values = [constant_value(operand) for operand in operands(tree)]
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(values):
        return None
    try:
        result: object = operation(*numbers)
    except (ArithmeticError, ValueError):
        return math.nan
    # A power of a negative number may be complex.
    return float(result) if isinstance(result, (int, float)) else math.nan


def piece_conditions(tree: Tree) -> set[tuple[Tree, Tree]]:
    """Return the pairs of subtrees whose comparison selects the piece of a formula.

    Example:
        >>> from actbench.formula.parse import parse
        >>> piece_conditions(parse("max(x, 0)", ("x",)))
        {(Name(name='x'), Number(text='0'))}
    """
    found = set[tuple[Tree, Tree]]().union(*map(piece_conditions, operands(tree)))
    match tree:
        case FunctionCall("max" | "min", (left, right)):
            found.add((left, right))
        case Conditional(Relation(_, left, right), _, _):
            found.add((left, right))
        case FunctionCall("abs", (operand,)):
            found.add((operand, ZERO))
    return found


def is_smooth(tree: Tree) -> bool:
    """Return whether all parts of a formula have derivatives of all orders everywhere.

    False means unknown: a formula may be smooth although one of its parts is not.

    Example:
        >>> from actbench.formula.parse import parse
        >>> is_smooth(parse("x * tanh(exp(x))", ("x",))), is_smooth(parse("1 / x", ("x",)))
        (True, False)
    """
    match tree:
        case FunctionCall("abs" | "max" | "min" | "log" | "sqrt", _) | Conditional():
            return False
        case Operation("/", numerator, denominator):
            return is_smooth(numerator) and constant_value(denominator) is not None
        case Operation("**", base, exponent):
            power = constant_value(exponent)
            return is_smooth(base) and power is not None and power >= 0 and power % 1 == 0
    return all(map(is_smooth, operands(tree)))
