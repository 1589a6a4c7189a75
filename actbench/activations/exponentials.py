"""Functions with an exponential branch: ELU and similar functions."""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import log

from actbench.activations.record import Activation, Counterpart, ErrorBound, parameter
from actbench.numerics.argument_operations import binary_parts, inverse
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, split
from actbench.numerics.operations import Operations

# Klambauer et al. (2017), arXiv:1706.02515, equation 14 of appendix A1, rounded to
# float64. With these constants, mean 0 and variance 1 are a fixed point of a layer.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805

# The branches for x ≤ 0 are computed for all x. `minimum(x, 1)` avoids an overflow where they
# are not selected, and changes neither value nor derivatives at 0.

_FACTORS = "a product of many factors"
_ROUNDED = "the argument of the exponential is rounded"
_ZEROS = "the terms cancel near a zero"

# Products up to this size are computed; larger ones may overflow.
_LARGEST = 1e300

# With a smaller α, the soft exponential has its zero at −α, where it is nearly linear.
_FLAT = 2.0**-26


@dataclass(frozen=True)
class Exponential(Activation):
    """The exponential function, f(x) = eˣ.

    Nelder & Wedderburn (1972), doi:10.2307/2344614.
    """

    name = "exponential"
    formula = "exp(x)"
    source = "Nelder & Wedderburn (1972), doi:10.2307/2344614"
    year = 1972
    counterparts = (
        Counterpart("keras.activations.exponential"),
        Counterpart("mlx.core.exp"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.exp(x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.exp(x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.exp(x)


@dataclass(frozen=True)
class Elu(Activation):
    """Exponential linear unit, f(x) = x for x > 0, else α (eˣ − 1).

    Clevert, Unterthiner & Hochreiter (2015), arXiv:1511.07289. At the kink, which exists for
    α ≠ 1, f'(0) = α.
    """

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the limit is −α", least=0)

    name = "elu"
    formula = "x if x > 0 else alpha * (exp(x) - 1)"
    source = "Clevert, Unterthiner & Hochreiter (2015), arXiv:1511.07289"
    year = 2015
    counterparts = (
        Counterpart("keras.activations.elu", {"alpha": "alpha"}),
        Counterpart("tf.nn.elu"),
        Counterpart("torch.nn.functional.elu", {"alpha": "alpha"}),
        Counterpart("jax.nn.elu", {"alpha": "alpha"}),
        Counterpart("mlx.nn.elu", {"alpha": "alpha"}),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, x, self.alpha * ops.expm1(ops.minimum(x, 1.0)))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, 1.0, ops.times_exp(self.alpha, ops.minimum(x, 1.0)))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, 0.0, ops.times_exp(self.alpha, ops.minimum(x, 1.0)))


@dataclass(frozen=True)
class Selu(Activation):
    """Scaled ELU, f(x) = λx for x > 0, else λα (eˣ − 1).

    The constants λ and α keep mean 0 and variance 1. Klambauer, Unterthiner, Mayr & Hochreiter
    (2017), arXiv:1706.02515. At the kink f'(0) = λα.
    """

    name = "selu"
    formula = (
        "1.0507009873554805 * x if x > 0 "
        "else 1.0507009873554805 * 1.6732632423543772 * (exp(x) - 1)"
    )
    source = "Klambauer, Unterthiner, Mayr & Hochreiter (2017), arXiv:1706.02515"
    year = 2017
    counterparts = (
        Counterpart("keras.activations.selu"),
        Counterpart("tf.nn.selu"),
        Counterpart("torch.nn.functional.selu"),
        Counterpart("jax.nn.selu"),
        Counterpart("mlx.nn.selu"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        below = _SELU_SCALE * _SELU_ALPHA * ops.expm1(ops.minimum(x, 1.0))
        return ops.where(x > 0, _SELU_SCALE * x, below)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        below = ops.times_exp(_SELU_SCALE * _SELU_ALPHA, ops.minimum(x, 1.0))
        return ops.where(x > 0, _SELU_SCALE, below)


@dataclass(frozen=True)
class Celu(Activation):
    """Continuously differentiable ELU, f(x) = x for x > 0, else α (e^(x/α) − 1).

    Barron (2017), arXiv:1704.07483.
    """

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the limit is −α", above=0)

    name = "celu"
    formula = "x if x > 0 else alpha * (exp(x / alpha) - 1)"
    source = "Barron (2017), arXiv:1704.07483"
    year = 2017
    error_bounds = (ErrorBound(), ErrorBound(4, 1.5, _ROUNDED), ErrorBound(4, 1.5, _ROUNDED))
    counterparts = (
        Counterpart("keras.activations.celu", {"alpha": "alpha"}),
        Counterpart("torch.nn.functional.celu", {"alpha": "alpha"}),
        Counterpart("jax.nn.celu", {"alpha": "alpha"}),
        Counterpart("mlx.nn.celu", {"alpha": "alpha"}),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        z = ops.minimum(x, 1.0) / self.alpha
        # For tiny x/α, which may be subnormal, f is x.
        return ops.where(z > -1e-30, x, self.alpha * ops.expm1(z))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        z = ops.product(1 / Fraction(self.alpha), ops.minimum(x, 1.0))
        return ops.where(x > 0, 1.0, ops.times_exp(1.0, z))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        z = ops.product(1 / Fraction(self.alpha), ops.minimum(x, 1.0))
        bend = ops.times_far_factor(
            1 / Fraction(self.alpha), lambda b: ops.times_exp(1.0, z, b)
        )
        return ops.where(x > 0, 0.0, bend)


@dataclass(frozen=True)
class Ptelu(Activation):
    """Parametric tanh linear unit, f(x) = x for x > 0, else α · tanh(βx).

    Duggal & Gupta (2017), ICCV Workshops. At the kink, which exists for αβ ≠ 1, f'(0) = αβ.
    """

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the limit is −α", least=0)
    beta: float = parameter(1.0, symbol=r"\beta", meaning="steepness for x < 0", least=0)

    name = "ptelu"
    formula = "x if x > 0 else alpha * tanh(beta * x)"
    source = "Duggal & Gupta (2017), ICCV Workshops, pp. 974–978"
    year = 2017
    error_bounds = (ErrorBound(), ErrorBound(6, 0, _FACTORS), ErrorBound(6, 0, _FACTORS))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        z = self.beta * x
        # For tiny βx, which may be subnormal, the branch is αβx.
        line = ops.multiple(Fraction(self.alpha) * Fraction(self.beta), x)
        below = ops.where(z < -1e-30, self.alpha * ops.tanh(z), line)
        return ops.where(x > 0, x, below)

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, x, self.alpha * ops.tanh(self.beta * x))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        z = ops.product(self.beta, ops.minimum(x, 0.0))
        return ops.where(x > 0, 1.0, ops.sech_squared(z, self.alpha, self.beta))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        low = ops.minimum(x, 0.0)
        # tanh z, z = βx, is divided by a power of 2, because it may be subnormal.
        scale, beta, z = Fraction(2) ** -500, Fraction(self.beta), self.beta * low
        t = ops.multiple(1 / scale, ops.tanh(z))
        t = ops.where(z < -1e-30, t, ops.multiple(beta / scale, low))
        factor = scale * Fraction(self.alpha) * beta * beta
        bend = -2 * ops.sech_squared(ops.product(self.beta, low), t, factor)
        return ops.where(x > 0, 0.0, bend)


@dataclass(frozen=True)
class Pdelu(Activation):
    """Parametric deformable ELU: x for x > 0, else α (max(1 + (1 − t) x, 0)^(1/(1−t)) − 1).

    The limit for t → 1 is ELU. Cheng et al. (2020), doi:10.1016/j.neunet.2020.02.012. At the
    kink, which exists for α ≠ 1, f'(0) = α.
    """

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the lower bound is −α", least=0)
    t: float = parameter(0.9, symbol="t", meaning="deformation", least=0, most=0.99)

    name = "pdelu"
    formula = "x if x > 0 else alpha * (max(1 + (1 - t) * x, 0)**(1 / (1 - t)) - 1)"
    source = "Cheng et al. (2020), doi:10.1016/j.neunet.2020.02.012"
    year = 2020

    def compute_value(self, ops: Operations, x: Array) -> Array:
        low = ops.minimum(x, 1.0)
        base = (1 - self.t) * low
        inside = ops.expm1(ops.log1p(ops.maximum(base, -1 + 1e-15)) / (1 - self.t))
        # For tiny x the branch is αx, and (1 − t) x may be subnormal.
        inside = ops.where(low < -1e-30, ops.where(base > -1, inside, -1.0), low)
        return ops.where(x > 0, x, self.alpha * inside)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, 1.0, self._power(ops, x, self.alpha, self.t))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, 0.0, self._power(ops, x, self.alpha * self.t, 2 * self.t - 1))

    def _power(self, ops: Operations, x: Array, factor: float, numerator: float) -> Array:
        """Return factor · max(1 + (1 − t) x, 0)^(numerator / (1 − t)).

        Base and exponent are double-double, because a high power multiplies rounding errors.
        Below ½ the base is (1 − t) (x − x₀), where x₀ is its zero and x − x₀ is exact.
        """
        width = 1 - Fraction(self.t)
        exponent = Fraction(numerator) / width
        power, power_low = split(exponent, 53)
        z = ops.product(width, ops.minimum(x, 0.0))
        first, rest = (1 + z.hi, z.lo) if isinstance(z, DoubleDouble) else (1 + z, 0.0)
        base = first + rest
        zero, zero_low = split(-1 / width, 53)
        distance = ops.maximum(x - zero, 0.0)
        near = ops.where(base > 0.5, base, ops.maximum(distance, 1e-20))
        # The logarithm of the factor that corrects the rounding of exponent and base.
        relative = ops.where(base > 0.5, (first - base + rest) / near, -zero_low / near)
        small = power_low * ops.log(near) + power * ops.log1p(ops.clip(relative, -0.9, 0.9))
        scale = ops.where(base > 0.5, 1.0, _fractional_power(width, exponent))
        result = factor * scale * near**power * ops.exp(small)
        return ops.where(distance > 0, result, 0.0)


def _fractional_power(base: Fraction, exponent: Fraction) -> float:
    """Return base^exponent, rounded once."""
    context = Context(prec=60)

    def decimal(number: Fraction) -> Decimal:
        return context.divide(Decimal(number.numerator), Decimal(number.denominator))

    return float(context.power(decimal(base), decimal(exponent)))


@dataclass(frozen=True)
class Xielu(Activation):
    """Expanded integral of ELU: α_p x² + βx for x > 0, else α_n (eˣ − 1 − x) + βx.

    The derivative is linear for x > 0 and similar to ELU for x ≤ 0. Huang & Schlag (2024),
    arXiv:2411.13010.
    """

    alpha_p: float = parameter(0.8, symbol=r"\alpha_p", meaning="curvature above 0", least=0)
    alpha_n: float = parameter(0.8, symbol=r"\alpha_n", meaning="curvature below 0", least=0)
    beta: float = parameter(0.5, symbol=r"\beta", meaning="slope at 0")

    name = "xielu"
    formula = "alpha_p * x**2 + beta * x if x > 0 else alpha_n * (exp(x) - 1 - x) + beta * x"
    source = "Huang & Schlag (2024), arXiv:2411.13010"
    year = 2024
    error_bounds = (ErrorBound(4, 1.5, _ZEROS), ErrorBound(8, 4, _ZEROS), ErrorBound())

    def compute_value(self, ops: Operations, x: Array) -> Array:
        low = ops.minimum(x, 1.0)
        bent = ops.expm1(low)
        near = low * (self.alpha_n * _half_remainder(ops.maximum(low, -1.0)) + self.beta)
        # For x ≤ −4 the two multiples of x are added first, because they may cancel.
        left = self.alpha_n * bent + (self.beta - self.alpha_n) * low
        left = ops.where(low > -4, self._middle(ops, low), left)
        below = ops.where(low > -1, near, left)
        # The sum may overflow for large parameters, but not its eighth.
        scale = 1.0 if max(self.alpha_p, abs(self.beta)) < _LARGEST else 0.125
        above = x * (self.alpha_p * scale * x + self.beta * scale)
        return ops.where(x > 0, above if scale == 1 else above / scale, below)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        low = ops.minimum(x, 1.0)
        near = self.alpha_n * ops.expm1(low) + self.beta
        left = self.alpha_n * ops.exp(low) + (self.beta - self.alpha_n)
        below = ops.where(low > -1, near, left)
        above = ops.multiple(2 * Fraction(self.alpha_p), x) + self.beta
        return ops.where(x > 0, above, below)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        below = ops.times_exp(self.alpha_n, ops.minimum(x, 1.0))
        return ops.where(x > 0, 2 * self.alpha_p, below)

    def _middle(self, ops: Operations, x: Array) -> Array:
        """Return α_n (eˣ − 1) + (β − α_n) x for −4 ≤ x ≤ −1.

        The terms may cancel, so they are added in double-double arithmetic.
        """
        # Both factors are divided by a power of 2, because products are clipped to the range of
        # arguments of exponentials.
        alpha, slope = Fraction(self.alpha_n), Fraction(self.beta) - Fraction(self.alpha_n)
        _, exponent = binary_parts(max(abs(alpha), abs(slope)))
        alpha, slope = (c / Fraction(2) ** exponent for c in (alpha, slope))
        bent = _parts(ops.product(alpha, ops.exp_double_double(x)))
        line = _parts(ops.product(slope, x))
        high, low = split(alpha, 12)
        total = (bent.hi - high + line.hi) + (bent.lo - low + line.lo)
        return total if exponent == 0 else ops.multiple(Fraction(2) ** exponent, total)


@dataclass(frozen=True)
class SoftExponential(Activation):
    """Soft exponential, f(x) = (e^αx − 1)/α + α: the identity at α = 0, eˣ at α = 1.

    Godfrey & Gashler (2015), arXiv:1602.01321. The paper also defines it for α < 0, by a
    logarithm that is undefined for some x. This record does not offer that.
    """

    alpha: float = parameter(
        0.5, symbol=r"\alpha", meaning="from linear to exponential", least=0, most=1
    )

    name = "soft_exponential"
    formula = "x if alpha == 0 else (exp(alpha * x) - 1) / alpha + alpha"
    source = "Godfrey & Gashler (2015), arXiv:1602.01321"
    year = 2015
    error_bounds = (ErrorBound(4, 1.5, _ROUNDED), ErrorBound(), ErrorBound())

    def compute_value(self, ops: Operations, x: Array) -> Array:
        if self.alpha == 0:
            return x * 1.0
        z = self.alpha * x
        if self.alpha < _FLAT:
            # For tiny αx, which may be subnormal, (e^αx − 1) / α is x.
            near = ops.expm1(ops.minimum(z, 50.0)) / self.alpha
            near = ops.where(ops.absolute(z) < 1e-30, x, near)
            far = ops.times_exp(inverse(self.alpha), ops.product(self.alpha, x))
            return ops.where(z > 40, far, near) + self.alpha
        e = ops.times_exp(1.0, ops.product(self.alpha, x))
        # For z > 40, e^z − 1 rounds to e^z.
        near = ops.where(z > 40, e, ops.expm1(ops.minimum(z, 50.0))) / self.alpha + self.alpha
        # For z ≤ −½ the constants 1/α and α are combined first, because they cancel at α = 1.
        level = (1 - self.alpha) * (1 + self.alpha) / self.alpha
        left = e / self.alpha - level
        far = ops.where(z > -0.5, near, left)
        if self.alpha == 1:
            return far
        zero, zero_low = self._zero()
        # e^(z − zero − low) − 1 to first order in `low`, because XLA would add both constants.
        distance = z - zero
        bent = ops.expm1(distance)
        bent = bent - zero_low * (1 + bent)
        return ops.where(ops.absolute(distance) < 1, level * bent, far)

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        # x · E(αx) + α with E(z) = (e^z − 1) / z, which has no pole at α = 0. A series replaces
        # the quotient for |z| ≤ ½.
        z = self.alpha * x
        near = ops.clip(z, -0.5, 0.5)
        series = near / 16 + 1
        for number in range(15, 1, -1):
            series = series * near / number + 1
        outside = ops.absolute(z) > 0.5
        far = ops.where(outside, z, 1.0)
        return x * ops.where(outside, (ops.exp(far) - 1) / far, series) + self.alpha

    def _zero(self) -> tuple[float, float]:
        """Return αx at the zero of f, which is ln(1 − α²), as (hi, lo)."""
        context = Context(prec=60)
        alpha = Decimal(self.alpha)
        square = context.subtract(1, context.multiply(alpha, alpha))
        return split(Fraction(square.ln(context)), 53)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.times_exp(1.0, ops.product(self.alpha, x))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.times_exp(self.alpha, ops.product(self.alpha, x))


@dataclass(frozen=True)
class Nlrelu(Activation):
    """Natural-logarithm ReLU, f(x) = ln(1 + β max(x, 0)).

    Liu et al. (2019), arXiv:1908.03682. At the kink f'(0) = 0.
    """

    beta: float = parameter(1.0, symbol=r"\beta", meaning="slope at 0 from the right", above=0)

    name = "nlrelu"
    formula = "log(1 + beta * max(x, 0))"
    source = "Liu et al. (2019), arXiv:1908.03682"
    year = 2019

    def compute_value(self, ops: Operations, x: Array) -> Array:
        rectified = ops.maximum(x, 0.0)
        # βx may overflow for large x, so its logarithm is the sum ln x + ln β.
        end = _LARGEST / self.beta
        far = ops.log(ops.maximum(rectified, end)) + log(self.beta)
        near = ops.log1p(self.beta * ops.minimum(rectified, end))
        return ops.where(rectified > end, far, near)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        end = _LARGEST / self.beta
        near = self.beta / (1 + self.beta * ops.clip(x, 0.0, end))
        return ops.where(x > end, 1 / ops.maximum(x, end), ops.where(x > 0, near, 0.0))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        slope = self.compute_derivative(ops, x)
        return -slope * slope


@dataclass(frozen=True)
class Elish(Activation):
    """Exponential linear sigmoid squashing, f(x) = x · σ(x) for x > 0, else (eˣ − 1) · σ(x).

    Basirat & Roth (2018), arXiv:1808.00783.
    """

    name = "elish"
    formula = "x * sigmoid(x) if x > 0 else (exp(x) - 1) * sigmoid(x)"
    source = "Basirat & Roth (2018), arXiv:1808.00783"
    year = 2018
    error_bounds = (
        ErrorBound(5, 0, _FACTORS),
        ErrorBound(8, 4, _ZEROS),
        ErrorBound(16, 4, _ZEROS),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.times_sigmoid(ops.where(x > 0, x, ops.expm1(ops.minimum(x, 1.0))), x)


@dataclass(frozen=True)
class HardElish(Activation):
    """Hard ELiSH: ELiSH with h(x) = min(max((x + 1)/2, 0), 1) in place of the sigmoid.

    Basirat & Roth (2018), arXiv:1808.00783. At the kinks f'(−1) = 0 and f'(1) = 1.
    """

    name = "hard_elish"
    formula = (
        "x * min(max((x + 1) / 2, 0), 1) if x > 0 "
        "else (exp(x) - 1) * min(max((x + 1) / 2, 0), 1)"
    )
    source = "Basirat & Roth (2018), arXiv:1808.00783"
    year = 2018
    error_bounds = (ErrorBound(), ErrorBound(8, 4, _ZEROS), ErrorBound())

    def compute_value(self, ops: Operations, x: Array) -> Array:
        gate = (ops.clip(x, -1.0, 1.0) + 1) / 2
        below = ops.expm1(ops.minimum(x, 1.0))
        return ops.where(x > 0, x * gate, below * gate)


def _parts(z: Argument) -> DoubleDouble:
    """Return z as a double-double number."""
    return z if isinstance(z, DoubleDouble) else DoubleDouble(z, 0.0)


def _half_remainder(x: Array) -> Array:
    """Return (eˣ − 1 − x) / x for |x| ≤ 1 by its series x/2! + x²/3! + … + x¹⁸/19!."""
    total = x / 19
    for k in range(18, 2, -1):
        total = (1 + total) * x / k
    return (1 + total) * x / 2
