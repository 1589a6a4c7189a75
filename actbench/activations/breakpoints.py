"""Breakpoints: the points where a piece of the formula ends, and the derivatives there.

Breakpoints are the points where a condition of the formula changes. Derivatives at both
sides of a breakpoint are computed by the stable code of the record.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from actbench.activations.sampling import (
    FloatArray,
    Interval,
    ScalarFunction,
    computed,
    is_close,
    sample_points,
    sign_changes,
)
from actbench.formula.evaluate import array_function
from actbench.formula.parse import parse
from actbench.formula.tree import Tree, piece_conditions
from actbench.numerics.operations import NUMPY

# Smallest relative jump that counts as a discontinuity; anything smaller is rounding error.
_SMALLEST_JUMP = 1e-8

# Smallest relative jump of a difference quotient of f'' that counts as a discontinuity.
_SMALLEST_SLOPE_JUMP = 0.02


class Kink(NamedTuple):
    """A point without a derivative, and the derivative that is chosen there."""

    x: float
    derivative: float
    interval: Interval
    """The derivatives from the left and from the right, the smaller one first."""


@lru_cache(maxsize=4096)
def breakpoints(activation: ScalarFunction) -> tuple[float, ...]:
    """Return the points where a condition of the formula changes, in ascending order.

    The function and its derivatives may be continuous there. A function without a formula
    has no known breakpoints.
    """
    if activation.formula is None:
        return ()
    tree = parse(activation.formula, ("x", *activation.parameters))
    found: set[float] = set()
    for left, right in piece_conditions(tree):
        difference = _difference(left, right, activation.parameters)
        found.update(sign_changes(difference, sample_points(activation)))
    return tuple(sorted(found))


def _difference(
    left: Tree, right: Tree, parameters: Mapping[str, float]
) -> Callable[[FloatArray], FloatArray]:
    """Return the difference of two formulas as a function of arrays."""
    left_side, right_side = (array_function(tree, parameters) for tree in (left, right))

    def difference(x: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            values = left_side(NUMPY, x) - right_side(NUMPY, x)
            return np.broadcast_to(np.asarray(values), x.shape)

    return difference


@lru_cache(maxsize=4096)
def nonsmooth_points(activation: ScalarFunction) -> tuple[float, ...]:
    """Return the breakpoints where f, f', f'' or the slope of f'' jumps, in ascending order."""
    return tuple(x for x in breakpoints(activation) if is_nonsmooth(activation, x))


def is_nonsmooth(activation: ScalarFunction, x: float) -> bool:
    """Return whether f, f', f'' or the slope of f'' jumps at x."""
    jumps = (has_jump(activation, x, order) for order in range(3))
    return any(jumps) or _has_slope_jump(activation, x)


@lru_cache(maxsize=4096)
def kinks(activation: ScalarFunction) -> tuple[Kink, ...]:
    """Return the breakpoints where f or f' jumps, with the derivatives there."""
    found = []
    for x in nonsmooth_points(activation):
        if has_jump(activation, x, 0) or has_jump(activation, x, 1):
            chosen = float(activation.derivative(x))
            ends = [
                chosen if is_close(end, chosen) else end
                for end in one_sided_limits(activation, x, 1)
            ]
            found.append(Kink(x, chosen, (min(ends), max(ends))))
    return tuple(found)


def one_sided_limits(activation: ScalarFunction, x: float, order: int) -> Interval:
    """Return the limits of f, f' or f'' (order 0, 1 or 2) from the left and the right of x.

    They are extrapolated from points at a distance of 10⁻⁹, not taken at the next floats,
    because a formula such as x + 3 may round the next floats to the same number.
    """
    distance = 1e-9 * max(1.0, abs(x))
    far_left, left, right, far_right = computed(
        activation,
        np.array([x - 2 * distance, x - distance, x + distance, x + 2 * distance]),
        order,
    )
    return float(2 * left - far_left), float(2 * right - far_right)


def has_jump(activation: ScalarFunction, x: float, order: int) -> bool:
    """Return whether f, f' or f'' (order 0, 1 or 2) has different limits at both sides of x.

    The difference is compared with the largest size of the function near x.
    """
    left, right = one_sided_limits(activation, x, order)
    distance = 1e-3 * max(1.0, abs(x))
    nearby = computed(activation, np.array([x - distance, x + distance]), order)
    if not np.isfinite([left, right]).all():
        return False
    size = np.nanmax(np.abs([left, right, *nearby, 1e-300]))
    return bool(abs(left - right) > _SMALLEST_JUMP * size)


def _has_slope_jump(activation: ScalarFunction, x: float) -> bool:
    """Return whether the slope of f'' jumps at x, by difference quotients at both sides."""
    distance = 1e-4 * max(1.0, abs(x))
    points = np.array([x - 2 * distance, x - distance, x + distance, x + 2 * distance])
    values = computed(activation, points, 2)
    if not np.isfinite(values).all():
        return False
    left, right = (values[1] - values[0]) / distance, (values[3] - values[2]) / distance
    size = max(abs(left), abs(right), np.abs(values).max(), 1e-300)
    return bool(abs(left - right) > _SMALLEST_SLOPE_JUMP * size)
