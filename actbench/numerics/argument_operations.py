"""Arguments of exponentials in double-double arithmetic, and multiples of arrays."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from sys import float_info

from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, high_part, split
from actbench.numerics.primitives import Primitives

# Arguments of exponentials are clipped to this range. e^−3000 times any three numbers is 0 in
# every format.
ARGUMENT_RANGE = -3000.0, 3000.0

# Exponents of factors that are applied in one step; larger ones need powers of 2 as well.
_ORDINARY = range(-100, 101)

# The largest exponent of a power of 2 that is applied in one step.
_STEP = 1000


def nearest_float(c: Fraction) -> float:
    """Return the nearest finite float; the largest float for larger numbers."""
    try:
        return float(c)
    except OverflowError:
        return float_info.max if c > 0 else -float_info.max


def inverse(c: float) -> float:
    """Return 1 / c for c > 0, or the largest float."""
    return nearest_float(1 / Fraction(c))


def binary_parts(c: float | Fraction) -> tuple[Fraction, int]:
    """Return (m, k) with c = m · 2ᵏ and ½ ≤ |m| < 1; (0, 0) for 0.

    `math.frexp` gives the same for floats, but a fraction may be outside their range.
    """
    c = Fraction(c)
    if c == 0:
        return c, 0
    k = abs(c.numerator).bit_length() - c.denominator.bit_length()
    k += abs(c) >= Fraction(2) ** k
    return c / Fraction(2) ** k, k


def powers_of_2(k: int) -> list[float]:
    """Return powers of 2, normal floats, whose product is 2ᵏ."""
    count = -(-abs(k) // _STEP)
    ends = [k * number // count for number in range(count + 1)] if count else []
    return [2.0 ** (b - a) for a, b in pairwise(ends)]


@dataclass(frozen=True)
class _Factor:
    """A factor c of x, c = (short + low) · powers.

    Args:
        short: c rounded to 12 bits, or c itself if it is 0 or a power of 2.
        low: the remainder.
        grid: x is rounded to a multiple of 1 / grid. It is 0 if c · x is exact.
        powers: powers of 2 that are applied to x first; none for ordinary factors.
    """

    short: float
    low: float
    grid: float
    powers: tuple[float, ...]


@cache
def _factor(c: float | Fraction) -> _Factor:
    mantissa, exponent = binary_parts(c)
    shift = 0 if exponent in _ORDINARY else exponent
    powers = tuple(powers_of_2(shift))
    rest = mantissa * Fraction(2) ** (exponent - shift)
    if mantissa == 0 or abs(mantissa) == Fraction(1, 2):
        return _Factor(float(rest), 0.0, 0.0, powers)
    return _Factor(*split(rest, 12), 2.0 ** (exponent - shift + 4), powers)


class ArgumentOperations(Primitives):
    """Multiples and polynomials of x that are precise enough for an exponential."""

    def multiple(self, c: float | Fraction, x: Array) -> Array:
        """Return c · x, also for a c that is no normal float: only the result may overflow."""
        mantissa, exponent = binary_parts(c)
        if -1020 < exponent < 1024:
            return float(c) * x
        if exponent < 0:
            steps = [float(mantissa), *powers_of_2(exponent)]
        else:
            # Powers come first, because x may be subnormal.
            steps = [*powers_of_2(exponent - 1), float(2 * mantissa)]
        for step in steps:
            x = step * x
        return x

    def product(self, c: float | Fraction, x: Argument) -> Argument:
        """Return c · x, clipped to `ARGUMENT_RANGE` if c is not 0 or ±2⁻ᵏ.

        The result is double-double, or an array if c is 0 or a power of 2. Let h be the grid
        point nearest to x. The product of h and the 12-bit part of c is exact, and the
        remainder is below 1/8.
        """
        if isinstance(x, DoubleDouble):
            high = self.product(c, x.hi)
            low = high.lo if isinstance(high, DoubleDouble) else 0.0
            return DoubleDouble(high_part(high), low + self.multiple(c, x.lo))
        factor = _factor(c)
        short, grid = factor.short, factor.grid
        for power in factor.powers:
            x = power * x
        if factor.powers or grid or abs(short) > 1:
            lower, upper = sorted(end / short for end in ARGUMENT_RANGE)
            x = self.clip(x, lower, upper)
        if grid == 0:
            return short * x
        h = self.round(x * grid) / grid
        return DoubleDouble(short * h, short * (x - h) + factor.low * x)

    def in_float64(self, x: Array) -> Array:
        """Return x in float64, the dtype of arguments of exponentials: x itself here."""
        return x
