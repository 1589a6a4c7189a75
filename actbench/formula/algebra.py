"""Evaluate a formula in any algebra: numbers, arrays, jets or SymPy expressions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import add, mul, neg, sub, truediv
from typing import Any, Generic, TypeVar

from actbench.formula.tree import (
    Conditional,
    FunctionCall,
    Name,
    Negative,
    Number,
    Operation,
    Relation,
    Tree,
)

ValueT = TypeVar("ValueT")
ConditionT = TypeVar("ConditionT")


@dataclass(frozen=True)
class Algebra(Generic[ValueT, ConditionT]):
    """The evaluation of the parts of a formula; + − * / are the operators of the values.

    Args:
        number: text of a decimal number, or "pi" ↦ value.
        functions: name ↦ function, for each of `actbench.formula.tree.FUNCTIONS`.
        power: (base, exponent) ↦ power.
        where: (condition, value if true, value if false) ↦ value.
        compare: (operator, left, right) ↦ condition.
    """

    number: Callable[[str], ValueT]
    functions: Mapping[str, Callable[..., ValueT]]
    power: Callable[[ValueT, ValueT], ValueT]
    where: Callable[[ConditionT, ValueT, ValueT], ValueT]
    compare: Callable[[str, ValueT, ValueT], ConditionT]


# Values of every algebra have these operators, but no common type.
_NEGATIVE: Callable[[Any], Any] = neg
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {"+": add, "-": sub, "*": mul, "/": truediv}


def evaluate_tree(
    tree: Tree, algebra: Algebra[ValueT, ConditionT], names: Mapping[str, ValueT]
) -> ValueT:
    """Return the value of a formula in an algebra; equal subtrees are computed once.

    Args:
        tree: the formula, as `parse` returns it.
        algebra: the meaning of numbers and functions.
        names: x and the parameters ↦ their values.
    """
    known: dict[Tree, ValueT] = {}

    def value_of(tree: Tree) -> ValueT:
        if tree not in known:
            known[tree] = compute(tree)
        return known[tree]

    def compute(tree: Tree) -> ValueT:
        result: ValueT
        match tree:
            case Number(text):
                return algebra.number(text)
            case Name(name):
                return names[name]
            case Negative(operand):
                result = _NEGATIVE(value_of(operand))
            case FunctionCall(function, arguments):
                result = algebra.functions[function](*map(value_of, arguments))
            case Conditional(Relation(operator, left, right), then, otherwise):
                condition = algebra.compare(operator, value_of(left), value_of(right))
                result = algebra.where(condition, value_of(then), value_of(otherwise))
            case Operation("**", base, exponent):
                result = algebra.power(value_of(base), value_of(exponent))
            case Operation(operator, left, right):
                result = _ARITHMETIC[operator](value_of(left), value_of(right))
        return result

    return value_of(tree)
