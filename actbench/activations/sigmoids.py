"""S-shaped functions and the smooth rectifiers that are their integrals."""

from dataclasses import dataclass
from fractions import Fraction
from math import exp

import numpy as np

from actbench.activations.record import Activation, Counterpart, ErrorBound, parameter
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, high_part, sum_of_parts
from actbench.numerics.operations import Operations

_ROUNDINGS = "a product of many factors"
_ZEROS = "the terms cancel near a zero"

# Functions of βx / β with a smaller β are so flat that e^−β|x| / β needs factors.
_FLAT = 2.0**-26


@dataclass(frozen=True)
class Sigmoid(Activation):
    """Logistic sigmoid, σ(x) = 1 / (1 + e⁻ˣ).

    It is computed from e^−|x|, which never overflows. Rumelhart, Hinton & Williams (1986),
    doi:10.1038/323533a0.
    """

    name = "sigmoid"
    formula = "1 / (1 + exp(-x))"
    source = "Rumelhart, Hinton & Williams (1986), doi:10.1038/323533a0"
    year = 1986
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(6, 0, _ROUNDINGS))
    counterparts = (
        Counterpart("keras.activations.sigmoid"),
        Counterpart("tf.nn.sigmoid"),
        Counterpart("torch.nn.functional.sigmoid"),
        Counterpart("jax.nn.sigmoid"),
        Counterpart("mlx.nn.sigmoid"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.sigmoid(x)


@dataclass(frozen=True)
class LogSigmoid(Activation):
    """Logarithm of the logistic sigmoid, f(x) = ln σ(x) = −softplus(−x).

    It is the log-likelihood of logistic regression.
    """

    name = "log_sigmoid"
    formula = "log(1 / (1 + exp(-x)))"
    source = "the log-likelihood of logistic regression"
    year = 1958
    counterparts = (
        Counterpart("keras.activations.log_sigmoid"),
        Counterpart("tf.math.log_sigmoid"),
        Counterpart("torch.nn.functional.logsigmoid"),
        Counterpart("jax.nn.log_sigmoid"),
        Counterpart("mlx.nn.log_sigmoid"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return -ops.softplus(-x)


@dataclass(frozen=True)
class Softplus(Activation):
    """Smooth rectifier, f(x) = ln(1 + e^βx) / β = max(x, 0) + ln(1 + e^−β|x|) / β, f' = σ(βx).

    Dugas, Bengio, Bélisle, Nadeau & Garcia (2001), NIPS 13. PyTorch returns x for βx > 20,
    which is a jump of 2 · 10⁻⁹.
    """

    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the bend", above=0)

    name = "softplus"
    formula = "log(1 + exp(beta * x)) / beta"
    source = "Dugas, Bengio, Bélisle, Nadeau & Garcia (2001), NIPS 13"
    year = 2001
    counterparts = (
        Counterpart("keras.activations.softplus"),
        Counterpart("tf.nn.softplus"),
        Counterpart("torch.nn.functional.softplus", {"beta": "beta"}, note="x where βx > 20"),
        Counterpart("jax.nn.softplus"),
        Counterpart("mlx.nn.softplus"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        # This form avoids the overflow of βx in softplus(βx) / β.
        z = ops.product(self.beta, x)
        tail = ops.softplus_tail(z) / self.beta
        if self.beta < _FLAT:
            # e^−|z| may be subnormal where e^−|z| / β is not.
            g, h = ops.exp_minus_abs_factors(z)
            tail = ops.where(ops.absolute(high_part(z)) > 40, g / self.beta * h, tail)
        return ops.where(x > 0, x, 0.0) + tail

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        tail = ops.softplus_tail(ops.product(self.beta, x))
        return ops.where(x > 0, x, 0.0) + tail / self.beta

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.sigmoid(ops.product(self.beta, x))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.sigmoid_derivative(ops.product(self.beta, x), self.beta)


@dataclass(frozen=True)
class Softclip(Activation):
    """Soft clipping to [0, 1], f(x) = ln((1 + e^αx) / (1 + e^α(x−1))) / α.

    With e = e^(α min(x, 1 − x)) and k = e^−α, h = ln(1 + (1 − k) e / (1 + k e)) / α. f is h for
    x ≤ ½, else 1 − h, and f' = (1 − k) e / ((1 + e) (1 + k e)), so nothing cancels. Klimek &
    Perelstein (2018), arXiv:1810.11509.
    """

    alpha: float = parameter(
        10.0, symbol=r"\alpha", meaning="sharpness of the corners", above=0, most=80
    )

    name = "softclip"
    formula = "log((1 + exp(alpha * x)) / (1 + exp(alpha * (x - 1)))) / alpha"
    source = "Klimek & Perelstein (2018), arXiv:1810.11509"
    year = 2018
    error_bounds = (
        ErrorBound(6, 0, _ROUNDINGS),
        ErrorBound(8, 0, _ROUNDINGS),
        ErrorBound(12, 0, _ROUNDINGS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        if self.alpha < _FLAT:
            return ops.sigmoid(self._middle(ops, x))
        factor, z = self._exponential(ops, x)
        e, k = factor * ops.exp_argument(z), exp(-self.alpha)
        if k < 0.25:
            # (1 − k) e / (1 + k e) with a correction that is small if k is.
            inside = e - e * (k * (1 + e) / (1 + k * e))
        else:
            inside = self._height * e / (1 + k * e)
        half = ops.log1p(inside) / self.alpha
        return ops.where(x > 0.5, 1 - half, half)

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        alpha: Array = self.alpha
        e = ops.exp(alpha * ops.where(x > 0.5, 1 - x, x))
        k = ops.exp(-alpha)
        half = ops.log1p((1 - k) * e / (1 + k * e)) / alpha
        return ops.where(x > 0.5, 1 - half, half)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        if self.alpha < _FLAT:
            return ops.sigmoid_derivative(self._middle(ops, x), self.alpha)
        factor, z = self._exponential(ops, x)
        e = factor * ops.exp_argument(z)
        return ops.times_exp(factor * self._height, z) / ((1 + e) * (1 + exp(-self.alpha) * e))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # f'' = ±α f' · (1 − k e²) / ((1 + e) (1 + k e)), where 1 − k e² = 1 − e^(−α |2x − 1|).
        if self.alpha < _FLAT:
            t = ops.tanh(self.alpha * ((x - 0.5) / 2))
            return ops.sigmoid_derivative(self._middle(ops, x), -self.alpha * t, self.alpha)
        factor, z = self._exponential(ops, x)
        e = factor * ops.exp_argument(z)
        d = (1 + e) * (1 + exp(-self.alpha) * e)
        x = ops.clip(x, -1e9, 1e9)
        bend = -ops.expm1(-ops.absolute(self.alpha * (2 * x - 1)))
        factor = factor * self.alpha * self._height * ops.where(x > 0.5, -bend, bend)
        return ops.times_exp(factor, z) / (d * d)

    def _middle(self, ops: Operations, x: Array) -> DoubleDouble:
        """Return z = α (x − ½). For small α, the mean value f of σ around z rounds to σ(z)."""
        z = ops.product(self.alpha, x)
        if isinstance(z, DoubleDouble):
            return DoubleDouble(z.hi, z.lo - self.alpha / 2)
        return DoubleDouble(z, 0 * z - self.alpha / 2)

    @property
    def _height(self) -> float:
        """1 − k = 1 − e^−α."""
        return -float(np.expm1(-self.alpha))

    def _exponential(self, ops: Operations, x: Array) -> tuple[Array, Argument]:
        """Return a factor and an argument z, where e is the factor times e^z."""
        right = x > 0.5
        z = ops.product(self.alpha, ops.where(right, -x, x))
        return ops.where(right, exp(self.alpha), 1.0), z


@dataclass(frozen=True)
class Tanh(Activation):
    """Hyperbolic tangent, f(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).

    LeCun, Bottou, Orr & Müller (1998), doi:10.1007/3-540-49430-8_2.
    """

    name = "tanh"
    formula = "tanh(x)"
    source = "LeCun, Bottou, Orr & Müller (1998), doi:10.1007/3-540-49430-8_2"
    year = 1998
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _ROUNDINGS), ErrorBound(6, 0, _ROUNDINGS))
    counterparts = (
        Counterpart("keras.activations.tanh"),
        Counterpart("tf.nn.tanh"),
        Counterpart("torch.nn.functional.tanh"),
        Counterpart("jax.nn.tanh"),
        Counterpart("mlx.nn.tanh"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.tanh(x)


@dataclass(frozen=True)
class BipolarSigmoid(Activation):
    """Bipolar sigmoid, f(x) = (1 − e⁻ˣ) / (1 + e⁻ˣ) = tanh(x/2).

    Fausett (1994), Fundamentals of Neural Networks, section 2.3.
    """

    name = "bipolar_sigmoid"
    formula = "(1 - exp(-x)) / (1 + exp(-x))"
    source = "Fausett (1994), Fundamentals of Neural Networks, section 2.3"
    year = 1994
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _ROUNDINGS), ErrorBound(6, 0, _ROUNDINGS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.tanh(x / 2)


@dataclass(frozen=True)
class LecunTanh(Activation):
    """Scaled hyperbolic tangent, f(x) = 1.7159 · tanh(2x/3), where f(±1) is about ±1.

    LeCun, Bottou, Orr & Müller (1998), doi:10.1007/3-540-49430-8_2.
    """

    name = "lecun_tanh"
    formula = "1.7159 * tanh(2 * x / 3)"
    source = "LeCun, Bottou, Orr & Müller (1998), doi:10.1007/3-540-49430-8_2"
    year = 1998
    error_bounds = (
        ErrorBound(6, 0, _ROUNDINGS),
        ErrorBound(8, 0, _ROUNDINGS),
        ErrorBound(8, 0, _ROUNDINGS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return 1.7159 * ops.tanh(x / 1.5)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return 1.7159 / 1.5 * ops.sech_squared(ops.product(Fraction(2, 3), x))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return -2 / 1.5 * ops.tanh(x / 1.5) * self.compute_derivative(ops, x)


@dataclass(frozen=True)
class PenalizedTanh(Activation):
    """Penalised hyperbolic tangent, f(x) = tanh x for x > 0, else α · tanh x.

    Xu, Huang & Li (2016), arXiv:1602.05980. At the kink, which exists for α ≠ 1, f'(0) = α.
    """

    alpha: float = parameter(0.25, symbol=r"\alpha", meaning="factor for x < 0")

    name = "penalized_tanh"
    formula = "tanh(x) if x > 0 else alpha * tanh(x)"
    source = "Xu, Huang & Li (2016), arXiv:1602.05980"
    year = 2016
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _ROUNDINGS), ErrorBound(6, 0, _ROUNDINGS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        t = ops.tanh(x)
        return ops.where(x > 0, t, self.alpha * t)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.sech_squared(x, ops.where(x > 0, 1.0, self.alpha))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return -2 * ops.tanh(x) * self.compute_derivative(ops, x)


@dataclass(frozen=True)
class SoftCap(Activation):
    """Soft cap, f(x) = c · tanh(x/c): about x for small |x|, ±c for large |x|.

    Gemma Team (2024), arXiv:2408.00118.
    """

    cap: float = parameter(30.0, symbol="c", meaning="the bound", above=0)

    name = "soft_cap"
    formula = "cap * tanh(x / cap)"
    source = "Gemma Team (2024), arXiv:2408.00118"
    year = 2024
    error_bounds = (
        ErrorBound(5, 0, _ROUNDINGS),
        ErrorBound(6, 0, _ROUNDINGS),
        ErrorBound(8, 0, _ROUNDINGS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        z = x / self.cap
        # For tiny x/c, which may be subnormal, f is x.
        return ops.where(ops.absolute(z) > 1e-30, self.cap * ops.tanh(z), x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.sech_squared(ops.product(1 / Fraction(self.cap), x))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        z = ops.product(1 / Fraction(self.cap), x)
        return ops.sech_squared(z, -2 * ops.tanh(sum_of_parts(z)), 1 / Fraction(self.cap))


@dataclass(frozen=True)
class HardTanh(Activation):
    """Hard hyperbolic tangent, f(x) = min(max(x, −1), 1).

    Collobert (2004), Large Scale Machine Learning, Université Paris VI. At the kinks
    f'(±1) = 0.
    """

    name = "hard_tanh"
    formula = "min(max(x, -1), 1)"
    source = "Collobert (2004), Large Scale Machine Learning, Université Paris VI"
    year = 2004
    counterparts = (
        Counterpart("keras.activations.hard_tanh"),
        Counterpart("torch.nn.functional.hardtanh", note="also min_val, max_val"),
        Counterpart("jax.nn.hard_tanh"),
        Counterpart("mlx.nn.hard_tanh", note="also min_val, max_val"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.clip(x, -1.0, 1.0)


@dataclass(frozen=True)
class HardSigmoid(Activation):
    """Hard sigmoid, f(x) = min(max(x + 3, 0), 6) / 6, the form of current frameworks.

    Howard et al. (2019), arXiv:1905.02244. At the kinks f'(±3) = 0.
    """

    name = "hard_sigmoid"
    formula = "min(max(x + 3, 0), 6) / 6"
    source = "Howard et al. (2019), arXiv:1905.02244"
    year = 2019
    counterparts = (
        Counterpart("keras.activations.hard_sigmoid", note="Keras 2: hard_sigmoid_keras2"),
        Counterpart("torch.nn.functional.hardsigmoid"),
        Counterpart("jax.nn.hard_sigmoid"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return (ops.clip(x, -3.0, 3.0) + 3) / 6


@dataclass(frozen=True)
class HardSigmoidKeras2(Activation):
    """Hard sigmoid of Theano and of Keras up to version 2, f(x) = min(max(0.2x + 0.5, 0), 1).

    It is computed as (x + 2.5) / 5 for x clipped to ±2.5. At the kinks f'(±2.5) = 0.
    """

    name = "hard_sigmoid_keras2"
    formula = "min(max(0.2 * x + 0.5, 0), 1)"
    source = "Theano, and keras.activations.hard_sigmoid up to Keras 2"
    year = 2015

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return (ops.clip(x, -2.5, 2.5) + 2.5) / 5


@dataclass(frozen=True)
class SparseSigmoid(Activation):
    """Sparse sigmoid, f(x) = min(max((x + 1)/2, 0), 1), the derivative of SparsePlus.

    Courbariaux, Bengio & David (2015), arXiv:1511.00363. At the kinks f'(±1) = 0.
    """

    name = "sparse_sigmoid"
    formula = "min(max((x + 1) / 2, 0), 1)"
    source = "Courbariaux, Bengio & David (2015), arXiv:1511.00363"
    year = 2015
    counterparts = (
        Counterpart("keras.activations.sparse_sigmoid"),
        Counterpart("jax.nn.sparse_sigmoid"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return (ops.clip(x, -1.0, 1.0) + 1) / 2


@dataclass(frozen=True)
class Cloglog(Activation):
    """Complementary log-log, f(x) = 1 − exp(−eˣ).

    Gomes & Ludermir (2008), doi:10.1109/HIS.2008.40.
    """

    name = "cloglog"
    formula = "1 - exp(-exp(x))"
    source = "Gomes & Ludermir (2008), doi:10.1109/HIS.2008.40"
    year = 2008
    error_bounds = (ErrorBound(), ErrorBound(8, 0, _ROUNDINGS), ErrorBound(8, 4, _ZEROS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        # For x ≥ 7, exp(−eˣ) is 0 in every format.
        return -ops.expm1(-ops.exp(ops.minimum(x, 7.0)))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # `ops.exp` is not used, because XLA would merge the product of two exponentials into
        # one exponential with a rounded argument.
        return ops.times_double_exp(sum_of_parts(ops.exp_double_double(ops.minimum(x, 7.0))), x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        low = ops.minimum(x, 7.0)
        return ops.times_double_exp(-ops.expm1(low) * ops.exp(low), x)


@dataclass(frozen=True)
class Loglog(Activation):
    """Log-log, f(x) = exp(−e⁻ˣ) = 1 − cloglog(−x).

    Gomes & Ludermir (2008), doi:10.1109/HIS.2008.40.
    """

    name = "loglog"
    formula = "exp(-exp(-x))"
    source = "Gomes & Ludermir (2008), doi:10.1109/HIS.2008.40"
    year = 2008
    error_bounds = (
        ErrorBound(8, 0, _ROUNDINGS),
        ErrorBound(8, 0, _ROUNDINGS),
        ErrorBound(8, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.times_double_exp(1.0, -x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return Cloglog().compute_derivative(ops, -x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return -Cloglog().compute_second_derivative(ops, -x)
