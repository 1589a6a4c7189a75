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
    """Return the parts of c, of 12 bits and the rest, and the grid for its other factor.

    The grid is 0 if c is 0 or a power of 2, because the product is exact then.
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

    def odd_cubic(self, linear: Fraction, cubic: Fraction, x: Array) -> Argument:
        """Return c₁x + c₃x³ in double-double arithmetic, for c₁, c₃ < 2 and x clipped to ±40.

        Let h be the multiple of 1/256 nearest to x. With coefficients rounded to multiples of
        2⁻¹⁶, the polynomial at h is exact.
        """
        x = self.clip(x, -40.0, 40.0)
        h = self.round(x * 256) / 256
        c1, c3 = (round(c * 65536) / 65536 for c in (linear, cubic))
        rest = float(linear) + float(cubic) * (x * x + x * h + h * h)
        low = float(linear - Fraction(c1)) + float(cubic - Fraction(c3)) * h * h
        return DoubleDouble(h * (c1 + c3 * (h * h)), (x - h) * rest + h * low)
