"""TensorFlow's primitives as the operations that records compute with."""

from functools import cache

import tensorflow as tf

from actbench.frameworks.casts import Casts
from actbench.frameworks.elementary import BinaryFormat
from actbench.frameworks.low_precision import LowPrecisionOperations, low_precision_operations
from actbench.frameworks.xla_float64 import float64_operations
from actbench.numerics.operations import Operations


def _dtype_of(x: tf.Tensor) -> str:
    return str(x.dtype.name)


def _shift_right(x: tf.Tensor, bits: int) -> tf.Tensor:
    return tf.bitwise.right_shift(x, tf.constant(bits, x.dtype))


CASTS = Casts(_dtype_of, cast=tf.cast, bitcast=tf.bitcast, shift_right=_shift_right)
"""TensorFlow's conversions between formats."""


@cache
def operations(dtype: tf.DType) -> Operations:
    """Return TensorFlow's primitives for tensors of a dtype.

    In float64, XLA's expm1 has an error of up to 4.4 ULP, its tanh of up to 6.5 ULP and its
    log1p of up to 130 ULP. These errors vanish when a result is rounded to float32; for float64
    results, use `full_operations`.

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
def full_operations() -> Operations:
    """Return the operations for float64 results."""
    return float64_operations(operations(tf.float64))


@cache
def short_operations(working: BinaryFormat) -> LowPrecisionOperations:
    """Return the operations that compute in a format, for results of float32 and narrower.

    Args:
        working: the format.
    """
    return low_precision_operations(operations(tf.as_dtype(working.dtype)), CASTS, working)
