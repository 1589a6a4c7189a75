"""Elementary functions for results of float32 and narrower, in a form that XLA vectorizes.

Each function consists of sums, products, roundings and bit operations, so XLA compiles it to
one loop over vectors. XLA's own float64 functions call a library for each number, and its
float32 exponential takes 50% more time. Each function computes in float32, within 4 ULP, or in
float64, within 0.02 ULP of float32, for records that float32 is not precise enough for.

Methods: W. J. Cody & W. Waite, Software Manual for the Elementary Functions (1980), for the
argument reductions of exp and log, and J.-M. Muller, Elementary Functions: Algorithms and
Implementation (3rd ed., 2016), for polynomial approximations. A polynomial interpolates its
function at Chebyshev nodes, so its error is close to the smallest one for its degree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import factorial, inf, log, nan, sqrt
from typing import cast

import numpy as np
import numpy.typing as npt
from numpy.polynomial import Chebyshev, Polynomial

from actbench.frameworks.casts import Casts
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, sum_of_parts
from actbench.numerics.primitives import Primitives

FloatArray = npt.NDArray[np.float64]

# e^(−t²/2) is 0 in float32 for t > 14.5.
_GAUSSIAN_END = 14.5

# Degree of the polynomial for erf x / x in x². With degree 7, its error would be 2⁻³⁴, but the
# errors of the other polynomials of `DOUBLE` are below 2⁻³⁸.
_ERF_DEGREE = 8

# e^(t²/2) Φ(−t) as a quotient of polynomials, coefficient of the lowest power first. The
# quotient equals the function at Chebyshev nodes in (t − 2.5) / (t + 2.5) on 0 ≤ t ≤ 14.5;
# the coefficients are solved for by mpmath with 60 digits. The relative error is 2⁻³¹·⁹.
# Since all terms are positive, there is no cancellation.
_TAIL_NUMERATOR = (
    0.49999999999462127, 0.49789185992482528, 0.24189955500253897, 0.067603037815728635,
    0.010798942891467545, 0.00080024585385391322,
)  # fmt: skip
_TAIL_DENOMINATOR = (
    1.0, 1.7936682792310101, 1.4149393660592579, 0.63329151191697546, 0.17146931274204913,
    0.027068663007560903, 0.0020059231697222147,
)  # fmt: skip


@dataclass(frozen=True)
class BinaryFormat:
    """A binary floating-point format, with the degrees of polynomials that it needs.

    Args:
        dtype: name of the dtype.
        integer: name of the integer dtype of the same width.
        fraction_bits: bits of the significand without the hidden bit.
        bias: bias of the exponent.
        ln2: ln 2 as the sum of a high and a low part. The high part of float32 has so few bits
            that its products with exponents are exact (Cody & Waite).
        degrees: degrees of the polynomials for exp and log.
    """

    dtype: str
    integer: str
    fraction_bits: int
    bias: int
    ln2: tuple[float, float]
    degrees: tuple[int, int]

    @property
    def shift(self) -> float:
        """A number so large that its last bit is worth 1; adding it rounds to an integer."""
        return 1.5 * 2.0**self.fraction_bits

    @property
    def shift_bits(self) -> int:
        """The bits of `shift`, as an integer."""
        return self.bits(self.shift)

    def bits(self, number: float) -> int:
        """Return the bits of a number in this format, as an integer."""
        return int(np.asarray(number, self.dtype).view(self.integer))


SINGLE = BinaryFormat("float32", "int32", 23, 127, (0.693359375, log(2) - 0.693359375), (4, 7))
"""float32; the errors of its polynomials are below 2⁻²⁵."""

DOUBLE = BinaryFormat("float64", "int64", 52, 1023, (log(2), 0.0), (7, 12))
"""float64, for results of 24 bits and fewer; the errors of its polynomials are below 2⁻³⁸."""


@dataclass(frozen=True)
class Elementary:
    """Elementary functions of tensors, computed in a format.

    Args:
        format: the format.
        primitives: the library's functions for tensors of this format; its exponentials,
            logarithms and their like are not used.
        casts: the library's conversions between formats.
    """

    format: BinaryFormat
    primitives: Primitives
    casts: Casts

    def exp_factors(self, z: Argument) -> tuple[Array, Array, Array]:
        """Return three factors of e^z: p near 1, and powers of 2 (or 0, or ∞) s and t.

        Each factor is in range even where e^z is subnormal, so a · p · s · t is accurate there
        if the product is in range.
        """
        end = 2 * self.format.bias * log(2)
        k, q = self._reduce(z, -end, end)
        half = self._halve(k)
        return 1 + q, self._power_of_2(half), self._power_of_2(k - half)

    def exp(self, z: Argument) -> Array:
        """Return e^z."""
        p, s, t = self.exp_factors(z)
        return p * s * t

    def decay(self, z: Argument) -> Array:
        """Return e^z for z ≤ 0; the result is 0 where e^z is subnormal."""
        k, q = self._reduce(z, -self.format.bias * log(2), None)
        s = self._power_of_2(k)
        return s + s * q

    def expm1(self, z: Argument) -> Array:
        """Return e^z − 1, at most 2^bias."""
        k, q = self._reduce(z, -60.0, self.format.bias * log(2))
        s = self._power_of_2(k)
        return s * q + (s - 1)

    def log(self, x: Array) -> Array:
        """Return ln x; −∞ at 0 and NaN below 0."""
        return self._with_special_values(x, self._log_of_sum(x, 0.0))

    def log1p(self, x: Array) -> Array:
        """Return ln(1 + x)."""
        return self._with_special_values(1 + x, self._log_of_sum(1.0, x))

    def log1p_up_to_1(self, e: Array) -> Array:
        """Return ln(1 + e) for 0 ≤ e ≤ 1."""
        large = e > sqrt(2) - 1
        where = self.primitives.where
        return self._log_near_one(where(large, e / 2 - 0.5, e), where(large, 1.0, 0.0))

    def tanh(self, x: Array) -> Array:
        """Return tanh x = −u / (2 + u) with u = e^(−2|x|) − 1, with the sign of x."""
        size = self.primitives.absolute(x)
        k, q = self._reduce(-2 * size, -self.format.bias * log(2), None)
        s = self._power_of_2(k)
        u = s * q + (s - 1)
        return self.primitives.where(x < 0, u, -u) / (2 + u)

    def erf(self, x: Array) -> Array:
        """Return erf x: x times a polynomial for |x| ≤ ½, else 1 − 2Φ(−√2 |x|) by sign."""
        ops = self.primitives
        near, size = ops.clip(x, -0.5, 0.5), ops.absolute(x)
        t = ops.minimum(sqrt(2) * size, _GAUSSIAN_END)
        tail = 2 * self.scaled_normal_tail(t) * self.decay(-t * t / 2)
        far = ops.where(x < 0, tail - 1, 1 - tail)
        polynomial = near * _polynomial(self._erf_coefficients, near * near)
        return ops.where(size <= 0.5, polynomial, far)

    def scaled_normal_tail(self, t: Array) -> Array:
        """Return e^(t²/2) · Φ(−t) for t ≥ 0."""
        return scaled_normal_tail(self.primitives, t)

    def _reduce(self, z: Argument, lower: float, upper: float | None) -> tuple[Array, Array]:
        """Return (k, q) with e^z = 2ᵏ (1 + q), |q| < 0.42, for z clipped to [lower, upper]."""
        f, ops, casts = self.format, self.primitives, self.casts
        z = ops.maximum(sum_of_parts(z), lower)
        if upper is not None:
            z = ops.minimum(z, upper)
        if casts.dtype_of(z) != f.dtype:
            # z is float64 and the format float32: the remainder is small, so it may be rounded.
            k = ops.round(z * (1 / log(2)))
            r = casts.cast(z - k * log(2), f.dtype)
            k = casts.cast(k, f.integer)
        else:
            # After the addition of `shift`, the low bits are the integer nearest to z / ln 2.
            k = casts.bitcast(z * (1 / log(2)) + f.shift, f.integer) - f.shift_bits
            whole = casts.cast(k, f.dtype)
            high, low = f.ln2
            r = z - whole * high
            if low:
                r = r - whole * low
        return k, r + r * r * _polynomial(self._exp_coefficients, r)

    def _power_of_2(self, k: Array) -> Array:
        """Return 2ᵏ; 0 where it is subnormal."""
        f = self.format
        exponent = self.primitives.maximum(k + f.bias, 0)
        return self.casts.bitcast(exponent * (1 << f.fraction_bits), f.dtype)

    def _log_of_sum(self, a: Array | float, b: Array | float) -> Array:
        """Return ln(a + b) without the rounding error of a + b; b or a may be a number."""
        f = self.format
        # a + b = 2ᵏ · m with √½ ≤ m < √2: k is the exponent after a shift by the bits of √½.
        total: Array = cast(Array, a + b)
        bits = self.casts.bitcast(total, f.integer) - f.bits(sqrt(0.5))
        k = self.casts.shift_right(bits, f.fraction_bits)
        # 2⁻ᵏ is split into two factors because 2⁻¹²⁷ is subnormal.
        half = self._halve(k)
        s, t = self._power_of_2(-half), self._power_of_2(half - k)
        return self._log_near_one((a * s * t - 1) + b * s * t, self.casts.cast(k, f.dtype))

    def _log_near_one(self, m: Array, k: Array) -> Array:
        """Return ln(1 + m) + k ln 2 for √½ ≤ 1 + m ≤ √2.

        There is no division, because XLA would split the code into two loops there.
        """
        high, low = self.format.ln2
        small = m * m * (m * _polynomial(self._log_coefficients, m) - 0.5)
        return k * high + (m + (k * low + small))

    def _with_special_values(self, x: Array, logarithm: Array) -> Array:
        """Return the logarithm where 0 < x < ∞, and ln x at 0, ∞, NaN and negative x."""
        where = self.primitives.where
        special = where(x >= 0, where(x > 0, inf, -inf), nan)
        return where((x > 0) & (x < inf), logarithm, special)

    def _halve(self, k: Array) -> Array:
        """Return k / 2, rounded down."""
        return self.casts.shift_right(k, 1)

    @cached_property
    def _exp_coefficients(self) -> list[float]:
        return _fit(_exp_remainder, self.format.degrees[0], -log(2) / 2, log(2) / 2)

    @cached_property
    def _log_coefficients(self) -> list[float]:
        return _fit(_log_remainder, self.format.degrees[1], sqrt(0.5) - 1, sqrt(2) - 1)

    @cached_property
    def _erf_coefficients(self) -> list[float]:
        return _fit(_erf_ratio, _ERF_DEGREE, 0, 0.25)


def scaled_normal_tail(primitives: Primitives, t: Array) -> Array:
    """Return e^(t²/2) · Φ(−t) for t ≥ 0, within 2⁻³¹ of it."""
    t = primitives.minimum(t, _GAUSSIAN_END)
    return _polynomial(_TAIL_NUMERATOR, t) / _polynomial(_TAIL_DENOMINATOR, t)


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """Return a polynomial by Horner's rule; coefficient of the lowest power first."""
    total = coefficients[-1] * x + coefficients[-2]
    for c in reversed(coefficients[:-2]):
        total = total * x + c
    return total


def _fit(
    f: Callable[[FloatArray], FloatArray], degree: int, lower: float, upper: float
) -> list[float]:
    """Return the polynomial that equals f at Chebyshev nodes: lowest power first."""
    series = Chebyshev.interpolate(f, degree, (lower, upper))
    return [float(c) for c in series.convert(kind=Polynomial, domain=(-1, 1)).coef]


def _exp_remainder(r: FloatArray) -> FloatArray:
    """Return (e^r − 1 − r) / r²."""
    return sum((r**k / factorial(k + 2) for k in range(20)), np.zeros_like(r))


def _log_remainder(m: FloatArray) -> FloatArray:
    """Return (ln(1 + m) − m + m²/2) / m³ for |m| < 0.42; the last term is below 2⁻⁶⁰."""
    return sum(((-m) ** k / (k + 3) for k in range(60)), np.zeros_like(m))


def _erf_ratio(w: FloatArray) -> FloatArray:
    """Return erf(x) / x as a function of w = x² ≤ ¼."""
    terms = ((-1) ** k * w**k / (factorial(k) * (2 * k + 1)) for k in range(15))
    return 2 / sqrt(np.pi) * sum(terms, np.zeros_like(w))
