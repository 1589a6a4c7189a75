"""Numerically stable pieces, written once for every array library.

A formula is written against `Operations`: a few primitives that each library brings, and
the pieces built on them here. For finite input no piece overflows, divides by zero or makes
a NaN, and each keeps its relative accuracy where its result underflows. What a function does
at ±∞ and NaN is decided in one place, `evaluate`, not here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from math import frexp, pi, sqrt
from typing import Any

import numpy as np

from actbench.numerics.double_double import DoubleDouble, high_part, rounded, split

# ½ erfcx(t/√2) · (1 + t) as a polynomial in (t − 5)/(t + 5), t ≥ 0: the Chebyshev series of
# degree 23, computed by mpmath at 40 digits from 64 nodes, written as powers. Its relative
# error in float64 is 2 · 2⁻⁵³ on 0 ≤ t ≤ 60. The mapping: Shepherd & Laframboise (1981),
# doi:10.1090/S0025-5718-1981-0595058-X.
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

# What the first coefficient is rounded by.
_SCALED_TAIL_REST = 2.205e-17

# From here on even x · e^(−x²/2) is 0 in every format, however large x is: e⁻¹⁸⁰⁰ is 10⁻⁷⁸².
_GAUSSIAN_END = 60.0

# Below this an exponential is 0 in every format, and so is its product with any number; above
# the other both are out of every format, but e^700 is not.
_EXPONENT_ENDS = -2000.0, 1400.0


def _exponentials(start: int, step: float, count: int) -> list[tuple[float, float]]:
    """Return e^(start + k step), k = 0 …, each as a number of 13 bits and the rest."""
    context = Context(prec=40)
    powers = (start + step * k for k in range(count))
    return [split(Fraction(Decimal(power).exp(context)), 13) for power in powers]


# e⁻⁴, e⁻², … e⁶ and 1, e^½, e, e^1½: a product of two has a first word of 26 bits.
_COARSE, _FINE = _exponentials(-4, 2, 6), _exponentials(0, 0.5, 4)


@cache
def _factor(c: float | Fraction) -> tuple[float, float, float]:
    """Return c in two words, of 12 bits and the rest, and the grid for what it multiplies.

    0 or a power of 2 needs no grid.
    """
    c = max(min(c, Fraction(10) ** 300), -(Fraction(10) ** 300))
    mantissa, exponent = frexp(c)
    if mantissa == 0 or (abs(mantissa) == 0.5 and c == float(c)):
        return float(c), 0.0, 0.0
    return *split(c, 12), 2.0 ** min(max(exponent + 4, -100), 100)


@dataclass(frozen=True)
class Operations:
    """What a formula may use: an array library's primitives and the pieces built on them.

    Arrays are `Any`: NumPy's, TensorFlow's or another's. `jets.JetOperations` has the same for
    values that carry their derivatives.

    Args:
        exp: x ↦ eˣ.
        expm1: x ↦ eˣ − 1.
        log: x ↦ ln x.
        log1p: x ↦ ln(1 + x).
        tanh: x ↦ tanh x.
        sqrt: x ↦ √x.
        sin: x ↦ sin x.
        cos: x ↦ cos x.
        atan: x ↦ arctan x.
        erf: x ↦ erf x.
        absolute: x ↦ |x|.
        round: x ↦ the nearest integer.
        minimum: (x, y) ↦ the smaller one; y may be a number.
        maximum: (x, y) ↦ the larger one; y may be a number.
        where: (condition, x, y) ↦ x where the condition holds, else y; either may be a
            number.
    """

    exp: Callable[[Any], Any]
    expm1: Callable[[Any], Any]
    log: Callable[[Any], Any]
    log1p: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    sin: Callable[[Any], Any]
    cos: Callable[[Any], Any]
    atan: Callable[[Any], Any]
    erf: Callable[[Any], Any]
    absolute: Callable[[Any], Any]
    round: Callable[[Any], Any]
    minimum: Callable[[Any, Any], Any]
    maximum: Callable[[Any, Any], Any]
    where: Callable[[Any, Any, Any], Any]

    def step(self, x: Any, below: float, above: float) -> Any:
        """Return `above` for x > 0, else `below`."""
        return self.where(x > 0, above, self.where(x <= 0, below, x))

    def clip(self, x: Any, lower: float, upper: float) -> Any:
        """Return x held within [lower, upper]."""
        return self.minimum(self.maximum(x, lower), upper)

    def product(self, c: float | Fraction, x: Any) -> Any:
        """Return c · x, held within [−2,000, 1,400], in two words; in one if that is exact.

        With h the grid's point next to x, and c a number of 12 bits and a rest, the product
        of the short ones is exact; what remains is below 1/8.
        """
        if isinstance(x, DoubleDouble):
            most = self.product(c, x.hi)
            low = most.lo if isinstance(most, DoubleDouble) else 0.0
            return DoubleDouble(high_part(most), low + float(c) * x.lo)
        short, low, grid = _factor(c)
        if grid == 0:
            return short * x
        lower, upper = sorted(end / short for end in _EXPONENT_ENDS)
        x = self.clip(x, lower, upper)
        h = self.round(x * grid) / grid
        return DoubleDouble(short * h, short * (x - h) + low * x)

    def exp_double_double(self, z: Any) -> Any:
        """Return e^z in two words for −4 ≤ z ≤ 7, with an error below 2⁻⁵² even at 1,000.

        e^z = e^(k/2) · e^d, the first from a table; 1 + s + s²/2 is exact for the short part
        s of d, and the rest of e^d is small.
        """
        first, small = (z.hi, z.lo) if isinstance(z, DoubleDouble) else (z, 0.0)
        near = self.clip(first, -4.0, 7.0)
        k = self.round(2 * near)
        i = self.round((k + 8) / 4 - 0.375)
        a, a_rest = self._chosen(_COARSE, i)
        b, b_rest = self._chosen(_FINE, k + 8 - 4 * i)
        high, low = a * b, a * b_rest + a_rest * (b + b_rest)
        apart = near - k / 2
        d = apart + small
        s = self.round(d * 4096) / 4096
        series = d / 13
        for number in range(12, 2, -1):
            series = (1 + series) * d / number
        rest = (apart - s + small) * (1 + (d + s) / 2) + series * d * d / 2
        short = 1 + s + s * s / 2
        rest = low * short + (high + low) * rest
        step = self.round(rest * 64) / 64
        beyond = self.exp(self.minimum(first + small, 700.0))
        inside = self.absolute(first - near) <= 0
        return DoubleDouble(
            self.where(inside, high * short + step, beyond),
            self.where(inside, rest - step, 0.0),
        )

    def _chosen(self, table: list[tuple[float, float]], k: Any) -> tuple[Any, Any]:
        first, rest = table[0]
        for number, (a, b) in enumerate(table[1:], 1):
            first, rest = self.where(k >= number, a, first), self.where(k >= number, b, rest)
        return first, rest

    def whole_exp(self, z: Any) -> Any:
        """Return e^z as one factor, where it is neither subnormal nor too large."""
        e = self.exp(high_part(z))
        return e + e * self.expm1(z.lo) if isinstance(z, DoubleDouble) else e

    def _decay(self, z: Any) -> tuple[Any, Any]:
        """Return two factors of e^−|z|, which may be subnormal alone."""
        half = self.exp(-self.absolute(high_part(z)) / 2)
        if not isinstance(z, DoubleDouble):
            return half, half
        return half, half + half * self.expm1(self.where(z.hi >= 0, -z.lo, z.lo))

    def _whole_decay(self, z: Any) -> Any:
        e = self.exp(-self.absolute(high_part(z)))
        if not isinstance(z, DoubleDouble):
            return e
        return e + e * self.expm1(self.where(z.hi >= 0, -z.lo, z.lo))

    def sigmoid(self, z: Any) -> Any:
        """Return σ(z) = 1 / (1 + e⁻ᶻ); the exponential never exceeds 1."""
        e = self._whole_decay(z)
        return self.where(high_part(z) >= 0, 1.0, e) / (1 + e)

    def sigmoid_derivative(self, z: Any) -> Any:
        """Return σ'(z) = e / (1 + e)², e = e^−|z|."""
        e = self._whole_decay(z)
        return e / ((1 + e) * (1 + e))

    def softplus(self, z: Any) -> Any:
        """Return ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|)."""
        whole = rounded(z)
        return self.where(whole > 0, whole, 0.0) + self.softplus_tail(z)

    def softplus_tail(self, z: Any) -> Any:
        """Return ln(1 + e^−|z|)."""
        if isinstance(z, DoubleDouble):
            # By the sign of both words: the first may be 0 where z is not.
            falls = rounded(z) < 0
            z = DoubleDouble(self.absolute(z.hi), self.where(falls, -z.lo, z.lo))
        return self.log1p(self._whole_decay(z))

    def times_exp(self, a: Any, z: Any) -> Any:
        """Return a · e^z: as two factors of e^(z/2), since e^z may be subnormal alone."""
        h = self.exp(high_part(z) / 2)
        return a * h * (h + h * self.expm1(z.lo) if isinstance(z, DoubleDouble) else h)

    def times_double_exp(self, a: Any, x: Any) -> Any:
        """Return a · exp(−eˣ)."""
        return self.times_exp(a, -self.exp_double_double(self.minimum(x, 7.0)))

    def times_sigmoid(self, a: Any, z: Any) -> Any:
        """Return a · σ(z); for z < 0 the gate is e^z / (1 + e^z), applied as in `times_exp`."""
        g, h = self._decay(z)
        return self.where(high_part(z) >= 0, a, a * g * h) / (1 + g * h)

    def times_sigmoid_derivative(self, z: Any, pull: Any = None) -> Any:
        """Return (x σ(z))' = σ(z) (1 + x z' σ(−z)), z finite.

        Over the denominator (1 + e)², e = e^−|z|, it is (1 + x z' + e) e for z < 0, where
        1 + x z' is exact near its zero.

        Args:
            z: the argument of the gate.
            pull: x z'; z itself where that is proportional to x.
        """
        first = self.clip(high_part(z), *_EXPONENT_ENDS)
        size = self.absolute(first)
        e, half = self.exp(-size), self.exp(-size / 2)
        inside = plus_pull(first, z, pull)
        if isinstance(z, DoubleDouble):
            bit = self.expm1(self.where(first >= 0, -z.lo, z.lo))
            e, far = e + e * bit, half + half * bit
        else:
            far = half
        low = inside + e
        # A product with two factors where e may be subnormal.
        below = self.where(size < 80, low * e, low * half * far)
        return self.where(first >= 0, 1 + e * inside, below) / ((1 + e) * (1 + e))

    def sech_squared(self, z: Any) -> Any:
        """Return sech² z = 4e / (1 + e)², e = e^(−2|z|): 1 − tanh² z without cancellation."""
        z = DoubleDouble(2 * z.hi, 2 * z.lo) if isinstance(z, DoubleDouble) else 2 * z
        e = self._whole_decay(z)
        return 4 * e / ((1 + e) * (1 + e))

    def times_tanh_softplus(self, a: Any, x: Any) -> Any:
        """Return a · tanh(ln(1 + eˣ)) = a · n / (n + 2), n = eˣ(eˣ + 2): one exponential.

        For x ≥ 0 numerator and denominator are multiplied by e^(−2x).
        """
        h = self.exp(-self.absolute(x) / 2)
        e = h * h
        numerator = self.where(x >= 0, a * (1 + 2 * e), a * h * h * (2 + e))
        return numerator / self._tanh_softplus_denominator(x, e)

    def times_tanh_softplus_slope(self, x: Any) -> Any:
        """Return (x · tanh(ln(1 + eˣ)))'.

        For x < 0, g the gate: g' · (x + g/g'), and what x cancels is near 1.
        """
        low = self.clip(x, -2000.0, 0.0)
        e = self.exp(low)
        d = 2 + e * (2 + e)
        ratio = e * (2 + e * (4 + e)) / (4 * (1 + e))
        below = self.times_exp(4 * (1 + e) / (d * d) * (low + 1 + ratio), low)
        sech = self.sech_softplus(x)
        above = self.tanh_softplus(x) + self.times_sigmoid(x, x) * sech * sech
        return self.where(x > 0, above, below)

    def tanh_softplus(self, x: Any) -> Any:
        """Return tanh(ln(1 + eˣ))."""
        e = self.exp(-self.absolute(x))
        numerator = self.where(x >= 0, 1 + 2 * e, e * (2 + e))
        return numerator / self._tanh_softplus_denominator(x, e)

    def sech_softplus(self, x: Any) -> Any:
        """Return sech(ln(1 + eˣ)) = 2√(n + 1) / (n + 2), its root being 1 + eˣ.

        Not its square, which would underflow before products with it do.
        """
        e = self.exp(-self.absolute(x))
        numerator = 2 * (1 + e) * self.where(x >= 0, e, 1.0)
        return numerator / self._tanh_softplus_denominator(x, e)

    def _tanh_softplus_denominator(self, x: Any, e: Any) -> Any:
        return self.where(x >= 0, 1 + 2 * e + 2 * e * e, 2 + 2 * e + e * e)

    def times_gaussian(self, a: Any, x: Any, scale: float = 1.0) -> Any:
        """Return a · e^(−scale · x²), scale 1 or ½.

        With h the multiple of 1/64 next to x, h² is exact and the rest (x − h)(x + h) small,
        so the exponent's rounding error, else up to 745 ULP of the result, stays below one.
        """
        first = self.clip(high_part(x), -_GAUSSIAN_END, _GAUSSIAN_END)
        h = self.round(first * 64) / 64
        square = h * h
        near = self.minimum(square, 80 / scale)
        rest = (first - h) * (first + h)
        if isinstance(x, DoubleDouble):
            rest = rest + x.lo * (2 * first + x.lo)
        # The last factor is 1 but where the first may be subnormal without it.
        product = a * self.exp(-scale * near)
        if isinstance(x, DoubleDouble):
            product = product * self.exp(-scale * rest)
        else:
            product = product + product * self.expm1(-scale * rest)
        return product * self.exp(-scale * (square - near))

    def normal_density(self, x: Any) -> Any:
        """Return φ(x) = e^(−x²/2) / √(2π)."""
        return self.times_gaussian(1 / sqrt(2 * pi), x, 0.5)

    def scaled_normal_tail(self, t: Any) -> Any:
        """Return e^(t²/2) · Φ(−t), t ≥ 0: ½ erfcx(t/√2), which never underflows."""
        t = self.minimum(t, _GAUSSIAN_END)
        y = (t - 5) / (t + 5)
        total = y * 0 + _SCALED_TAIL[-1]
        for coefficient in reversed(_SCALED_TAIL[1:-1]):
            total = total * y + coefficient
        first, rest = _SCALED_TAIL[0], total * y + _SCALED_TAIL_REST
        # What the sum above and that below are rounded by counts too.
        above, below = first + rest, 1 + t
        quotient = above / below
        rounding = (first - above + rest) - quotient * (1 - below + t)
        return quotient + rounding / below

    def mills_ratio(self, t: Any) -> DoubleDouble:
        """Return Φ(−t) / φ(t), t ≥ 0, in two words: of √(2π), what float64 leaves too."""
        tail = self.scaled_normal_tail(t)
        return DoubleDouble(2.5066282746310007 * tail, -1.8328e-16 * tail)

    def normal_distribution(self, x: Any) -> Any:
        """Return Φ(x), the standard normal distribution function."""
        return self.times_normal_distribution(1.0, x)

    def times_normal_distribution(self, a: Any, x: Any) -> Any:
        """Return a · Φ(x): from the small tail on either side."""
        t = self.absolute(x)
        scaled = self.scaled_normal_tail(t)
        small = self.times_gaussian(a * scaled, t, 0.5)
        return self.where(x > 0, a - small, small)

    def odd_cubic(self, linear: Fraction, cubic: Fraction, x: Any) -> Any:
        """Return c₁x + c₃x³ in two words, c₁ and c₃ below 2, |x| held below 40.

        With h the multiple of 1/256 next to x, and the coefficients rounded to 2⁻¹⁶, the
        polynomial at h is exact.
        """
        x = self.clip(x, -40.0, 40.0)
        h = self.round(x * 256) / 256
        c1, c3 = (round(c * 65536) / 65536 for c in (linear, cubic))
        rest = float(linear) + float(cubic) * (x * x + x * h + h * h)
        low = float(linear - Fraction(c1)) + float(cubic - Fraction(c3)) * h * h
        return DoubleDouble(h * (c1 + c3 * (h * h)), (x - h) * rest + h * low)

    def root(self, z: Any) -> Any:
        """Return √(1 + z²), which is |z| long before z² overflows."""
        z = self.absolute(z)
        small = self.minimum(z, 1e9)
        return self.where(z > 1e9, z, self.sqrt(1 + small * small))


def plus_pull(first: Any, z: Any, pull: Any) -> Any:
    """Return 1 + x z', that of z's two words where it is z."""
    if pull is not None:
        return 1 + pull
    return first + 1 + z.lo if isinstance(z, DoubleDouble) else first + 1


def _erf(x: Any) -> Any:
    from scipy.special import erf

    return erf(x)


NUMPY = Operations(
    exp=np.exp,
    expm1=np.expm1,
    log=np.log,
    log1p=np.log1p,
    tanh=np.tanh,
    sqrt=np.sqrt,
    sin=np.sin,
    cos=np.cos,
    atan=np.arctan,
    erf=_erf,
    absolute=np.absolute,
    round=np.rint,
    minimum=np.minimum,
    maximum=np.maximum,
    where=np.where,
)
"""NumPy's, for float64 arrays."""
