"""Functions made of the normal distribution and the error function."""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import inf, pi, sqrt
from sys import float_info
from typing import cast

import numpy as np
import numpy.typing as npt

from actbench.activations.record import Activation, Counterpart, ErrorBound, Interval, parameter
from actbench.numerics.argument_operations import ARGUMENT_RANGE, nearest_float
from actbench.numerics.array import Array
from actbench.numerics.double_double import (
    Argument,
    DoubleDouble,
    high_part,
    plus_one,
    sum_of_parts,
)
from actbench.numerics.operations import NUMPY, Operations
from actbench.numerics.series import artanh_excess, erf_excess, product_excess, sinh_excess

_ZEROS = "the terms cancel near a zero"
_FACTORS = "a product of two exponentials"
_PRODUCT = "a product with an error function"
_TAIL = "a product with a rounded exponential of a rounded square, far below 0"

_DEFAULT = "the default"

# For y ≥ 27, erf(y) is 1 and erf'(y) is 0 in every format.
_ERF_END = 27.5

# For larger y, erf(y) is 1 and erf'(y) is 0 in every format; sums with this bound are finite.
_FAR = 1e3

# For smaller y, erf(y) rounds to its slope at 0 times y.
_NEAR = 1e-10

# With a smaller scale of the gate, γ · softplus(δx) may be subnormal.
_FLAT = 1e-200

# Products of larger factors with other numbers may overflow.
_LARGEST = 1e290

# erf'(0)
_SLOPE = 2 / sqrt(pi)

# c₁ = 2√(2/π) and c₃ = 0.044715 · 2√(2/π), the coefficients in GELU's tanh approximation.
_LINEAR = Fraction("1.59576912160573071175978423973752747")
_CUBIC = Fraction("0.07135481627260024877633875227986354")


@dataclass(frozen=True)
class Gaussian(Activation):
    """Gaussian bump, f(x) = e^(−x²).

    Hartman, Keeler & Kowalski (1990), doi:10.1162/neco.1990.2.2.210.
    """

    name = "gaussian"
    formula = "exp(-x**2)"
    source = "Hartman, Keeler & Kowalski (1990), doi:10.1162/neco.1990.2.2.210"
    year = 1990
    error_bounds = (ErrorBound(5, 0, _FACTORS), ErrorBound(), ErrorBound(6, 1, _ZEROS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.times_gaussian(1.0, x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian(-2 * x, x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian(4 * x * x - 2, x)


@dataclass(frozen=True)
class Gelu(Activation):
    """Gaussian error linear unit, f(x) = x · Φ(x), f' = Φ(x) + x φ(x), f'' = (2 − x²) φ(x).

    For x < 0, Φ(x) is the product of the scaled tail e^(x²/2) Φ(x) and a compensated e^(−x²/2).
    The result is accurate until it underflows at x = −38. Hendrycks & Gimpel (2016),
    arXiv:1606.08415.
    """

    name = "gelu"
    formula = "x * (1 + erf(x / sqrt(2))) / 2"
    source = "Hendrycks & Gimpel (2016), arXiv:1606.08415"
    year = 2016
    error_bounds = (ErrorBound(6, 0, _TAIL), ErrorBound(8, 4, _ZEROS), ErrorBound(6, 1, _ZEROS))
    counterparts = (
        Counterpart("keras.activations.gelu", fixed={"approximate": False}, note=_DEFAULT),
        Counterpart("keras.ops.gelu", fixed={"approximate": False}),
        Counterpart("tf.nn.gelu", fixed={"approximate": False}, note=_DEFAULT),
        Counterpart("torch.nn.functional.gelu", fixed={"approximate": "none"}, note=_DEFAULT),
        Counterpart("jax.nn.gelu", fixed={"approximate": False}),
        Counterpart("mlx.nn.gelu"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.times_normal_distribution(x, x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        t = ops.minimum(ops.absolute(x), 60.0)
        # f'(−t) = φ(t) · (Φ(−t)/φ(t) − t). Near the zero of the difference, t is exact.
        ratio = ops.mills_ratio(t)
        inside = ratio.hi - t + ratio.lo
        small = ops.times_gaussian(inside / sqrt(2 * pi), t, 0.5)
        return ops.where(x > 0, 1 - small, small)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian((2 - x * x) / sqrt(2 * pi), x, 0.5)


@dataclass(frozen=True)
class GeluTanh(Activation):
    """Tanh approximation of GELU, f(x) = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).

    It is computed as x · σ(2u), u = √(2/π) (x + 0.044715 x³), because 1 + tanh u = 2σ(2u)
    cancels for x < 0. Hendrycks & Gimpel (2016), arXiv:1606.08415.
    """

    name = "gelu_tanh"
    formula = "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))"
    source = "Hendrycks & Gimpel (2016), arXiv:1606.08415"
    year = 2016
    error_bounds = (
        ErrorBound(6, 0, _TAIL),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )
    counterparts = (
        Counterpart("keras.activations.gelu", fixed={"approximate": True}),
        Counterpart("keras.ops.gelu", fixed={"approximate": True}, note=_DEFAULT),
        Counterpart("tf.nn.gelu", fixed={"approximate": True}),
        Counterpart("torch.nn.functional.gelu", fixed={"approximate": "tanh"}),
        Counterpart("jax.nn.gelu", fixed={"approximate": True}, note=_DEFAULT),
        Counterpart("mlx.nn.gelu_approx"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.times_sigmoid(x, self._argument(ops, x))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        z, near = self._argument(ops, x), ops.clip(x, -40.0, 40.0)
        slope = float(_LINEAR) + 3 * float(_CUBIC) * near * near
        return ops.times_sigmoid_derivative(z, near * slope)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        z, near = self._argument(ops, x), ops.clip(x, -40.0, 40.0)
        slope = float(_LINEAR) + 3 * float(_CUBIC) * near * near
        bend = 6 * float(_CUBIC) * near - ops.tanh(sum_of_parts(z) / 2) * slope * slope
        return ops.times_sigmoid(ops.times_sigmoid(2 * slope + near * bend, -z), z)

    def fast_range(self, dtype: np.dtype[np.floating]) -> Interval | None:
        """Return the interval where e^−z is a normal float64; float32 uses float64 too."""
        return (-20.0, inf) if dtype == np.float64 else None

    def fast_value(
        self, x: npt.NDArray[np.floating], out: npt.NDArray[np.floating]
    ) -> npt.NDArray[np.floating]:
        """Compute x / (1 + e^−z), where z = 2u is the argument of the sigmoid."""
        z = self._argument(NUMPY, x)
        e = cast(npt.NDArray[np.floating], NUMPY.exp_argument(-z))
        e += 1
        np.divide(x, e, out=out)
        return out

    def _argument(self, ops: Operations, x: Array) -> Argument:
        """Return 2u = c₁x + c₃x³, where x is clipped to ±40.

        For |x| ≥ 40, f is 0 or x in every format. Let h be the multiple of 1/256 nearest to x.
        With coefficients rounded to multiples of 2⁻¹⁶, the polynomial at h is exact. This
        polynomial is the high part of the double-double result.
        """
        x = ops.clip(x, -40.0, 40.0)
        if not ops.full_precision:
            x = ops.in_float64(x)
            return x * (float(_LINEAR) + float(_CUBIC) * x * x)
        h = ops.round(x * 256) / 256
        c1, c3 = (round(c * 65536) / 65536 for c in (_LINEAR, _CUBIC))
        remainder = float(_LINEAR) + float(_CUBIC) * (x * x + x * h + h * h)
        low = float(_LINEAR - Fraction(c1)) + float(_CUBIC - Fraction(c3)) * h * h
        return DoubleDouble(h * (c1 + c3 * (h * h)), (x - h) * remainder + h * low)


@dataclass(frozen=True)
class Sgelu(Activation):
    """Symmetrical GELU, f(x) = x · erf(x/√2), f' = erf(x/√2) + 2x φ(x).

    Yu & Su (2019), arXiv:1911.03925.
    """

    name = "sgelu"
    formula = "x * erf(x / sqrt(2))"
    source = "Yu & Su (2019), arXiv:1911.03925"
    year = 2019
    error_bounds = (ErrorBound(6, 0, _PRODUCT), ErrorBound(), ErrorBound(6, 1, _ZEROS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return x * ops.erf(x / sqrt(2))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.erf(x / sqrt(2)) + ops.times_gaussian(2 / sqrt(2 * pi) * x, x, 0.5)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian(2 * (2 - x * x) / sqrt(2 * pi), x, 0.5)


@dataclass(frozen=True)
class Phish(Activation):
    """Phish, f(x) = x · tanh(GELU(x)).

    Naveen (2022), doi:10.36227/techrxiv.17283824.
    """

    name = "phish"
    formula = "x * tanh(x * (1 + erf(x / sqrt(2))) / 2)"
    source = "Naveen (2022), doi:10.36227/techrxiv.17283824"
    year = 2022
    error_bounds = (
        ErrorBound(8, 0, _PRODUCT),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        inside = ops.clip(x, -60.0, 400.0)
        gelu = ops.times_normal_distribution(inside, inside)
        # For |x| < 0.6, 1 + erf does not cancel and has fewer rounding errors.
        middle = ops.clip(x, -0.6, 0.6)
        gelu = ops.where(
            ops.absolute(x) < 0.6, middle * (0.5 + ops.erf(middle / sqrt(2)) / 2), gelu
        )
        near = x * ops.tanh(gelu)
        # For x ≤ −9, tanh(GELU(x)) rounds to GELU(x) = x Φ(x), and f is x² Φ(x). The gate
        # alone may be subnormal.
        left = ops.minimum(inside, 0.0)
        return ops.where(x > -9, near, ops.times_normal_distribution(left * left, left))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, -60.0, 400.0)
        gelu = ops.times_normal_distribution(x, x)
        sech = ops.sech_squared(gelu)
        above = ops.tanh(gelu) + x * sech * Gelu().compute_derivative(ops, x)
        # With g = GELU(x) and m = Φ(x)/φ(x), f' = x φ sech² g · (x + m (1 + sinh(2g) / 2g)) for
        # x < 0. Near the zero of the sum, x is exact.
        low = ops.minimum(x, 0.0)
        small = ops.maximum(gelu, -1.0)
        mills = ops.mills_ratio(-low)
        excess = 2 + sinh_excess(4 * small * small)
        inside = low + mills.hi * excess + 2 * mills.lo
        below = ops.times_gaussian(low * sech * inside / sqrt(2 * pi), low, 0.5)
        return ops.where(x > 0, above, below)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # With g = GELU(x), f'' = sech² g · (2g' + x (g'' − 2 g'² tanh g)). For x ≤ −9, f is
        # x² Φ(x) and f'' = 2Φ(x) + (4x − x³) φ(x). Both terms have a common factor there,
        # because g'' alone may be subnormal.
        x = ops.clip(x, -60.0, 400.0)
        gelu = ops.times_normal_distribution(x, x)
        slope = Gelu().compute_derivative(ops, x)
        bend = Gelu().compute_second_derivative(ops, x) - 2 * slope * slope * ops.tanh(gelu)
        near = ops.sech_squared(gelu, 2 * slope + x * bend)
        left = ops.minimum(x, -9.0)
        polynomial = left * (4 - left * left) / sqrt(2 * pi)
        tail = ops.times_gaussian(2 * ops.scaled_normal_tail(-left) + polynomial, left, 0.5)
        return ops.where(x > -9, near, tail)


@dataclass(frozen=True)
class Serf(Activation):
    """Serf, f(x) = x · erf(softplus(x)): `Pserf` with γ = δ = 1.

    Nag, Bhattacharyya, Mukherjee & Kundu (2021), arXiv:2108.09598.
    """

    name = "serf"
    formula = "x * erf(log(1 + exp(x)))"
    source = "Nag, Bhattacharyya, Mukherjee & Kundu (2021), arXiv:2108.09598"
    year = 2021
    error_bounds = (
        ErrorBound(6, 0, _PRODUCT),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return Pserf(1.0, 1.0).compute_value(ops, x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return Pserf(1.0, 1.0).compute_derivative(ops, x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return Pserf(1.0, 1.0).compute_second_derivative(ops, x)


@dataclass(frozen=True)
class Pserf(Activation):
    """Parametric serf, f(x) = x · erf(γ · ln(1 + e^δx)).

    Biswas et al. (2021), arXiv:2109.04386.
    """

    gamma: float = parameter(1.25, symbol=r"\gamma", meaning="scale of the gate", above=0)
    delta: float = parameter(0.85, symbol=r"\delta", meaning="sharpness of the gate", above=0)

    name = "pserf"
    formula = "x * erf(gamma * log(1 + exp(delta * x)))"
    source = "Biswas et al. (2021), arXiv:2109.04386"
    year = 2021
    error_bounds = (
        ErrorBound(6, 0.5, "a product of five factors"),
        ErrorBound(12, 1, _ZEROS),
        ErrorBound(32, 2, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self.delta, x)
        g, h = ops.exp_minus_abs_factors(z)
        tail = ops.log1p(g * h)
        far = ops.absolute(high_part(z)) > 40
        # The sign is that of the high part, because δx may be in the low part.
        line = ops.multiple(self._slope, ops.where(high_part(z) >= 0, x, 0.0))
        size = line + ops.where(far, self.gamma * g * h, self.gamma * tail)
        near = x * ops.erf(ops.minimum(size, _ERF_END))
        # Two factors of the gate, because it may be subnormal where f is not.
        left = ops.product_of_factors(x, self.gamma, _SLOPE * g, h)
        near = ops.where(far & (x < 0) & (size < _NEAR), left, near)
        if self.gamma > _FLAT:
            return near
        softplus = ops.where(high_part(z) >= 0, self.delta * x, 0.0)
        softplus = softplus + ops.where(far, g * h, tail)
        # The power of 2 keeps the product of x and γ normal.
        scale = Fraction(2) ** 500
        flat = ops.multiple(Fraction(_SLOPE) * Fraction(self.gamma) * scale, x)
        flat = flat * ops.multiple(1 / scale, softplus)
        return ops.where(far & (x < 0), left, ops.where(size < _FLAT, flat, near))

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self.delta, x)
        gate = ops.minimum(self.gamma * ops.softplus(z), _ERF_END)
        tail = ops.times_exp(_SLOPE * self.gamma * x, ops.minimum(sum_of_parts(z), -39.0))
        return ops.where(high_part(z) > -40, x * ops.erf(gate), tail)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # With z = δx and y = γ · softplus(z), f' = erf(y) + erf'(y) · γ z σ(z).
        z, y = self._argument(ops, x), self._gate(ops, x)
        size = ops.minimum(sum_of_parts(y), _ERF_END)
        near = ops.erf(size) + ops.times_gaussian(_SLOPE * self._gate_slope(ops, x, z), y)
        # For x < 0 and the gate g, f' = g' · (x + g/g'). The ratio is 1 plus a small sum, so
        # the cancellation is exact. The sum uses softplus(z) = 2 artanh(w), w = e / (2 + e).
        e = ops.exp(ops.clip(sum_of_parts(z), -2000.0, 0.0))
        w = e / (2 + e)
        ratio = product_excess(product_excess(w, artanh_excess(w)), erf_excess(size))
        inside = ops.times_gaussian(_SLOPE * plus_one(z, ratio), size)
        small = ops.times_sigmoid(inside, z, self.gamma)
        return ops.where((x < 0) & (size <= 1), small, near)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # f'' = erf'(y) · γδ σ(z) · (2 + z σ(−z) − 2y · γ z σ(z)).
        z, y = self._argument(ops, x), self._gate(ops, x)
        size = ops.minimum(sum_of_parts(y), _FAR)
        bend = ops.times_sigmoid(ops.clip(sum_of_parts(z), -2000.0, 2000.0), -z)
        # It is below 10⁷ where erf'(y) is not 0; beyond, its product with γδ would overflow.
        inside = 2 + bend - 2 * size * self._gate_slope(ops, x, z)
        inside = ops.clip(inside, -1e7, 1e7)
        # γδ may overflow, and erf'(y) may be subnormal where its product with γδ is not.
        first = min(nearest_float(self._slope), _LARGEST)
        last = nearest_float(self._slope / Fraction(first)) if first else 0.0
        inside = ops.times_gaussian(first * (_SLOPE * inside), y)
        return ops.times_sigmoid(inside, z, last)

    @property
    def _slope(self) -> Fraction:
        """The slope of the gate's argument at +∞, γδ."""
        return Fraction(self.gamma) * Fraction(self.delta)

    def _argument(self, ops: Operations, x: Array) -> Argument:
        """Return δx, clipped to the range of arguments of exponentials."""
        lower, upper = (end / self.delta for end in ARGUMENT_RANGE)
        return ops.product(self.delta, ops.clip(x, lower, upper))

    def _gate(self, ops: Operations, x: Array) -> DoubleDouble:
        """Return min(γ · softplus(δx), 1000), as γδx + γ · softplus(−δx) for x > 0."""
        z = ops.product(self.delta, ops.absolute(x))
        line = self._line(ops, x)
        g, h = ops.exp_minus_abs_factors(z)
        rest = ops.where(high_part(z) > 40, self.gamma * g * h, self.gamma * ops.log1p(g * h))
        rest = ops.minimum(rest, _FAR)
        small = ops.where(x > 0, rest, 0.0)
        low = line.lo + small if isinstance(line, DoubleDouble) else small
        return DoubleDouble(ops.where(x > 0, high_part(line), rest), low)

    def _line(self, ops: Operations, x: Array) -> Argument:
        """Return γδx for x > 0, at most 1000, else 0."""
        # `product` clips the results of larger slopes.
        ordinary = 1e-200 < self._slope <= 1
        end = _FAR / nearest_float(self._slope) if ordinary else float_info.max
        return ops.product(self._slope, ops.clip(x, 0.0, end))

    def _gate_slope(self, ops: Operations, x: Array, z: Argument) -> Array:
        """Return x · y' = γ z σ(z), clipped where erf'(y) is 0."""
        right = ops.times_sigmoid(sum_of_parts(self._line(ops, x)), z)
        left = ops.times_sigmoid(ops.minimum(sum_of_parts(z), 0.0), z, self.gamma)
        return ops.where(x > 0, right, ops.maximum(left, -_FAR * _FAR))


@dataclass(frozen=True)
class Erfact(Activation):
    """ErfAct, f(x) = x · erf(α e^βx).

    Biswas et al. (2021), arXiv:2109.04386.
    """

    alpha: float = parameter(0.75, symbol=r"\alpha", meaning="scale of the gate", above=0)
    beta: float = parameter(0.75, symbol=r"\beta", meaning="sharpness of the gate", above=0)

    name = "erfact"
    formula = "x * erf(alpha * exp(beta * x))"
    source = "Biswas et al. (2021), arXiv:2109.04386"
    year = 2021
    error_bounds = (
        ErrorBound(4, 0.5, "a product of five factors"),
        ErrorBound(6, 1, _ZEROS),
        ErrorBound(32, 2, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        _, w = self._exponents(ops, x)
        gate = ops.minimum(ops.exp_argument(w), _ERF_END)
        # The gate may be subnormal where f is not.
        tail = ops.times_exp(ops.maximum(x, self._left), w, _SLOPE)
        return ops.where(high_part(w) > -40, x * ops.erf(gate), tail)

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self.beta, x)
        gate = ops.minimum(self.alpha * ops.exp_argument(z), _ERF_END)
        tail = ops.times_exp(_SLOPE * self.alpha * x, ops.minimum(sum_of_parts(z), -39.0))
        return ops.where(high_part(z) > -40, x * ops.erf(gate), tail)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # With z = βx and y = α e^z, f' = erf(y) + erf'(y) · z y.
        z, w = self._exponents(ops, x)
        size = ops.minimum(ops.exp_argument(w), _ERF_END)
        slope = ops.times_gaussian(_SLOPE * sum_of_parts(z) * size, ops.exp_double_double(w))
        # With the gate g, f' = g' · (x + g/g'), and the ratio is 1 plus a small sum.
        inside = ops.times_gaussian(plus_one(z, erf_excess(size)), size)
        small = ops.times_exp(inside, w, _SLOPE)
        return ops.where(size <= 1, small, ops.erf(size) + slope)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # f'' = erf'(y) · βy · (2 + z (1 − 2y²)).
        z, w = self._exponents(ops, x)
        size = ops.minimum(ops.exp_argument(w), _ERF_END)
        # erf'(y) may be subnormal where its product with β is not.
        first = min(self.beta, _LARGEST)
        inside = first * (_SLOPE * (2 + sum_of_parts(z) * (1 - 2 * size * size)))
        # For w > 0, y is applied first, because erf'(y) alone may be subnormal.
        large = high_part(w) > 0
        inside = inside * ops.where(large, size, 1.0)
        inside = ops.times_gaussian(inside, ops.exp_double_double(w))
        last = self.beta / first
        return ops.where(large, last * inside, ops.times_exp(inside, w, last))

    @property
    def _left(self) -> float:
        """The end of x from which the gate is 0 in every format."""
        return max(ARGUMENT_RANGE[0] / self.beta, -float_info.max)

    def _exponents(self, ops: Operations, x: Array) -> tuple[Argument, Argument]:
        """Return z = βx and w = βx + ln α, where erf(e^w) is the gate, for w ≤ 60."""
        logarithm = Fraction(Decimal(self.alpha).ln(Context(prec=60)))
        upper = max((60 - float(logarithm)) / self.beta, -float_info.max)
        z = ops.product(self.beta, ops.clip(x, self._left, upper))
        high = Fraction(round(logarithm * 256), 256)
        low = float(logarithm - high)
        if isinstance(z, DoubleDouble):
            return z, DoubleDouble(z.hi + float(high), z.lo + low)
        if logarithm == 0:
            return z, z
        whole = ops.round(z * 256) / 256
        return z, DoubleDouble(whole + float(high), z - whole + low)
