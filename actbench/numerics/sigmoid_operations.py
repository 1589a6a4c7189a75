"""The logistic sigmoid, softplus and functions made of them."""

from fractions import Fraction

from actbench.numerics.argument_operations import ARGUMENT_RANGE
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, high_part, sum_of_parts
from actbench.numerics.exp_operations import ExpOperations, is_ordinary, times


class SigmoidOperations(ExpOperations):
    """Functions of e = e^−|z|, which is at most 1, so that nothing overflows."""

    def sigmoid(self, z: Argument) -> Array:
        """Return σ(z) = 1 / (1 + e^−z): 1 / (1 + e) for z ≥ 0, else e / (1 + e)."""
        e = self.exp_minus_abs(z)
        return self.where(high_part(z) >= 0, 1.0, e) / (1 + e)

    def sigmoid_derivative(
        self, z: Argument, a: Array | float = 1.0, b: float | Fraction = 1.0
    ) -> Array:
        """Return a · b · σ'(z) = a · b · e / (1 + e)²."""
        if isinstance(a, float) and a == b == 1:
            e = self.exp_minus_abs(z)
            return e / ((1 + e) * (1 + e))
        g, h = self.exp_minus_abs_factors(z)
        e = g * h
        last = h / ((1 + e) * (1 + e))
        return self.times_far_factor(b, lambda b: self.product_of_factors(a, b, g, last))

    def softplus(self, z: Argument) -> Array:
        """Return ln(1 + e^z) = max(z, 0) + ln(1 + e)."""
        whole = sum_of_parts(z)
        return self.where(whole > 0, whole, 0.0) + self.softplus_tail(z)

    def softplus_tail(self, z: Argument) -> Array:
        """Return ln(1 + e^−|z|)."""
        if isinstance(z, DoubleDouble):
            # The sign is that of the sum, because hi may be 0 where z is not.
            negative = sum_of_parts(z) < 0
            z = DoubleDouble(self.absolute(z.hi), self.where(negative, -z.lo, z.lo))
        return self.log1p(self.exp_minus_abs(z))

    def times_sigmoid(self, a: Array | float, z: Argument, b: float = 1.0) -> Array:
        """Return a · b · σ(z): a · b / (1 + e) for z ≥ 0, else a · b · e / (1 + e).

        The product uses two factors of e, because e alone may be subnormal.
        """
        g, h = self.exp_minus_abs_factors(z)
        right, e = high_part(z) >= 0, g * h
        if is_ordinary(b):
            return times(b, self.where(right, a, a * g * h) / (1 + e))
        first, last = self.split_factors(a, b)
        first = self.where(right, first, first * g) / (1 + e)
        return first * self.where(right, last, last * h)

    def times_sigmoid_derivative(
        self, z: Argument, x_dz: Array | None = None, a: float = 1.0
    ) -> Array:
        """Return a · (x · σ(z))' = a · σ(z) · (1 + x z' σ(−z)), for finite z.

        It is (1 + e + e · x z') / (1 + e)² for z ≥ 0, else e · (1 + x z' + e) / (1 + e)². The
        sum 1 + x z' is exact near its zero.

        Args:
            z: the argument of the sigmoid.
            x_dz: x · z'. The default, z, is x · z' for z proportional to x.
            a: a factor.
        """
        first = self.clip(high_part(z), *ARGUMENT_RANGE)
        if isinstance(z, DoubleDouble):
            z = DoubleDouble(first, z.lo)
        g, h = self.exp_minus_abs_factors(z if isinstance(z, DoubleDouble) else first)
        e = g * h
        inside = _one_plus(first, z, x_dz)
        right, square = first >= 0, (1 + e) * (1 + e)
        # Two factors of e, because e may be subnormal.
        below = (inside + e) * g
        if is_ordinary(a):
            return times(a, self.where(right, 1 + e * inside, below * h) / square)
        return self.where(right, 1 + e * inside, below) / square * self.where(right, a, a * h)

    def sech_squared(
        self, z: Argument, a: Array | float = 1.0, b: float | Fraction = 1.0
    ) -> Array:
        """Return a · b · sech² z = 4ab · e / (1 + e)², e = e^(−2|z|).

        The form 1 − tanh² z would lose all digits by cancellation.
        """
        z = DoubleDouble(2 * z.hi, 2 * z.lo) if isinstance(z, DoubleDouble) else 2 * z
        g, h = self.exp_minus_abs_factors(z)
        e = g * h
        half = 2 / (1 + e)
        g, h = half * g, half * h
        return self.times_far_factor(b, lambda b: self.product_of_factors(a, b, g, h))


def _one_plus(first: Array, z: Argument, x_dz: Array | None) -> Array:
    """Return 1 + x z', where x z' is z (with its high part clipped to `first`) by default."""
    if x_dz is not None:
        return 1 + x_dz
    return first + 1 + z.lo if isinstance(z, DoubleDouble) else first + 1
