"""Functions made from the normal distribution and the error function."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

from actbench.activations.record import Accuracy, Activation, Elsewhere, parameter
from actbench.activations.stable import Operations

_ROUNDED = "the argument of its gate is rounded before an exponential decay"

_DEFAULT = "the default there"

# erf(27) is 1 and its slope 0 in every format.
_ERF_END = 27.5

# Left of this the gates are 0, and x times a constant may overflow.
_LEFT = -1e30


@dataclass(frozen=True)
class Gaussian(Activation):
    """Gaussian bump, f(x) = e^(−x²)."""

    name = "gaussian"
    formula = "exp(-x**2)"
    source = "Hartman, Keeler & Kowalski (1990), doi:10.1162/neco.1990.2.2.210"
    year = 1990

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.times_gaussian(1.0, x)

    def df(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian(-2 * x, x)

    def d2f(self, ops: Operations, x: Any) -> Any:
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
    accuracy = (
        Accuracy(6, 0, "the scaled tail is right to 3 ULP"),
        Accuracy(8, 0, "a sum of two parts, each right to 4 ULP"),
        Accuracy(6, 0, "a product of five"),
    )
    elsewhere = (
        Elsewhere("keras.activations.gelu", fixed={"approximate": False}, note=_DEFAULT),
        Elsewhere("keras.ops.gelu", fixed={"approximate": False}),
        Elsewhere("tf.nn.gelu", fixed={"approximate": False}, note=_DEFAULT),
        Elsewhere("torch.nn.functional.gelu", fixed={"approximate": "none"}, note=_DEFAULT),
        Elsewhere("jax.nn.gelu", fixed={"approximate": False}),
    )

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.times_normal_distribution(x, x)

    def df(self, ops: Operations, x: Any) -> Any:
        t = ops.minimum(ops.absolute(x), 60.0)
        tail = ops.scaled_normal_tail(t) - t / sqrt(2 * pi)
        small = ops.times_gaussian(tail, t, 0.5)
        return ops.where(x > 0, 1 - small, small)

    def d2f(self, ops: Operations, x: Any) -> Any:
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
    accuracy = (
        Accuracy(4, 1.5, _ROUNDED),
        Accuracy(6, 1.5, _ROUNDED),
        Accuracy(12, 2, _ROUNDED),
    )
    elsewhere = (
        Elsewhere("keras.activations.gelu", fixed={"approximate": True}),
        Elsewhere("keras.ops.gelu", fixed={"approximate": True}, note=_DEFAULT),
        Elsewhere("tf.nn.gelu", fixed={"approximate": True}),
        Elsewhere("torch.nn.functional.gelu", fixed={"approximate": "tanh"}),
        Elsewhere("jax.nn.gelu", fixed={"approximate": True}, note=_DEFAULT),
    )

    def f(self, ops: Operations, x: Any) -> Any:
        # Beyond ±40 even x · σ(2u) is 0 or x in every format.
        near = ops.clip(x, -40.0, 40.0)
        u = sqrt(2 / pi) * near * (1 + 0.044715 * (near * near))
        return ops.gated(x, 2 * u)


@dataclass(frozen=True)
class Sgelu(Activation):
    """Symmetrical GELU, f(x) = x · erf(x/√2), f' = erf(x/√2) + 2x φ(x)."""

    name = "sgelu"
    formula = "x * erf(x / sqrt(2))"
    source = "Yu & Su (2019), arXiv:1911.03925"
    year = 2019
    accuracy = (Accuracy(), Accuracy(), Accuracy(6, 0, "a product of five"))

    def f(self, ops: Operations, x: Any) -> Any:
        return x * ops.erf(x / sqrt(2))

    def df(self, ops: Operations, x: Any) -> Any:
        return ops.erf(x / sqrt(2)) + ops.times_gaussian(2 / sqrt(2 * pi) * x, x, 0.5)

    def d2f(self, ops: Operations, x: Any) -> Any:
        x = ops.clip(x, -60.0, 60.0)
        return ops.times_gaussian(2 * (2 - x * x) / sqrt(2 * pi), x, 0.5)


@dataclass(frozen=True)
class Phish(Activation):
    """Phish, f(x) = x · tanh(GELU(x))."""

    name = "phish"
    formula = "x * tanh(x * (1 + erf(x / sqrt(2))) / 2)"
    source = "Naveen (2022), doi:10.36227/techrxiv.17283824"
    year = 2022
    accuracy = (
        Accuracy(8, 0, "GELU is right to 6 ULP"),
        Accuracy(16, 0, "a sum of products with GELU"),
        Accuracy(64, 2, _ROUNDED + "; a sum of three that cancel in part"),
    )

    def f(self, ops: Operations, x: Any) -> Any:
        inside = ops.clip(x, -60.0, 400.0)
        return x * ops.tanh(inside * ops.normal_distribution(inside))


@dataclass(frozen=True)
class Serf(Activation):
    """Serf, f(x) = x · erf(softplus(x))."""

    name = "serf"
    formula = "x * erf(log(1 + exp(x)))"
    source = "Nag, Bhattacharyya, Mukherjee & Kundu (2021), arXiv:2108.09598"
    year = 2021
    accuracy = (
        Accuracy(),
        Accuracy(8, 0, "a sum"),
        Accuracy(64, 2, _ROUNDED + "; a sum of three that cancel in part"),
    )

    def f(self, ops: Operations, x: Any) -> Any:
        return _gated_by_erf(ops, x, 1.0, 1.0)


@dataclass(frozen=True)
class Pserf(Activation):
    """Parametric serf, f(x) = x · erf(γ · softplus(δx)); softplus without its 1/δ."""

    gamma: float = parameter(1.25, symbol=r"\gamma", meaning="scale of the gate", above=0)
    delta: float = parameter(0.85, symbol=r"\delta", meaning="sharpness of the gate", above=0)

    name = "pserf"
    formula = "x * erf(gamma * log(1 + exp(delta * x)))"
    source = "Biswas et al. (2021), arXiv:2109.04386"
    year = 2021
    accuracy = (
        Accuracy(8, 1.5, _ROUNDED),
        Accuracy(12, 2, _ROUNDED),
        Accuracy(64, 3, _ROUNDED + "; a sum of three that cancel in part"),
    )

    def f(self, ops: Operations, x: Any) -> Any:
        return _gated_by_erf(ops, x, self.gamma, self.delta)


@dataclass(frozen=True)
class Erfact(Activation):
    """ErfAct, f(x) = x · erf(α e^βx)."""

    alpha: float = parameter(0.75, symbol=r"\alpha", meaning="scale of the gate", above=0)
    beta: float = parameter(0.75, symbol=r"\beta", meaning="sharpness of the gate", above=0)

    name = "erfact"
    formula = "x * erf(alpha * exp(beta * x))"
    source = "Biswas et al. (2021), arXiv:2109.04386"
    year = 2021
    accuracy = (
        Accuracy(8, 1.5, _ROUNDED),
        Accuracy(12, 2, _ROUNDED),
        Accuracy(64, 3, _ROUNDED + "; a sum of three that cancel in part"),
    )

    def f(self, ops: Operations, x: Any) -> Any:
        z = self.beta * x
        gate = ops.minimum(self.alpha * ops.exp(ops.minimum(z, 60.0)), _ERF_END)
        slope = 2 / sqrt(pi) * self.alpha
        tail = ops.times_exp(slope * ops.maximum(x, _LEFT), ops.minimum(z, -39.0))
        return ops.where(z > -40, x * ops.erf(gate), tail)


def _gated_by_erf(ops: Operations, x: Any, scale: float, sharpness: float) -> Any:
    """Return x · erf(scale · softplus(sharpness · x)), in the far left by its first term."""
    z = sharpness * x
    gate = ops.minimum(scale * ops.softplus(ops.clip(z, -45.0, 1e6)), _ERF_END)
    tail = ops.times_exp(2 / sqrt(pi) * scale * ops.maximum(x, _LEFT), ops.minimum(z, -39.0))
    return ops.where(z > -40, x * ops.erf(gate), tail)
