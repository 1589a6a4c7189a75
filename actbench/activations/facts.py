"""What follows from a record: limits, bounds, kinks, monotonicity, gain.

Everything is derived numerically from the stable code, and where pieces of the function meet
from the formula's conditions, so no fact is typed beside the function it could contradict.
The tests hold each to the textbook formula.
"""

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from actbench.activations.formula import boundaries, parse
from actbench.activations.stable import NUMPY

if TYPE_CHECKING:
    from actbench.activations.record import Activation

Interval = tuple[float, float]

# Beyond the first of these no function here has anything left but its asymptote. The odd
# factors keep an oscillation from looking the same at all of them.
_FAR = (1e150, 3.7e160, 1.3e180, 7.1e210, 2.9e250, 1.1e300)

_MAGNITUDES = np.concatenate(
    [np.geomspace(1e-12, 1e-3, 200), np.arange(1, 64 * 64) / 64, np.geomspace(64, 1e6, 500)]
)
_GRID = np.concatenate([-_MAGNITUDES[::-1], [0.0], _MAGNITUDES])

# What a jump is: less is rounding, and no seam of any function here is so fine.
_JUMP = 1e-6


class Kink(NamedTuple):
    """A point without a derivative: the one chosen, and those that could be."""

    x: float
    derivative: float
    interval: Interval
    """Between the derivatives from the left and from the right."""


@lru_cache(maxsize=4096)
def at_infinity(activation: "Activation", order: int) -> Interval:
    """Return the limits of a derivative at −∞ and +∞; NaN where it settles on none."""

    def limit(sign: float) -> float:
        values = _raw(activation, np.array([sign * x for x in _FAR]), order)
        last = float(values[-1])
        if not np.isfinite(values).all():
            return last if np.isinf(values[-1]) and len(set(np.sign(values))) == 1 else math.nan
        if np.allclose(values, last, rtol=1e-9, atol=0):
            return last + 0.0
        steps = np.diff(np.abs(values))
        if (steps <= 0).all():
            return 0.0
        growing = (steps > 0).all() and len(set(np.sign(values))) == 1
        return math.copysign(math.inf, last) if growing else math.nan

    return limit(-1.0), limit(1.0)


@lru_cache(maxsize=4096)
def seams(activation: "Activation") -> tuple[float, ...]:
    """Return where pieces of f meet and f, f' or f'' jumps, in order."""
    return tuple(
        b
        for b in _boundaries(activation)
        if any(_jumps(*_sides(activation, b, order)) for order in range(3))
        or _bends(activation, b)
    )


@lru_cache(maxsize=4096)
def kinks(activation: "Activation") -> tuple[Kink, ...]:
    """Return the seams where f or f' jumps."""
    found = []
    for x in seams(activation):
        left, right = _sides(activation, x, 1)
        if _jumps(left, right) or _jumps(*_sides(activation, x, 0)):
            chosen = float(activation.derivative(x))
            sides = [chosen if _close(side, chosen) else side for side in (left, right)]
            found.append(Kink(x, chosen, (min(sides), max(sides))))
    return tuple(found)


@lru_cache(maxsize=4096)
def bounds(activation: "Activation") -> Interval:
    """Return the infimum and the supremum of f: of extrema, seams and limits."""
    x = _grid(activation)
    y = activation(x)
    ends = [end for end in activation.limits if not math.isnan(end)]
    if len(ends) < 2:
        # An oscillation: does it grow?
        far, near = y[np.abs(x) > 1e5], y[(np.abs(x) > 10) & (np.abs(x) < 1e3)]
        ends += [-math.inf] if far.min() < 2 * near.min() - 1 else []
        ends += [math.inf] if far.max() > 2 * near.max() + 1 else []
    lowest = min([*ends, _extremum(activation, x, y, -1.0)])
    highest = max([*ends, _extremum(activation, x, y, 1.0)])
    return lowest, highest


@lru_cache(maxsize=4096)
def monotone(activation: "Activation") -> bool:
    """Return whether f never falls, from point to point of the grid and in slope."""
    x = _grid(activation)
    y = activation(x)
    y = y[np.isfinite(y)]
    rounding = 4 * np.finfo(float).eps * np.abs(y)
    falls = y[1:] + rounding[1:] < y[:-1] - rounding[:-1]
    return not (falls.any() or (activation.derivative(x) < 0).any())


@lru_cache(maxsize=4096)
def sign_preserving(activation: "Activation") -> bool:
    """Return whether f(x) has the sign of x; where f underflows far out counts for nothing."""
    x = _GRID[np.abs(_GRID) <= 20]
    return bool((np.sign(activation(x)) == np.sign(x)).all())


@lru_cache(maxsize=4096)
def gain(activation: "Activation") -> float:
    """Return 1 / √E[f(z)²], z ~ N(0, 1), by quadrature between the seams."""
    from scipy.integrate import quad

    def integrand(z: float) -> float:
        return float(activation(z)) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    edges = sorted({-12.0, 0.0, 12.0, *(s for s in seams(activation) if abs(s) < 12)})
    moment = sum(quad(integrand, a, b, limit=200)[0] for a, b in pairwise(edges))
    return 1 / math.sqrt(moment) if moment > 0 else math.inf


def _raw(activation: "Activation", x: Any, order: int) -> Any:
    with np.errstate(all="ignore"):
        return np.broadcast_to(activation.compute(NUMPY, x, order), x.shape)


def _sides(activation: "Activation", x: float, order: int) -> Interval:
    """Return the limits of a derivative from the left and from the right of x.

    Extrapolated from points beside x, not from its neighbours: a formula such as x + 3 may
    round those into one.
    """
    away = 1e-9 * max(1.0, abs(x))
    far_left, left, right, far_right = _raw(
        activation, np.array([x - 2 * away, x - away, x + away, x + 2 * away]), order
    )
    return float(2 * left - far_left), float(2 * right - far_right)


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)


def _jumps(left: float, right: float) -> bool:
    return abs(left - right) > _JUMP * max(1.0, abs(left), abs(right))


def _bends(activation: "Activation", x: float) -> bool:
    """Return whether the slope of f'' jumps at x, measured beside it."""
    away = 1e-4 * max(1.0, abs(x))
    points = np.array([x - 2 * away, x - away, x + away, x + 2 * away])
    values = _raw(activation, points, 2)
    if not np.isfinite(values).all():
        return False
    left, right = (values[1] - values[0]) / away, (values[3] - values[2]) / away
    return bool(abs(left - right) > 0.02 * max(1.0, abs(left), abs(right)))


def _grid(activation: "Activation") -> Any:
    edges = [
        point
        for b in _boundaries(activation)
        for point in (b, math.nextafter(b, -math.inf), math.nextafter(b, math.inf))
    ]
    return np.unique(np.concatenate([_GRID, edges]))


def _extremum(activation: "Activation", x: Any, y: Any, sign: float) -> float:
    """Return the largest value of sign · f, times sign: on the grid, then where f' is 0."""
    best = int(np.nanargmax(sign * y))
    left, right = x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)]
    rising = sign * activation.derivative(left)
    if not rising > 0 > sign * activation.derivative(right):
        return float(y[best])
    while left < (middle := (left + right) / 2) < right:
        if sign * activation.derivative(middle) > 0:
            left = middle
        else:
            right = middle
    return sign * float(max(sign * y[best], sign * activation(left), sign * activation(right)))


@lru_cache(maxsize=4096)
def _boundaries(activation: "Activation") -> tuple[float, ...]:
    """Return where a condition of the formula changes, whether or not f shows it."""
    if activation.formula is None:
        return ()
    from actbench.activations.generated import function_of

    names = ("x", *activation.parameters)
    found = set()
    for left, right in boundaries(parse(activation.formula, names)):
        sides = [function_of(tree, activation.parameters) for tree in (left, right)]

        def difference(x: Any, sides: Any = sides) -> Any:
            with np.errstate(all="ignore"):
                return np.broadcast_to(sides[0](NUMPY, x) - sides[1](NUMPY, x), np.shape(x))

        found.update(_zeros(difference))
    return tuple(sorted(found))


def _zeros(function: Any) -> list[float]:
    """Return where a function is 0 or changes sign, unless it is 0 all over."""
    signs = np.sign(function(_GRID))
    zeros = [float(x) for x in _GRID[signs == 0]]
    if len(zeros) > len(_GRID) // 2:
        return []
    for i in np.flatnonzero(signs[:-1] * signs[1:] < 0):
        left, right = _GRID[i], _GRID[i + 1]
        while left < (middle := (left + right) / 2) < right:
            sign = np.sign(function(middle))
            if sign == 0:
                left = middle
                break
            left, right = (middle, right) if sign == signs[i] else (left, middle)
        zeros.append(float(left))
    return zeros
