"""TensorFlow's primitives as the operations that records compute with."""

from dataclasses import replace
from functools import cache

import tensorflow as tf

from actbench.numerics.operations import Operations

# tanh x rounds to 1 in float64 for x ≥ 19.1.
_TANH_END = 20


@cache
def operations(dtype: tf.DType) -> Operations:
    """Return TensorFlow's primitives for tensors of a dtype.

    In float64, XLA's expm1 has an error of up to 4.4 ULP and its tanh of up to 6.5 ULP. These
    errors vanish when a result is rounded to float32; for float64 results, use
    `float64_operations`.

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


@cache
def float64_operations() -> Operations:
    """Return primitives for float64 results: `operations` with more precise expm1 and tanh."""
    return replace(operations(tf.float64), expm1=_expm1, tanh=_tanh)


def _expm1(x: tf.Tensor) -> tf.Tensor:
    """Compute eˣ − 1 as (u − 1) · x / ln u with u = eˣ.

    The rounding error of u cancels in the quotient of u − 1 and ln u. This algorithm is by
    W. Kahan: see N. J. Higham, Accuracy and Stability of Numerical Algorithms (2nd ed., 2002),
    section 1.14.1.
    """
    u = tf.exp(x)
    # Without this choice XLA would simplify ln eˣ to x.
    near = tf.where(tf.equal(u, 1), tf.constant(2, tf.float64), u)
    inside = (u - 1) * (x / tf.math.log(near))
    return tf.where(tf.equal(u, 1), x, tf.where(tf.abs(x) < 3, inside, u - 1))


def _tanh(x: tf.Tensor) -> tf.Tensor:
    """Compute tanh |x| = r / (2 + r) with r = e^(2|x|) − 1, times the sign of x."""
    rising = _expm1(2 * tf.minimum(tf.abs(x), _TANH_END))
    return tf.sign(x) * rising / (2 + rising)
