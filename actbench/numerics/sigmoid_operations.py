"""The logistic sigmoid, softplus and functions made of them."""

from actbench.numerics.argument_operations import ARGUMENT_RANGE
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, high_part, sum_of_parts
from actbench.numerics.exp_operations import ExpOperations


class SigmoidOperations(ExpOperations):
    """Functions of e = e^−|z|, which is at most 1, so that nothing overflows."""

    def sigmoid(self, z: Argument) -> Array:
        """Return σ(z) = 1 / (1 + e^−z): 1 / (1 + e) for z ≥ 0, else e / (1 + e)."""
        e = self.exp_minus_abs(z)
        return self.where(high_part(z) >= 0, 1.0, e) / (1 + e)

    def sigmoid_derivative(self, z: Argument) -> Array:
        """Return σ'(z) = e / (1 + e)²."""
        e = self.exp_minus_abs(z)
        return e / ((1 + e) * (1 + e))

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

    def times_sigmoid(self, a: Array | float, z: Argument) -> Array:
        """Return a · σ(z): a / (1 + e) for z ≥ 0, else a · e / (1 + e).

        The product a · e uses two factors of e, because e alone may be subnormal.
        """
        g, h = self.exp_minus_abs_factors(z)
        return self.where(high_part(z) >= 0, a, a * g * h) / (1 + g * h)

    def times_sigmoid_derivative(self, z: Argument, x_dz: Array | None = None) -> Array:
        """Return (x · σ(z))' = σ(z) · (1 + x z' σ(−z)), for finite z.

        It is (1 + e + e · x z') / (1 + e)² for z ≥ 0, else e · (1 + x z' + e) / (1 + e)². The
        sum 1 + x z' is exact near its zero.

        Args:
            z: the argument of the sigmoid.
            x_dz: x · z'. The default, z, is x · z' for z proportional to x.
        """
        first = self.clip(high_part(z), *ARGUMENT_RANGE)
        size = self.absolute(first)
        e, half = self.exp(-size), self.exp(-size / 2)
        inside = _one_plus(first, z, x_dz)
        if isinstance(z, DoubleDouble):
            correction = self.expm1(self.where(first >= 0, -z.lo, z.lo))
            e, other_half = e + e * correction, half + half * correction
        else:
            other_half = half
        low = inside + e
        # Two factors of e where e may be subnormal.
        below = self.where(size < 80, low * e, low * half * other_half)
        return self.where(first >= 0, 1 + e * inside, below) / ((1 + e) * (1 + e))

    def sech_squared(self, z: Argument) -> Array:
        """Return sech² z = 4e / (1 + e)², e = e^(−2|z|).

        The form 1 − tanh² z would lose all digits by cancellation.
        """
        z = DoubleDouble(2 * z.hi, 2 * z.lo) if isinstance(z, DoubleDouble) else 2 * z
        e = self.exp_minus_abs(z)
        return 4 * e / ((1 + e) * (1 + e))


def _one_plus(first: Array, z: Argument, x_dz: Array | None) -> Array:
    """Return 1 + x z', where x z' is z (with its high part clipped to `first`) by default."""
    if x_dz is not None:
        return 1 + x_dz
    return first + 1 + z.lo if isinstance(z, DoubleDouble) else first + 1
