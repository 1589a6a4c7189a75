"""The layer PReLU, with a fused kernel."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import keras
import tensorflow as tf

from actbench.errors import RequestError
from actbench.frameworks.kernels import compile_kernel, with_gradient
from actbench.keras.axes import checked_axes, positive_axes


@keras.saving.register_keras_serializable(package="actbench")
class PReLU(keras.layers.PReLU):  # type: ignore[misc]
    """Parametric ReLU, f(x) = x for x > 0, else α · x, with trained slopes α.

    The layer has the arguments of Keras's PReLU, its weights and its initial slope 0 (0.25 in
    the paper). Without `shared_axes`, each element of the input has its own slope;
    `shared_axes=[1, 2]` gives one slope per channel of an image. Negative axes count from the
    end; in Keras 3.15, −1 means the axis before the last, and 0 the last. Two results
    differ from Keras's: the value at −∞ with slope 0 is 0, not NaN, and the derivative at 0 is
    α, not 0. One layer in two places of a model has one set of slopes. Slopes and their
    gradients have the policy's variable dtype, also for inputs of float16.

    The slopes have no regularizer by default. However, optimizers with `weight_decay` decay
    them. This call before the first step prevents it:
    `optimizer.exclude_from_weight_decay(var_names=["alpha"])`.

    Raises:
        RequestError: `shared_axes` are no integers, or the input does not have these axes.

    He, Zhang, Ren & Sun (2015), arXiv:1502.01852.

    Example:
        >>> import numpy as np
        >>> layer = PReLU(alpha_initializer=keras.initializers.Constant(0.25))
        >>> np.asarray(layer(np.array([[-4.0, 2.0]], np.float32))).tolist()
        [[-1.0, 2.0]]
    """

    def __init__(
        self,
        alpha_initializer: object = "zeros",
        alpha_regularizer: object = None,
        alpha_constraint: object = None,
        shared_axes: int | Sequence[int] | None = None,
        **options: object,
    ) -> None:
        axes = checked_axes(shared_axes)
        if axes == "all":
            raise RequestError("shared_axes of PReLU: expected integers or None, got 'all'")
        super().__init__(
            alpha_initializer, alpha_regularizer, alpha_constraint, axes, **options
        )

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Add the slopes for inputs of a shape, in the policy's variable dtype."""
        shared = positive_axes(tuple(self.shared_axes or ()), input_shape, self.name)
        sizes = list(enumerate(input_shape))[1:]
        self.alpha = self.add_weight(
            shape=[1 if axis in shared else size for axis, size in sizes],
            name="alpha",
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            autocast=False,
        )
        fixed = {axis: size for axis, size in sizes if axis not in shared}
        self.input_spec = keras.layers.InputSpec(
            ndim=len(input_shape), axes=fixed if shared else {}
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return f(inputs): a tensor of the same shape and dtype."""
        x, slopes = tf.convert_to_tensor(inputs), tf.convert_to_tensor(self.alpha)
        forward, backward = _kernels(x.dtype, slopes.dtype, tuple(slopes.shape))
        return with_gradient(forward, backward, x, slopes)


def axes_of_keras(axes: Sequence[int] | None) -> list[int] | None:
    """Return the axes that Keras's PReLU shares, for this layer.

    Keras takes them as indices of the shape without the batch, minus 1. An axis of 0 or less
    therefore counts from the end, and means one axis less than it does here.
    """
    return None if axes is None else [axis if axis > 0 else axis - 1 for axis in axes]


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
