"""The layer PReLU, with a fused kernel."""

from collections.abc import Sequence
from typing import Any

import keras

from actbench.errors import RequestError
from actbench.keras.axes import checked_axes, positive_axes

# A finite number of every format.
_FINITE = -6e4


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

    def call(self, inputs: Any) -> Any:
        """Return f(inputs): a tensor of the same shape and dtype."""
        convert = keras.ops.convert_to_tensor
        x, slopes = convert(inputs), convert(self.alpha)
        if keras.backend.backend() != "tensorflow":
            return _evaluate(x, slopes)
        from actbench.frameworks.prelu_kernels import evaluate_prelu

        return evaluate_prelu(x, slopes)


def _evaluate(x: Any, slopes: Any) -> Any:
    """Return f(x) on JAX and PyTorch, by operations with automatic gradients."""
    ops, dtype = keras.ops, keras.backend.standardize_dtype(x.dtype)
    # The product and the sums of its gradients have the dtype of the slopes, because a sum of
    # thousands of float16 numbers stops growing when the next one is below half an ULP of it.
    wide = ops.cast(x, keras.backend.standardize_dtype(slopes.dtype))
    # With slope 0, x is clipped to a finite number because 0 · −∞ is NaN.
    finite = ops.where(slopes == 0, ops.maximum(wide, _FINITE), wide)
    # 0 in place of x > 0, because ∞ times the gradient 0 of this branch is NaN.
    negative = ops.where(x > 0, 0.0, finite)
    return ops.where(x > 0, x, ops.cast(slopes * negative, dtype))


def axes_of_keras(axes: Sequence[int] | None) -> list[int] | None:
    """Return the axes that Keras's PReLU shares, for this layer.

    Keras takes them as indices of the shape without the batch, minus 1. An axis of 0 or less
    therefore counts from the end, and means one axis less than it does here.
    """
    return None if axes is None else [axis if axis > 0 else axis - 1 for axis in axes]
