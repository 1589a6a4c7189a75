"""The operations of records for results of float32 and narrower."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from math import pi, sqrt

import tensorflow as tf

from actbench.frameworks.elementary import BinaryFormat, Elementary
from actbench.frameworks.tensorflow_operations import operations
from actbench.numerics.argument_operations import binary_parts
from actbench.numerics.double_double import DoubleDouble, sum_of_parts
from actbench.numerics.exp_operations import times
from actbench.numerics.operations import Operations

# Products with larger powers of 2 may overflow in float32.
_EXACT_EXPONENT = 20

# Operations that `Elementary` computes in place of TensorFlow.
_ELEMENTARY = ("exp", "expm1", "log", "log1p", "tanh", "erf")


@dataclass(frozen=True)
class LowPrecisionOperations(Operations):
    """The formulas of `Operations` in a format, with one exponential each.

    float64 results need double-double arguments of exponentials; here, the argument of an
    exponential in float64 is precise enough.
    """

    full_precision = False

    elementary: Elementary

    def in_float64(self, x: tf.Tensor) -> tf.Tensor:
        """Return x in float64."""
        return tf.cast(x, tf.float64)

    def product(self, c: float | Fraction, x: tf.Tensor) -> tf.Tensor:
        """Return c · x: in float64, unless c is 0 or ±2ᵏ and the product is exact."""
        mantissa, exponent = binary_parts(c)
        exact = abs(mantissa) in (0, Fraction(1, 2)) and abs(exponent) <= _EXACT_EXPONENT
        return float(c) * x if exact else self.multiple(c, self.in_float64(x))

    def exp_double_double(self, z: tf.Tensor | DoubleDouble) -> tf.Tensor:
        """Return e^z, as one number."""
        return self.elementary.exp(z)

    def exp_argument(self, z: tf.Tensor | DoubleDouble) -> tf.Tensor:
        """Return e^z."""
        return self.elementary.exp(z)

    def exp_factors(self, z: tf.Tensor | DoubleDouble) -> tuple[tf.Tensor, tf.Tensor]:
        """Return two factors of e^z, because their product may be subnormal."""
        p, s, t = self.elementary.exp_factors(z)
        return p * s, t

    def exp_minus_abs_factors(self, z: tf.Tensor | DoubleDouble) -> tuple[tf.Tensor, tf.Tensor]:
        """Return two factors of e^−|z|, because their product may be subnormal."""
        return self.exp_factors(-tf.abs(sum_of_parts(z)))

    def times_exp(
        self, a: tf.Tensor | float, z: tf.Tensor | DoubleDouble, b: float = 1.0
    ) -> tf.Tensor:
        """Return a · b · e^z."""
        p, s, t = self.elementary.exp_factors(z)
        return times(b, a * p * s * t)

    def times_sigmoid_derivative(
        self, z: tf.Tensor, x_dz: tf.Tensor | None = None, a: float = 1.0
    ) -> tf.Tensor:
        """Return a · (x σ(z))'."""
        p, s, t = self.elementary.exp_factors(-tf.abs(z))
        if x_dz is None:
            x_dz = tf.clip_by_value(
                z, tf.constant(-2000.0, z.dtype), tf.constant(2000.0, z.dtype)
            )
        inside = tf.cast(1 + x_dz, p.dtype)
        e = p * s * t
        below = (inside + e) * p * s * t
        return times(a, self.where(z >= 0, 1 + e * inside, below) / ((1 + e) * (1 + e)))

    def softplus_tail(self, z: tf.Tensor) -> tf.Tensor:
        """Return ln(1 + e^−|z|)."""
        return self.elementary.log1p_up_to_1(self.exp_minus_abs(z))

    def times_gaussian(
        self, a: tf.Tensor | float, x: tf.Tensor | DoubleDouble, scale: float = 1.0
    ) -> tf.Tensor:
        """Return a · e^(−scale · x²)."""
        x = self.in_float64(self.clip(sum_of_parts(x), -60.0, 60.0))
        return self.times_exp(a, -scale * x * x)

    def mills_ratio(self, t: tf.Tensor) -> DoubleDouble:
        """Return Φ(−t) / φ(t) for t ≥ 0; the low part is 0."""
        return DoubleDouble(sqrt(2 * pi) * self.scaled_normal_tail(t), 0.0)

    def scaled_normal_tail(self, t: tf.Tensor) -> tf.Tensor:
        """Return e^(t²/2) · Φ(−t) for t ≥ 0."""
        return self.elementary.scaled_normal_tail(t)

    def exp_minus_abs(self, z: tf.Tensor) -> tf.Tensor:
        """Return e^−|z|, or 0 where it is subnormal."""
        return self.elementary.decay(-tf.abs(z))


@cache
def low_precision_operations(working: BinaryFormat) -> LowPrecisionOperations:
    """Return the operations that compute in a format, for results of float32 and narrower."""
    elementary = Elementary(working)
    library = operations(working.dtype)
    primitives: dict[str, Callable[..., tf.Tensor]] = {
        f.name: getattr(library, f.name) for f in fields(Operations)
    }
    primitives |= {name: getattr(elementary, name) for name in _ELEMENTARY}
    return LowPrecisionOperations(**primitives, elementary=elementary)
