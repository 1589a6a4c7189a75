"""Double-double numbers: unevaluated sums of two floats, with about twice the precision.

The rounding error of z changes e^z by up to |z| ULP, which is 745 ULP where e^z underflows.
With a double-double argument this error is less than one ULP.

References: Dekker (1971), doi:10.1007/BF01397083; the QD library of Hida, Li & Bailey (2001),
doi:10.1109/ARITH.2001.930115.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import frexp

from actbench.numerics.array import Array


@dataclass(frozen=True, eq=False)
class DoubleDouble:
    """The number hi + lo, where |lo| is small compared with the spacing that hi is rounded to.

    `hi` is a multiple of a coarse grid, from `Operations.round`, so it has few bits. Sums
    and products of such parts are exact. Compilers cannot simplify the rounding away, but
    they may simplify the usual error-free transformations (two-sum, two-product).
    """

    hi: Array
    lo: Array

    def __neg__(self) -> "DoubleDouble":
        return DoubleDouble(-self.hi, -self.lo)


Argument = Array | DoubleDouble
"""The argument of an exponential: double-double where one float is not precise enough."""


def high_part(z: Argument) -> Array:
    """Return the high part of a double-double number, or z itself if it is an array."""
    return z.hi if isinstance(z, DoubleDouble) else z


def sum_of_parts(z: Argument) -> Array:
    """Return hi + lo, rounded to one float, or z itself if it is an array."""
    return z.hi + z.lo if isinstance(z, DoubleDouble) else z


def plus_one(z: Argument, small: Array) -> Array:
    """Return z + 1 + small; near z = −1 its only error is the error of `small`."""
    if isinstance(z, DoubleDouble):
        return z.hi + 1 + (small + z.lo)
    return z + 1 + small


def split(c: float | Fraction, bits: int) -> tuple[float, float]:
    """Return (hi, lo): c rounded to a number of bits, and the rounded remainder.

    The error of hi + lo is below 2^(−53 − bits) · |c|.
    """
    scale = Fraction(2) ** (bits - frexp(c)[1])
    high = round(Fraction(c) * scale) / scale
    return float(high), float(Fraction(c) - high)
