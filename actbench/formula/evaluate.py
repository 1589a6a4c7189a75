"""Evaluate a formula on arrays of any library, in a numerically stable form."""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import TypeAlias

import numpy as np

from actbench.formula.algebra import Algebra, evaluate_tree
from actbench.formula.tree import (
    FUNCTIONS,
    FunctionCall,
    Negative,
    Number,
    Operation,
    Tree,
    replace_operands,
)
from actbench.numerics.array import Array, BooleanArray
from actbench.numerics.jets import value
from actbench.numerics.operations import NUMPY, Operations

Value: TypeAlias = Array | float
"""A number stays a Python number until it meets an array."""

ArrayFunction: TypeAlias = Callable[[Operations, Array], Array]
"""(operations, x) ↦ result, like `Activation.compute_value`."""


def array_function(tree: Tree, parameters: Mapping[str, Value]) -> ArrayFunction:
    """Return a formula as a function of operations and an array.

    Args:
        tree: the formula.
        parameters: name ↦ value, a number or an array that broadcasts with x.
    """

    def function(ops: Operations, x: Array) -> Array:
        result = evaluate_tree(tree, _array_algebra(ops), {"x": x, **parameters})
        # A constant formula gives a number; the result must have the shape of x.
        return result + 0 * x if isinstance(result, float) else result

    return function


def _array_algebra(ops: Operations) -> Algebra[Value, BooleanArray | bool]:
    """Return the algebra of an array library; operations on numbers alone use NumPy."""

    def operation(name: str) -> Callable[..., Value]:
        def apply(*values: Value) -> Value:
            if all(isinstance(value, float) for value in values):
                return float(getattr(NUMPY, name)(*values))
            result: Array = getattr(ops, name)(*values)
            return result

        return apply

    def power(base: Value, exponent: Value) -> Value:
        if isinstance(base, float) and isinstance(exponent, float):
            return float(np.power(base, exponent))
        if isinstance(exponent, float):
            return base**exponent
        return operation("exp")(exponent * operation("log")(base))

    def where(condition: BooleanArray | bool, a: Value, b: Value) -> Value:
        if isinstance(condition, bool):  # a comparison of parameters and numbers only
            return a if condition else b
        return ops.where(condition, a, b)

    return Algebra(
        number=lambda text: math.pi if text == "pi" else float(text),
        functions={name: operation(_OPERATION_NAMES.get(name, name)) for name in FUNCTIONS},
        power=power,
        where=where,
        compare=lambda operator, a, b: _COMPARISONS[operator](value(a), value(b)),
    )


_OPERATION_NAMES = {"abs": "absolute", "max": "maximum", "min": "minimum"}
_COMPARISONS = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}


@lru_cache(maxsize=1024)
def stabilise(tree: Tree) -> Tree:
    """Return an equal formula that uses softplus and sigmoid, which do not overflow.

    log(1 + exp(a)) becomes softplus(a), exp(a) / (1 + exp(a)) becomes sigmoid(a), and
    b / (1 + exp(a)) becomes b * sigmoid(-a).
    """
    tree = replace_operands(tree, stabilise)
    match tree:
        case FunctionCall("log", (argument,)):
            exponent = _exponent(argument)
            return tree if exponent is None else FunctionCall("softplus", (exponent,))
        case Operation("/", numerator, denominator):
            exponent = _exponent(denominator)
            if exponent is None:
                return tree
            if numerator == FunctionCall("exp", (exponent,)):
                return FunctionCall("sigmoid", (exponent,))
            negated = exponent.operand if isinstance(exponent, Negative) else Negative(exponent)
            gate = FunctionCall("sigmoid", (negated,))
            return gate if _is_one(numerator) else Operation("*", numerator, gate)
    return tree


def _exponent(tree: Tree) -> Tree | None:
    """Return a if the tree is 1 + exp(a) or exp(a) + 1, else None."""
    match tree:
        case Operation("+", one, FunctionCall("exp", (exponent,))) if _is_one(one):
            return exponent
        case Operation("+", FunctionCall("exp", (exponent,)), one) if _is_one(one):
            return exponent
    return None


def _is_one(tree: Tree) -> bool:
    return isinstance(tree, Number) and float(tree) == 1
