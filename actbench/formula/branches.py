"""The branch of a formula that holds on given intervals of x."""

from collections.abc import Mapping

import numpy as np

from actbench.formula.enclosure import Condition, EnclosedFunction, compare
from actbench.formula.intervals import FloatArray
from actbench.formula.tree import (
    ZERO,
    Conditional,
    FunctionCall,
    Negative,
    Operation,
    Relation,
    Tree,
    constant_value,
    names_in,
    operands,
    replace_operands,
)


class UndecidedError(ArithmeticError):
    """A condition may be true for some of the intervals, and false for others."""


def branch_on(
    tree: Tree, parameters: Mapping[str, float], lo: FloatArray, hi: FloatArray
) -> Tree:
    """Return a formula without conditions that equals the given one on all intervals.

    Raises:
        UndecidedError: a condition is not proved on all intervals.
    """

    def holds(relation: Relation) -> bool:
        left, right = (
            EnclosedFunction(part, parameters).on(lo, hi)
            for part in (relation.left, relation.right)
        )
        condition: Condition = compare(relation.operator, left, right)
        if condition.true.all():
            return True
        if condition.false.all():
            return False
        raise UndecidedError(f"{relation.operator}: expected a proof, got none")

    def reduce(part: Tree) -> Tree:
        match part:
            case Conditional(relation, then, otherwise):
                return reduce(then if holds(relation) else otherwise)
            case FunctionCall("abs", (operand,)):
                positive = holds(Relation(">", operand, ZERO))
                return reduce(operand) if positive else Negative(reduce(operand))
            case FunctionCall("max", (left, right)):
                return reduce(left if holds(Relation(">", left, right)) else right)
            case FunctionCall("min", (left, right)):
                return reduce(left if holds(Relation("<", left, right)) else right)
        return replace_operands(part, reduce)

    with np.errstate(all="ignore"):
        return reduce(tree)


def places_of_singularities(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts at whose zeros the formula may be singular: denominators and bases."""
    found = [each for part in operands(tree) for each in places_of_singularities(part)]
    match tree:
        case Operation("/", _, denominator) if "x" in names_in(denominator):
            found.append(denominator)
        case FunctionCall("log" | "sqrt", (operand,)) if "x" in names_in(operand):
            found.append(operand)
        case Operation("**", base, exponent) if "x" in names_in(base):
            power = constant_value(exponent)
            if power is None or power < 0 or power % 1 != 0:
                found.append(base)
    return tuple(dict.fromkeys(found))
