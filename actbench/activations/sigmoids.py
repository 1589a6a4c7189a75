"""Functions made from the logistic sigmoid: sigmoid, tanh and softplus."""

import math
from dataclasses import dataclass
from typing import Any

from actbench.activations.record import Activation
from actbench.activations.stable import Operations


@dataclass(frozen=True)
class Sigmoid(Activation):
    """Logistic sigmoid, σ(x) = 1 / (1 + e⁻ˣ).

    Rumelhart, Hinton & Williams (1986), doi:10.1038/323533a0.
    """

    name = "sigmoid"
    formula = "1 / (1 + exp(-x))"
    source = "Rumelhart, Hinton & Williams (1986), doi:10.1038/323533a0"
    bounds = (0.0, 1.0)
    limits = (0.0, 1.0)
    monotone = True

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.sigmoid(x)

    def df(self, ops: Operations, x: Any) -> Any:
        return ops.sech_squared(x / 2) / 4

    def d2f(self, ops: Operations, x: Any) -> Any:
        return -ops.tanh(x / 2) * ops.sech_squared(x / 2) / 4


@dataclass(frozen=True)
class Tanh(Activation):
    """Hyperbolic tangent, f(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).

    LeCun, Bottou, Orr & Müller (1998), Efficient BackProp, doi:10.1007/3-540-49430-8_2.
    """

    name = "tanh"
    formula = "tanh(x)"
    source = "LeCun et al. (1998), doi:10.1007/3-540-49430-8_2"
    bounds = (-1.0, 1.0)
    limits = (-1.0, 1.0)
    monotone = True

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.tanh(x)

    def df(self, ops: Operations, x: Any) -> Any:
        return ops.sech_squared(x)

    def d2f(self, ops: Operations, x: Any) -> Any:
        return -2 * ops.tanh(x) * ops.sech_squared(x)


@dataclass(frozen=True)
class Softplus(Activation):
    """Smooth rectifier, f(x) = ln(1 + eˣ), whose derivative is the sigmoid.

    Dugas, Bengio, Bélisle, Nadeau & Garcia (2001), NIPS 13.
    """

    name = "softplus"
    formula = "log(1 + exp(x))"
    source = "Dugas et al. (2001), NIPS 13"
    bounds = (0.0, math.inf)
    limits = (0.0, math.inf)
    monotone = True

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.softplus(x)

    def df(self, ops: Operations, x: Any) -> Any:
        return ops.sigmoid(x)

    def d2f(self, ops: Operations, x: Any) -> Any:
        return ops.sech_squared(x / 2) / 4
