"""Breakpoints: the points where a piece of the formula ends, and the derivatives there.

Breakpoints are the points where a condition of the formula changes. Derivatives at both
sides of a breakpoint are computed by the stable code of the record.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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

BoolArray = npt.NDArray[np.bool_]

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
    x = np.array(breakpoints(activation))
    return tuple(x[_is_nonsmooth(activation, x)].tolist())


@lru_cache(maxsize=4096)
def kinks(activation: ScalarFunction) -> tuple[Kink, ...]:
    """Return the breakpoints where f or f' jumps, with the derivatives there."""
    x = np.array(nonsmooth_points(activation))
    x = x[_jumps(activation, x, 0) | _jumps(activation, x, 1)]
    found = []
    sides = np.stack(_one_sided_limits(activation, x, 1), axis=1)
    if activation.generated:
        # A power such as |x|**1.5 has an unbounded f'' but no kink, and one such as |x|**0.5 an
        # unbounded f'; they differ from a kink much nearer to the point.
        nearer = np.stack(_one_sided_limits(activation, x, 1, distance=1e-12), axis=1)
        with np.errstate(all="ignore"):
            vanishing = np.abs(np.diff(nearer)) < 0.2 * np.abs(np.diff(sides))
            sides = np.where(np.abs(nearer) > 5 * np.abs(sides) + 1, nearer * np.inf, sides)
        kept = ~vanishing[:, 0] | _jumps(activation, x, 0)
        x, sides = x[kept], sides[kept]
    for point, chosen, ends in zip(
        x.tolist(), activation.derivative(x).tolist(), sides.tolist(), strict=True
    ):
        known = [chosen if is_close(end, chosen) else end for end in ends]
        found.append(Kink(point, chosen, (min(known), max(known))))
    return tuple(found)


def one_sided_limits(activation: ScalarFunction, x: float, order: int) -> Interval:
    """Return the limits of f, f' or f'' (order 0, 1 or 2) from the left and the right of x.

    They are extrapolated from points at a distance of 10⁻⁹, not taken at the next floats,
    because a formula such as x + 3 may round the next floats to the same number.
    """
    left, right = _one_sided_limits(activation, np.array([x]), order)
    return float(left[0]), float(right[0])


def has_jump(activation: ScalarFunction, x: float, order: int) -> bool:
    """Return whether f, f' or f'' (order 0, 1 or 2) has different limits at both sides of x.

    The difference is compared with the largest size of the function near x.
    """
    return bool(_jumps(activation, np.array([x]), order)[0])


def _is_nonsmooth(activation: ScalarFunction, x: FloatArray) -> BoolArray:
    """Return whether f, f', f'' or the slope of f'' jumps at each x."""
    jumps = [_jumps(activation, x, order) for order in range(3)]
    return jumps[0] | jumps[1] | jumps[2] | _slope_jumps(activation, x)


def _one_sided_limits(
    activation: ScalarFunction, x: FloatArray, order: int, *, distance: float = 1e-9
) -> tuple[FloatArray, FloatArray]:
    steps = distance * np.maximum(1.0, np.abs(x))
    with np.errstate(all="ignore"):
        far_left, left, right, far_right = (
            computed(activation, x + count * steps, order) for count in (-2, -1, 1, 2)
        )
        return 2 * left - far_left, 2 * right - far_right


def _jumps(activation: ScalarFunction, x: FloatArray, order: int) -> BoolArray:
    left, right = _one_sided_limits(activation, x, order)
    distance = 1e-3 * np.maximum(1.0, np.abs(x))
    with np.errstate(all="ignore"):
        nearby = [computed(activation, x + sign * distance, order) for sign in (-1, 1)]
        sizes = np.abs([left, right, *nearby])
        size = np.max(np.where(np.isnan(sizes), 1e-300, sizes), axis=0, initial=1e-300)
        different: BoolArray = np.abs(left - right) > _SMALLEST_JUMP * size
    return different & np.isfinite(left) & np.isfinite(right)


def _slope_jumps(activation: ScalarFunction, x: FloatArray) -> BoolArray:
    """Return whether the slope of f'' jumps at each x, by difference quotients."""
    distance = 1e-4 * np.maximum(1.0, np.abs(x))
    with np.errstate(all="ignore"):
        values = np.array(
            [computed(activation, x + steps * distance, 2) for steps in (-2, -1, 1, 2)]
        )
        left, right = (values[1] - values[0]) / distance, (values[3] - values[2]) / distance
        size = np.max(np.abs([left, right, *values]), axis=0, initial=1e-300)
        different: BoolArray = np.abs(left - right) > _SMALLEST_SLOPE_JUMP * size
    finite: BoolArray = np.isfinite(values).all(axis=0)
    return different & finite
