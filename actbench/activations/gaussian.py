"""Functions made of the normal distribution and the error function."""

from dataclasses import dataclass
from fractions import Fraction
from math import inf, pi, sqrt
from typing import cast

import numpy as np
import numpy.typing as npt

from actbench.activations.record import Activation, Counterpart, ErrorBound, Interval, parameter
from actbench.numerics.array import Array
from actbench.numerics.double_double import (
    Argument,
    DoubleDouble,
    high_part,
    plus_one,
    sum_of_parts,
)
from actbench.numerics.jets import derivative
from actbench.numerics.operations import NUMPY, Operations
from actbench.numerics.series import artanh_excess, erf_excess, product_excess, sinh_excess

_ZEROS = "the terms cancel near a zero"

_DEFAULT = "the default"

# For y ≥ 27, erf(y) is 1 and erf'(y) is 0 in every format.
_ERF_END = 27.5

# For x ≤ −1e30 the gates are 0, and the product of x and a parameter may overflow.
_LEFT = -1e30

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
    error_bounds = (ErrorBound(), ErrorBound(12, 0, _ZEROS), ErrorBound(6, 0, _ZEROS))
    counterparts = (
        Counterpart("keras.activations.gelu", fixed={"approximate": False}, note=_DEFAULT),
        Counterpart("keras.ops.gelu", fixed={"approximate": False}),
        Counterpart("tf.nn.gelu", fixed={"approximate": False}, note=_DEFAULT),
        Counterpart("torch.nn.functional.gelu", fixed={"approximate": "none"}, note=_DEFAULT),
        Counterpart("jax.nn.gelu", fixed={"approximate": False}),
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
    error_bounds = (ErrorBound(), ErrorBound(14, 0, _ZEROS), ErrorBound(32, 0, _ZEROS))
    counterparts = (
        Counterpart("keras.activations.gelu", fixed={"approximate": True}),
        Counterpart("keras.ops.gelu", fixed={"approximate": True}, note=_DEFAULT),
        Counterpart("tf.nn.gelu", fixed={"approximate": True}),
        Counterpart("torch.nn.functional.gelu", fixed={"approximate": "tanh"}),
        Counterpart("jax.nn.gelu", fixed={"approximate": True}, note=_DEFAULT),
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
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(6, 0, _ZEROS))

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
    error_bounds = (ErrorBound(), ErrorBound(16, 0, _ZEROS), ErrorBound(32, 0, _ZEROS))

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
        return derivative(self._plain_value, ops, x, 2)

    def _plain_value(self, ops: Operations, x: Array) -> Array:
        inside = ops.clip(x, -60.0, 400.0)
        return x * ops.tanh(inside * ops.normal_distribution(inside))


@dataclass(frozen=True)
class Serf(Activation):
    """Serf, f(x) = x · erf(softplus(x)): `Pserf` with γ = δ = 1.

    Nag, Bhattacharyya, Mukherjee & Kundu (2021), arXiv:2108.09598.
    """

    name = "serf"
    formula = "x * erf(log(1 + exp(x)))"
    source = "Nag, Bhattacharyya, Mukherjee & Kundu (2021), arXiv:2108.09598"
    year = 2021
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _ZEROS), ErrorBound(24, 0, _ZEROS))

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
        ErrorBound(4, 0.5, "a product of five factors"),
        ErrorBound(12, 1, _ZEROS),
        ErrorBound(32, 2, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self.delta, x)
        # z is clipped to at most 1400, so δx replaces softplus(z) above.
        size = self.gamma * ops.maximum(ops.softplus(z), self.delta * x)
        tail = ops.times_exp(_SLOPE * self.gamma * ops.maximum(x, _LEFT), _tail(ops, z))
        return ops.where(high_part(z) > -40, x * ops.erf(ops.minimum(size, _ERF_END)), tail)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, _LEFT, -_LEFT)
        z = ops.product(self.delta, x)
        y = self._gate(ops, x)
        slope = _SLOPE * self.gamma * self.delta * x * ops.sigmoid(z)
        size = ops.minimum(sum_of_parts(y), _ERF_END)
        near = ops.erf(size) + ops.times_gaussian(slope, y)
        # For x < 0 and the gate g, f' = g' · (x + g/g'). The ratio is 1 plus a small sum, so
        # the cancellation is exact. The sum uses softplus(z) = 2 artanh(w), w = e / (2 + e).
        e = ops.exp(ops.clip(sum_of_parts(z), -2000.0, 0.0))
        w = e / (2 + e)
        ratio = product_excess(product_excess(w, artanh_excess(w)), erf_excess(size))
        inside = ops.times_sigmoid(_SLOPE * self.gamma * plus_one(z, ratio), z)
        small = ops.where(size <= 1, ops.times_gaussian(inside, size), near)
        return ops.where(x < 0, small, near)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # With y = γ softplus(δx), y''/y' = δ σ(−δx): f'' = erf'(y) y' (2 + x (y''/y' − 2yy')).
        x = ops.clip(x, _LEFT, -_LEFT)
        z = ops.product(self.delta, x)
        y = self._gate(ops, x)
        c = self.gamma * self.delta
        bend = self.delta * ops.sigmoid(-z) - 2 * c * sum_of_parts(y) * ops.sigmoid(z)
        return ops.times_gaussian(ops.times_sigmoid(_SLOPE * c * (2 + x * bend), z), y)

    def _gate(self, ops: Operations, x: Array) -> DoubleDouble:
        """Return γ · softplus(δx), as γδx + γ · softplus(−δx) for x > 0."""
        rest = self.gamma * ops.softplus(-ops.product(self.delta, ops.absolute(x)))
        line = ops.product(Fraction(self.gamma) * Fraction(self.delta), ops.maximum(x, 0.0))
        small = ops.where(x > 0, rest, 0.0)
        low = line.lo + small if isinstance(line, DoubleDouble) else small
        left = self.gamma * ops.softplus(ops.product(self.delta, ops.minimum(x, 0.0)))
        return DoubleDouble(ops.where(x > 0, high_part(line), left), low)


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
        z = ops.product(self.beta, ops.minimum(x, 60 / self.beta))
        gate = ops.minimum(self.alpha * ops.exp_argument(z), _ERF_END)
        tail = ops.times_exp(_SLOPE * self.alpha * ops.maximum(x, _LEFT), _tail(ops, z))
        return ops.where(high_part(z) > -40, x * ops.erf(gate), tail)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        x = ops.clip(x, _LEFT, 60 / self.beta)
        z = ops.product(self.beta, x)
        y = self.alpha * ops.exp_argument(z)
        slope = _SLOPE * self.beta * x * y
        size = ops.minimum(y, _ERF_END)
        near = ops.erf(size) + ops.times_gaussian(slope, self._gate(ops, z))
        # With the gate g, f' = g' · (x + g/g'), and the ratio is 1 plus a small sum.
        inside = ops.times_gaussian(plus_one(z, erf_excess(size)), size)
        small = ops.times_exp(_SLOPE * self.alpha * inside, z)
        return ops.where(size <= 1, small, near)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # With y = α e^βx and y' = βy, f'' = erf'(y) y' (2 + βx (1 − 2y²)).
        x = ops.clip(x, _LEFT, 60 / self.beta)
        z = ops.product(self.beta, x)
        y = self.alpha * ops.exp_argument(z)
        inside = ops.times_gaussian(2 + self.beta * x * (1 - 2 * y * y), self._gate(ops, z))
        return ops.times_exp(_SLOPE * self.alpha * self.beta * inside, z)

    def _gate(self, ops: Operations, z: Argument) -> Argument:
        """Return α e^z, the argument of erf, in double-double arithmetic."""
        return ops.product(self.alpha, ops.exp_double_double(z))


def _tail(ops: Operations, z: Argument) -> Argument:
    """Return min(z, −39): for z < −40 the gate rounds to the first term of its series."""
    if isinstance(z, DoubleDouble):
        return DoubleDouble(ops.minimum(z.hi, -39.0), z.lo)
    return ops.minimum(z, -39.0)
