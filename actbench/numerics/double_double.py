"""Numbers of twice the precision, as unevaluated sums of two.

The argument of an exponential, rounded, costs up to 745 ULP of the result; in two words it
costs less than one.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import frexp
from typing import Any


@dataclass(frozen=True, eq=False)
class DoubleDouble:
    """A number of twice the precision, as an unevaluated sum of two.

    Its first word is a multiple of a coarse grid, found by `Operations.round`: sums and
    products of such are exact, and no compiler can simplify it away.
    """

    hi: Any
    lo: Any

    def __neg__(self) -> "DoubleDouble":
        return DoubleDouble(-self.hi, -self.lo)


def high_part(z: Any) -> Any:
    """Return the first word of a number; anything but `DoubleDouble` is its own."""
    return z.hi if isinstance(z, DoubleDouble) else z


def rounded(z: Any) -> Any:
    """Return a number in one word."""
    return z.hi + z.lo if isinstance(z, DoubleDouble) else z


def plus_one(z: Any, small: Any) -> Any:
    """Return z + 1 + small; near −1 with no error but that of `small`."""
    if isinstance(z, DoubleDouble):
        return z.hi + 1 + (small + z.lo)
    return z + 1 + small


def split(c: float | Fraction, bits: int) -> tuple[float, float]:
    """Return c as a number of so many bits and the rest, rounded: sums of c to 2⁻⁵³⁻ᵇⁱᵗˢ."""
    scale = Fraction(2) ** (bits - frexp(c)[1])
    short = round(Fraction(c) * scale) / scale
    return float(short), float(Fraction(c) - short)
