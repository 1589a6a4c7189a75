"""Fused kernels of records whose parameters are tensors, with gradients of x and of them."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

import tensorflow as tf

from actbench.frameworks.elementary import DOUBLE
from actbench.frameworks.kernels import compile_kernel, forbid_gradient, with_gradient
from actbench.frameworks.parametric import LARGEST_X, Parametric, no_second_derivative
from actbench.frameworks.tensorflow_operations import operations, short_operations

Kernel = Callable[..., tf.Tensor]
GradientKernel = Callable[..., tuple[tf.Tensor, ...]]


def evaluate_parametric(
    parametric: Parametric, x: tf.Tensor, tensors: Sequence[tf.Tensor], axes: Sequence[int]
) -> tf.Tensor:
    """Return f(x), with gradients with respect to x and the parameters, by fused kernels.

    Results are computed in float64 and rounded once. Gradients of parameters are sums in
    float64, for narrower dtypes as well. A gradient has no gradient of its own.

    Args:
        parametric: the record and the names of its tensors.
        x: a tensor of float16, bfloat16, float32 or float64 of known rank.
        tensors: the parameters, tensors or variables, with one axis less than x (no batch axis)
            and size 1 along `axes`.
        axes: axes of x that share parameters, without the batch axis.

    Returns:
        A tensor of the shape and dtype of x; NaN only where x or a parameter is NaN.
    """
    tensors = [tf.convert_to_tensor(t) for t in tensors]
    dtypes = tuple(t.dtype for t in tensors)
    forward, backward = _kernels(parametric, x.dtype, dtypes, len(x.shape), tuple(axes))

    def gradient(
        upstream: tf.Tensor, x: tf.Tensor, *tensors: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        return forbid_gradient(
            backward, no_second_derivative(parametric), *(x, upstream, *tensors)
        )

    return with_gradient(forward, gradient, x, *tensors)


@lru_cache(maxsize=1024)
def _kernels(
    parametric: Parametric,
    dtype: tf.DType,
    dtypes: tuple[tf.DType, ...],
    rank: int,
    axes: tuple[int, ...],
) -> tuple[Kernel, GradientKernel]:
    """Return the kernels of values and gradients, traced once for all shapes."""
    like_x = tf.TensorSpec([None] * rank, dtype)
    tensors = [tf.TensorSpec([None] * (rank - 1), each) for each in dtypes]
    return (
        compile_kernel(partial(_value, parametric), [like_x, *tensors]),
        compile_kernel(partial(_gradients, parametric, axes), [like_x, like_x, *tensors]),
    )


def derivatives(
    parametric: Parametric, x: tf.Tensor, tensors: Sequence[tf.Tensor]
) -> Iterator[tf.Tensor]:
    """Return f(x), then its derivatives with respect to x and each tensor, as part of a kernel.

    Args:
        parametric: the record and the names of its tensors.
        x: a tensor.
        tensors: the parameters, of shapes that broadcast with the shape of x.

    Returns:
        Tensors of float64 of the shape of x.
    """
    parameters = [tf.cast(t, tf.float64) for t in tensors]
    wide = tf.clip_by_value(tf.cast(x, tf.float64), -LARGEST_X, LARGEST_X)
    exact = x.dtype == tf.float64
    ops = operations(tf.float64) if exact else short_operations(DOUBLE)
    for result in parametric.derivatives(ops, wide, parameters):
        yield tf.where(tf.math.is_nan(wide), wide, result)


def _value(parametric: Parametric, x: tf.Tensor, *tensors: tf.Tensor) -> tf.Tensor:
    return tf.cast(next(derivatives(parametric, x, tensors)), x.dtype)


def _gradients(
    parametric: Parametric,
    axes: tuple[int, ...],
    x: tf.Tensor,
    upstream: tf.Tensor,
    *tensors: tf.Tensor,
) -> tuple[tf.Tensor, ...]:
    """Compute the gradients of x and of each tensor, the latter summed over shared axes."""
    weight = tf.cast(upstream, tf.float64)
    _, *slopes = derivatives(parametric, x, tensors)
    by_x, *by_each = (weight * slope for slope in slopes)
    sums = (tf.reduce_sum(tf.reduce_sum(by, axes, keepdims=True), 0) for by in by_each)
    by_tensors = (tf.cast(by, t.dtype) for by, t in zip(sums, tensors, strict=True))
    return tf.cast(by_x, x.dtype), *by_tensors
