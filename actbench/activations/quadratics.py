"""Functions made of parabolas and lines."""

from dataclasses import dataclass
from fractions import Fraction

from actbench.activations.record import Activation, Counterpart, ErrorBound, parameter
from actbench.numerics.argument_operations import nearest_float
from actbench.numerics.array import Array
from actbench.numerics.operations import Operations

_ZEROS = "the terms cancel near a zero"


@dataclass(frozen=True)
class Square(Activation):
    """The square, f(x) = x².

    Livni, Shalev-Shwartz & Shamir (2014), arXiv:1410.1141.
    """

    name = "square"
    formula = "x**2"
    source = "Livni, Shalev-Shwartz & Shamir (2014), arXiv:1410.1141"
    year = 2014

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return x * x


@dataclass(frozen=True)
class ReluSquared(Activation):
    """Squared ReLU, f(x) = max(x, 0)².

    So et al. (2021), arXiv:2109.08668.
    """

    name = "relu_squared"
    formula = "max(x, 0)**2"
    source = "So et al. (2021), arXiv:2109.08668"
    year = 2021

    def compute_value(self, ops: Operations, x: Array) -> Array:
        rectified = ops.maximum(x, 0.0)
        return rectified * rectified


@dataclass(frozen=True)
class StarRelu(Activation):
    """StarReLU, f(x) = s · max(x, 0)² + b.

    With the defaults, f(z) has mean 0 and variance 1 for z ~ N(0, 1). Yu et al. (2022),
    arXiv:2210.13452.
    """

    scale: float = parameter(0.8944, symbol="s", meaning="scale of the square")
    bias: float = parameter(-0.4472, symbol="b", meaning="value for x ≤ 0")

    name = "star_relu"
    formula = "scale * max(x, 0)**2 + bias"
    source = "Yu et al. (2022), arXiv:2210.13452"
    year = 2022
    error_bounds = (ErrorBound(4, 1.5, _ZEROS), ErrorBound(), ErrorBound())

    def compute_value(self, ops: Operations, x: Array) -> Array:
        rectified = ops.maximum(x, 0.0)
        return self.scale * rectified * rectified + self.bias

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.multiple(2 * Fraction(self.scale), ops.maximum(x, 0.0))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, nearest_float(2 * Fraction(self.scale)), 0.0)


@dataclass(frozen=True)
class SparsePlus(Activation):
    """SparsePlus, f(x) = 0 for x ≤ −1, (x + 1)²/4 for −1 < x < 1, else x.

    The source is `jax.nn.sparse_plus`.
    """

    name = "sparse_plus"
    formula = "x if x >= 1 else (max(x + 1, 0)**2 / 4)"
    source = "JAX (jax.nn.sparse_plus)"
    year = 2023
    counterparts = (
        Counterpart("keras.activations.sparse_plus"),
        Counterpart("jax.nn.sparse_plus"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        # The minimum comes before the sum, because x + 1 rounds to 2 for x slightly below 1.
        rising = ops.maximum(ops.minimum(x, 1.0) + 1, 0.0)
        return ops.where(x >= 1, x, rising * rising / 4)


@dataclass(frozen=True)
class Smelu(Activation):
    """Smooth ReLU, f(x) = 0 for x ≤ −β, (x + β)²/(4β) for −β < x < β, else x.

    β = 1 is SparsePlus. Shamir, Lin & Coviello (2020), arXiv:2010.09931.
    """

    beta: float = parameter(0.5, symbol=r"\beta", meaning="half-width of the bend", above=0)

    name = "smelu"
    formula = "x if x >= beta else (max(x + beta, 0)**2 / (4 * beta))"
    source = "Shamir, Lin & Coviello (2020), arXiv:2010.09931"
    year = 2020

    def compute_value(self, ops: Operations, x: Array) -> Array:
        # ((x + β) / 2)² / β, where neither the sum nor 4β may overflow.
        rising = ops.maximum(ops.minimum(x, self.beta) / 2 + self.beta / 2, 0.0)
        return ops.where(x >= self.beta, x, rising * (rising / self.beta))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        rising = ops.maximum(ops.minimum(x, self.beta) / 2 + self.beta / 2, 0.0)
        return ops.where(x >= self.beta, 1.0, rising / self.beta)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where((x > -self.beta) & (x < self.beta), 0.5 / self.beta, 0.0)


@dataclass(frozen=True)
class HardSilu(Activation):
    """Hard Swish, f(x) = x · min(max(x + 3, 0), 6) / 6.

    Howard et al. (2019), arXiv:1905.02244. At the kinks f'(−3) = 0 and f'(3) = 1.
    """

    name = "hard_silu"
    formula = "x * min(max(x + 3, 0), 6) / 6"
    source = "Howard et al. (2019), arXiv:1905.02244"
    year = 2019
    aliases = {"hard_swish": {}}
    counterparts = (
        Counterpart("keras.activations.hard_silu"),
        Counterpart("torch.nn.functional.hardswish"),
        Counterpart("jax.nn.hard_silu"),
        Counterpart("mlx.nn.hardswish"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        near = ops.clip(x, -3.0, 3.0)
        return ops.where(x >= 3, x, near * (near + 3) / 6)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        near = ops.clip(x, -3.0, 3.0)
        return ops.where(x >= 3, 1.0, ops.where(x > -3, (2 * near + 3) / 6, 0.0))


@dataclass(frozen=True)
class HardMish(Activation):
    """Hard Mish, f(x) = x · min(max(x + 2, 0), 2) / 2.

    Misra (2020), github.com/digantamisra98/H-Mish; the name is that of timm. At the kink
    f'(−2) = 0.
    """

    name = "hard_mish"
    formula = "x * min(max(x + 2, 0), 2) / 2"
    source = "Misra (2020), github.com/digantamisra98/H-Mish"
    year = 2020

    def compute_value(self, ops: Operations, x: Array) -> Array:
        near = ops.clip(x, -2.0, 0.0)
        return ops.where(x >= 0, x, near * (near + 2) / 2)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x >= 0, 1.0, ops.where(x > -2, x + 1, 0.0))


@dataclass(frozen=True)
class Sqnl(Activation):
    """Square nonlinearity, f(x) = x − x |x| / 4 for x clipped to ±2.

    Wuraola & Patel (2018), doi:10.1109/IJCNN.2018.8489043.
    """

    name = "sqnl"
    formula = "min(max(x, -2), 2) - min(max(x, -2), 2) * abs(min(max(x, -2), 2)) / 4"
    source = "Wuraola & Patel (2018), doi:10.1109/IJCNN.2018.8489043"
    year = 2018

    def compute_value(self, ops: Operations, x: Array) -> Array:
        near = ops.clip(x, -2.0, 2.0)
        return near * (1 - ops.absolute(near) / 4)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.maximum(1 - ops.absolute(x) / 2, 0.0)
