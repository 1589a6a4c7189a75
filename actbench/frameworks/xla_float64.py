"""Operations for float64 results with the elementary functions of XLA."""

from collections.abc import Callable
from dataclasses import fields
from math import exp

from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, high_part
from actbench.numerics.operations import Operations

# tanh x rounds to 1 in float64 for x ≥ 19.1.
_TANH_END = 20.0

# e^±700 is a normal number.
_NORMAL_END = 700.0

_SMALLEST = exp(-_NORMAL_END)


class Float64Operations(Operations):
    """Operations for float64 results, with one exponential where two would add their errors.

    XLA's exponential has an error of 1.3 ULP, so the square of e^(z/2) would have 2.6 ULP.
    Instead, e^z = e^(z ∓ 700) · e^±700 where |z| > 700; the sum z ∓ 700 is exact there.
    """

    def exp_factors(self, z: Argument) -> tuple[Array, Array]:
        """Return two factors of e^z, because their product may be subnormal."""
        first = self.minimum(high_part(z), 2 * _NORMAL_END)
        shift = self.where(first > _NORMAL_END, _NORMAL_END, 0.0)
        shift = self.where(first < -_NORMAL_END, -_NORMAL_END, shift)
        power = self.where(first > _NORMAL_END, exp(_NORMAL_END), 1.0)
        power = self.where(first < -_NORMAL_END, exp(-_NORMAL_END), power)
        return self._corrected(self.exp(first - shift), z, 1.0), power

    def exp_minus_abs_factors(self, z: Argument) -> tuple[Array, Array]:
        """Return two factors of e^−|z|, because their product may be subnormal."""
        first = high_part(z)
        size = self.absolute(first)
        shift = self.where(size > _NORMAL_END, _NORMAL_END, 0.0)
        power = self.where(size > _NORMAL_END, exp(-_NORMAL_END), 1.0)
        sign = self.where(first >= 0, -1.0, 1.0) if isinstance(z, DoubleDouble) else 1.0
        return self._corrected(self.exp(shift - size), z, sign), power

    def _corrected(self, e: Array, z: Argument, sign: Array | float) -> Array:
        """Return e times the exponential of the low part of z, or of its negative."""
        return e + e * self.expm1(sign * z.lo) if isinstance(z, DoubleDouble) else e


def float64_operations(library: Operations) -> Operations:
    """Return the operations for float64 results, with more precise expm1, log1p and tanh.

    Args:
        library: the operations of XLA.
    """

    def expm1(x: Array) -> Array:
        """Compute eˣ − 1 as (u − 1) + u · (x − ln u) with u = eˣ.

        The second term corrects the rounding error of u: one step of Newton's method for
        ln u = x.
        """
        # Without the maximum, XLA would simplify ln eˣ to x.
        u = library.exp(x)
        correction = x - library.log(library.maximum(u, _SMALLEST))
        return library.where(library.absolute(x) < 3, (u - 1) + u * correction, u - 1)

    def log1p(x: Array) -> Array:
        """Compute ln(1 + x) as ln u + (x − (u − 1)) / u with u = 1 + x.

        The second term corrects the rounding error of u.
        """
        u = 1 + x
        return library.log(u) + (x - (u - 1)) / library.maximum(u, _SMALLEST)

    def tanh(x: Array) -> Array:
        """Compute tanh |x| = r / (2 + r) with r = e^(2|x|) − 1, with the sign of x."""
        rising = expm1(2 * library.minimum(library.absolute(x), _TANH_END))
        return library.where(x < 0, -rising, rising) / (2 + rising)

    primitives: dict[str, Callable[..., Array]] = {
        f.name: getattr(library, f.name) for f in fields(Operations)
    }
    return Float64Operations(**(primitives | {"expm1": expm1, "log1p": log1p, "tanh": tanh}))
