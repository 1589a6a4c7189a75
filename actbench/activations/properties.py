"""Properties of a function: limits, bounds, monotonicity, symmetry, zeros, gain.

Properties are computed numerically from the stable code, and the breakpoints come from the
conditions of the formula. No record states a property, so a property cannot contradict the
code. The tests compare each property with the textbook formula.
"""

import math
import warnings
from functools import lru_cache
from itertools import pairwise

import numpy as np

from actbench.activations.breakpoints import breakpoints, nonsmooth_points
from actbench.activations.sampling import (
    FloatArray,
    Interval,
    ScalarFunction,
    computed,
    is_close,
    sample_points,
    sign_changes,
)
from actbench.formula.evaluate import stabilise
from actbench.formula.parse import parse
from actbench.formula.tree import is_smooth

# Every function in the catalogue has reached its asymptote at the first of these points. The
# factors are irregular so that an oscillation does not have the same phase at all of them.
_FAR = np.array([1e150, 3.7e160, 1.3e180, 7.1e210, 2.9e250, 1.1e300])

# If a generated function overflows there, nearer points are used.
_SCALES = (1.0, 1e-100, 1e-140)


@lru_cache(maxsize=4096)
def at_infinity(activation: ScalarFunction, order: int) -> Interval:
    """Return the limits of f, f' or f'' (order 0, 1 or 2) at −∞ and +∞; NaN if there is none.

    A limit that the function approaches very slowly, like 1/ln x, cannot be distinguished
    from a missing limit and gives NaN.
    """
    return _limit(activation, order, -1.0), _limit(activation, order, 1.0)


def _limit(activation: ScalarFunction, order: int, sign: float) -> float:
    for scale in _SCALES:
        values = computed(activation, sign * scale * _FAR, order)
        if not np.isnan(values).any():  # NaN may come from an overflow
            return _extrapolated(values)
    return math.nan


def _extrapolated(values: FloatArray) -> float:
    """Return the limit of values at the far points; NaN if there is none."""
    last = float(values[-1])
    if not np.isfinite(values).all():
        return last if np.isinf(values[-1]) and len(set(np.sign(values))) == 1 else math.nan
    if np.allclose(values, last, rtol=1e-9, atol=0):
        return last + 0.0
    sizes = np.abs(values)
    if sizes[-1] < 1e-3 * sizes[0]:
        return 0.0
    growing = (np.diff(sizes) > 0).all() and sizes[-1] > 1.5 * sizes[0]
    one_sign = len(set(np.sign(values))) == 1
    return math.copysign(math.inf, last) if growing and one_sign else math.nan


@lru_cache(maxsize=4096)
def smooth(activation: ScalarFunction) -> bool | None:
    """Return whether f has derivatives of all orders everywhere; None if that is unknown.

    f is not smooth if f, f', f'' or the slope of f'' jumps at a breakpoint. A record without
    such a jump counts as smooth. A generated function counts as smooth only if all parts of its
    formula are smooth.
    """
    if activation.formula is None:
        return None
    if nonsmooth_points(activation):
        return False
    if not activation.generated:
        return True
    tree = parse(activation.formula, ("x", *activation.parameters))
    return True if is_smooth(stabilise(tree)) else None


@lru_cache(maxsize=4096)
def bounds(activation: ScalarFunction) -> Interval:
    """Return the infimum and the supremum of f, from extrema, breakpoints and limits."""
    x = _points_and_breakpoints(activation)
    y = activation(x)
    ends = [end for end in activation.limits if not math.isnan(end)]
    if len(ends) < 2:
        # Without a limit, f oscillates: it is unbounded if its amplitude grows.
        far, near = y[np.abs(x) > 1e5], y[(np.abs(x) > 10) & (np.abs(x) < 1e3)]
        ends += [-math.inf] if far.min() < 2 * near.min() - 1 else []
        ends += [math.inf] if far.max() > 2 * near.max() + 1 else []
    lowest = min([*ends, _extremum(activation, x, y, -1.0)])
    highest = max([*ends, _extremum(activation, x, y, 1.0)])
    return lowest, highest


@lru_cache(maxsize=4096)
def monotone(activation: ScalarFunction) -> bool:
    """Return whether f is non-decreasing, by its values and derivatives on a grid."""
    x = _points_and_breakpoints(activation)
    y = activation(x)
    y = y[np.isfinite(y)]
    rounding = 4 * np.finfo(float).eps * np.abs(y)
    decreases = y[1:] + rounding[1:] < y[:-1] - rounding[:-1]
    return not (decreases.any() or (activation.derivative(x) < 0).any())


@lru_cache(maxsize=4096)
def sign_preserving(activation: ScalarFunction) -> bool:
    """Return whether f(x) has the sign of x on a grid, up to where f underflows to 0."""
    x = _points_and_breakpoints(activation)
    x = x[np.abs(x) > 1e-200]

    def preserved(side: FloatArray) -> bool:
        values = activation(side)
        zeros = np.flatnonzero(values == 0)
        if zeros.size and zeros[0] > 0 and abs(values[zeros[0] - 1]) < 1e-250:
            side, values = side[: zeros[0]], values[: zeros[0]]
        return bool((np.sign(values) == np.sign(side)).all())

    return bool(activation(0.0) == 0) and preserved(x[x < 0][::-1]) and preserved(x[x > 0])


@lru_cache(maxsize=4096)
def gain(activation: ScalarFunction) -> float:
    """Return 1 / √E[f(z)²], z ~ N(0, 1), by quadrature between the nonsmooth points."""
    from scipy.integrate import quad

    def integrand(z: float) -> float:
        with np.errstate(over="ignore"):
            return float(activation(z) ** 2) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    edges = sorted(
        {-12.0, 0.0, 12.0, *(s for s in nonsmooth_points(activation) if abs(s) < 12)}
    )
    with warnings.catch_warnings():
        # A divergent integral gives an infinite result, so its warning is not needed.
        warnings.simplefilter("ignore")
        moment = sum(quad(integrand, a, b, limit=200)[0] for a, b in pairwise(edges))
    if math.isinf(moment):
        return 0.0
    return 1 / math.sqrt(moment) if moment > 0 else math.nan if moment != 0 else math.inf


@lru_cache(maxsize=4096)
def zeros(activation: ScalarFunction, order: int) -> tuple[float, ...]:
    """Return the points where f, f' or f'' changes sign, except 0 and the breakpoints."""
    x = sample_points(activation)
    y = computed(activation, x, order)
    x, y = x[(y != 0) & np.isfinite(y)], y[(y != 0) & np.isfinite(y)]
    found: list[float] = []
    for i in np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0):
        changes = sign_changes(lambda x: computed(activation, x, order), x[i : i + 2])
        found += [
            zero
            for zero in changes
            if zero != 0 and not any(is_close(zero, point) for point in breakpoints(activation))
        ]
    return tuple(found)


@lru_cache(maxsize=4096)
def symmetry(activation: ScalarFunction) -> str | None:
    """Return "odd" if f(−x) = −f(x), "even" if f(−x) = f(x), else None."""
    x = _points_and_breakpoints(activation)
    y, mirrored = activation(x), activation(-x)
    if (np.isnan(y) != np.isnan(mirrored)).any():
        return None
    finite = np.isfinite(y) & np.isfinite(mirrored)
    for kind, sign in (("odd", -1.0), ("even", 1.0)):
        if np.allclose(mirrored[finite], sign * y[finite], rtol=1e-12, atol=0):
            return kind
    return None


@lru_cache(maxsize=4096)
def _points_and_breakpoints(activation: ScalarFunction) -> FloatArray:
    """Return the sample points, and each breakpoint with the floats next to it."""
    edges = [
        point
        for b in breakpoints(activation)
        for point in (b, math.nextafter(b, -math.inf), math.nextafter(b, math.inf))
    ]
    return np.unique(np.concatenate([sample_points(activation), edges]))


def _extremum(activation: ScalarFunction, x: FloatArray, y: FloatArray, sign: float) -> float:
    """Return the maximum of f (sign 1) or its minimum (sign −1).

    The best sample point is refined by bisection of f' if f' changes sign around it.
    """
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
