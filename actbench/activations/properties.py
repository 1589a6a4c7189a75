"""What follows from a record: limits, bounds, kinks, monotonicity, gain.

Everything is derived numerically from the stable code, and where pieces of the function meet
from the formula's conditions, so no fact is typed beside the function it could contradict.
The tests hold each to the textbook formula. (Activations are `Any` here: their class is built
on this module.)
"""

import math
import warnings
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from actbench.formula.evaluate import function_of, stabler
from actbench.formula.parse import boundaries, is_entire, parse
from actbench.numerics.operations import NUMPY

Interval = tuple[float, float]

# Beyond the first of these no function here has anything left but its asymptote. The odd
# factors keep an oscillation from looking the same at all of them.
_FAR = (1e150, 3.7e160, 1.3e180, 7.1e210, 2.9e250, 1.1e300)

_MAGNITUDES = np.concatenate(
    [np.geomspace(1e-12, 1e-3, 200), np.arange(1, 64 * 64) / 64, np.geomspace(64, 1e6, 500)]
)
_GRID = np.concatenate([-_MAGNITUDES[::-1], [0.0], _MAGNITUDES])

# What a jump is, beside the size around it: less is rounding.
_JUMP = 1e-8


class Kink(NamedTuple):
    """A point without a derivative: the one chosen, and those that could be."""

    x: float
    derivative: float
    interval: Interval
    """Between the derivatives from the left and from the right."""


@lru_cache(maxsize=4096)
def at_infinity(activation: Any, order: int) -> Interval:
    """Return the limits of a derivative at −∞ and +∞; NaN where it settles on none."""

    def limit(sign: float) -> float:
        values = _raw(activation, np.array([sign * x for x in _FAR]), order)
        last = float(values[-1])
        if not np.isfinite(values).all():
            return last if np.isinf(values[-1]) and len(set(np.sign(values))) == 1 else math.nan
        if np.allclose(values, last, rtol=1e-9, atol=0):
            return last + 0.0
        # A slow approach, as 1/ln x has, is told from none by nothing: only clear cases count.
        sizes = np.abs(values)
        if sizes[-1] < 1e-3 * sizes[0]:
            return 0.0
        growing = (np.diff(sizes) > 0).all() and sizes[-1] > 1.5 * sizes[0]
        one_sign = len(set(np.sign(values))) == 1
        return math.copysign(math.inf, last) if growing and one_sign else math.nan

    return limit(-1.0), limit(1.0)


@lru_cache(maxsize=4096)
def nonsmooth_points(activation: Any) -> tuple[float, ...]:
    """Return where pieces of f meet and f, f' or f'' jumps, in order."""
    return tuple(
        b
        for b in breakpoints(activation)
        if any(jumps(activation, b, order) for order in range(3)) or _bends(activation, b)
    )


@lru_cache(maxsize=4096)
def smooth(activation: Any) -> bool | None:
    """Return whether f has all derivatives.

    A seam that shows in f, f', f'' or the slope of f'' says no. Without one, a record's code
    is trusted; a reader's formula only if it is made of nothing but smooth parts.
    """
    if activation.formula is None:
        return None
    if nonsmooth_points(activation):
        return False
    if not activation.generated:
        return True
    tree = parse(activation.formula, ("x", *activation.parameters))
    return True if is_entire(stabler(tree)) else None


@lru_cache(maxsize=4096)
def kinks(activation: Any) -> tuple[Kink, ...]:
    """Return the nonsmooth_points where f or f' jumps."""
    found = []
    for x in nonsmooth_points(activation):
        if jumps(activation, x, 0) or jumps(activation, x, 1):
            chosen = float(activation.derivative(x))
            ends = [chosen if _close(end, chosen) else end for end in sides(activation, x, 1)]
            found.append(Kink(x, chosen, (min(ends), max(ends))))
    return tuple(found)


@lru_cache(maxsize=4096)
def bounds(activation: Any) -> Interval:
    """Return the infimum and the supremum of f: of extrema, nonsmooth_points and limits."""
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
def monotone(activation: Any) -> bool:
    """Return whether f never falls, from point to point of the grid and in slope."""
    x = _grid(activation)
    y = activation(x)
    y = y[np.isfinite(y)]
    rounding = 4 * np.finfo(float).eps * np.abs(y)
    falls = y[1:] + rounding[1:] < y[:-1] - rounding[:-1]
    return not (falls.any() or (activation.derivative(x) < 0).any())


@lru_cache(maxsize=4096)
def sign_preserving(activation: Any) -> bool:
    """Return whether f(x) has the sign of x, as far out as it does not underflow to 0."""
    x = _grid(activation)
    x = x[np.abs(x) > 1e-200]

    def keeps(side: Any) -> bool:
        values = activation(side)
        zeros = np.flatnonzero(values == 0)
        if zeros.size and zeros[0] > 0 and abs(values[zeros[0] - 1]) < 1e-250:
            side, values = side[: zeros[0]], values[: zeros[0]]
        return bool((np.sign(values) == np.sign(side)).all())

    return bool(activation(0.0) == 0) and keeps(x[x < 0][::-1]) and keeps(x[x > 0])


@lru_cache(maxsize=4096)
def gain(activation: Any) -> float:
    """Return 1 / √E[f(z)²], z ~ N(0, 1), by quadrature between the nonsmooth_points."""
    from scipy.integrate import quad

    def integrand(z: float) -> float:
        with np.errstate(over="ignore"):
            return float(activation(z) ** 2) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    edges = sorted(
        {-12.0, 0.0, 12.0, *(s for s in nonsmooth_points(activation) if abs(s) < 12)}
    )
    with warnings.catch_warnings():
        # What diverges shows in the result.
        warnings.simplefilter("ignore")
        moment = sum(quad(integrand, a, b, limit=200)[0] for a, b in pairwise(edges))
    if math.isinf(moment):
        return 0.0
    return 1 / math.sqrt(moment) if moment > 0 else math.nan if moment != 0 else math.inf


@lru_cache(maxsize=4096)
def zeros(activation: Any, order: int) -> tuple[float, ...]:
    """Return where f, f' or f'' changes sign, other than at 0 and where pieces meet."""
    x = _points(activation)
    y = _raw(activation, x, order)
    x, y = x[(y != 0) & np.isfinite(y)], y[(y != 0) & np.isfinite(y)]
    found = []
    for i in np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0):
        zero = _zeros(lambda x: _raw(activation, x, order), x[i : i + 2])
        found += [
            z for z in zero if z != 0 and not any(_close(z, m) for m in breakpoints(activation))
        ]
    return tuple(found)


@lru_cache(maxsize=4096)
def symmetry(activation: Any) -> str | None:
    """Return "odd" if f(−x) = −f(x), "even" if f(−x) = f(x), else None."""
    x = _grid(activation)
    y, turned = activation(x), activation(-x)
    seen = np.isfinite(y) & np.isfinite(turned)
    for kind, sign in (("odd", -1.0), ("even", 1.0)):
        if np.allclose(turned[seen], sign * y[seen], rtol=1e-12, atol=0):
            return kind
    return None


def _raw(activation: Any, x: Any, order: int) -> Any:
    with np.errstate(all="ignore"):
        return np.broadcast_to(activation.compute(NUMPY, x, order), x.shape)


def sides(activation: Any, x: float, order: int) -> Interval:
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


def jumps(activation: Any, x: float, order: int) -> bool:
    """Return whether a derivative has two values at x, beside its size around."""
    left, right = sides(activation, x, order)
    away = 1e-3 * max(1.0, abs(x))
    around = _raw(activation, np.array([x - away, x + away]), order)
    if not np.isfinite([left, right]).all():
        return False
    return bool(abs(left - right) > _JUMP * np.nanmax(np.abs([left, right, *around, 1e-300])))


def _bends(activation: Any, x: float) -> bool:
    """Return whether the slope of f'' jumps at x, measured beside it."""
    away = 1e-4 * max(1.0, abs(x))
    points = np.array([x - 2 * away, x - away, x + away, x + 2 * away])
    values = _raw(activation, points, 2)
    if not np.isfinite(values).all():
        return False
    left, right = (values[1] - values[0]) / away, (values[3] - values[2]) / away
    size = max(abs(left), abs(right), np.abs(values).max(), 1e-300)
    return bool(abs(left - right) > 0.02 * size)


@lru_cache(maxsize=4096)
def _points(activation: Any) -> Any:
    """Return the grid, and the grid in units of each parameter and of its inverse."""
    sizes = {abs(value) for value in activation.parameters.values() if value}
    scales = {size for size in sizes | {1 / size for size in sizes} if 1e-12 < size < 1e12}
    return np.unique(np.concatenate([_GRID, *(_GRID * scale for scale in scales)]))


@lru_cache(maxsize=4096)
def _grid(activation: Any) -> Any:
    edges = [
        point
        for b in breakpoints(activation)
        for point in (b, math.nextafter(b, -math.inf), math.nextafter(b, math.inf))
    ]
    return np.unique(np.concatenate([_points(activation), edges]))


def _extremum(activation: Any, x: Any, y: Any, sign: float) -> float:
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
def breakpoints(activation: Any) -> tuple[float, ...]:
    """Return where a condition of the formula changes, whether or not f shows it."""
    if activation.formula is None:
        return ()
    names = ("x", *activation.parameters)
    found = set()
    for left, right in boundaries(parse(activation.formula, names)):
        sides = [function_of(tree, activation.parameters) for tree in (left, right)]

        def difference(x: Any, sides: Any = sides) -> Any:
            with np.errstate(all="ignore"):
                return np.broadcast_to(sides[0](NUMPY, x) - sides[1](NUMPY, x), np.shape(x))

        found.update(_zeros(difference, _points(activation)))
    return tuple(sorted(found))


def _zeros(function: Any, grid: Any) -> list[float]:
    """Return where a function is 0 or changes sign, unless it is 0 all over."""
    signs = np.sign(function(grid))
    zeros = [float(x) for x in grid[signs == 0]]
    if len(zeros) > len(grid) // 2:
        return []
    for i in np.flatnonzero(signs[:-1] * signs[1:] < 0):
        left, right = grid[i], grid[i + 1]
        while left < (middle := (left + right) / 2) < right:
            sign = np.sign(function(middle))
            if sign == 0:
                left = middle
                break
            left, right = (middle, right) if sign == signs[i] else (left, middle)
        zeros.append(float(left))
    return zeros
