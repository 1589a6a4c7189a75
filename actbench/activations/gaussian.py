"""Functions made from the normal distribution and the error function."""

from dataclasses import dataclass
from fractions import Fraction
from math import inf, pi, sqrt
from typing import Any, cast

import numpy as np

from actbench.activations.record import Activation, Counterpart, ErrorBound, Interval, parameter
from actbench.numerics.double_double import DoubleDouble, high_part, plus_one, rounded
from actbench.numerics.jets import derivative
from actbench.numerics.operations import NUMPY, Operations
from actbench.numerics.series import artanh_excess, both_excesses, erf_excess, sinh_excess

_ZEROS = "where it has a zero its terms cancel"

_DEFAULT = "the default there"

# erf(27) is 1 and its slope 0 in every format.
_ERF_END = 27.5

# Left of this the gates are 0, and x times a constant may overflow.
_LEFT = -1e30

# erf'(0)
_SLOPE = 2 / sqrt(pi)

# 2√(2/π) and 0.044715 times that.
_LINEAR = Fraction("1.59576912160573071175978423973752747")
_CUBIC = Fraction("0.07135481627260024877633875227986354")


@dataclass(frozen=True)
class Gaussian(Activation):
    """Gaussian bump, f(x) = e^(−x²)."""

    name = "gaussian"
    formula = "exp(-x**2)"
    source = "Hartman, Keeler & Kowalski (1990), doi:10.1162/neco.1990.2.2.210"
    year = 1990
    single_precision = (0, 1)

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.times_gaussian(1.0, x)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian(-2 * x, x)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian(4 * x * x - 2, x)


@dataclass(frozen=True)
class Gelu(Activation):
    """Gaussian error linear unit, f(x) = x · Φ(x), f' = Φ(x) + x φ(x), f'' = (2 − x²) φ(x).

    For x < 0 it is made from the scaled tail of Φ and a compensated e^(−x²/2), so it is
    right down to its underflow at −38.
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

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.times_normal_distribution(x, x)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        t = ops.minimum(ops.absolute(x), 60.0)
        # φ(t) times Φ(−t)/φ(t) − t: near its zero t has no error.
        ratio = ops.mills_ratio(t)
        inside = ratio.hi - t + ratio.lo
        small = ops.times_gaussian(inside / sqrt(2 * pi), t, 0.5)
        return ops.where(x > 0, 1 - small, small)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian((2 - x * x) / sqrt(2 * pi), x, 0.5)


@dataclass(frozen=True)
class GeluTanh(Activation):
    """Tanh approximation of GELU, f(x) = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).

    1 + tanh u = 2 σ(2u) keeps the accuracy for x < 0.
    """

    name = "gelu_tanh"
    formula = "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))"
    source = "Hendrycks & Gimpel (2016), arXiv:1606.08415"
    year = 2016
    single_precision = (0, 1)
    error_bounds = (ErrorBound(), ErrorBound(14, 0, _ZEROS), ErrorBound(32, 0, _ZEROS))
    counterparts = (
        Counterpart("keras.activations.gelu", fixed={"approximate": True}),
        Counterpart("keras.ops.gelu", fixed={"approximate": True}, note=_DEFAULT),
        Counterpart("tf.nn.gelu", fixed={"approximate": True}),
        Counterpart("torch.nn.functional.gelu", fixed={"approximate": "tanh"}),
        Counterpart("jax.nn.gelu", fixed={"approximate": True}, note=_DEFAULT),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.times_sigmoid(x, self._argument(ops, x))

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        z, near = self._argument(ops, x), ops.clip(x, -40.0, 40.0)
        slope = float(_LINEAR) + 3 * float(_CUBIC) * near * near
        return ops.times_sigmoid_derivative(z, near * slope)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        z, near = self._argument(ops, x), ops.clip(x, -40.0, 40.0)
        slope = float(_LINEAR) + 3 * float(_CUBIC) * near * near
        bend = 6 * float(_CUBIC) * near - ops.tanh(rounded(z) / 2) * slope * slope
        return ops.times_sigmoid(ops.times_sigmoid(2 * slope + near * bend, -z), z)

    def fast_range(self, dtype: Any) -> Interval | None:
        """Where e^−z is a normal number; float32 is computed in float64."""
        return (-20.0, inf) if dtype == np.float64 else None

    def fast_value(self, x: Any, out: Any) -> Any:
        """Compute x / (1 + e^−z), z as below."""
        z = self._argument(NUMPY, x)
        e = np.exp(-z.hi)
        e += e * np.expm1(-z.lo)
        e += 1
        return np.divide(x, e, out=out)

    def _argument(self, ops: Operations, x: Any) -> DoubleDouble:
        # Beyond ±40 even x · σ is 0 or x in every format.
        return cast(DoubleDouble, ops.odd_cubic(_LINEAR, _CUBIC, x))


@dataclass(frozen=True)
class Sgelu(Activation):
    """Symmetrical GELU, f(x) = x · erf(x/√2), f' = erf(x/√2) + 2x φ(x)."""

    name = "sgelu"
    formula = "x * erf(x / sqrt(2))"
    source = "Yu & Su (2019), arXiv:1911.03925"
    year = 2019
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(6, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return x * ops.erf(x / sqrt(2))

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.erf(x / sqrt(2)) + ops.times_gaussian(2 / sqrt(2 * pi) * x, x, 0.5)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian(2 * (2 - x * x) / sqrt(2 * pi), x, 0.5)


@dataclass(frozen=True)
class Phish(Activation):
    """Phish, f(x) = x · tanh(GELU(x))."""

    name = "phish"
    formula = "x * tanh(x * (1 + erf(x / sqrt(2))) / 2)"
    source = "Naveen (2022), doi:10.36227/techrxiv.17283824"
    year = 2022
    error_bounds = (ErrorBound(), ErrorBound(16, 0, _ZEROS), ErrorBound(32, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        inside = ops.clip(x, -60.0, 400.0)
        gelu = ops.times_normal_distribution(inside, inside)
        # Where 1 + erf cannot cancel it has fewer roundings.
        middle = ops.clip(x, -0.6, 0.6)
        gelu = ops.where(
            ops.absolute(x) < 0.6, middle * (0.5 + ops.erf(middle / sqrt(2)) / 2), gelu
        )
        near = x * ops.tanh(gelu)
        # Left of −9 tanh is its argument, which may be subnormal alone.
        left = ops.minimum(inside, 0.0)
        return ops.where(x > -9, near, ops.times_normal_distribution(left * left, left))

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, -60.0, 400.0)
        gelu = ops.times_normal_distribution(x, x)
        sech = ops.sech_squared(gelu)
        above = ops.tanh(gelu) + x * sech * Gelu().compute_derivative(ops, x)
        # With m = Φ/φ: x φ sech² · (x + m (1 + sinh 2g / 2g)), where x cancels exactly.
        low = ops.minimum(x, 0.0)
        small = ops.maximum(gelu, -1.0)
        mills = ops.mills_ratio(-low)
        excess = 2 + sinh_excess(4 * small * small)
        inside = low + mills.hi * excess + 2 * mills.lo
        below = ops.times_gaussian(low * sech * inside / sqrt(2 * pi), low, 0.5)
        return ops.where(x > 0, above, below)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return derivative(self._inner, ops, x, 2)

    def _inner(self, ops: Operations, x: Any) -> Any:
        inside = ops.clip(x, -60.0, 400.0)
        return x * ops.tanh(inside * ops.normal_distribution(inside))


@dataclass(frozen=True)
class Serf(Activation):
    """Serf, f(x) = x · erf(softplus(x))."""

    name = "serf"
    formula = "x * erf(log(1 + exp(x)))"
    source = "Nag, Bhattacharyya, Mukherjee & Kundu (2021), arXiv:2108.09598"
    year = 2021
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _ZEROS), ErrorBound(24, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return Pserf(1.0, 1.0).compute_value(ops, x)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return Pserf(1.0, 1.0).compute_derivative(ops, x)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return Pserf(1.0, 1.0).compute_second_derivative(ops, x)


@dataclass(frozen=True)
class Pserf(Activation):
    """Parametric serf, f(x) = x · erf(γ · softplus(δx)); softplus without its 1/δ."""

    gamma: float = parameter(1.25, symbol=r"\gamma", meaning="scale of the gate", above=0)
    delta: float = parameter(0.85, symbol=r"\delta", meaning="sharpness of the gate", above=0)

    name = "pserf"
    formula = "x * erf(gamma * log(1 + exp(delta * x)))"
    source = "Biswas et al. (2021), arXiv:2109.04386"
    year = 2021
    error_bounds = (
        ErrorBound(4, 0.5, "a product of five"),
        ErrorBound(12, 1, _ZEROS),
        ErrorBound(32, 2, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        z = ops.product(self.delta, x)
        # That product is held within [−2,000, 1,400].
        size = self.gamma * ops.maximum(ops.softplus(z), self.delta * x)
        tail = ops.times_exp(_SLOPE * self.gamma * ops.maximum(x, _LEFT), _tail(ops, z))
        return ops.where(high_part(z) > -40, x * ops.erf(ops.minimum(size, _ERF_END)), tail)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, _LEFT, -_LEFT)
        z = ops.product(self.delta, x)
        y = self._gate(ops, x)
        slope = _SLOPE * self.gamma * self.delta * x * ops.sigmoid(z)
        size = ops.minimum(rounded(y), _ERF_END)
        near = ops.erf(size) + ops.times_gaussian(slope, y)
        # For x < 0, g the gate: g' · (x + g/g'), and what x cancels is near 1. With
        # w = e / (2 + e), softplus = 2 artanh w.
        e = ops.exp(ops.clip(rounded(z), -2000.0, 0.0))
        w = e / (2 + e)
        ratio = both_excesses(both_excesses(w, artanh_excess(w)), erf_excess(size))
        inside = ops.times_sigmoid(_SLOPE * self.gamma * plus_one(z, ratio), z)
        small = ops.where(size <= 1, ops.times_gaussian(inside, size), near)
        return ops.where(x < 0, small, near)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        # y = γ softplus(δx), y'' / y' = δ σ(−δx): f'' = erf'(y) y' (2 + x (y''/y' − 2 y y')).
        x = ops.clip(x, _LEFT, -_LEFT)
        z = ops.product(self.delta, x)
        y = self._gate(ops, x)
        c = self.gamma * self.delta
        bend = self.delta * ops.sigmoid(-z) - 2 * c * rounded(y) * ops.sigmoid(z)
        return ops.times_gaussian(ops.times_sigmoid(_SLOPE * c * (2 + x * bend), z), y)

    def _gate(self, ops: Operations, x: Any) -> DoubleDouble:
        """Return γ · softplus(δx) in two words: γδx and γ · softplus(−δx) for x > 0."""
        rest = self.gamma * ops.softplus(-ops.product(self.delta, ops.absolute(x)))
        line = ops.product(Fraction(self.gamma) * Fraction(self.delta), ops.maximum(x, 0.0))
        small = ops.where(x > 0, rest, 0.0)
        low = line.lo + small if isinstance(line, DoubleDouble) else small
        left = self.gamma * ops.softplus(ops.product(self.delta, ops.minimum(x, 0.0)))
        return DoubleDouble(ops.where(x > 0, high_part(line), left), low)


@dataclass(frozen=True)
class Erfact(Activation):
    """ErfAct, f(x) = x · erf(α e^βx)."""

    alpha: float = parameter(0.75, symbol=r"\alpha", meaning="scale of the gate", above=0)
    beta: float = parameter(0.75, symbol=r"\beta", meaning="sharpness of the gate", above=0)

    name = "erfact"
    formula = "x * erf(alpha * exp(beta * x))"
    source = "Biswas et al. (2021), arXiv:2109.04386"
    year = 2021
    error_bounds = (
        ErrorBound(4, 0.5, "a product of five"),
        ErrorBound(6, 1, _ZEROS),
        ErrorBound(32, 2, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        z = ops.product(self.beta, ops.minimum(x, 60 / self.beta))
        gate = ops.minimum(self.alpha * ops.whole_exp(z), _ERF_END)
        tail = ops.times_exp(_SLOPE * self.alpha * ops.maximum(x, _LEFT), _tail(ops, z))
        return ops.where(high_part(z) > -40, x * ops.erf(gate), tail)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, _LEFT, 60 / self.beta)
        z = ops.product(self.beta, x)
        y = self.alpha * ops.whole_exp(z)
        slope = _SLOPE * self.beta * x * y
        size = ops.minimum(y, _ERF_END)
        near = ops.erf(size) + ops.times_gaussian(slope, self._gate(ops, z))
        # g the gate: g' · (x + g/g').
        inside = ops.times_gaussian(plus_one(z, erf_excess(size)), size)
        small = ops.times_exp(_SLOPE * self.alpha * inside, z)
        return ops.where(size <= 1, small, near)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        # y = α e^βx, y' = βy: f'' = erf'(y) y' (2 + βx (1 − 2y²)).
        x = ops.clip(x, _LEFT, 60 / self.beta)
        z = ops.product(self.beta, x)
        y = self.alpha * ops.whole_exp(z)
        inside = ops.times_gaussian(2 + self.beta * x * (1 - 2 * y * y), self._gate(ops, z))
        return ops.times_exp(_SLOPE * self.alpha * self.beta * inside, z)

    def _gate(self, ops: Operations, z: Any) -> Any:
        return ops.product(self.alpha, ops.exp_double_double(z))


def _tail(ops: Operations, z: Any) -> Any:
    """Return z ≤ −39, for the first term of a gate far left; it stays in two words."""
    if isinstance(z, DoubleDouble):
        return DoubleDouble(ops.minimum(z.hi, -39.0), z.lo)
    return ops.minimum(z, -39.0)
