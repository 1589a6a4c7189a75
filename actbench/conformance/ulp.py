"""Errors in units in the last place: of the format that is audited, against the real value.

An ULP is the distance between neighbouring numbers of the format around the real value; a
correctly rounded result is within 0.5. Where that measure says nothing, another takes its
place, and is reported apart:

* Results that are subnormal in the format (in float64 up to four times as large) may be flushed
  to zero: what counts is whether they are within its smallest normal number. Subnormal inputs
  may be flushed too: g(0) is right.
* Near a zero of g other than 0 relative errors have no bound for any method, since the
  rounding of x alone moves the result: ULP are those of the scale of g nearby, the smaller of
  |g| at x ± min(|x|/8, 1/2), if |g(x)| is smaller than that, and four times as many are right.
* Within 4 ULP of where pieces meet, the rounding of x decides what is right: all between the
  values of g that far to the left and to the right is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from actbench.activations import properties
from actbench.activations.record import Activation
from actbench.numerics.dispatch import evaluate

# How far a joint is felt, in ULP of x: constants of a function are rounded, and sums with them.
_BESIDE = 4

# Near a zero the terms that cancel are up to eight times the scale of g nearby: rounded once,
# they move the result by four ULP of it.
NEAR_ZERO = 4


class Format(NamedTuple):
    """The numbers of a dtype.

    Args:
        digits: binary digits after the first.
        tiny: the smallest normal number.
        flushed: smaller results may be flushed to zero.
        end: the power of two that overflows; for float64 infinity.
    """

    digits: int
    tiny: float
    flushed: float
    end: float


def format_of(dtype: Any) -> Format:
    """Return the numbers of a dtype."""
    info: Any = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    end = 2.0 ** int(info.maxexp) if int(info.maxexp) < 1024 else np.inf
    tiny = float(info.smallest_normal)
    # float64 cannot be computed in a wider format: a result just above the subnormal ones may
    # have a factor that is one of them.
    flushed = 4 * tiny if end == np.inf else tiny
    return Format(int(info.nmant), tiny, flushed, end)


def ulp(want: Any, numbers: Format) -> Any:
    """Return the ULP of a format at real values, those of its smallest normal at least."""
    _, exponent = np.frexp(np.maximum(np.abs(want), numbers.tiny))
    return np.ldexp(1.0, exponent - 1 - numbers.digits)


class Want(NamedTuple):
    """Real values in two words: high + low, arrays of float64; NaN where not known.

    Args:
        high: the values, rounded to float64.
        low: the rest.
        scale: what `scale_nearby` says of each.
    """

    high: Any
    low: Any
    scale: Any


@dataclass(frozen=True, eq=False)
class Errors:
    """How far results are from the real values.

    Args:
        ulp: the error of each in ULP, as the module says; infinite for NaN.
        kind: of each: "normal", "subnormal", "flushed" (a subnormal input), "near a zero",
            "beside a joint" or "unknown".
        limit: the largest that is right, for each: the tolerance; four times as much near a
            zero; for a subnormal result 1, or what zero has.
    """

    ulp: Any
    kind: Any
    limit: Any

    @property
    def failing(self) -> Any:
        """Which results are wrong."""
        return ~(self.ulp <= self.limit)


def errors(
    activation: Activation, order: int, x: Any, got: Any, want: Want, tolerance: float
) -> Errors:
    """Return the errors of results at finite x.

    Args:
        activation: what the function should be.
        order: 0 for values, 1 and 2 for derivatives.
        x: inputs, an array of a float dtype of one axis.
        got: results, likewise.
        want: the real values.
        tolerance: in ULP, for all results but subnormal ones.
    """
    numbers = format_of(x.dtype)
    with np.errstate(all="ignore"):
        wide, g = x.astype(np.float64), got.astype(np.float64)
        high = np.clip(want.high, -numbers.end, numbers.end)
        g = np.clip(g, -numbers.end, numbers.end)
        distance = np.where(g == high, np.abs(want.low), np.abs((g - high) - want.low))
        unit = ulp(high, numbers)
        kind = np.full(x.shape, "normal", dtype="<U14")
        kind[np.abs(high) < numbers.flushed] = "subnormal"
        unit[kind == "subnormal"] = numbers.tiny
        near = np.abs(high) < want.scale
        kind[near & (kind == "normal")] = "near a zero"
        unit[near] = np.maximum(unit[near], ulp(want.scale[near], numbers))
        error = distance / unit
        flushed = (np.abs(wide) < numbers.tiny) & (wide != 0)
        if flushed.any():
            at_zero = float(evaluate(activation, 0.0, order))
            zero_unit = float(ulp(np.array(at_zero), numbers))
            kind[flushed & (kind == "normal")] = "flushed"
            error[flushed] = np.minimum(error, np.abs(g - at_zero) / zero_unit)[flushed]
        for joint in joints(activation, order, x.dtype):
            beside = np.abs(wide - joint.x) <= joint.reach
            outside = np.maximum(np.maximum(joint.low - g, g - joint.high), 0)
            size = ulp(np.array(max(abs(joint.low), abs(joint.high))), numbers)
            error = np.where(beside, np.minimum(error, outside / size), error)
            kind[beside] = "beside a joint"
        error = np.where(np.isnan(g), np.inf, error)
        unknown = np.isnan(want.high)
        kind[unknown] = "unknown"
        error = np.where(unknown & ~np.isnan(g), 0.0, error)
        limit = np.full(x.shape, tolerance)
    # Zero is right there, and all that is as near as zero may be.
    subnormal = kind == "subnormal"
    limit[subnormal] = np.maximum(1.0, np.abs(high[subnormal]) / numbers.tiny)
    limit[kind == "near a zero"] *= NEAR_ZERO
    return Errors(error, kind, limit)


def scale_nearby(g: Callable[[Any], Any], x: Any) -> Any:
    """Return the scale of g around a zero or a dip of it, by which x is; 0 far from one.

    Args:
        g: takes and gives arrays of float64.
        x: likewise.
    """
    # Relative to x at first: at 0 floats are dense, and every g can be right.
    away = np.minimum(np.abs(x) / 8, 0.5)
    around = np.minimum(np.abs(g(x - away)), np.abs(g(x + away)))
    return np.where(np.abs(g(x)) < around, around, 0.0)


class Joint(NamedTuple):
    """A point where pieces of a function meet, how far it is felt, and what is right there."""

    x: float
    reach: float
    low: float
    high: float


@lru_cache(maxsize=256)
def joints(activation: Activation, order: int, dtype: Any) -> tuple[Joint, ...]:
    """Return where pieces meet; for values only where that is no number of the format."""
    numbers = format_of(dtype)
    found = []
    for at in properties.breakpoints(activation):
        if order == 0 and float(np.array(at).astype(dtype)) == at:
            continue
        reach = _BESIDE * float(ulp(np.array(at), numbers)) if at else numbers.tiny
        ends = evaluate(activation, np.array([at - reach, at + reach]), order).tolist()
        if properties.jumps(activation, at, order):
            ends += properties.sides(activation, at, order)
        found.append(Joint(at, reach, min(ends), max(ends)))
    return tuple(found)
