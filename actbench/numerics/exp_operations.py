"""Exponentials of arrays and of double-double arguments."""

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction

from actbench.numerics.argument_operations import ArgumentOperations, binary_parts
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, high_part, split


def _exponentials(start: int, step: float, count: int) -> list[tuple[float, float]]:
    """Return e^(start + k · step) for k = 0 … count − 1, each as (hi, lo); hi has 13 bits."""
    context = Context(prec=40)
    powers = (start + step * k for k in range(count))
    return [split(Fraction(Decimal(power).exp(context)), 13) for power in powers]


# e⁻⁴, e⁻², … e⁶ and 1, e^½, e, e^1½. The product of two high parts has 26 bits, so it is exact.
_COARSE, _FINE = _exponentials(-4, 2, 6), _exponentials(0, 0.5, 4)


# e^(z/2) is finite up to this z. Times any positive number, e^z is infinite in every format
# unless that number is subnormal.
_LARGEST_ARGUMENT = 1418.0


# Larger products of factors may overflow.
_LARGE_FACTOR = 1e290


def is_ordinary(b: float) -> bool:
    """Return whether b is so near to 1 that a product with it keeps its digits.

    A product with an array or a jet, as a trained parameter, is computed as with such a number.
    """
    return not isinstance(b, float) or 1 / 16 <= abs(b) <= 16


def times(factor: Array | float, x: Array) -> Array:
    """Return factor · x, without an operation if the factor is the number 1."""
    return x if isinstance(factor, float) and factor == 1 else factor * x


class ExpOperations(ArgumentOperations):
    """Exponentials whose relative error stays small where they underflow.

    A subnormal float has fewer digits. Therefore a product with an exponential uses two
    factors, e^(z/2) twice, if the exponential alone can be subnormal. A product
    a · b · e^z multiplies each factor by one of the numbers, because a · b may overflow.
    """

    def exp_double_double(self, z: Argument) -> Argument:
        """Return e^z in double-double arithmetic for −4 ≤ z ≤ 7, with an error below 2⁻⁵².

        e^z = e^(k/2) · e^d, where e^(k/2) comes from a table. Let s be d rounded to a multiple
        of 1/4096. Then 1 + s + s²/2 is exact, and the remainder of e^d is small.
        """
        first, small = (z.hi, z.lo) if isinstance(z, DoubleDouble) else (z, 0.0)
        near = self.clip(first, -4.0, 7.0)
        k = self.round(2 * near)
        i = self.round((k + 8) / 4 - 0.375)
        a, a_rest = self._look_up(_COARSE, i)
        b, b_rest = self._look_up(_FINE, k + 8 - 4 * i)
        high, low = a * b, a * b_rest + a_rest * (b + b_rest)
        remainder = near - k / 2
        d = remainder + small
        s = self.round(d * 4096) / 4096
        series = d / 13
        for number in range(12, 2, -1):
            series = (1 + series) * d / number
        rest = (remainder - s + small) * (1 + (d + s) / 2) + series * d * d / 2
        short = 1 + s + s * s / 2
        rest = low * short + (high + low) * rest
        step = self.round(rest * 64) / 64
        outside = self.exp(self.minimum(first + small, 700.0))
        inside = self.absolute(first - near) <= 0
        return DoubleDouble(
            self.where(inside, high * short + step, outside),
            self.where(inside, rest - step, 0.0),
        )

    def _look_up(self, table: list[tuple[float, float]], k: Array) -> tuple[Array, Array]:
        """Return the two parts of entry k, by comparisons: no primitive indexes a table."""
        first: Array = table[0][0]
        rest: Array = table[0][1]
        for number, (a, b) in enumerate(table[1:], 1):
            first, rest = self.where(k >= number, a, first), self.where(k >= number, b, rest)
        return first, rest

    def exp_argument(self, z: Argument) -> Array:
        """Return e^z as one array, for z where e^z is neither subnormal nor infinite."""
        if not isinstance(z, DoubleDouble):
            return self.exp(z)
        # The exponential must be finite, because ∞ − ∞ is NaN.
        e = self.exp(self.minimum(z.hi, _LARGEST_ARGUMENT / 2))
        return e + e * self.expm1(z.lo)

    def exp_minus_abs(self, z: Argument) -> Array:
        """Return e^−|z|, which never overflows."""
        e = self.exp(-self.absolute(high_part(z)))
        if not isinstance(z, DoubleDouble):
            return e
        return e + e * self.expm1(self.where(z.hi >= 0, -z.lo, z.lo))

    def exp_factors(self, z: Argument) -> tuple[Array, Array]:
        """Return two factors of e^z, because their product may be subnormal."""
        if not isinstance(z, DoubleDouble):
            half = self.exp(z / 2)
            return half, half
        half = self.exp(self.minimum(z.hi, _LARGEST_ARGUMENT) / 2)
        return half, half + half * self.expm1(z.lo)

    def exp_minus_abs_factors(self, z: Argument) -> tuple[Array, Array]:
        """Return two factors of e^−|z|, because their product may be subnormal."""
        half = self.exp(-self.absolute(high_part(z)) / 2)
        if not isinstance(z, DoubleDouble):
            return half, half
        return half, half + half * self.expm1(self.where(z.hi >= 0, -z.lo, z.lo))

    def times_exp(self, a: Array | float, z: Argument, b: float = 1.0) -> Array:
        """Return a · b · e^z."""
        return self.product_of_factors(a, b, *self.exp_factors(z))

    def product_of_factors(self, a: Array | float, b: float, g: Array, h: Array) -> Array:
        """Return a · b · g · h, where no product of two of them needs to be in range.

        The order is (a · b · g) · h, or (a · g) · (b · h) where a · b may overflow.
        """
        if is_ordinary(b):
            return times(b, times(a, g) * h)
        first, last = self.split_factors(a, b)
        return first * g * (last * h)

    def times_far_factor(
        self, b: float | Fraction, function: Callable[[float], Array]
    ) -> Array:
        """Return function(b) for a function that is proportional to b.

        A fraction outside the range of normal floats is split into a float and a power of 2.
        """
        _, exponent = binary_parts(b)
        excess = max(exponent - 1000, 0) + min(exponent + 1000, 0)
        if isinstance(b, float) or excess == 0:
            return function(float(b))
        rest = Fraction(2) ** excess
        return self.multiple(rest, function(float(b / rest)))

    def split_factors(self, a: Array | float, b: float) -> tuple[Array | float, Array | float]:
        """Return (a · b, 1), or (a, b) where a · b may overflow."""
        product = a * b
        if isinstance(product, float):
            return (product, 1.0) if abs(product) < _LARGE_FACTOR else (a, b)
        small = self.absolute(product) < _LARGE_FACTOR
        return self.where(small, product, a), self.where(small, 1.0, b)

    def times_double_exp(self, a: Array | float, x: Array) -> Array:
        """Return a · exp(−eˣ); exp(−e⁷) is 0 in every format."""
        return self.times_exp(a, -self.exp_double_double(self.minimum(x, 7.0)))
