"""Exact rounding: the number of a format that is nearest to a true value.

A ball decides a rounding if both of its ends round to the same number. All arithmetic on the
ends is exact, in integers.
"""

import math
from typing import NamedTuple

import mpmath
from flint import arb

from actbench.conformance.ulp import FloatFormat


class Dyadic(NamedTuple):
    """The number mantissa · 2^exponent."""

    mantissa: int
    exponent: int


def rounded(number: Dyadic, numbers: FloatFormat) -> float:
    """Return the nearest number of a format; of two, that with an even mantissa.

    Example:
        >>> from actbench.conformance.ulp import format_of
        >>> float32 = format_of("float32")
        >>> rounded(Dyadic(2**24 + 1, 0), float32), rounded(Dyadic(1, 128), float32)
        (16777216.0, inf)
    """
    mantissa, exponent = abs(number.mantissa), number.exponent
    sign = -1.0 if number.mantissa < 0 else 1.0
    lowest = math.frexp(numbers.tiny)[1] - 1 - numbers.digits
    end = 1024 if math.isinf(numbers.end) else math.frexp(numbers.end)[1] - 1
    leading = mantissa.bit_length() + exponent - 1
    if mantissa == 0 or leading < lowest - 1:
        return math.copysign(0.0, sign)
    if leading >= end:
        return sign * math.inf
    unit = max(leading - numbers.digits, lowest)
    shift = unit - exponent
    if shift <= 0:
        count = mantissa << -shift
    else:
        count, rest = divmod(mantissa, 1 << shift)
        half = 1 << (shift - 1)
        count += rest > half or (rest == half and count % 2 == 1)
    if count.bit_length() + unit > end:
        return sign * math.inf
    return sign * math.ldexp(count, unit)


def rounded_ball(ball: arb, numbers: FloatFormat) -> float | None:
    """Return the correctly rounded number if the ball decides it, else None."""
    if not ball.is_finite():
        return None
    if ball.is_exact():
        return rounded(_dyadic(ball), numbers)
    low, high = (rounded(_dyadic(end), numbers) for end in (ball.lower(), ball.upper()))
    # Ends of different signs, both of which round to zero, leave the sign of zero open.
    return low if low == high else None


def rounded_mpf(number: mpmath.mpf, numbers: FloatFormat) -> float:
    """Return the nearest number of a format to a finite number of mpmath."""
    mantissa, exponent = number.man_exp
    sign = -1 if number < 0 else 1
    return rounded(Dyadic(sign * int(mantissa), int(exponent)), numbers)


def _dyadic(exact: arb) -> Dyadic:
    mantissa, exponent = exact.mid().man_exp()
    return Dyadic(int(mantissa), int(exponent))


def approximately_rounded(ball: arb, numbers: FloatFormat) -> float:
    """Return the nearest number to the middle of a ball; NaN if the ball has no bounds."""
    return rounded(_dyadic(ball), numbers) if ball.is_finite() else math.nan
