"""Elementary functions and stable pieces for results of float32 and narrower, for XLA.

Written of sums, products, roundings and bits, so that XLA makes one loop over vectors of
them: its own float64 functions call a library for each number, and its float32 exponential
takes half as long again. Each is computed in float32, within 4 ULP, or in float64, within
0.02 ULP of float32, for functions that float32 is not precise enough for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache, cached_property
from math import factorial, frexp, log, pi, sqrt
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.polynomial import Chebyshev, Polynomial

from actbench.frameworks.tensorflow_operations import operations
from actbench.numerics.double_double import DoubleDouble, rounded
from actbench.numerics.operations import Operations

# Right of it tanh(softplus x) is 1, by 2e^(−2x).
_TANH_SOFTPLUS_END = 20.0

# Right of it e^(−x²/2) is 0 in float32.
_GAUSSIAN_END = 14.5

# Of the polynomial for erf; with 7 its error is 2⁻³⁴.
_ERF_DEGREE = 8

# e^(t²/2) Φ(−t) as a quotient of polynomials, lowest first: through its values at Chebyshev's
# nodes in (t − 2.5) / (t + 2.5) on 0 ≤ t ≤ 14.5, solved by mpmath at 60 digits. Its relative
# error is 2⁻³¹·⁹, and since all terms are positive none is lost to cancellation.
_TAIL_ABOVE = (
    0.49999999999462127, 0.49789185992482528, 0.24189955500253897, 0.067603037815728635,
    0.010798942891467545, 0.00080024585385391322,
)  # fmt: skip
_TAIL_BELOW = (
    1.0, 1.7936682792310101, 1.4149393660592579, 0.63329151191697546, 0.17146931274204913,
    0.027068663007560903, 0.0020059231697222147,
)  # fmt: skip


def _fit(f: Callable[[Any], Any], degree: int, lower: float, upper: float) -> list[float]:
    """Return the polynomial through f at Chebyshev's nodes: coefficients, lowest first."""
    series = Chebyshev.interpolate(f, degree, (lower, upper))
    return [float(c) for c in series.convert(kind=Polynomial, domain=(-1, 1)).coef]


def _exp_excess(r: Any) -> Any:
    """Return (e^r − 1 − r) / r²."""
    return sum(r**k / factorial(k + 2) for k in range(20))


def _log_excess(m: Any) -> Any:
    """Return (ln(1 + m) − m + m²/2) / m³ of |m| < 1; its terms fall below 2⁻⁶⁰."""
    return sum((-m) ** k / (k + 3) for k in range(60))


def _erf_ratio(w: Any) -> Any:
    """Return erf(x) / x of w = x² ≤ ¼."""
    terms = ((-1) ** k * w**k / (factorial(k) * (2 * k + 1)) for k in range(15))
    return 2 / sqrt(np.pi) * sum(terms)


@dataclass(frozen=True)
class Format:
    """A binary format to compute in, and how many terms its precision takes.

    Args:
        dtype: TensorFlow's.
        integer: of the same width.
        fraction_bits: of the significand, the hidden one not counted.
        bias: of the exponent.
        ln2: in two words, of which the first has so few bits that multiples of it are exact.
        degrees: of the polynomials for exp and log.
    """

    dtype: Any
    integer: Any
    fraction_bits: int
    bias: int
    ln2: tuple[float, float]
    degrees: tuple[int, int]

    @property
    def whole(self) -> float:
        """A number so large that there are no bits below 1, and more than twice that."""
        return 1.5 * 2.0**self.fraction_bits

    @property
    def whole_bits(self) -> int:
        """The bits of `whole`, as an integer."""
        return int(np.asarray(self.whole, self.dtype.as_numpy_dtype).view(self.integer.name))


SINGLE = Format(tf.float32, tf.int32, 23, 127, (0.693359375, log(2) - 0.693359375), (4, 7))
"""float32, polynomials to 2⁻²⁵."""

DOUBLE = Format(tf.float64, tf.int64, 52, 1023, (log(2), 0.0), (7, 12))
"""float64, polynomials to 2⁻³⁸: for results of 24 bits and fewer."""


@dataclass(frozen=True)
class Elementary:
    """The elementary functions in a format."""

    format: Format

    def exp_parts(self, z: Any) -> tuple[Any, Any, Any]:
        """Return e^z as (p, s, t), to be multiplied: s and t are powers of 2, or 0 or ∞.

        Apart they are in range where the product is not, so a · p · s · t is right where e^z
        is subnormal.
        """
        end = 2 * self.format.bias * log(2)
        k, q = self._reduced(z, -end, end)
        half = self._halved(k)
        return 1 + q, self._power(half), self._power(k - half)

    def exp(self, z: Any) -> Any:
        """Return e^z."""
        p, s, t = self.exp_parts(z)
        return p * s * t

    def decay(self, z: Any) -> Any:
        """Return e^z for z ≤ 0; 0 where it is subnormal."""
        k, q = self._reduced(z, -self.format.bias * log(2), None)
        s = self._power(k)
        return s + s * q

    def expm1(self, z: Any) -> Any:
        """Return e^z − 1; it ends where e^z does, at 2^bias."""
        k, q = self._reduced(z, -60.0, self.format.bias * log(2))
        s = self._power(k)
        return s * q + (s - 1)

    def log(self, x: Any) -> Any:
        """Return ln x; −∞ at 0, NaN below it."""
        return self._with_ends(x, self._log(x, 0.0))

    def log1p(self, x: Any) -> Any:
        """Return ln(1 + x)."""
        return self._with_ends(1 + x, self._log(1.0, x))

    def tanh(self, x: Any) -> Any:
        """Return tanh x = −u / (2 + u), u = e^(−2|x|) − 1, with the sign of x."""
        k, q = self._reduced(-2 * tf.abs(x), -self.format.bias * log(2), None)
        s = self._power(k)
        u = s * q + (s - 1)
        return tf.where(x < 0, u, -u) / (2 + u)

    def erf(self, x: Any) -> Any:
        """Return erf x: x times a polynomial near 0, else 1 − 2Φ(−√2 |x|)."""
        near = tf.clip_by_value(x, self._number(-0.5), self._number(0.5))
        t = tf.minimum(sqrt(2) * tf.abs(x), _GAUSSIAN_END)
        tail = 2 * self.scaled_normal_tail(t) * self.decay(-t * t / 2)
        far = tf.where(x < 0, tail - 1, 1 - tail)
        return tf.where(tf.equal(x, near), near * self._sum(self._erf, near * near), far)

    def scaled_normal_tail(self, t: Any) -> Any:
        """Return e^(t²/2) Φ(−t), t ≥ 0."""
        t = tf.minimum(t, _GAUSSIAN_END)
        return self._sum(_TAIL_ABOVE, t) / self._sum(_TAIL_BELOW, t)

    def _reduced(self, z: Any, least: float, most: float | None) -> tuple[Any, Any]:
        """Return (k, q), e^z = 2ᵏ (1 + q), |q| < 0.42; z is held within [least, most]."""
        f = self.format
        z = tf.maximum(rounded(z), least)
        if most is not None:
            z = tf.minimum(z, most)
        if z.dtype != f.dtype:
            # float64 before float32: what is left of z is small and may be rounded.
            k = tf.round(z * (1 / log(2)))
            r = tf.cast(z - k * log(2), f.dtype)
            k = tf.cast(k, f.integer)
        else:
            # Of a number with no bits below 1, those above are the integer next to z / ln 2.
            k = tf.bitcast(z * (1 / log(2)) + f.whole, f.integer) - f.whole_bits
            whole = tf.cast(k, f.dtype)
            high, low = f.ln2
            r = z - whole * high
            if low:
                r = r - whole * low
        return k, r + r * r * self._sum(self._exp, r)

    def _power(self, k: Any) -> Any:
        """Return 2ᵏ; 0 where it is not normal."""
        f = self.format
        exponent = tf.maximum(k + f.bias, 0)
        return tf.bitcast(exponent * (1 << f.fraction_bits), f.dtype)

    def _log(self, a: Any, b: Any) -> Any:
        """Return ln(a + b), one of them the number that is not rounded beside 1."""
        f = self.format
        least_root = int(np.asarray(sqrt(0.5), f.dtype.as_numpy_dtype).view(f.integer.name))
        bits = tf.bitcast(a + b, f.integer) - least_root
        k = tf.bitwise.right_shift(bits, tf.constant(f.fraction_bits, f.integer))
        # In two factors: 2⁻¹²⁷ is not normal.
        half = self._halved(k)
        s, t = self._power(-half), self._power(half - k)
        return self._near_one((a * s * t - 1) + b * s * t, tf.cast(k, f.dtype))

    def _near_one(self, m: Any, k: Any) -> Any:
        """Return ln(1 + m) + k ln 2 for √½ ≤ 1 + m ≤ √2: no quotient, which XLA would part."""
        high, low = self.format.ln2
        small = m * m * (m * self._sum(self._log_terms, m) - 0.5)
        return k * high + (m + (k * low + small))

    def log1p_of_gate(self, e: Any) -> Any:
        """Return ln(1 + e) for 0 ≤ e ≤ 1."""
        large = e > sqrt(2) - 1
        m = tf.where(large, e / 2 - 0.5, e)
        return self._near_one(m, tf.where(large, tf.ones_like(e), tf.zeros_like(e)))

    def _with_ends(self, x: Any, logarithm: Any) -> Any:
        inf = self._number(np.inf)
        ends = tf.where(tf.equal(x, 0), -inf, tf.where(x > 0, inf, self._number(np.nan)))
        return tf.where((x > 0) & (x < inf), logarithm, ends)

    def _halved(self, k: Any) -> Any:
        return tf.bitwise.right_shift(k, tf.constant(1, self.format.integer))

    def _sum(self, coefficients: Sequence[float], x: Any) -> Any:
        total = self._number(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            total = total * x + c
        return total

    def _number(self, number: float) -> Any:
        return tf.constant(number, self.format.dtype)

    @cached_property
    def _exp(self) -> list[float]:
        return _fit(_exp_excess, self.format.degrees[0], -log(2) / 2, log(2) / 2)

    @cached_property
    def _log_terms(self) -> list[float]:
        return _fit(_log_excess, self.format.degrees[1], sqrt(0.5) - 1, sqrt(2) - 1)

    @cached_property
    def _erf(self) -> list[float]:
        return _fit(_erf_ratio, _ERF_DEGREE, 0, 0.25)


@dataclass(frozen=True)
class NarrowOperations(Operations):
    """The pieces in a format: the formulas of `Operations` with one exponential each.

    What stands before an exponential is computed in float64, not in two words.
    """

    elementary: Elementary

    def product(self, c: float | Fraction, x: Any) -> Any:
        """Return c · x."""
        mantissa, _ = frexp(c)
        if abs(mantissa) not in (0.0, 0.5):
            x = tf.cast(x, tf.float64)
        return float(c) * x

    def exp_double_double(self, z: Any) -> Any:
        """Return e^z, in one word."""
        return self.elementary.exp(z)

    def whole_exp(self, z: Any) -> Any:
        """Return e^z."""
        return self.elementary.exp(z)

    def times_exp(self, a: Any, z: Any) -> Any:
        """Return a · e^z."""
        p, s, t = self.elementary.exp_parts(z)
        return a * p * s * t

    def times_sigmoid(self, a: Any, z: Any) -> Any:
        """Return a · σ(z)."""
        p, s, t = self.elementary.exp_parts(-tf.abs(z))
        e = p * s
        return self.where(z >= 0, a, a * e * t) / (1 + e * t)

    def times_sigmoid_derivative(self, z: Any, pull: Any = None) -> Any:
        """Return (x σ(z))'."""
        p, s, t = self.elementary.exp_parts(-tf.abs(z))
        if pull is None:
            pull = tf.clip_by_value(z, *_ends(z, 2000.0))
        inside = tf.cast(1 + pull, p.dtype)
        e = p * s * t
        below = (inside + e) * p * s * t
        return self.where(z >= 0, 1 + e * inside, below) / ((1 + e) * (1 + e))

    def softplus_tail(self, z: Any) -> Any:
        """Return ln(1 + e^−|z|)."""
        return self.elementary.log1p_of_gate(self._whole_decay(z))

    def times_tanh_softplus(self, a: Any, x: Any) -> Any:
        """Return a · tanh(ln(1 + eˣ)) = a · n / (n + 2), n = eˣ (eˣ + 2)."""
        p, s, t = self.elementary.exp_parts(self.minimum(x, _TANH_SOFTPLUS_END))
        e = p * s * t
        ratio = (e + 2) / (e * (e + 2) + 2)
        return a * (p * s * ratio) * t

    def times_tanh_softplus_slope(self, x: Any) -> Any:
        """Return (x · tanh(ln(1 + eˣ)))' = e (4 (1 + e) (1 + x) + e (2 + e (4 + e))) / d².

        With e = eˣ, d = 2 + e (2 + e); 1 + x is exact near the zero.
        """
        x = self.clip(x, -2000.0, _TANH_SOFTPLUS_END)
        p, s, t = self.elementary.exp_parts(x)
        e = p * s * t
        d = e * (e + 2) + 2
        inside = (4 * (1 + e) * (1 + x) + e * (2 + e * (4 + e))) / (d * d)
        return inside * (p * s) * t

    def sech_squared(self, z: Any) -> Any:
        """Return sech² z = 4e / (1 + e)², e = e^(−2|z|)."""
        p, s, t = self.elementary.exp_parts(-2 * tf.abs(z))
        e = p * s * t
        return 4 * p * s * t / ((1 + e) * (1 + e))

    def odd_cubic(self, linear: Fraction, cubic: Fraction, x: Any) -> Any:
        """Return c₁x + c₃x³, |x| held below 40."""
        x = tf.cast(self.clip(x, -40.0, 40.0), tf.float64)
        return x * (float(linear) + float(cubic) * x * x)

    def times_gaussian(self, a: Any, x: Any, scale: float = 1.0) -> Any:
        """Return a · e^(−scale · x²)."""
        x = tf.cast(self.clip(rounded(x), -60.0, 60.0), tf.float64)
        return self.times_exp(a, -scale * x * x)

    def mills_ratio(self, t: Any) -> DoubleDouble:
        """Return Φ(−t) / φ(t), t ≥ 0; its second word is 0."""
        return DoubleDouble(sqrt(2 * pi) * self.scaled_normal_tail(t), 0.0)

    def scaled_normal_tail(self, t: Any) -> Any:
        """Return e^(t²/2) · Φ(−t), t ≥ 0."""
        return self.elementary.scaled_normal_tail(t)

    def _whole_decay(self, z: Any) -> Any:
        return self.elementary.decay(-tf.abs(z))


def _ends(z: Any, end: float) -> tuple[Any, Any]:
    """Return ∓end as numbers like z."""
    return tf.constant(-end, z.dtype), tf.constant(end, z.dtype)


@cache
def narrow_operations(working: Format) -> NarrowOperations:
    """Return the operations that compute in a format for results of float32 and narrower."""
    elementary = Elementary(working)
    library = operations(working.dtype)
    primitives = {f.name: getattr(library, f.name) for f in fields(Operations)}
    own = ("exp", "expm1", "log", "log1p", "tanh", "erf")
    primitives |= {name: getattr(elementary, name) for name in own}
    return NarrowOperations(**primitives, elementary=elementary)
