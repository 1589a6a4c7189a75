"""Keras layers of activations whose parameters are trained."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="actbench")
class PReLU(keras.layers.PReLU):  # type: ignore[misc]
    """Parametric ReLU: f(x) = x for x > 0, else α · x, with trained slopes α.

    Keras's layer with its arguments (`shared_axes=[1, 2]` gives one slope per channel of
    an image), its weights and its initial slope 0 (the paper's is 0.25), but right at the
    edges: its value at −∞ with slope 0 is 0, not NaN, and its derivative at 0 is α, not 0.
    One object used in two places has one set of slopes.

    He, Zhang, Ren & Sun (2015), arXiv:1502.01852.

    Example:
        >>> import numpy as np
        >>> layer = PReLU(alpha_initializer=keras.initializers.Constant(0.25))
        >>> np.asarray(layer(np.array([[-4.0, 2.0]], np.float32))).tolist()
        [[-1.0, 2.0]]
    """

    def call(self, inputs: Any) -> Any:
        """Return f(inputs): a tensor of the same shape and dtype."""
        x = tf.convert_to_tensor(inputs)
        slopes = tf.cast(tf.convert_to_tensor(self.alpha), x.dtype)
        return _prelu(x, slopes)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _prelu(x: Any, slopes: Any) -> Any:
    # 0 · −∞ is NaN, but the limit of 0 · x is 0.
    finite = tf.where(tf.equal(slopes, 0), tf.maximum(x, x.dtype.min), x)

    def gradient(upstream: Any) -> tuple[Any, Any]:
        by_x = upstream * tf.where(x > 0, tf.ones_like(x), slopes)
        by_slopes = upstream * tf.minimum(x, 0)
        batch_and_shared = [
            axis
            for axis in range(len(x.shape))
            if axis == 0 or (slopes.shape[axis - 1] == 1 and x.shape[axis] != 1)
        ]
        return by_x, tf.reshape(tf.reduce_sum(by_slopes, batch_and_shared), slopes.shape)

    return tf.where(x > 0, x, slopes * finite), gradient
