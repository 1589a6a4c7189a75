"""The normal distribution: its density, its tail and products with them."""

from math import pi, sqrt

from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, high_part
from actbench.numerics.exp_operations import ExpOperations

# ½ erfcx(t/√2) · (1 + t) as a polynomial in (t − 5)/(t + 5), t ≥ 0: the Chebyshev series of
# degree 23, computed by mpmath at 40 digits from 64 nodes, converted to powers. Its relative
# error in float64 is 2 · 2⁻⁵³ on 0 ≤ t ≤ 60. The variable is due to Shepherd & Laframboise
# (1981), doi:10.1090/S0025-5718-1981-0595058-X.
_SCALED_TAIL = (
    0.461515829850037773, -0.0915522818340090357, 0.0310303684259637093,
    0.0100023523852293827, -0.026401042966308308, 0.0245369632436786527,
    -0.0151704154025148631, 0.00652200066778389627, -0.00167607234455446996,
    7.79159740933899833e-6, 0.000182334145116438441, -0.0000536075811148721997,
    -9.89609775927978187e-6, 9.05982468125663848e-6, -7.03464468353710191e-8,
    -1.30744860192375871e-6, 1.2787822182093702e-7, 1.96278099200911858e-7,
    -2.62862050898987541e-8, -3.09520175580420698e-8, 3.62737316340120091e-9,
    4.40115962275992524e-9, -2.8220772290629865e-10, -3.81581626263295279e-10,
)  # fmt: skip

# The low part of the first coefficient.
_SCALED_TAIL_LOW = 2.205e-17

# √(2π) as hi + lo.
_ROOT_TWO_PI = 2.5066282746310007, -1.8328e-16

# For |x| ≥ 60, x · e^(−x²/2) is 0 in every format, because e⁻¹⁸⁰⁰ is about 10⁻⁷⁸².
_GAUSSIAN_END = 60.0


class GaussianOperations(ExpOperations):
    """The density φ(x) = e^(−x²/2) / √(2π) and the distribution function Φ(x) of N(0, 1)."""

    def times_gaussian(self, a: Array | float, x: Argument, scale: float = 1.0) -> Array:
        """Return a · e^(−scale · x²), for a scale of 1 or ½.

        Let h be the multiple of 1/64 nearest to x. Then h² is exact and (x − h)(x + h) is
        small, so the rounding error of the exponent costs less than one ULP of the result.
        With x² alone it would cost up to 745 ULP.
        """
        first = self.clip(high_part(x), -_GAUSSIAN_END, _GAUSSIAN_END)
        h = self.round(first * 64) / 64
        square = h * h
        near = self.minimum(square, 600 / scale)
        rest = (first - h) * (first + h)
        if isinstance(x, DoubleDouble):
            rest = rest + x.lo * (2 * first + x.lo)
        product = a * self.exp(-scale * near)
        if isinstance(x, DoubleDouble):
            product = product * self.exp(-scale * rest)
        else:
            product = product + product * self.expm1(-scale * rest)
        # The last factor is 1 unless the first exponential would be subnormal without it.
        return product * self.exp(-scale * (square - near))

    def normal_density(self, x: Argument) -> Array:
        """Return φ(x) = e^(−x²/2) / √(2π)."""
        return self.times_gaussian(1 / sqrt(2 * pi), x, 0.5)

    def scaled_normal_tail(self, t: Array) -> Array:
        """Return e^(t²/2) · Φ(−t) = ½ erfcx(t/√2) for t ≥ 0; it never underflows."""
        t = self.minimum(t, _GAUSSIAN_END)
        y = (t - 5) / (t + 5)
        total = y * 0 + _SCALED_TAIL[-1]
        for coefficient in reversed(_SCALED_TAIL[1:-1]):
            total = total * y + coefficient
        first, rest = _SCALED_TAIL[0], total * y + _SCALED_TAIL_LOW
        # The quotient (first + rest) / (1 + t), corrected for the rounding of both sums.
        above, below = first + rest, 1 + t
        quotient = above / below
        rounding = (first - above + rest) - quotient * (1 - below + t)
        return quotient + rounding / below

    def mills_ratio(self, t: Array) -> DoubleDouble:
        """Return Mills' ratio Φ(−t) / φ(t) for t ≥ 0, with √(2π) in double-double precision."""
        tail = self.scaled_normal_tail(t)
        high, low = _ROOT_TWO_PI
        return DoubleDouble(high * tail, low * tail)

    def normal_distribution(self, x: Array) -> Array:
        """Return Φ(x)."""
        return self.times_normal_distribution(1.0, x)

    def times_normal_distribution(self, a: Array | float, x: Array) -> Array:
        """Return a · Φ(x): a · Φ(−|x|) for x ≤ 0, else a − a · Φ(−|x|)."""
        t = self.absolute(x)
        scaled = self.scaled_normal_tail(t)
        small = self.times_gaussian(a * scaled, t, 0.5)
        return self.where(x > 0, a - small, small)
