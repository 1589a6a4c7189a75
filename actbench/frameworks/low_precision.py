"""The operations of records for results of float32 and narrower."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from math import pi, sqrt

from actbench.frameworks.casts import Casts
from actbench.frameworks.elementary import BinaryFormat, Elementary
from actbench.numerics.argument_operations import binary_parts
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, sum_of_parts
from actbench.numerics.exp_operations import times
from actbench.numerics.operations import Operations

# Products with larger powers of 2 may overflow in float32.
_EXACT_EXPONENT = 20

# Operations that `Elementary` computes in place of the library.
_ELEMENTARY = ("exp", "expm1", "log", "log1p", "tanh", "erf")


@dataclass(frozen=True)
class LowPrecisionOperations(Operations):
    """The formulas of `Operations` in a format, with one exponential each.

    float64 results need double-double arguments of exponentials; here, the argument of an
    exponential in float64 is precise enough.
    """

    full_precision = False

    elementary: Elementary

    def in_float64(self, x: Array) -> Array:
        """Return x in float64."""
        return self.elementary.casts.cast(x, "float64")

    def product(self, c: float | Fraction, x: Argument) -> Array:
        """Return c · x: in float64, unless c is 0 or ±2ᵏ and the product is exact."""
        x = sum_of_parts(x)
        mantissa, exponent = binary_parts(c)
        exact = abs(mantissa) in (0, Fraction(1, 2)) and abs(exponent) <= _EXACT_EXPONENT
        return float(c) * x if exact else self.multiple(c, self.in_float64(x))

    def exp_double_double(self, z: Argument) -> Array:
        """Return e^z, as one number."""
        return self.elementary.exp(z)

    def exp_argument(self, z: Argument) -> Array:
        """Return e^z."""
        return self.elementary.exp(z)

    def exp_factors(self, z: Argument) -> tuple[Array, Array]:
        """Return two factors of e^z, because their product may be subnormal."""
        p, s, t = self.elementary.exp_factors(z)
        return p * s, t

    def exp_minus_abs_factors(self, z: Argument) -> tuple[Array, Array]:
        """Return two factors of e^−|z|, because their product may be subnormal."""
        return self.exp_factors(-self.absolute(sum_of_parts(z)))

    def times_exp(self, a: Array | float, z: Argument, b: float = 1.0) -> Array:
        """Return a · b · e^z."""
        p, s, t = self.elementary.exp_factors(z)
        return times(b, a * p * s * t)

    def times_sigmoid_derivative(
        self, z: Argument, x_dz: Array | None = None, a: float = 1.0
    ) -> Array:
        """Return a · (x σ(z))'."""
        z = sum_of_parts(z)
        p, s, t = self.elementary.exp_factors(-self.absolute(z))
        if x_dz is None:
            x_dz = self.clip(z, -2000.0, 2000.0)
        inside = self.elementary.casts.cast(1 + x_dz, self.elementary.format.dtype)
        e = p * s * t
        below = (inside + e) * p * s * t
        return times(a, self.where(z >= 0, 1 + e * inside, below) / ((1 + e) * (1 + e)))

    def softplus_tail(self, z: Argument) -> Array:
        """Return ln(1 + e^−|z|)."""
        return self.elementary.log1p_up_to_1(self.exp_minus_abs(z))

    def times_gaussian(self, a: Array | float, x: Argument, scale: float = 1.0) -> Array:
        """Return a · e^(−scale · x²)."""
        x = self.in_float64(self.clip(sum_of_parts(x), -60.0, 60.0))
        return self.times_exp(a, -scale * x * x)

    def mills_ratio(self, t: Array) -> DoubleDouble:
        """Return Φ(−t) / φ(t) for t ≥ 0; the low part is 0."""
        return DoubleDouble(sqrt(2 * pi) * self.scaled_normal_tail(t), 0.0)

    def scaled_normal_tail(self, t: Array) -> Array:
        """Return e^(t²/2) · Φ(−t) for t ≥ 0."""
        return self.elementary.scaled_normal_tail(t)

    def exp_minus_abs(self, z: Argument) -> Array:
        """Return e^−|z|, or 0 where it is subnormal."""
        return self.elementary.decay(-self.absolute(sum_of_parts(z)))


def low_precision_operations(
    library: Operations, casts: Casts, working: BinaryFormat
) -> LowPrecisionOperations:
    """Return the operations that compute in a format, for results of float32 and narrower.

    Args:
        library: the operations of an array library in this format.
        casts: the library's conversions between formats.
        working: the format.
    """
    elementary = Elementary(working, library, casts)
    primitives: dict[str, Callable[..., Array]] = {
        f.name: getattr(library, f.name) for f in fields(Operations)
    }
    primitives |= {name: getattr(elementary, name) for name in _ELEMENTARY}
    return LowPrecisionOperations(**primitives, elementary=elementary)
