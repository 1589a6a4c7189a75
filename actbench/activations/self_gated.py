"""Functions that multiply x by a gate made of x: Swish, Mish and similar functions."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, cast

import numpy as np
import numpy.typing as npt

from actbench.activations.record import Activation, Counterpart, ErrorBound, Interval, parameter
from actbench.numerics.argument_operations import nearest_float
from actbench.numerics.array import Array
from actbench.numerics.double_double import DoubleDouble, sum_of_parts
from actbench.numerics.exp_operations import is_ordinary
from actbench.numerics.jets import derivative
from actbench.numerics.operations import NUMPY, Operations
from actbench.numerics.series import artanh_excess, product_excess, sinh_excess

# For x < −40 these gates round to c · eˣ, because the next term is e⁻⁴⁰ times smaller.
_TAIL = -40.0

# 1 − tanh(softplus(x)) < 2e^(−2x), so tanh(softplus(x)) rounds to 1 in float32 for x > 20.
_TANH_SOFTPLUS_END = 20.0

_FACTORS = "a product of many factors"
_ZEROS = "the terms cancel near a zero"
_CANCEL = "for some parameters the terms cancel near a zero"

# With a smaller factor of x in the gate, x may be as large as 1e270 where the gate bends.
_FLAT = 1e-270

# Larger products of a parameter and x may overflow, as may products of larger parameters.
_LARGE, _LARGE_SIZE = 1e300, 1e90

# sech²(z) is near the smallest normal float64 here.
_TINY_SECH = 340.0

_ERROR_BOUNDS = (ErrorBound(), ErrorBound(8, 4, _ZEROS), ErrorBound(16, 4, _ZEROS))


@dataclass(frozen=True)
class _ScaledSwish(Activation):
    """A multiple of x · σ(βx): the common base of Swish and similar functions."""

    height: ClassVar[float] = 1.0
    """The factor of x · σ(βx)."""

    @property
    def sharpness(self) -> float | Fraction:
        """The factor β of x in the gate."""
        return self.parameters["beta"]

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return self.height * ops.times_sigmoid(x, ops.product(self.sharpness, x))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self.sharpness, x)
        return ops.times_sigmoid_derivative(z, a=self.height)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return _curvature(ops, self.sharpness, x, self.height)

    def fast_range(self, dtype: np.dtype[np.floating]) -> Interval | None:
        """Return the interval where e^−βx is a normal number.

        float32 has none for β ≠ 1, because the rounding error of βx is too large there.
        """
        sharpness = float(self.sharpness)
        if dtype == np.float32:
            return (-80.0, math.inf) if sharpness == 1 else None
        return (-700.0 / sharpness, math.inf) if sharpness > 1e-300 else None

    def fast_value(
        self, x: npt.NDArray[np.floating], out: npt.NDArray[np.floating]
    ) -> npt.NDArray[np.floating]:
        """Compute x / (2 + (e^−βx − 1)), because NumPy's expm1 is faster than its exp."""
        z = NUMPY.product(self.sharpness, x)
        if isinstance(z, DoubleDouble):
            e = cast(npt.NDArray[np.floating], NUMPY.exp_argument(-z))
            e += 1
        else:
            e = cast(npt.NDArray[np.floating], -z)
            np.expm1(e, out=e)
            e += 2
        np.divide(x, e, out=out)
        if self.height != 1:
            out *= self.height
        return out


@dataclass(frozen=True)
class Swish(_ScaledSwish):
    """Self-gated linear unit, f(x) = x · σ(βx): x/2 at β = 0, ReLU as β → ∞.

    sup |f − ReLU| = 0.27846 / |β|. Ramachandran, Zoph & Le (2017), arXiv:1710.05941. β = 1 is
    SiLU: Elfwing, Uchibe & Doya (2017), arXiv:1702.03118.
    """

    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the gate")

    name = "swish"
    formula = "x * sigmoid(beta * x)"
    source = "Ramachandran, Zoph & Le (2017), arXiv:1710.05941"
    year = 2017
    aliases = {"silu": {"beta": 1.0}}
    error_bounds = _ERROR_BOUNDS
    counterparts = (
        Counterpart("keras.activations.silu"),
        Counterpart("tf.nn.silu", {"beta": "beta"}),
        Counterpart("torch.nn.functional.silu"),
        Counterpart("jax.nn.silu"),
        Counterpart("mlx.nn.silu"),
    )


@dataclass(frozen=True)
class DoubledSwish(_ScaledSwish):
    """Swish times 2, f(x) = 2x · σ(βx): the identity at β = 0, 2 · ReLU as β → ∞.

    sup |f − 2 · ReLU| = 0.55693 / |β|. Ramachandran, Zoph & Le (2017), arXiv:1710.05941v1.
    """

    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the gate")

    name = "doubled_swish"
    formula = "2 * x * sigmoid(beta * x)"
    source = "Ramachandran, Zoph & Le (2017), arXiv:1710.05941v1"
    year = 2017
    error_bounds = _ERROR_BOUNDS
    height = 2.0


@dataclass(frozen=True)
class ESwish(Activation):
    """E-Swish, f(x) = βx · σ(x).

    Alcaide (2018), arXiv:1801.07145.
    """

    beta: float = parameter(1.5, symbol=r"\beta", meaning="slope at +∞")

    name = "e_swish"
    formula = "beta * x * sigmoid(x)"
    source = "Alcaide (2018), arXiv:1801.07145"
    year = 2018
    error_bounds = (
        ErrorBound(5, 0, _FACTORS),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.times_sigmoid(x, x, self.beta)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.times_sigmoid_derivative(x, a=self.beta)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return _curvature(ops, 1.0, x, self.beta)

    def fast_range(self, dtype: np.dtype[np.floating]) -> Interval | None:
        """Return the interval where e⁻ˣ is a normal float64; float32 uses float64 too."""
        return (-700.0, math.inf) if dtype == np.float64 and is_ordinary(self.beta) else None

    def fast_value(
        self, x: npt.NDArray[np.floating], out: npt.NDArray[np.floating]
    ) -> npt.NDArray[np.floating]:
        """Compute βx / (2 + (e⁻ˣ − 1)), as `Swish` does."""
        Swish().fast_value(x, out)
        out *= self.beta
        return out


@dataclass(frozen=True)
class QuickGelu(_ScaledSwish):
    """Sigmoid approximation of GELU, f(x) = x · σ(1.702x).

    Hendrycks & Gimpel (2016), arXiv:1606.08415.
    """

    name = "quick_gelu"
    formula = "x * sigmoid(1.702 * x)"
    source = "Hendrycks & Gimpel (2016), arXiv:1606.08415"
    year = 2016
    error_bounds = _ERROR_BOUNDS
    sharpness = Fraction("1.702")


@dataclass(frozen=True)
class AconC(Activation):
    """ACON-C, f(x) = (p₁ − p₂) x · σ(β (p₁ − p₂) x) + p₂x.

    It is computed as p₁x · σ(z) + p₂x · σ(−z), z = β (p₁ − p₂) x, because the terms of the
    first form cancel. Ma, Zhang, Liu & Sun (2020), arXiv:2009.04759.
    """

    p1: float = parameter(1.0, symbol="p_1", meaning="slope at +∞")
    p2: float = parameter(0.25, symbol="p_2", meaning="slope at −∞")
    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the change", least=0)

    name = "acon_c"
    formula = "(p1 - p2) * x * sigmoid(beta * (p1 - p2) * x) + p2 * x"
    source = "Ma, Zhang, Liu & Sun (2020), arXiv:2009.04759"
    year = 2020
    error_bounds = (ErrorBound(6, 1, _CANCEL), ErrorBound(8, 1, _CANCEL), _ERROR_BOUNDS[2])

    def compute_value(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self._sharpness, x)
        if abs(self._sharpness) < _FLAT:
            # Where z is not large, both terms of the sum below may overflow.
            far = x * (self.p1 * ops.sigmoid(z) + self.p2 * ops.sigmoid(-z))
        else:
            far = ops.times_sigmoid(x, z, self.p1) + ops.times_sigmoid(x, -z, self.p2)
        if not self._cancels:
            return far
        mean, half = self._mean_and_half_difference
        half_z = ops.clip(sum_of_parts(z) / 2, -1.0, 1.0)
        large = ops.absolute(x) > 1
        wave = ops.where(large, half * x, half) * ops.tanh(half_z) * ops.where(large, 1.0, x)
        # For tiny z, which may be subnormal, tanh z is z.
        line = ops.multiple(self._half_slope, x) * x
        near = x * mean + ops.where(ops.absolute(half_z) < 1e-30, line, wave)
        return ops.where(ops.absolute(half_z) < 0.5, near, far)

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self.beta * (self.p1 - self.p2), x)
        return ops.times_sigmoid(self.p1 * x, z) + ops.times_sigmoid(self.p2 * x, -z)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self._sharpness, x)
        size = ops.clip(sum_of_parts(z), -2000.0, 2000.0)
        right = ops.times_sigmoid(1 + ops.times_sigmoid(size, -z), z, self.p1)
        left = ops.times_sigmoid(1 - ops.times_sigmoid(size, z), -z, self.p2)
        if not self._cancels:
            return right + left
        mean, half = self._mean_and_half_difference
        half_z = ops.clip(sum_of_parts(z) / 2, -1.0, 1.0)
        wave = half * (ops.tanh(half_z) + half_z * ops.sech_squared(half_z))
        line = ops.multiple(2 * self._half_slope, x)
        near = mean + ops.where(ops.absolute(half_z) < 1e-30, line, wave)
        return ops.where(ops.absolute(half_z) < 0.5, near, right + left)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return _curvature(ops, self._sharpness, x, Fraction(self.p1) - Fraction(self.p2))

    @property
    def _cancels(self) -> bool:
        """Whether p₁σ(z) + p₂σ(−z) may cancel; it is (p₁ + p₂)/2 + (p₁ − p₂)/2 · tanh(z/2)."""
        return self.p1 * self.p2 < 0

    @property
    def _mean_and_half_difference(self) -> tuple[float, float]:
        first, second = Fraction(self.p1), Fraction(self.p2)
        return nearest_float((first + second) / 2), nearest_float((first - second) / 2)

    @property
    def _half_slope(self) -> Fraction:
        """The factor of x² in the series of f around 0."""
        return (Fraction(self.p1) - Fraction(self.p2)) / 4 * self._sharpness

    @property
    def _sharpness(self) -> Fraction:
        """The factor of x in the gate, which may be larger than every float."""
        return Fraction(self.beta) * (Fraction(self.p1) - Fraction(self.p2))


@dataclass(frozen=True)
class Aptx(Activation):
    """Alpha plus tanh times, f(x) = (α + tanh(βx)) · γx.

    For βx ≤ −½ it is computed as (α − 1) γx + 2γx · σ(2βx), because 1 + tanh z = 2σ(2z)
    cancels there. With the defaults f is x · σ(2x). Kumar (2022), arXiv:2209.06119.
    """

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="level of the gate", least=0)
    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the gate", least=0)
    gamma: float = parameter(0.5, symbol=r"\gamma", meaning="scale")

    name = "aptx"
    formula = "(alpha + tanh(beta * x)) * gamma * x"
    source = "Kumar (2022), arXiv:2209.06119"
    year = 2022
    error_bounds = (
        ErrorBound(4, 1, _CANCEL),
        ErrorBound(8, 1, _CANCEL),
        ErrorBound(16, 1.5, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        # Products of γ and α are exact, because they may overflow where f does not.
        alpha, gamma = Fraction(self.alpha), Fraction(self.gamma)
        z, size = self.beta * x, max(self.alpha, 1.0)
        gate = self.alpha / size + ops.tanh(z) / size
        line = ops.multiple(gamma * Fraction(size), x)
        right, steep = gate * line, ops.product(2 * Fraction(self.beta), x)
        swish = ops.times_sigmoid(x, steep, self.gamma)
        left = ops.multiple(gamma * (alpha - 1), x) + 2 * swish
        if self._is_extreme:
            # γ is the last factor where γx may overflow; tanh z is z where z may be subnormal.
            large = ops.absolute(line) >= _LARGE
            inside = (self.alpha - 1) / size * (x / 2) + ops.times_sigmoid(x, steep) / size
            parts = (inside, left), (gate * (x / 2), right)
            last = 2 * gamma * Fraction(size)
            left, right = (ops.where(large, ops.multiple(last, a), b) for a, b in parts)
            wave = x * self._slope_near_0(ops, x)
            if abs(self.gamma) < 1:
                wave = ops.where(ops.absolute(x) > 1, self.gamma * x * z, wave)
            near = ops.multiple(gamma * alpha, x) + wave
            right = ops.where(ops.absolute(z) < 1e-30, near, right)
        return ops.where(z > -0.5, right, left)

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        z = self.beta * x
        right = self.gamma * (self.alpha + ops.tanh(z)) * x
        swish = ops.times_sigmoid(2 * self.gamma * x, ops.product(2 * self.beta, x))
        return ops.where(z > -0.5, right, self.gamma * (self.alpha - 1) * x + swish)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        level = nearest_float(Fraction(self.gamma) * (Fraction(self.alpha) - 1))
        z, size = ops.clip(self.beta * x, -2000.0, 2000.0), max(self.alpha, 1.0)
        wave = ops.tanh(z) + z * ops.sech_squared(z)
        factor = Fraction(self.gamma) * Fraction(size)
        right = ops.multiple(factor, self.alpha / size + wave / size)
        if self._is_extreme:
            mean = nearest_float(Fraction(self.gamma) * Fraction(self.alpha))
            near = mean + 2 * self._slope_near_0(ops, x)
            right = ops.where(ops.absolute(z) < 1e-30, near, right)
        steep = ops.product(2 * Fraction(self.beta), x)
        left = level + 2 * ops.times_sigmoid_derivative(steep, a=self.gamma)
        return ops.where(z > -0.5, right, left)

    @property
    def _is_extreme(self) -> bool:
        """Whether products of parameters and x may overflow or underflow where f does not."""
        return any(
            p and not 1 / _LARGE_SIZE < abs(p) < _LARGE_SIZE for p in self.parameters.values()
        )

    def _slope_near_0(self, ops: Operations, x: Array) -> Array:
        """Return γ tanh(βx) for tiny βx."""
        return ops.multiple(Fraction(self.gamma) * Fraction(self.beta), x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        found = _curvature(ops, 2 * Fraction(self.beta), x, 2 * Fraction(self.gamma))
        if not (self._is_extreme and self.beta and self.gamma):
            return found
        # For large z, f'' is 8γβ (1 − z) e^(−2z). γβ may overflow where the product does not.
        z = ops.minimum(ops.absolute(self.beta * x), 2000.0)
        exponent = math.log(8) + math.log(abs(self.gamma)) + math.log(self.beta)
        far = math.copysign(1.0, self.gamma) * (1 - z) * ops.exp(exponent - 2 * z)
        return ops.where(z > _TINY_SECH, far, found)


@dataclass(frozen=True)
class FlattenTSwish(Activation):
    """Flatten-T Swish, f(x) = x · σ(x) + T for x > 0, else T.

    Chieng, Wahid, Pauline & Perla (2018), arXiv:1812.06247. The derivative jumps from 0 to ½ at
    the kink, where f'(0) = 0.
    """

    t: float = parameter(-0.2, symbol="T", meaning="value for x ≤ 0")

    name = "flatten_t_swish"
    formula = "max(x, 0) * sigmoid(x) + t"
    source = "Chieng, Wahid, Pauline & Perla (2018), arXiv:1812.06247"
    year = 2018
    error_bounds = (ErrorBound(4, 1, _CANCEL), ErrorBound(), ErrorBound(16, 4, _ZEROS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        # x σ(x) = (x + x tanh(x/2)) / 2. Near the zero, x/2 + T is exact.
        half = ops.maximum(x, 0.0) / 2
        return (half + self.t) + half * ops.tanh(half)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, Swish().compute_derivative(ops, x), 0.0)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, Swish().compute_second_derivative(ops, x), 0.0)


@dataclass(frozen=True)
class Dsilu(Activation):
    """Derivative of SiLU, f(x) = σ(x) (1 + x (1 − σ(x))).

    Elfwing, Uchibe & Doya (2017), arXiv:1702.03118.
    """

    name = "dsilu"
    formula = "sigmoid(x) * (1 + x * (1 - sigmoid(x)))"
    source = "Elfwing, Uchibe & Doya (2017), arXiv:1702.03118"
    year = 2017
    error_bounds = (
        ErrorBound(6, 4, _ZEROS),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return Swish().compute_derivative(ops, x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return Swish().compute_second_derivative(ops, x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # A formula in t = tanh(x/2), where t² = 1 − 4σ'(x).
        x = ops.clip(x, -2000.0, 2000.0)
        t = ops.tanh(x / 2)
        return ops.sigmoid_derivative(x, x * (3 * t * t - 1) / 2 - 3 * t)


@dataclass(frozen=True)
class Lisht(Activation):
    """Linearly scaled tanh, f(x) = x · tanh x.

    Roy et al. (2019), arXiv:1901.05894.
    """

    name = "lisht"
    formula = "x * tanh(x)"
    source = "Roy et al. (2019), arXiv:1901.05894"
    year = 2019
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(16, 4, _ZEROS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return x * ops.tanh(x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, -2000.0, 2000.0)
        return ops.sech_squared(x, 2 * (1 - x * ops.tanh(x)))


@dataclass(frozen=True)
class Mish(Activation):
    """Self-gated unit, f(x) = x · tanh(softplus(x)).

    It is computed as x · n / (n + 2), n = eˣ (eˣ + 2), with one exponential. With
    ω = softplus(x), f' = tanh ω + x · σ(x) · sech² ω. Misra (2019), arXiv:1908.08681.
    """

    name = "mish"
    formula = "x * tanh(log(1 + exp(x)))"
    source = "Misra (2019), arXiv:1908.08681"
    year = 2019
    error_bounds = (
        ErrorBound(5, 0, "a product of a rounded exponential and its double"),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )
    counterparts = (
        Counterpart("keras.activations.mish"),
        Counterpart("torch.nn.functional.mish"),
        Counterpart("jax.nn.mish"),
        Counterpart("mlx.nn.mish"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        if not ops.full_precision:
            # x eˣ (eˣ + 2) / (n + 2), where eˣ is the product of two factors.
            first, second = ops.exp_factors(ops.minimum(x, _TANH_SOFTPLUS_END))
            e = first * second
            # For x ≤ 0, this is 1 minus a part below ½, which has fewer rounding errors.
            numerator = ops.where(x > 0, e + 2, -e * (e + 1))
            quotient = numerator / (e * (e + 2) + 2)
            ratio = ops.where(x > 0, quotient, 1 + quotient)
            return x * (first * ratio) * second
        # e = e^−|x| is applied as two factors, because e alone may be subnormal. The gate is
        # 1 − 2e² / (2e² + 2e + 1) for x ≥ 0, else e · (1 − e (e + 1) / (e² + 2e + 2)).
        g, h = ops.exp_minus_abs_factors(x)
        e = g * h
        part = ops.where(x >= 0, 2 * e * e, e * (1 + e)) / _denominator(ops, x, e)
        return ops.where(x >= 0, x, x * g * h) * (1 - part)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # With the gate g, e = eˣ and d = n + 2, f' = g' · (x + g/g') and g' = 4e (1 + e) / d².
        # g/g' is 1 plus a small ratio, so the cancellation near the zero of f' is exact. The
        # formula of the docstring is used for x > 0 in full precision.
        if not ops.full_precision:
            x = ops.clip(x, -2000.0, _TANH_SOFTPLUS_END)
            first, second = ops.exp_factors(x)
            e = first * second
            d = e * (e + 2) + 2
            inside = (4 * (1 + e) * (1 + x) + e * (2 + e * (4 + e))) / (d * d)
            return inside * first * second
        low = ops.clip(x, -2000.0, 0.0)
        e = ops.exp(low)
        d = 2 + e * (2 + e)
        ratio = e * (2 + e * (4 + e)) / (4 * (1 + e))
        below = ops.times_exp(4 * (1 + e) / (d * d) * (low + 1 + ratio), low)
        sech = sech_softplus(ops, x)
        above = tanh_softplus(ops, x) + ops.times_sigmoid(x, x) * sech * sech
        return ops.where(x > 0, above, below)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, -2000.0, 2000.0)
        bend = ops.sigmoid(-x) - 2 * tanh_softplus(ops, x) * ops.sigmoid(x)
        sech = sech_softplus(ops, x)
        return ops.times_sigmoid(2 + x * bend, x) * sech * sech

    def fast_range(self, dtype: np.dtype[np.floating]) -> Interval | None:
        """Return the interval where eˣ and its square are normal numbers in float64.

        float32 has none, because NumPy's float32 exponential has an error of up to 2.5 ULP, and
        the result would have 5.3 ULP.
        """
        return (-700.0, 300.0) if dtype == np.float64 else None

    def fast_value(
        self, x: npt.NDArray[np.floating], out: npt.NDArray[np.floating]
    ) -> npt.NDArray[np.floating]:
        """Compute x · n / (n + 2), n = eˣ (eˣ + 2)."""
        e = np.exp(x, out=out)
        n = e + 2
        n *= e
        np.add(n, 2, out=e)
        n /= e
        np.multiply(n, x, out=out)
        return out


def tanh_softplus(ops: Operations, x: Array) -> Array:
    """Return the gate of Mish, tanh(ln(1 + eˣ)) = n / (n + 2), n = eˣ (eˣ + 2)."""
    e = ops.exp(-ops.absolute(x))
    return ops.where(x >= 0, 1 + 2 * e, e * (2 + e)) / _denominator(ops, x, e)


def sech_softplus(ops: Operations, x: Array) -> Array:
    """Return sech(ln(1 + eˣ)) = 2 (1 + eˣ) / (n + 2), n = eˣ (eˣ + 2).

    Callers multiply by it twice, because its square would underflow before the product does.
    """
    e = ops.exp(-ops.absolute(x))
    return 2 * (1 + e) * ops.where(x >= 0, e, 1.0) / _denominator(ops, x, e)


def _denominator(ops: Operations, x: Array, e: Array) -> Array:
    """Return n + 2 for x < 0, else e^(−2x) (n + 2), because n may overflow; e is e^−|x|."""
    return ops.where(x >= 0, 1 + 2 * e + 2 * e * e, 2 + 2 * e + e * e)


@dataclass(frozen=True)
class Tanhexp(Activation):
    """TanhExp, f(x) = x · tanh(eˣ).

    Liu & Di (2020), arXiv:2003.09855; proposed again as TeLU, arXiv:2412.20269.
    """

    name = "tanhexp"
    formula = "x * tanh(exp(x))"
    source = "Liu & Di (2020), arXiv:2003.09855"
    year = 2020
    aliases = {"telu": {}}
    error_bounds = (
        ErrorBound(5, 0, _FACTORS),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        # For x ≥ 6, tanh(eˣ) is 1 and its derivative is 0 in every format.
        near = x * ops.tanh(ops.exp(ops.minimum(x, 6.0)))
        return _with_tail(ops, x, near)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # With e = eˣ, f' = e · sech² e · (x + sinh(2e) / 2e) for x < 0. The quotient is 1 plus
        # a small sum, so the cancellation is exact.
        low = ops.clip(x, -2000.0, 0.0)
        e = ops.exp(low)
        inside = low + 1 + sinh_excess(4 * e * e)
        below = ops.times_exp(ops.sech_squared(e) * inside, low)
        high = ops.minimum(x, 6.0)
        e = ops.exp(high)
        return ops.where(x > 0, ops.tanh(e) + high * e * ops.sech_squared(e), below)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # f'' = e · sech² e · (2 + x (1 − 2e tanh e)), e = eˣ, sech e = 2w / (1 + w²), w = e⁻ᵉ.
        low = ops.minimum(x, 7.0)
        e = ops.exp(low)
        w = ops.times_double_exp(1.0, low)
        sech = 2 / (1 + w * w)
        bend = ops.times_exp(sech * sech * (2 + low * (1 - 2 * e * ops.tanh(e))), low)
        return ops.times_double_exp(ops.times_double_exp(bend, low), low)


@dataclass(frozen=True)
class Logish(Activation):
    """Logish, f(x) = x · ln(1 + σ(x)).

    Zhu et al. (2021), doi:10.1016/j.neucom.2021.06.067.
    """

    name = "logish"
    formula = "x * log(1 + sigmoid(x))"
    source = "Zhu et al. (2021), doi:10.1016/j.neucom.2021.06.067"
    year = 2021
    error_bounds = (
        ErrorBound(6, 0, _FACTORS),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return _with_tail(ops, x, x * ops.log1p(ops.sigmoid(x)))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # For x < 0 and the gate g, f' = g' · (x + g/g'). The ratio is 1 plus a small sum, so
        # the cancellation is exact. The sum uses g = 2 artanh(w), w = e / (2 + 3e), e = eˣ.
        low = ops.clip(x, -2000.0, 0.0)
        e = ops.exp(low)
        w = e / (2 + 3 * e)
        inside = low + 1 + product_excess(w * (3 + 4 * e), artanh_excess(w))
        below = ops.times_exp(inside / ((1 + e) * (1 + 2 * e)), low)
        gate = ops.sigmoid(x)
        above = ops.log1p(gate) + x * ops.sigmoid_derivative(x) / (1 + gate)
        return ops.where(x > 0, above, below)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        gate = ops.sigmoid(x)
        return _second_derivative(
            ops, x, 1 / (1 + gate), -ops.sigmoid_derivative(x) / (1 + gate)
        )


@dataclass(frozen=True)
class Smish(Activation):
    """Smish, f(x) = x · tanh(ln(1 + σ(x))) = x · n / (n + 2), n = σ(x) (σ(x) + 2).

    Wang, Ren & Wang (2022), doi:10.3390/electronics11040540.
    """

    name = "smish"
    formula = "x * tanh(log(1 + sigmoid(x)))"
    source = "Wang, Ren & Wang (2022), doi:10.3390/electronics11040540"
    year = 2022
    error_bounds = (
        ErrorBound(5, 0, _FACTORS),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        gate = ops.sigmoid(x)
        n = gate * (gate + 2)
        # A formula in e = eˣ for x ≤ 0, because σ(x) has two more rounding errors there.
        e = ops.exp(ops.minimum(x, 0.0))
        below = x * e * ((2 + 3 * e) / (2 + e * (6 + 5 * e)))
        near = ops.where(x > 0, x * (n / (n + 2)), below)
        return _with_tail(ops, x, near)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # For x < 0 and the gate g, f' = g' · (x + g/g'). The ratio is 1 plus a small sum, so
        # the cancellation is exact.
        low = ops.clip(x, -2000.0, 0.0)
        e = ops.exp(low)
        c, d = 4 * (1 + e) * (1 + 2 * e), 2 + e * (6 + 5 * e)
        inside = low + 1 + e * (6 + e * (20 + 15 * e)) / c
        below = ops.times_exp(c / (d * d) * inside, low)
        gate = ops.sigmoid(x)
        u, n = 1 + gate, gate * (gate + 2)
        slope = 4 * u / ((n + 2) * (n + 2)) * ops.sigmoid_derivative(x)
        return ops.where(x > 0, n / (n + 2) + x * slope, below)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # With u = 1 + σ(x), the gate is (u² − 1) / (u² + 1).
        u = 1 + ops.sigmoid(x)
        d = 1 + u * u
        bend = ops.sigmoid_derivative(x) * (1 / u - 4 * u / d)
        return _second_derivative(ops, x, 4 * u / (d * d), bend)


@dataclass(frozen=True)
class Gish(Activation):
    """Gish, f(x) = x · ln(2 − exp(−eˣ)).

    Kaytan, Aydilek & Yeroğlu (2023), doi:10.1007/s00521-023-09035-5.
    """

    name = "gish"
    formula = "x * log(2 - exp(-exp(x)))"
    source = "Kaytan, Aydilek & Yeroğlu (2023), doi:10.1007/s00521-023-09035-5"
    year = 2023
    error_bounds = (
        ErrorBound(5, 0, _FACTORS),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        gate = ops.log1p(-ops.expm1(-ops.exp(ops.minimum(x, 7.0))))
        return _with_tail(ops, x, x * gate)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # For x < 0 and the gate g, f' = g' · (x + g/g').
        low = ops.clip(x, -700.0, 0.0)
        e = ops.exp(low)
        ratio = ops.log1p(-ops.expm1(-e)) * (1 + 2 * ops.expm1(e)) / e
        low = ops.clip(x, -2000.0, 0.0)
        below = ops.times_exp((low + ratio) / (1 + 2 * ops.expm1(e)), low)
        e = ops.exp(ops.minimum(x, 7.0))
        w = ops.exp(-e)
        above = ops.log1p(-ops.expm1(-e)) + x * (e * w / (2 - w))
        return ops.where(x > 0, above, below)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # f'' = (e w / d) · (2 + x (1 − 2e/d)), e = eˣ, w = e⁻ᵉ, d = 2 − w.
        low = ops.minimum(x, 7.0)
        e = ops.exp(low)
        d = 2 - ops.times_double_exp(1.0, low)
        bend = ops.times_exp((2 + low * (1 - 2 * e / d)) / d, low)
        return ops.times_double_exp(bend, low)


@dataclass(frozen=True)
class Colu(Activation):
    """Collapsing linear unit, f(x) = x / (1 − x e^−(x + eˣ)).

    For x < 0, numerator and denominator are multiplied by eˣ to avoid an overflow. Vagerwal
    (2021), arXiv:2112.12078.
    """

    name = "colu"
    formula = "x / (1 - x * exp(-(x + exp(x))))"
    source = "Vagerwal (2021), arXiv:2112.12078"
    year = 2021
    error_bounds = (ErrorBound(), ErrorBound(8, 4, _ZEROS), ErrorBound(16, 4, _ZEROS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        right = ops.clip(x, -1.0, 7.0)
        above = x / (1 - x * ops.times_double_exp(ops.exp(-right), right))
        return ops.where(x > 0, above, self._left(ops, x))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # With u = e^−(x + eˣ), d = 1 − xu, w = 1 + eˣ, f'' = u · (x² (w² − eˣ) − 2xw) / d² +
        # 2u · (1 − xw) (1 − x² u w) / d³.
        right = ops.clip(x, -1.0, 7.0)
        e = ops.exp(right)
        u = ops.times_double_exp(1 / e, right)
        d, w = 1 - right * u, 1 + e
        inside = right * (right * (w * w - e) - 2 * w) * d
        inside = inside + 2 * (1 - right * w) * (1 - right * right * u * w)
        above = ops.times_double_exp(inside / (e * d * d * d), right)
        return ops.where(x > 0, above, derivative(self._left, ops, x, 2))

    def _left(self, ops: Operations, x: Array) -> Array:
        """Return f for x ≤ 0."""
        left = ops.clip(x, _TAIL - 1, 1.0)
        e = ops.exp(left)
        below = x * e / (e - x * ops.exp(-e))
        # For x ≤ −40, f = −eˣ (1 + eˣ (1 + 1/x) …) rounds to −eˣ.
        return ops.where(x > _TAIL, below, ops.times_exp(-1.0, ops.minimum(x, 1.0)))


def _curvature(
    ops: Operations, sharpness: float | Fraction, x: Array, height: float | Fraction
) -> Array:
    """Return the second derivative of height · x · σ(sharpness · x)."""
    z = ops.product(sharpness, x)
    # The argument is clipped to avoid ∞ · 0; the result is 0 long before ±2000.
    size = ops.clip(sum_of_parts(z), -2000.0, 2000.0)
    bend = 2 - size * ops.tanh(size / 2)
    return ops.sigmoid_derivative(z, bend, Fraction(height) * Fraction(sharpness))


def _second_derivative(ops: Operations, x: Array, weight: Array, bend: Array) -> Array:
    """Return (x · g)'' = 2g' + x g'' for a gate with g' = w σ'(x), w = weight, w' = w · bend.

    The factors σ(x) and σ(−x) of σ' are applied one after the other, because σ' alone may be
    subnormal.
    """
    x = ops.clip(x, -2000.0, 2000.0)
    return ops.times_sigmoid(
        ops.times_sigmoid(weight * (2 + x * (bend - ops.tanh(x / 2))), x), -x
    )


def _with_tail(ops: Operations, x: Array, near: Array) -> Array:
    """Return `near` for x > −40, else x · eˣ, because the gate alone may be subnormal there."""
    return ops.where(x > _TAIL, near, ops.times_exp(x, ops.minimum(x, _TAIL + 1)))
