"""TensorFlow's primitives, from which records are computed."""

from functools import cache
from typing import Any

import tensorflow as tf

from actbench.numerics.operations import Operations


@cache
def operations(dtype: Any, *, to_the_last_bit: bool = False) -> Operations:
    """Return TensorFlow's primitives for tensors of a dtype.

    Args:
        dtype: of the tensors.
        to_the_last_bit: whether float64 results count to the last bit; XLA's own expm1 is up
            to 4.4 ULP off there, its tanh up to 6.5, which shows in no narrower format.
    """

    def where(condition: Any, x: Any, y: Any) -> Any:
        # Not `tf.cast`, which takes a Python number to float32 on its way to float64.
        return tf.where(
            condition, tf.convert_to_tensor(x, dtype), tf.convert_to_tensor(y, dtype)
        )

    def expm1(x: Any) -> Any:
        # W. Kahan's: what the rounding of u = eˣ does to u − 1 it does to ln u as well. XLA
        # would make x of ln eˣ, but for the choice in between.
        u = tf.exp(x)
        near = tf.where(tf.equal(u, 1), tf.constant(2, dtype), u)
        inside = (u - 1) * (x / tf.math.log(near))
        return tf.where(tf.equal(u, 1), x, tf.where(tf.abs(x) < 3, inside, u - 1))

    def tanh(x: Any) -> Any:
        # From 20 on it is 1.
        rising = expm1(2 * tf.minimum(tf.abs(x), 20))
        return tf.sign(x) * rising / (2 + rising)

    def erf(x: Any) -> Any:
        # TensorFlow's own is NaN where x² overflows.
        return tf.math.erf(tf.clip_by_value(x, -30, 30))

    return Operations(
        exp=tf.exp,
        expm1=expm1 if to_the_last_bit else tf.math.expm1,
        log=tf.math.log,
        log1p=tf.math.log1p,
        tanh=tanh if to_the_last_bit else tf.tanh,
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
