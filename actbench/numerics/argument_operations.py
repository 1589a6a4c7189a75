"""Arguments of exponentials in double-double arithmetic."""

from fractions import Fraction
from functools import cache
from math import frexp

from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, high_part, split
from actbench.numerics.primitives import Primitives

# Arguments of exponentials are clipped to this range. At its lower end, e^z times any number is
# 0 in every format. At its upper end, e^z is infinite in every format but e^(z/2) is finite.
ARGUMENT_RANGE = -2000.0, 1400.0


@cache
def _factor(c: float | Fraction) -> tuple[float, float, float]:
    """Return (hi, lo, grid): c rounded to 12 bits, the remainder, and the grid for x.

    x is rounded to a multiple of 1 / grid. The grid is 0 if c is 0 or a power of 2, because
    c · x is exact then.
    """
    c = max(min(c, Fraction(10) ** 300), -(Fraction(10) ** 300))
    mantissa, exponent = frexp(c)
    if mantissa == 0 or (abs(mantissa) == 0.5 and c == float(c)):
        return float(c), 0.0, 0.0
    return *split(c, 12), 2.0 ** min(max(exponent + 4, -100), 100)


class ArgumentOperations(Primitives):
    """Multiples and polynomials of x that are precise enough for an exponential."""

    def product(self, c: float | Fraction, x: Argument) -> Argument:
        """Return c · x, clipped to [−2000, 1400].

        The result is double-double, or an array if c is 0 or a power of 2. Let h be the grid
        point nearest to x. The product of h and the 12-bit part of c is exact, and the
        remainder is below 1/8.
        """
        if isinstance(x, DoubleDouble):
            high = self.product(c, x.hi)
            low = high.lo if isinstance(high, DoubleDouble) else 0.0
            return DoubleDouble(high_part(high), low + float(c) * x.lo)
        short, low, grid = _factor(c)
        if grid == 0:
            return short * x
        lower, upper = sorted(end / short for end in ARGUMENT_RANGE)
        x = self.clip(x, lower, upper)
        h = self.round(x * grid) / grid
        return DoubleDouble(short * h, short * (x - h) + low * x)

    def in_float64(self, x: Array) -> Array:
        """Return x in float64, the dtype of arguments of exponentials: x itself here."""
        return x
