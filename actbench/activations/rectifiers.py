"""Piecewise linear functions: linear, ReLU and LeakyReLU."""

import math
from dataclasses import dataclass
from typing import Any

from actbench.activations.record import Activation, Interval, parameter
from actbench.activations.stable import Operations


@dataclass(frozen=True)
class Linear(Activation):
    """The identity, f(x) = x."""

    name = "linear"
    formula = "x"
    source = "the identity function"
    bounds = (-math.inf, math.inf)
    limits = (-math.inf, math.inf)
    monotone = True

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.scale(1.0, x)

    def df(self, ops: Operations, x: Any) -> Any:
        return ops.step(x, 1.0, 1.0)

    def d2f(self, ops: Operations, x: Any) -> Any:
        return ops.step(x, 0.0, 0.0)


@dataclass(frozen=True)
class Relu(Activation):
    """Rectified linear unit, f(x) = max(x, 0).

    At the kink f'(0) = 0, as TensorFlow, JAX and PyTorch have it.

    Nair & Hinton (2010), Rectified linear units improve restricted Boltzmann machines, ICML.
    """

    name = "relu"
    formula = "max(x, 0)"
    source = "Nair & Hinton (2010), ICML"
    bounds = (0.0, math.inf)
    limits = (0.0, math.inf)
    monotone = True
    kinks = (0.0,)

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.where(x <= 0, 0.0, x)

    def df(self, ops: Operations, x: Any) -> Any:
        return ops.step(x, 0.0, 1.0)

    def d2f(self, ops: Operations, x: Any) -> Any:
        return ops.step(x, 0.0, 0.0)


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """Leaky rectified linear unit, f(x) = max(x, 0) + α · min(x, 0).

    The slope may be any finite number: α = 0 is ReLU, α = 1 the identity, α = −1 |x|. The
    default 0.2 is that of `keras.activations` and `tf.nn`; PyTorch and JAX have 0.01, the
    Keras layer 0.3. At the kink f'(0) = α, as TensorFlow and PyTorch have it.

    Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic
    models, ICML.
    """

    negative_slope: float = parameter(0.2, symbol=r"\alpha", meaning="slope for x < 0")

    name = "leaky_relu"
    formula = "max(x, 0) + negative_slope * min(x, 0)"
    source = "Maas, Hannun & Ng (2013), ICML"

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.where(x > 0, x, ops.scale(self.negative_slope, x))

    def df(self, ops: Operations, x: Any) -> Any:
        return ops.step(x, self.negative_slope, 1.0)

    def d2f(self, ops: Operations, x: Any) -> Any:
        return ops.step(x, 0.0, 0.0)

    @property
    def bounds(self) -> Interval:
        return (-math.inf if self.negative_slope > 0 else 0.0, math.inf)

    @property
    def limits(self) -> Interval:
        slope = self.negative_slope
        return (math.copysign(math.inf, -slope) if slope else 0.0, math.inf)

    @property
    def monotone(self) -> bool:
        return self.negative_slope >= 0

    @property
    def kinks(self) -> tuple[float, ...]:
        return () if self.negative_slope == 1 else (0.0,)
