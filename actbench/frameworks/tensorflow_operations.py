"""TensorFlow's primitives as the operations that records compute with."""

from dataclasses import fields
from functools import cache
from math import exp

import tensorflow as tf

from actbench.numerics.double_double import Argument, DoubleDouble, high_part
from actbench.numerics.operations import Operations

# tanh x rounds to 1 in float64 for x ≥ 19.1.
_TANH_END = 20

# e^±700 is a normal number.
_NORMAL_END = 700.0


@cache
def operations(dtype: tf.DType) -> Operations:
    """Return TensorFlow's primitives for tensors of a dtype.

    In float64, XLA's expm1 has an error of up to 4.4 ULP, its tanh of up to 6.5 ULP and its
    log1p of up to 130 ULP. These errors vanish when a result is rounded to float32; for float64
    results, use `float64_operations`.

    Args:
        dtype: dtype of the tensors.
    """

    def where(condition: tf.Tensor, x: tf.Tensor | float, y: tf.Tensor | float) -> tf.Tensor:
        # `tf.cast` would round a Python number to float32 before it converts to float64.
        return tf.where(
            condition, tf.convert_to_tensor(x, dtype), tf.convert_to_tensor(y, dtype)
        )

    def erf(x: tf.Tensor) -> tf.Tensor:
        # tf.math.erf returns NaN where x² overflows. erf x is ±1 long before |x| = 30.
        return tf.math.erf(tf.clip_by_value(x, -30, 30))

    return Operations(
        exp=tf.exp,
        expm1=tf.math.expm1,
        log=tf.math.log,
        log1p=tf.math.log1p,
        tanh=tf.tanh,
        sqrt=tf.sqrt,
        sin=tf.sin,
        cos=tf.cos,
        atan=tf.atan,
        erf=erf,
        absolute=tf.abs,
        round=tf.round,
        minimum=tf.minimum,
        maximum=tf.maximum,
        where=where,
    )


class Float64Operations(Operations):
    """Operations for float64 results, with one exponential where two would add their errors.

    XLA's exponential has an error of 1.3 ULP, so the square of e^(z/2) would have 2.6 ULP.
    Instead, e^z = e^(z ∓ 700) · e^±700 where |z| > 700; the sum z ∓ 700 is exact there.
    """

    def exp_factors(self, z: Argument) -> tuple[tf.Tensor, tf.Tensor]:
        """Return two factors of e^z, because their product may be subnormal."""
        first = self.minimum(high_part(z), 2 * _NORMAL_END)
        shift = self.where(first > _NORMAL_END, _NORMAL_END, 0.0)
        shift = self.where(first < -_NORMAL_END, -_NORMAL_END, shift)
        power = self.where(first > _NORMAL_END, exp(_NORMAL_END), 1.0)
        power = self.where(first < -_NORMAL_END, exp(-_NORMAL_END), power)
        return self._corrected(self.exp(first - shift), z, 1.0), power

    def exp_minus_abs_factors(self, z: Argument) -> tuple[tf.Tensor, tf.Tensor]:
        """Return two factors of e^−|z|, because their product may be subnormal."""
        first = high_part(z)
        size = self.absolute(first)
        shift = self.where(size > _NORMAL_END, _NORMAL_END, 0.0)
        power = self.where(size > _NORMAL_END, exp(-_NORMAL_END), 1.0)
        sign = self.where(first >= 0, -1.0, 1.0) if isinstance(z, DoubleDouble) else 1.0
        return self._corrected(self.exp(shift - size), z, sign), power

    def _corrected(self, e: tf.Tensor, z: Argument, sign: tf.Tensor | float) -> tf.Tensor:
        """Return e times the exponential of the low part of z, or of its negative."""
        return e + e * self.expm1(sign * z.lo) if isinstance(z, DoubleDouble) else e


@cache
def float64_operations() -> Operations:
    """Return the operations for float64 results, with more precise expm1, log1p and tanh."""
    library = operations(tf.float64)
    primitives = {f.name: getattr(library, f.name) for f in fields(Operations)}
    precise = {"expm1": _expm1, "log1p": _log1p, "tanh": _tanh}
    return Float64Operations(**(primitives | precise))


def _expm1(x: tf.Tensor) -> tf.Tensor:
    """Compute eˣ − 1 as (u − 1) + u · (x − ln u) with u = eˣ.

    The second term corrects the rounding error of u: one step of Newton's method for ln u = x.
    """
    # Without the maximum, XLA would simplify ln eˣ to x.
    u = tf.exp(x)
    correction = x - tf.math.log(tf.maximum(u, tf.constant(exp(-_NORMAL_END), tf.float64)))
    return tf.where(tf.abs(x) < 3, (u - 1) + u * correction, u - 1)


def _log1p(x: tf.Tensor) -> tf.Tensor:
    """Compute ln(1 + x) as ln u + (x − (u − 1)) / u with u = 1 + x.

    The second term corrects the rounding error of u.
    """
    u = 1 + x
    rounding = (x - (u - 1)) / tf.maximum(u, tf.constant(exp(-_NORMAL_END), tf.float64))
    return tf.math.log(u) + rounding


def _tanh(x: tf.Tensor) -> tf.Tensor:
    """Compute tanh |x| = r / (2 + r) with r = e^(2|x|) − 1, times the sign of x."""
    rising = _expm1(2 * tf.minimum(tf.abs(x), _TANH_END))
    return tf.sign(x) * rising / (2 + rising)
