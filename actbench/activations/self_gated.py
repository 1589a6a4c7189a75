"""Functions that multiply x by a gate made from x: Swish, Mish and their relatives."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from actbench.activations.record import Activation, Counterpart, ErrorBound, Interval, parameter
from actbench.numerics.double_double import DoubleDouble, rounded
from actbench.numerics.operations import NUMPY, Operations
from actbench.numerics.series import artanh_excess, both_excesses, sinh_excess

# Below this the gates here are c · eˣ in every format: the next term is e⁻⁴⁰ of it.
_TAIL = -40.0

_ZEROS = "where it has a zero its terms cancel"
_SCALED = "β (p₁ − p₂) is rounded"
_CANCEL = "where parameters have it cross 0 its terms cancel"
_GATED = (ErrorBound(), ErrorBound(10, 0, _ZEROS), ErrorBound(24, 0, _ZEROS))


@dataclass(frozen=True)
class _ScaledSwish(Activation):
    """`height` · x · σ(βx): what Swish and its relatives have in common."""

    height: ClassVar[float] = 1.0

    @property
    def sharpness(self) -> float | Fraction:
        """The factor before x in the gate."""
        return self.parameters["beta"]

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return self.height * ops.times_sigmoid(x, ops.product(self.sharpness, x))

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return self.height * ops.times_sigmoid_derivative(ops.product(self.sharpness, x))

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        # All is at its limit long before ±2,000.
        z = ops.product(self.sharpness, x)
        size = ops.clip(rounded(z), -2000.0, 2000.0)
        curvature = ops.times_sigmoid(ops.times_sigmoid(2 - size * ops.tanh(size / 2), z), -z)
        return self.height * float(self.sharpness) * curvature

    def fast_range(self, dtype: Any) -> Interval | None:
        """Where e^−βx is a normal number; in float32 the product βx is rounded."""
        sharpness = float(self.sharpness)
        if dtype == np.float32:
            return (-80.0, math.inf) if sharpness == 1 else None
        return (-700.0 / sharpness, math.inf) if sharpness > 1e-300 else None

    def fast_value(self, x: Any, out: Any) -> Any:
        """Compute x / (2 + (e^−βx − 1)): NumPy's expm1 is quicker than its exp."""
        z = NUMPY.product(self.sharpness, x)
        if isinstance(z, DoubleDouble):
            e = np.exp(-z.hi)
            e += e * np.expm1(-z.lo)
            e += 1
        else:
            e = np.negative(z)
            np.expm1(e, out=e)
            e += 2
        np.divide(x, e, out=out)
        if self.height != 1:
            out *= self.height
        return out


@dataclass(frozen=True)
class Swish(_ScaledSwish):
    """Self-gated linear unit, f(x) = x · σ(βx): x/2 at β = 0, ReLU as β → ∞.

    sup |f − ReLU| = 0.27846 / |β|. β = 1 is SiLU: Elfwing, Uchibe & Doya (2017),
    arXiv:1702.03118.
    """

    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the gate")

    name = "swish"
    formula = "x * sigmoid(beta * x)"
    source = "Ramachandran, Zoph & Le (2017), arXiv:1710.05941"
    year = 2017
    single_precision = (0, 1)
    aliases = {"silu": {"beta": 1.0}}
    error_bounds = _GATED
    counterparts = (
        Counterpart("keras.activations.silu"),
        Counterpart("tf.nn.silu", {"beta": "beta"}),
        Counterpart("torch.nn.functional.silu"),
        Counterpart("jax.nn.silu"),
    )


@dataclass(frozen=True)
class DoubledSwish(_ScaledSwish):
    """Swish scaled to hold the identity, f(x) = 2x · σ(βx): x at β = 0, 2 · ReLU as β → ∞.

    sup |f − 2 · ReLU| = 0.55693 / |β|.
    """

    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the gate")

    name = "doubled_swish"
    formula = "2 * x * sigmoid(beta * x)"
    source = "Ramachandran, Zoph & Le (2017), arXiv:1710.05941v1"
    year = 2017
    error_bounds = _GATED
    height = 2.0


@dataclass(frozen=True)
class ESwish(Activation):
    """E-Swish, f(x) = βx · σ(x)."""

    beta: float = parameter(1.5, symbol=r"\beta", meaning="slope at +∞")

    name = "e_swish"
    formula = "beta * x * sigmoid(x)"
    source = "Alcaide (2018), arXiv:1801.07145"
    year = 2018
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _ZEROS), ErrorBound(16, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return self.beta * Swish().compute_value(ops, x)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return self.beta * Swish().compute_derivative(ops, x)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return self.beta * Swish().compute_second_derivative(ops, x)


@dataclass(frozen=True)
class QuickGelu(_ScaledSwish):
    """Sigmoid approximation of GELU, f(x) = x · σ(1.702x)."""

    name = "quick_gelu"
    formula = "x * sigmoid(1.702 * x)"
    source = "Hendrycks & Gimpel (2016), arXiv:1606.08415"
    year = 2016
    single_precision = (0, 1)
    error_bounds = _GATED
    sharpness = Fraction("1.702")


@dataclass(frozen=True)
class AconC(Activation):
    """ACON-C, f(x) = (p₁ − p₂) x · σ(β (p₁ − p₂) x) + p₂x: from p₂x to p₁x, softly."""

    p1: float = parameter(1.0, symbol="p_1", meaning="slope at +∞")
    p2: float = parameter(0.25, symbol="p_2", meaning="slope at −∞")
    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the change", least=0)

    name = "acon_c"
    formula = "(p1 - p2) * x * sigmoid(beta * (p1 - p2) * x) + p2 * x"
    source = "Ma, Zhang, Liu & Sun (2020), arXiv:2009.04759"
    year = 2020
    error_bounds = (
        ErrorBound(4, 1, _SCALED),
        ErrorBound(4, 1, _SCALED),
        ErrorBound(32, 2, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        # Not (p₁ − p₂) x σ(z) + p₂x, whose terms cancel: σ(z) + σ(−z) = 1.
        z = ops.product(self._sharpness, x)
        return ops.times_sigmoid(self.p1 * x, z) + ops.times_sigmoid(self.p2 * x, -z)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        z = ops.product(self._sharpness, x)
        size = ops.clip(rounded(z), -2000.0, 2000.0)
        right = ops.times_sigmoid(1 + ops.times_sigmoid(size, -z), z)
        left = ops.times_sigmoid(1 - ops.times_sigmoid(size, z), -z)
        return self.p1 * right + self.p2 * left

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return (self.p1 - self.p2) * Swish(self._sharpness).compute_second_derivative(ops, x)

    @property
    def _sharpness(self) -> float:
        return self.beta * (self.p1 - self.p2)


@dataclass(frozen=True)
class Aptx(Activation):
    """Alpha plus tanh times, f(x) = (α + tanh(βx)) · γx.

    1 + tanh z = 2 σ(2z) keeps the accuracy for x < 0; at the defaults f is x · σ(2x).
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

    def compute_value(self, ops: Operations, x: Any) -> Any:
        # γ first: (α + 1) x may overflow where f does not.
        z = self.beta * x
        right = self.gamma * (self.alpha + ops.tanh(z)) * x
        left = self.gamma * (self.alpha - 1) * x + 2 * self.gamma * Swish(
            2 * self.beta
        ).compute_value(ops, x)
        return ops.where(z > -0.5, right, left)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        z = ops.clip(self.beta * x, -2000.0, 2000.0)
        right = self.alpha + ops.tanh(z) + z * ops.sech_squared(z)
        left = self.alpha - 1 + 2 * Swish(2 * self.beta).compute_derivative(ops, x)
        return self.gamma * ops.where(z > -0.5, right, left)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return self.gamma * 2 * Swish(2 * self.beta).compute_second_derivative(ops, x)


@dataclass(frozen=True)
class FlattenTSwish(Activation):
    """Flatten-T Swish, f(x) = x · σ(x) + T for x > 0, else T; its slope jumps to ½ at 0."""

    t: float = parameter(-0.2, symbol="T", meaning="value for x ≤ 0")

    name = "flatten_t_swish"
    formula = "max(x, 0) * sigmoid(x) + t"
    source = "Chieng, Wahid, Pauline & Perla (2018), arXiv:1812.06247"
    year = 2018
    error_bounds = (ErrorBound(4, 1, _CANCEL), ErrorBound(), ErrorBound(16, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        # x σ(x) = (x + x tanh(x/2)) / 2: what cancels T at the zero is exact.
        half = ops.maximum(x, 0.0) / 2
        return (half + self.t) + half * ops.tanh(half)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.where(x > 0, Swish().compute_derivative(ops, x), 0.0)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.where(x > 0, Swish().compute_second_derivative(ops, x), 0.0)


@dataclass(frozen=True)
class Dsilu(Activation):
    """Derivative of SiLU, f(x) = σ(x) (1 + x (1 − σ(x)))."""

    name = "dsilu"
    formula = "sigmoid(x) * (1 + x * (1 - sigmoid(x)))"
    source = "Elfwing, Uchibe & Doya (2017), arXiv:1702.03118"
    year = 2017
    error_bounds = (ErrorBound(), ErrorBound(16, 0, _ZEROS), ErrorBound(32, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return Swish().compute_derivative(ops, x)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return Swish().compute_second_derivative(ops, x)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        # In t = tanh(x/2), whose square is 1 − 4σ'.
        x = ops.clip(x, -2000.0, 2000.0)
        t = ops.tanh(x / 2)
        return ops.times_sigmoid(ops.times_sigmoid(x * (3 * t * t - 1) / 2 - 3 * t, x), -x)


@dataclass(frozen=True)
class Lisht(Activation):
    """Linearly scaled tanh, f(x) = x · tanh x."""

    name = "lisht"
    formula = "x * tanh(x)"
    source = "Roy et al. (2019), arXiv:1901.05894"
    year = 2019
    single_precision = (0, 1)
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(16, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return x * ops.tanh(x)


@dataclass(frozen=True)
class Mish(Activation):
    """Self-gated unit, f(x) = x · tanh(softplus(x)).

    With ω = softplus(x): f' = tanh ω + x · σ(x) · sech² ω.
    """

    name = "mish"
    formula = "x * tanh(log(1 + exp(x)))"
    source = "Misra (2019), arXiv:1908.08681"
    year = 2019
    single_precision = (0, 1)
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _ZEROS), ErrorBound(24, 0, _ZEROS))
    counterparts = (
        Counterpart("keras.activations.mish"),
        Counterpart("torch.nn.functional.mish"),
        Counterpart("jax.nn.mish"),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.times_tanh_softplus(x, x)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.times_tanh_softplus_slope(x)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, -2000.0, 2000.0)
        bend = ops.sigmoid(-x) - 2 * ops.tanh_softplus(x) * ops.sigmoid(x)
        sech = ops.sech_softplus(x)
        return ops.times_sigmoid(2 + x * bend, x) * sech * sech

    def fast_range(self, dtype: Any) -> Interval | None:
        """Where eˣ is a normal float64, and its square too.

        None for float32: NumPy's exponential of it is 2.5 ULP off at worst, and the result
        would be 5.3.
        """
        return (-700.0, 300.0) if dtype == np.float64 else None

    def fast_value(self, x: Any, out: Any) -> Any:
        """Compute x · n / (n + 2), n = eˣ(eˣ + 2)."""
        e = np.exp(x, out=out)
        n = e + 2
        n *= e
        np.add(n, 2, out=e)
        n /= e
        return np.multiply(n, x, out=out)


@dataclass(frozen=True)
class Tanhexp(Activation):
    """TanhExp, f(x) = x · tanh(eˣ); also proposed as TeLU, arXiv:2412.20269."""

    name = "tanhexp"
    formula = "x * tanh(exp(x))"
    source = "Liu & Di (2020), arXiv:2003.09855"
    year = 2020
    single_precision = (0, 1)
    aliases = {"telu": {}}
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _ZEROS), ErrorBound(32, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        # tanh(e⁶) is 1 and its slope 0 in every format.
        near = x * ops.tanh(ops.exp(ops.minimum(x, 6.0)))
        return _with_tail(ops, x, 1.0, near)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        # For x < 0: e · sech² e · (x + sinh 2e / 2e), and what x cancels is near 1.
        low = ops.clip(x, -2000.0, 0.0)
        e = ops.exp(low)
        inside = low + 1 + sinh_excess(4 * e * e)
        below = ops.times_exp(ops.sech_squared(e) * inside, low)
        high = ops.minimum(x, 6.0)
        e = ops.exp(high)
        return ops.where(x > 0, ops.tanh(e) + high * e * ops.sech_squared(e), below)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        # With e = eˣ: e · sech² e · (2 + x (1 − 2e tanh e)), sech e = 2w / (1 + w²), w = e⁻ᵉ.
        low = ops.minimum(x, 7.0)
        e = ops.exp(low)
        w = ops.times_double_exp(1.0, low)
        sech = 2 / (1 + w * w)
        bend = ops.times_exp(sech * sech * (2 + low * (1 - 2 * e * ops.tanh(e))), low)
        return ops.times_double_exp(ops.times_double_exp(bend, low), low)


@dataclass(frozen=True)
class Logish(Activation):
    """Logish, f(x) = x · ln(1 + σ(x))."""

    name = "logish"
    formula = "x * log(1 + sigmoid(x))"
    source = "Zhu et al. (2021), doi:10.1016/j.neucom.2021.06.067"
    year = 2021
    single_precision = (0, 1)
    error_bounds = (ErrorBound(), ErrorBound(10, 0, _ZEROS), ErrorBound(16, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return _with_tail(ops, x, 1.0, x * ops.log1p(ops.sigmoid(x)))

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        # For x < 0, g the gate: g' · (x + g/g'), and what x cancels is near 1. With
        # w = e / (2 + 3e), g = 2 artanh w.
        low = ops.clip(x, -2000.0, 0.0)
        e = ops.exp(low)
        w = e / (2 + 3 * e)
        inside = low + 1 + both_excesses(w * (3 + 4 * e), artanh_excess(w))
        below = ops.times_exp(inside / ((1 + e) * (1 + 2 * e)), low)
        gate = ops.sigmoid(x)
        above = ops.log1p(gate) + x * ops.sigmoid_derivative(x) / (1 + gate)
        return ops.where(x > 0, above, below)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        gate = ops.sigmoid(x)
        return _bend(ops, x, 1 / (1 + gate), -ops.sigmoid_derivative(x) / (1 + gate))


@dataclass(frozen=True)
class Smish(Activation):
    """Smish, f(x) = x · tanh(ln(1 + σ(x))) = x · n / (n + 2), n = σ(x) (σ(x) + 2)."""

    name = "smish"
    formula = "x * tanh(log(1 + sigmoid(x)))"
    source = "Wang, Ren & Wang (2022), doi:10.3390/electronics11040540"
    year = 2022
    error_bounds = (ErrorBound(), ErrorBound(10, 0, _ZEROS), ErrorBound(24, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        gate = ops.sigmoid(x)
        n = gate * (gate + 2)
        # In e = eˣ for x < 0, where σ(x) has two more roundings.
        e = ops.exp(ops.minimum(x, 0.0))
        below = x * e * ((2 + 3 * e) / (2 + e * (6 + 5 * e)))
        near = ops.where(x > 0, x * (n / (n + 2)), below)
        return _with_tail(ops, x, 1.0, near)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        # For x < 0, g the gate: g' · (x + g/g'), and what x cancels is near 1.
        low = ops.clip(x, -2000.0, 0.0)
        e = ops.exp(low)
        c, d = 4 * (1 + e) * (1 + 2 * e), 2 + e * (6 + 5 * e)
        inside = low + 1 + e * (6 + e * (20 + 15 * e)) / c
        below = ops.times_exp(c / (d * d) * inside, low)
        gate = ops.sigmoid(x)
        u, n = 1 + gate, gate * (gate + 2)
        slope = 4 * u / ((n + 2) * (n + 2)) * ops.sigmoid_derivative(x)
        return ops.where(x > 0, n / (n + 2) + x * slope, below)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        # With u = 1 + σ(x) the gate is (u² − 1) / (u² + 1).
        u = 1 + ops.sigmoid(x)
        d = 1 + u * u
        bend = ops.sigmoid_derivative(x) * (1 / u - 4 * u / d)
        return _bend(ops, x, 4 * u / (d * d), bend)


@dataclass(frozen=True)
class Gish(Activation):
    """Gish, f(x) = x · ln(2 − exp(−eˣ))."""

    name = "gish"
    formula = "x * log(2 - exp(-exp(x)))"
    source = "Kaytan, Aydilek & Yeroğlu (2023), doi:10.1007/s00521-023-09035-5"
    year = 2023
    error_bounds = (ErrorBound(), ErrorBound(14, 0, _ZEROS), ErrorBound(16, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        gate = ops.log1p(-ops.expm1(-ops.exp(ops.minimum(x, 7.0))))
        return _with_tail(ops, x, 1.0, x * gate)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        # For x < 0, g the gate: g' · (x + g/g').
        low = ops.clip(x, -700.0, 0.0)
        e = ops.exp(low)
        ratio = ops.log1p(-ops.expm1(-e)) * (1 + 2 * ops.expm1(e)) / e
        low = ops.clip(x, -2000.0, 0.0)
        below = ops.times_exp((low + ratio) / (1 + 2 * ops.expm1(e)), low)
        e = ops.exp(ops.minimum(x, 7.0))
        w = ops.exp(-e)
        above = ops.log1p(-ops.expm1(-e)) + x * (e * w / (2 - w))
        return ops.where(x > 0, above, below)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        # With e = eˣ, w = e⁻ᵉ and d = 2 − w: (e w / d) · (2 + x (1 − 2e/d)).
        low = ops.minimum(x, 7.0)
        e = ops.exp(low)
        d = 2 - ops.times_double_exp(1.0, low)
        bend = ops.times_exp((2 + low * (1 - 2 * e / d)) / d, low)
        return ops.times_double_exp(bend, low)


@dataclass(frozen=True)
class Colu(Activation):
    """Collapsing linear unit, f(x) = x / (1 − x e^−(x + eˣ)).

    For x < 0 both sides of the fraction are multiplied by eˣ, which keeps them finite.
    """

    name = "colu"
    formula = "x / (1 - x * exp(-(x + exp(x))))"
    source = "Vagerwal (2021), arXiv:2112.12078"
    year = 2021
    error_bounds = (ErrorBound(), ErrorBound(10, 0, _ZEROS), ErrorBound(40, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        right = ops.clip(x, -1.0, 7.0)
        above = x / (1 - x * ops.times_double_exp(ops.exp(-right), right))
        left = ops.clip(x, _TAIL - 1, 1.0)
        e = ops.exp(left)
        below = x * e / (e - x * ops.exp(-e))
        # Far left it is −eˣ (1 + eˣ (1 + 1/x) …).
        return ops.where(x > 0, above, ops.where(x > _TAIL, below, ops.times_exp(-1.0, x)))


def _bend(ops: Operations, x: Any, weight: Any, bend: Any) -> Any:
    """Return (x g)'' = 2g' + x g'' of a gate with g' = weight · σ'(x), weight' = weight · bend.

    As Swish's, it is times_sigmoid twice: σ' = σ(x) · σ(−x) may be subnormal alone.
    """
    x = ops.clip(x, -2000.0, 2000.0)
    return ops.times_sigmoid(
        ops.times_sigmoid(weight * (2 + x * (bend - ops.tanh(x / 2))), x), -x
    )


def _with_tail(ops: Operations, x: Any, factor: float, near: Any) -> Any:
    """Return `near`, but factor · x · eˣ far left, where the gate alone is subnormal."""
    return ops.where(x > _TAIL, near, ops.times_exp(factor * x, ops.minimum(x, _TAIL + 1)))
