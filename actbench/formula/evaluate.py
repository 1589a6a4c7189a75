"""Formulas on arrays: a tree as a function of operations and x."""

import math
from collections.abc import Mapping
from operator import eq, ge, gt, le, lt
from typing import Any

import numpy as np

from actbench.formula.parse import FUNCTIONS, Algebra, Tree, walk
from actbench.numerics.jets import value
from actbench.numerics.operations import NUMPY


def function_of(tree: Tree, parameters: Mapping[str, float]) -> Any:
    """Return a tree as a function of operations and x, as `Activation.f` is one."""

    def f(ops: Any, x: Any) -> Any:
        result = walk(tree, _algebra(ops), {"x": x, **parameters})
        # The formula may be a constant.
        return result + 0 * x if isinstance(result, float) else result

    return f


def _algebra(ops: Any) -> Algebra:
    """Return the meaning of formulas on an array library's values; numbers stay numbers."""

    def operation(name: str) -> Any:
        def apply(*values: Any) -> Any:
            if all(isinstance(value, float) for value in values):
                return float(getattr(NUMPY, name)(*values))
            return getattr(ops, name)(*values)

        return apply

    def power(base: Any, exponent: Any) -> Any:
        if isinstance(base, float) and isinstance(exponent, float):
            return float(np.power(base, exponent))
        if isinstance(exponent, float):
            return base**exponent
        return operation("exp")(exponent * operation("log")(base))

    def where(condition: Any, a: Any, b: Any) -> Any:
        if isinstance(condition, bool):  # of parameters alone
            return a if condition else b
        return ops.where(condition, a, b)

    return Algebra(
        number=lambda text: math.pi if text == "pi" else float(text),
        functions={name: operation(_NAMED.get(name, name)) for name in FUNCTIONS},
        power=power,
        where=where,
        compare=lambda operator, a, b: _COMPARE[operator](value(a), value(b)),
    )


_NAMED = {"abs": "absolute", "max": "maximum", "min": "minimum"}
_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}


def stabler(tree: Tree) -> Tree:
    """Return a tree in which softplus and sigmoid are called what they are."""
    tree = tuple(stabler(part) if isinstance(part, tuple) else part for part in tree)
    match tree:
        case ("call", "log", inside):
            exponent = _exponent(inside)
            return tree if exponent is None else ("call", "softplus", exponent)
        case ("/", above, below):
            exponent = _exponent(below)
            if exponent is None:
                return tree
            if above == ("call", "exp", exponent):
                return "call", "sigmoid", exponent
            turned = exponent[1] if exponent[0] == "neg" else ("neg", exponent)
            gate = ("call", "sigmoid", turned)
            return gate if _is_one(above) else ("*", above, gate)
    return tree


def _exponent(tree: Tree) -> Tree | None:
    """Return a of 1 + eᵃ; None if the tree is not of that form."""
    match tree:
        case ("+", one, ("call", "exp", a)) if _is_one(one):
            return tuple(a)
        case ("+", ("call", "exp", a), one) if _is_one(one):
            return tuple(a)
    return None


def _is_one(tree: Tree) -> bool:
    return tree[0] == "number" and tree[1] != "pi" and float(tree[1]) == 1
