"""Errors in units in the last place (ULP) of the audited format.

One ULP is the distance between neighbouring numbers of the format at the true value, so a
correctly rounded result has an error of at most 0.5. Some results need another measure; they
are reported separately:

* A result that is subnormal in the format may be flushed to zero. Its error is divided by the
  smallest normal number, and 1 is allowed. In float64, this rule also covers results up to four
  times as large. Subnormal inputs may be flushed to zero too, so g(0) is accepted for them.
* Near a zero of g, other than x = 0, the relative error has no bound, because the rounding of x
  alone changes the result. There the error is measured in ULP of a nearby size: the smaller of
  |g(x − h)| and |g(x + h)|, with h = min(|x|/8, ½), but at least 2⁻⁴⁰ |x|, because large
  numbers are far apart. This applies where |g(x)| is smaller than that size. Four times the
  tolerance is allowed. The distance h is not small beyond |x| = 2³⁹, so the size is half of
  the largest of |g| at four numbers around x there.
* Within 4 ULP of a breakpoint, the rounding of x decides which piece of the formula is used.
  There every result between the values of g on both sides of the breakpoint is accepted.
"""

from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple, Protocol, cast

import ml_dtypes
import numpy as np
import numpy.typing as npt

from actbench.activations import breakpoints as activation_breakpoints
from actbench.activations.record import Activation
from actbench.numerics.array import Array, BooleanArray
from actbench.numerics.dispatch import evaluate

Doubles = npt.NDArray[np.float64]

# Reach of a breakpoint in ULP of x, because constants of a function and sums with them are
# rounded.
_BREAKPOINT_REACH = 4

# Terms that cancel near a zero are up to eight times the scale of g nearby. Rounding them once
# changes the result by four ULP of that scale.
NEAR_ZERO = 4

FAR_APART = 2.0**-40
"""Smallest distance that counts as near a number, as a part of the number."""


class FloatFormat(NamedTuple):
    """The numbers of a dtype.

    Args:
        digits: binary digits after the first.
        tiny: the smallest normal number.
        flushed: bound below which results may be flushed to zero.
        end: the power of two that overflows; infinity for float64.
    """

    digits: int
    tiny: float
    flushed: float
    end: float


def format_of(dtype: npt.DTypeLike) -> FloatFormat:
    """Return the numbers of a dtype."""
    info = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    end = 2.0 ** int(info.maxexp) if int(info.maxexp) < 1024 else np.inf
    tiny = float(info.smallest_normal)
    # No wider format computes float64 results, so one just above the subnormal numbers may
    # have a subnormal factor.
    flushed = 4 * tiny if end == np.inf else tiny
    return FloatFormat(int(info.nmant), tiny, flushed, end)


class ArrayNamespace(Protocol):
    """The functions that errors are computed with, as NumPy names and defines them."""

    abs: Callable[[Array], Array]
    minimum: Callable[[Array, Array], Array]
    maximum: Callable[[Array, Array | float], Array]
    clip: Callable[[Array, float, float], Array]
    where: Callable[[BooleanArray, Array | float, Array], Array]
    equal: Callable[[Array, Array | float], BooleanArray]
    isnan: Callable[[Array], BooleanArray]
    full_like: Callable[[Array, float], Array]
    frexp: Callable[[Array], tuple[Array, Array]]
    ldexp: Callable[[float, Array], Array]


NUMPY = cast(ArrayNamespace, np)


def ulp_at(size: Array, numbers: FloatFormat, xp: ArrayNamespace) -> Array:
    """Return the ULP of a format at true values, at least that of its smallest normal."""
    _, exponent = xp.frexp(xp.maximum(xp.abs(size), numbers.tiny))
    return xp.ldexp(1.0, exponent - 1 - numbers.digits)


def ulp(size: npt.ArrayLike, numbers: FloatFormat) -> Doubles:
    """Return the ULP of a format at true values, at least that of its smallest normal.

    Args:
        size: true values in float64.
        numbers: the format.
    """
    return cast(Doubles, ulp_at(cast(Array, np.asarray(size)), numbers, NUMPY))


class Kind(IntEnum):
    """Kinds of results, which differ in how their error is measured."""

    NORMAL = 0
    SUBNORMAL = 1
    SUBNORMAL_INPUT = 2
    NEAR_ZERO = 3
    NEAR_BREAKPOINT = 4
    UNKNOWN = 5

    @property
    def label(self) -> str:
        """The name of the kind in documents and figures."""
        return _LABELS[self]


_LABELS = {
    Kind.NORMAL: "normal result",
    Kind.SUBNORMAL: "subnormal result",
    Kind.SUBNORMAL_INPUT: "subnormal input",
    Kind.NEAR_ZERO: "near a zero",
    Kind.NEAR_BREAKPOINT: "near a breakpoint",
    Kind.UNKNOWN: "no true value",
}


class Breakpoint(NamedTuple):
    """The surroundings of a point where a piece of the formula ends.

    Args:
        x: the point.
        reach: distance from the point at which the rounding of x may change the piece.
        low: smallest accepted result within that distance.
        high: largest accepted result within that distance.
    """

    x: float
    reach: float
    low: float
    high: float


class ErrorArrays(NamedTuple):
    """The errors of results, as arrays of one shape.

    Args:
        ulp: errors in ULP, as this module defines them; infinite for NaN.
        kind: the `Kind` of each result.
        limit: the largest error that is allowed for each result.
    """

    ulp: Array
    kind: Array
    limit: Array


def compute_errors(
    xp: ArrayNamespace,
    x: Array,
    got: Array,
    high: Array,
    low: Array,
    *,
    scale: Array | None,
    at_zero: float | None,
    breakpoints: tuple[Breakpoint, ...],
    numbers: FloatFormat,
    tolerance: float,
) -> ErrorArrays:
    """Return the errors of results at finite x. All arrays are float64 and of one shape.

    Args:
        xp: functions for these arrays.
        x: inputs.
        got: results.
        high: true values, rounded to float64.
        low: true values minus `high`.
        scale: result of `scale_nearby`; None if no x is near a zero.
        at_zero: true value at 0; None if no x is subnormal.
        breakpoints: result of `breakpoints_of`; empty if no x is near one.
        numbers: format of the inputs and results.
        tolerance: allowed error in ULP.
    """
    unknown = xp.isnan(high)
    high = xp.clip(high, -numbers.end, numbers.end)
    got = xp.clip(got, -numbers.end, numbers.end)
    errors = _errors_by_size(xp, got, high, low, scale, numbers, tolerance)
    if at_zero is not None:
        errors = _accept_flushed_inputs(xp, errors, x, got, at_zero, numbers)
    for point in breakpoints:
        errors = _accept_both_sides(xp, errors, x, got, point, numbers, tolerance)
    kind = xp.where(unknown, Kind.UNKNOWN, errors.kind)
    error = xp.where(xp.isnan(got), np.inf, xp.where(unknown, 0.0, errors.ulp))
    return ErrorArrays(error, kind, errors.limit)


def _errors_by_size(
    xp: ArrayNamespace,
    got: Array,
    high: Array,
    low: Array,
    scale: Array | None,
    numbers: FloatFormat,
    tolerance: float,
) -> ErrorArrays:
    """Return the errors of normal results, subnormal results and results near a zero."""
    error = xp.where(xp.equal(got, high), xp.abs(low), xp.abs((got - high) - low))
    size = xp.abs(high)
    kind, limit = xp.full_like(size, Kind.NORMAL), xp.full_like(size, tolerance)
    # A subnormal result may be zero, or anything that is as close to the true value as zero.
    subnormal = size < numbers.flushed
    kind = xp.where(subnormal, Kind.SUBNORMAL, kind)
    limit = xp.where(subnormal, xp.maximum(size / numbers.tiny, 1.0), limit)
    unit = xp.where(subnormal, numbers.tiny, ulp_at(high, numbers, xp))
    if scale is not None:
        near = size < scale
        kind = xp.where(near & ~subnormal, Kind.NEAR_ZERO, kind)
        limit = xp.where(near & ~subnormal, NEAR_ZERO * tolerance, limit)
        unit = xp.where(near, xp.maximum(unit, ulp_at(scale, numbers, xp)), unit)
    return ErrorArrays(error / unit, kind, limit)


def _accept_flushed_inputs(
    xp: ArrayNamespace,
    errors: ErrorArrays,
    x: Array,
    got: Array,
    at_zero: float,
    numbers: FloatFormat,
) -> ErrorArrays:
    """Accept the value at 0 for subnormal inputs."""
    flushed = (xp.abs(x) < numbers.tiny) & ~xp.equal(x, 0.0)
    changes_kind = flushed & xp.equal(errors.kind, Kind.NORMAL)
    kind = xp.where(changes_kind, Kind.SUBNORMAL_INPUT, errors.kind)
    error_of_zero = xp.abs(got - at_zero) / float(ulp(at_zero, numbers))
    error = xp.where(flushed, xp.minimum(errors.ulp, error_of_zero), errors.ulp)
    return ErrorArrays(error, kind, errors.limit)


def _accept_both_sides(
    xp: ArrayNamespace,
    errors: ErrorArrays,
    x: Array,
    got: Array,
    point: Breakpoint,
    numbers: FloatFormat,
    tolerance: float,
) -> ErrorArrays:
    """Accept all results between the values on both sides of a breakpoint."""
    near = xp.abs(x - point.x) <= point.reach
    outside = xp.maximum(xp.maximum(point.low - got, got - point.high), 0.0)
    outside = outside / float(ulp(max(abs(point.low), abs(point.high)), numbers))
    kind = xp.where(near, Kind.NEAR_BREAKPOINT, errors.kind)
    limit = xp.where(near, tolerance, errors.limit)
    error = xp.where(near, xp.minimum(errors.ulp, outside), errors.ulp)
    return ErrorArrays(error, kind, limit)


def scale_nearby(g: Callable[[Doubles], Doubles], x: Doubles) -> Doubles:
    """Return the scale of g around each x near a zero or a dip of g, and 0 for other x.

    Args:
        g: function of float64 arrays.
        x: inputs.
    """
    # The distance is relative to x at first: floats are dense at 0, so every g can be accurate.
    distance = np.maximum(np.minimum(np.abs(x) / 8, 0.5), FAR_APART * np.abs(x))
    around = np.minimum(np.abs(g(x - distance)), np.abs(g(x + distance)))
    far = distance > 0.5
    if far.any():
        # Steps without a common measure, because one may be a multiple of the period.
        steps = np.multiply.outer([-1.73, -1.0, 1.41, 2.24], distance[far])
        around[far] = np.abs([g(x[far] + step) for step in steps]).max(axis=0) / 2
    return np.where(np.abs(g(x)) < around, around, 0.0)


@lru_cache(maxsize=256)
def breakpoints_of(
    activation: Activation, order: int, dtype: np.dtype[np.generic]
) -> tuple[Breakpoint, ...]:
    """Return the breakpoints of a derivative in a format.

    Breakpoints of the value (order 0) count only if the format has no such number.
    """
    numbers = format_of(dtype)
    found = []
    for at in activation_breakpoints.breakpoints(activation):
        if order == 0 and float(np.array(at).astype(dtype)) == at:
            continue
        reach = _BREAKPOINT_REACH * float(ulp(at, numbers)) if at else numbers.tiny
        ends = evaluate(activation, np.array([at - reach, at + reach]), order).tolist()
        if activation_breakpoints.has_jump(activation, at, order):
            ends += activation_breakpoints.one_sided_limits(activation, at, order)
        found.append(Breakpoint(at, reach, min(ends), max(ends)))
    return tuple(found)
