"""Functions with an exponential branch: ELU and its relatives."""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import log
from typing import Any

from actbench.activations.record import Activation, Counterpart, ErrorBound, parameter
from actbench.numerics.double_double import DoubleDouble, split
from actbench.numerics.operations import Operations

# Klambauer et al. (2017), arXiv:1706.02515, equation 14 of appendix A1, to float64: the
# fixed point of mean 0 and variance 1.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805

# Branches for x ≤ 0 are computed for all x; `minimum(x, 1)` keeps them from overflow where they
# are not taken, and leaves 0 and its derivatives alone.

_ROUNDED = "its argument is rounded before an exponential"
_ZEROS = "where it has a zero its terms cancel"


@dataclass(frozen=True)
class Exponential(Activation):
    """The exponential function, f(x) = eˣ."""

    name = "exponential"
    formula = "exp(x)"
    source = "Nelder & Wedderburn (1972), doi:10.2307/2344614"
    year = 1972
    single_precision = (0, 1)
    counterparts = (Counterpart("keras.activations.exponential"),)

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.exp(x)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.exp(x)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.exp(x)


@dataclass(frozen=True)
class Elu(Activation):
    """Exponential linear unit, f(x) = x for x > 0, else α (eˣ − 1)."""

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the limit is −α", least=0)

    name = "elu"
    formula = "x if x > 0 else alpha * (exp(x) - 1)"
    source = "Clevert, Unterthiner & Hochreiter (2015), arXiv:1511.07289"
    year = 2015
    single_precision = (0, 1)
    counterparts = (
        Counterpart("keras.activations.elu", {"alpha": "alpha"}),
        Counterpart("tf.nn.elu"),
        Counterpart("torch.nn.functional.elu", {"alpha": "alpha"}),
        Counterpart("jax.nn.elu", {"alpha": "alpha"}),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.where(x > 0, x, self.alpha * ops.expm1(ops.minimum(x, 1.0)))

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.where(x > 0, 1.0, ops.times_exp(self.alpha, ops.minimum(x, 1.0)))


@dataclass(frozen=True)
class Selu(Activation):
    """Scaled ELU, f(x) = λx for x > 0, else λα (eˣ − 1): keeps mean 0 and variance 1."""

    name = "selu"
    formula = (
        "1.0507009873554805 * x if x > 0 "
        "else 1.0507009873554805 * 1.6732632423543772 * (exp(x) - 1)"
    )
    source = "Klambauer, Unterthiner, Mayr & Hochreiter (2017), arXiv:1706.02515"
    year = 2017
    single_precision = (0, 1)
    counterparts = (
        Counterpart("keras.activations.selu"),
        Counterpart("tf.nn.selu"),
        Counterpart("torch.nn.functional.selu"),
        Counterpart("jax.nn.selu"),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        below = _SELU_SCALE * _SELU_ALPHA * ops.expm1(ops.minimum(x, 1.0))
        return ops.where(x > 0, _SELU_SCALE * x, below)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        below = ops.times_exp(_SELU_SCALE * _SELU_ALPHA, ops.minimum(x, 1.0))
        return ops.where(x > 0, _SELU_SCALE, below)


@dataclass(frozen=True)
class Celu(Activation):
    """Continuously differentiable ELU, f(x) = x for x > 0, else α (e^(x/α) − 1)."""

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the limit is −α", above=0)

    name = "celu"
    formula = "x if x > 0 else alpha * (exp(x / alpha) - 1)"
    source = "Barron (2017), arXiv:1704.07483"
    year = 2017
    single_precision = (0, 1)
    error_bounds = (ErrorBound(), ErrorBound(4, 1.5, _ROUNDED), ErrorBound(4, 1.5, _ROUNDED))
    counterparts = (
        Counterpart("keras.activations.celu", {"alpha": "alpha"}),
        Counterpart("torch.nn.functional.celu", {"alpha": "alpha"}),
        Counterpart("jax.nn.celu", {"alpha": "alpha"}),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        below = self.alpha * ops.expm1(ops.minimum(x, 1.0) / self.alpha)
        return ops.where(x > 0, x, below)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        z = ops.product(1 / Fraction(self.alpha), ops.minimum(x, 1.0))
        return ops.where(x > 0, 1.0, ops.times_exp(1.0, z))

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        z = ops.product(1 / Fraction(self.alpha), ops.minimum(x, 1.0))
        return ops.where(x > 0, 0.0, ops.times_exp(1 / self.alpha, z))


@dataclass(frozen=True)
class Ptelu(Activation):
    """Parametric tanh linear unit, f(x) = x for x > 0, else α · tanh(βx)."""

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the limit is −α", least=0)
    beta: float = parameter(1.0, symbol=r"\beta", meaning="how soon it is reached", least=0)

    name = "ptelu"
    formula = "x if x > 0 else alpha * tanh(beta * x)"
    source = "Duggal & Gupta (2017), ICCV Workshops, pp. 974–978"
    year = 2017
    error_bounds = (ErrorBound(), ErrorBound(4, 1.5, _ROUNDED), ErrorBound(4, 1.5, _ROUNDED))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.where(x > 0, x, self.alpha * ops.tanh(self.beta * x))


@dataclass(frozen=True)
class Pdelu(Activation):
    """Parametric deformable ELU: x for x > 0, else α (max(1 + (1 − t) x, 0)^(1/(1−t)) − 1).

    t → 1 is ELU.
    """

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the lower bound is −α", least=0)
    t: float = parameter(0.9, symbol="t", meaning="deformation", least=0, most=0.99)

    name = "pdelu"
    formula = "x if x > 0 else alpha * (max(1 + (1 - t) * x, 0)**(1 / (1 - t)) - 1)"
    source = "Cheng et al. (2020), doi:10.1016/j.neunet.2020.02.012"
    year = 2020

    def compute_value(self, ops: Operations, x: Any) -> Any:
        low = ops.minimum(x, 1.0)
        base = (1 - self.t) * low
        inside = ops.expm1(ops.log1p(ops.maximum(base, -1 + 1e-15)) / (1 - self.t))
        # Where the base's difference from 1 is subnormal the power's is x.
        inside = ops.where(low < -1e-30, ops.where(base > -1, inside, -1.0), low)
        return ops.where(x > 0, x, self.alpha * inside)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.where(x > 0, 1.0, self._power(ops, x, self.alpha, self.t))

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.where(x > 0, 0.0, self._power(ops, x, self.alpha * self.t, 2 * self.t - 1))

    def _power(self, ops: Operations, x: Any, factor: float, numerator: float) -> Any:
        """Return factor · (1 + (1 − t) x)^(numerator / (1 − t)), 0 beyond its zero.

        Base and exponent are of two words each, since the power is high.
        """
        width = 1 - Fraction(self.t)
        power, low = split(Fraction(numerator) / width, 53)
        z = ops.product(width, ops.minimum(x, 0.0))
        first, rest = (1 + z.hi, z.lo) if isinstance(z, DoubleDouble) else (1 + z, 0.0)
        base = first + rest
        near = ops.maximum(base, 1e-20)
        # What exponent and base are rounded by.
        small = low * ops.log(near) + power * ((first - base + rest) / near)
        found = factor * near**power * ops.exp(ops.clip(small, -1.0, 1.0))
        return ops.where(base > 0, found, 0.0)


@dataclass(frozen=True)
class Xielu(Activation):
    """Expanded integral of ELU: α_p x² + βx for x > 0, else α_n (eˣ − 1 − x) + βx.

    Its derivative is linear above 0 and ELU-like below.
    """

    alpha_p: float = parameter(0.8, symbol=r"\alpha_p", meaning="curvature above 0", least=0)
    alpha_n: float = parameter(0.8, symbol=r"\alpha_n", meaning="curvature below 0", least=0)
    beta: float = parameter(0.5, symbol=r"\beta", meaning="slope at 0")

    name = "xielu"
    formula = "alpha_p * x**2 + beta * x if x > 0 else alpha_n * (exp(x) - 1 - x) + beta * x"
    source = "Huang & Schlag (2024), arXiv:2411.13010"
    year = 2024
    error_bounds = (ErrorBound(4, 1, _ZEROS), ErrorBound(16, 0, _ZEROS), ErrorBound())

    def compute_value(self, ops: Operations, x: Any) -> Any:
        low = ops.minimum(x, 1.0)
        bent = ops.expm1(low)
        near = self.alpha_n * _remainder(ops.maximum(low, -1.0)) + self.beta * low
        # Far left the two lines, which may cancel, are added first.
        left = self.alpha_n * bent + (self.beta - self.alpha_n) * low
        left = ops.where(low > -4, self._middle(ops, low), left)
        below = ops.where(low > -1, near, left)
        return ops.where(x > 0, x * (self.alpha_p * x + self.beta), below)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        low = ops.minimum(x, 1.0)
        near = self.alpha_n * ops.expm1(low) + self.beta
        left = self.alpha_n * ops.exp(low) + (self.beta - self.alpha_n)
        below = ops.where(low > -1, near, left)
        return ops.where(x > 0, 2 * self.alpha_p * x + self.beta, below)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        below = self.alpha_n * ops.exp(ops.minimum(x, 1.0))
        return ops.where(x > 0, 2 * self.alpha_p, below)

    def _middle(self, ops: Operations, x: Any) -> Any:
        """Return α_n (eˣ − 1) + (β − α_n) x for −4 ≤ x ≤ −1 by words of two: it may cancel."""
        bent = ops.product(self.alpha_n, ops.exp_double_double(x))
        line = ops.product(Fraction(self.beta) - Fraction(self.alpha_n), x)
        short, low = split(self.alpha_n, 12)
        bent, line = (
            z if isinstance(z, DoubleDouble) else DoubleDouble(z, 0.0) for z in (bent, line)
        )
        return (bent.hi - short + line.hi) + (bent.lo - low + line.lo)


@dataclass(frozen=True)
class SoftExponential(Activation):
    """Soft exponential, f(x) = (e^αx − 1)/α + α; the identity at α = 0, e^x at α = 1.

    The paper also has α < 0, a logarithm that is undefined for some x; not offered here.
    """

    alpha: float = parameter(
        0.5, symbol=r"\alpha", meaning="from linear to exponential", least=0, most=1
    )

    name = "soft_exponential"
    formula = "x if alpha == 0 else (exp(alpha * x) - 1) / alpha + alpha"
    source = "Godfrey & Gashler (2015), arXiv:1602.01321"
    year = 2015
    error_bounds = (ErrorBound(4, 1, _ROUNDED), ErrorBound(), ErrorBound())

    def compute_value(self, ops: Operations, x: Any) -> Any:
        if self.alpha == 0:
            return x * 1.0
        z = self.alpha * x
        e = ops.times_exp(1.0, ops.product(self.alpha, x))
        # Up there expm1 and exp are one.
        near = ops.where(z > 40, e, ops.expm1(ops.minimum(z, 50.0))) / self.alpha + self.alpha
        # Far left the two constants, which cancel at α = 1, are added first.
        level = (1 - self.alpha) * (1 + self.alpha) / self.alpha
        left = e / self.alpha - level
        far = ops.where(z > -0.5, near, left)
        if self.alpha == 1:
            return far
        zero, low = self._zero()
        apart = z - zero - low
        return ops.where(ops.absolute(apart) < 1, level * ops.expm1(apart), far)

    def _zero(self) -> tuple[float, float]:
        """Return αx where f is 0, ln(1 − α²), in two words."""
        context = Context(prec=60)
        alpha = Decimal(self.alpha)
        square = context.subtract(1, context.multiply(alpha, alpha))
        return split(Fraction(square.ln(context)), 53)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.times_exp(1.0, ops.product(self.alpha, x))

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return ops.times_exp(self.alpha, ops.product(self.alpha, x))


@dataclass(frozen=True)
class Nlrelu(Activation):
    """Natural-logarithm ReLU, f(x) = ln(1 + β max(x, 0))."""

    beta: float = parameter(1.0, symbol=r"\beta", meaning="slope at 0 from the right", above=0)

    name = "nlrelu"
    formula = "log(1 + beta * max(x, 0))"
    source = "Liu et al. (2019), arXiv:1908.03682"
    year = 2019

    def compute_value(self, ops: Operations, x: Any) -> Any:
        rectified = ops.maximum(x, 0.0)
        # Far out βx may overflow; its logarithm is a sum.
        far = ops.log(ops.maximum(rectified, 1.0)) + log(self.beta)
        near = ops.log1p(self.beta * ops.minimum(rectified, 1e25 / self.beta))
        return ops.where(rectified > 1e25 / self.beta, far, near)


@dataclass(frozen=True)
class Elish(Activation):
    """Exponential linear sigmoid squashing, f(x) = x · σ(x) for x > 0, else (eˣ − 1) · σ(x)."""

    name = "elish"
    formula = "x * sigmoid(x) if x > 0 else (exp(x) - 1) * sigmoid(x)"
    source = "Basirat & Roth (2018), arXiv:1808.00783"
    year = 2018
    error_bounds = (ErrorBound(), ErrorBound(12, 0, _ZEROS), ErrorBound(12, 0, _ZEROS))

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.times_sigmoid(ops.where(x > 0, x, ops.expm1(ops.minimum(x, 1.0))), x)


@dataclass(frozen=True)
class HardElish(Activation):
    """Hard ELiSH: the sigmoid of ELiSH replaced by h(x) = min(max((x + 1)/2, 0), 1)."""

    name = "hard_elish"
    formula = (
        "x * min(max((x + 1) / 2, 0), 1) if x > 0 "
        "else (exp(x) - 1) * min(max((x + 1) / 2, 0), 1)"
    )
    source = "Basirat & Roth (2018), arXiv:1808.00783"
    year = 2018
    error_bounds = (ErrorBound(), ErrorBound(10, 0, _ZEROS), ErrorBound())

    def compute_value(self, ops: Operations, x: Any) -> Any:
        gate = (ops.clip(x, -1.0, 1.0) + 1) / 2
        below = ops.expm1(ops.minimum(x, 1.0))
        return ops.where(x > 0, x * gate, below * gate)


def _remainder(x: Any) -> Any:
    """Return eˣ − 1 − x for |x| ≤ 1 by its series, x²/2! + x³/3! + … + x¹⁹/19!."""
    total = x / 19
    for k in range(18, 2, -1):
        total = (1 + total) * x / k
    return (1 + total) * x * x / 2
