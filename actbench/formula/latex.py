r"""LaTeX of a formula, written from its syntax tree.

The parts stand in the order of the text, nothing is evaluated or simplified, and the work is
proportional to the length of the formula.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from actbench.formula.tree import (
    Conditional,
    FunctionCall,
    Name,
    Negative,
    Number,
    Operation,
    Relation,
    Tree,
    replace_operands,
)


class _Level(IntEnum):
    """How strongly the outermost operation of a text binds; a larger number binds more."""

    CASES = 0
    SUM = 1
    PRODUCT = 2
    FRACTION = 3
    POWER = 4
    ATOM = 5


@dataclass(frozen=True)
class _Written:
    """A part of the formula in LaTeX."""

    text: str
    level: _Level

    def within(self, level: _Level) -> str:
        """Return the text, in parentheses if it binds less than the level."""
        return self.text if self.level >= level else rf"\left({self.text}\right)"


# Functions whose argument stands in parentheses ↦ their names.
_NAMES = {
    "atan": r"\operatorname{atan}", "cos": r"\cos", "erf": r"\operatorname{erf}",
    "log": r"\log", "max": r"\max", "min": r"\min", "sigmoid": r"\sigma", "sin": r"\sin",
    "softplus": r"\operatorname{softplus}", "tanh": r"\tanh",
}  # fmt: skip

_RELATIONS = {"<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq", "==": "="}


def latex_of_tree(tree: Tree, symbols: Mapping[str, str], *, digits: int | None = None) -> str:
    r"""Return a formula in LaTeX, without dollar signs.

    Args:
        tree: the formula.
        symbols: the LaTeX symbols of the parameters: name ↦ symbol.
        digits: numbers are rounded to this many significant digits; None writes all digits.

    Example:
        >>> from actbench.formula.parse import parse
        >>> tree = parse("x * sigmoid(beta * x)**2 / 2", ("x", "beta"))
        >>> print(latex_of_tree(tree, {"beta": r"\beta"}))
        \frac{x \sigma^{2}\left(\beta x\right)}{2}
        >>> print(latex_of_tree(parse("1.0507009873554805 * x", ("x",)), {}, digits=6))
        1.0507 x
    """
    if digits is not None:
        tree = _with_short_numbers(tree, digits)
    return _write(tree, {"x": "x"} | dict(symbols)).text


def _with_short_numbers(tree: Tree, digits: int) -> Tree:
    """Return a formula for people, whose numbers are rounded."""
    if isinstance(tree, Number):
        return tree if tree.text == "pi" else Number(f"{float(tree.text):.{digits}g}")
    return replace_operands(tree, lambda part: _with_short_numbers(part, digits))


def _write(tree: Tree, symbols: Mapping[str, str]) -> _Written:
    def write(part: Tree) -> _Written:
        return _write(part, symbols)

    match tree:
        case Number(text):
            return _number(text)
        case Name(name):
            return _Written(symbols[name], _Level.ATOM)
        case Negative(operand):
            return _Written(f"- {write(operand).within(_Level.PRODUCT)}", _Level.SUM)
        case FunctionCall(function, arguments):
            return _call(function, [write(argument).text for argument in arguments], "")
        case Operation("+", left, Negative(right)):
            return write(Operation("-", left, right))
        case Operation("+" | "-" as operator, left, right):
            level = _Level.SUM if operator == "+" else _Level.PRODUCT
            second = write(right)
            # A sum that begins with a minus sign must not follow an operator.
            level = _Level.PRODUCT if second.text.startswith("-") else level
            first = write(left).within(_Level.SUM)
            return _Written(f"{first} {operator} {second.within(level)}", _Level.SUM)
        case Operation("*" | "/" as operator, Negative(left), right):
            return write(Negative(Operation(operator, left, right)))
        case Operation("*", left, right):
            return _product(write(left), write(right))
        case Operation("/", left, right):
            text = rf"\frac{{{write(left).text}}}{{{write(right).text}}}"
            return _Written(text, _Level.FRACTION)
        case Operation(_, FunctionCall(function, arguments), exponent) if function in _NAMES:
            power = f"^{{{write(exponent).text}}}"
            return _call(function, [write(argument).text for argument in arguments], power)
        case Operation(_, base, exponent):
            text = f"{write(base).within(_Level.ATOM)}^{{{write(exponent).text}}}"
            return _Written(text, _Level.POWER)
        case Conditional():
            return _cases(tree, symbols)


def _number(text: str) -> _Written:
    if text == "pi":
        return _Written(r"\pi", _Level.ATOM)
    significand, _, exponent = text.partition("e")
    significand = significand.removesuffix(".0")
    if not exponent:
        return _Written(significand, _Level.ATOM)
    power = f"10^{{{int(exponent)}}}"
    if significand == "1":
        return _Written(power, _Level.POWER)
    return _Written(rf"{significand} \cdot {power}", _Level.PRODUCT)


def _product(left: _Written, right: _Written) -> _Written:
    """Write two factors side by side, with a dot where they would look like one number."""
    first, second = left.within(_Level.PRODUCT), right.within(_Level.FRACTION)
    adjacent = re.match(r"\d", second) or (
        re.search(r"[\d.]$", first) and second.startswith(r"\frac")
    )
    text = rf"{first} \cdot {second}" if adjacent else f"{first} {second}"
    return _Written(text, _Level.PRODUCT)


def _call(function: str, arguments: list[str], power: str) -> _Written:
    """Write a function; its power, if it has one, stands after its name."""
    match function:
        case "exp":
            return _Written(f"e^{{{arguments[0]}}}", _Level.POWER)
        case "sqrt":
            return _Written(rf"\sqrt{{{arguments[0]}}}", _Level.POWER)
        case "abs":
            return _Written(rf"\left|{{{arguments[0]}}}\right|", _Level.ATOM)
    name = f"{_NAMES[function]}{power}"
    # Braces make LaTeX set a named function without a gap before its parenthesis.
    braces = function in ("atan", "cos", "log", "sin", "tanh")
    inside = ", ".join(arguments)
    call = rf"{{\left({inside} \right)}}" if braces else rf"\left({inside}\right)"
    return _Written(name + call, _Level.POWER)


def _cases(tree: Tree, symbols: Mapping[str, str]) -> _Written:
    rows = []
    while isinstance(tree, Conditional):
        condition, then = tree.condition, _write(tree.then, symbols).text
        rows.append(rf"{then} & \text{{for}}\: {_condition(condition, symbols)}")
        tree = tree.otherwise
    rows.append(rf"{_write(tree, symbols).text} & \text{{otherwise}}")
    inside = r" \\ ".join(rows)
    return _Written(rf"\begin{{cases}} {inside} \end{{cases}}", _Level.CASES)


def _condition(relation: Relation, symbols: Mapping[str, str]) -> str:
    left, right = (_write(part, symbols).text for part in (relation.left, relation.right))
    return f"{left} {_RELATIONS[relation.operator]} {right}"
