"""Fused kernels of the parametric ReLU on TensorFlow."""

from collections.abc import Callable
from functools import lru_cache

import tensorflow as tf

from actbench.frameworks.kernels import compile_kernel, with_gradient


def evaluate_prelu(x: tf.Tensor, slopes: tf.Tensor) -> tf.Tensor:
    """Return x for x > 0, else slopes · x, with gradients of both.

    Args:
        x: a tensor of floats.
        slopes: tensor or variable with one axis less than x (no batch axis), and size 1 along
            shared axes.
    """
    slopes = tf.convert_to_tensor(slopes)
    forward, backward = _kernels(x.dtype, slopes.dtype, tuple(slopes.shape))
    return with_gradient(forward, backward, x, slopes)


@lru_cache(maxsize=256)
def _kernels(
    dtype: tf.DType, slope_dtype: tf.DType, shape: tuple[int, ...]
) -> tuple[Callable[..., tf.Tensor], Callable[..., tuple[tf.Tensor, tf.Tensor]]]:
    """Return the kernels of values and gradients, traced once for all batch sizes."""
    # A sum of thousands of float16 numbers stops growing when the next number is below half
    # an ULP of it.
    wide = tf.float64 if slope_dtype == tf.float64 else tf.float32
    batch_and_shared = [0, *(axis for axis, size in enumerate(shape, 1) if size == 1)]

    def value(x: tf.Tensor, slopes: tf.Tensor) -> tf.Tensor:
        slopes = tf.cast(slopes, dtype)
        # With slope 0, x is clipped to the smallest finite number because 0 · −∞ is NaN.
        finite = tf.where(tf.equal(slopes, 0), tf.maximum(x, dtype.min), x)
        return tf.where(x > 0, x, slopes * finite)

    def gradients(
        upstream: tf.Tensor, x: tf.Tensor, slopes: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        by_x = upstream * tf.where(x > 0, tf.ones_like(x), tf.cast(slopes, dtype))
        by_slopes = tf.cast(upstream, wide) * tf.cast(tf.minimum(x, 0), wide)
        total = tf.reduce_sum(by_slopes, batch_and_shared)
        return by_x, tf.reshape(tf.cast(total, slope_dtype), shape)

    like_x = tf.TensorSpec([None] * (1 + len(shape)), dtype)
    like_slopes = tf.TensorSpec(shape, slope_dtype)
    return (
        compile_kernel(value, [like_x, like_slopes]),
        compile_kernel(gradients, [like_x, like_x, like_slopes]),
    )
