"""Bias and activation in one kernel, for the channels of several ensemble members."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import tensorflow as tf

from actbench.activations.record import Activation
from actbench.frameworks.kernels import compile_kernel, with_gradient
from actbench.frameworks.parametric import Parametric
from actbench.frameworks.parametric_kernels import derivatives
from actbench.frameworks.tensorflow import compute_rounded_once


@dataclass(frozen=True)
class Rectifier:
    """f(x) = x for x > 0, else slope · x, with one slope for each channel, in float32."""


ChannelFunction = Activation | Parametric | Rectifier


@dataclass(frozen=True)
class FusedBias:
    """f(z + b) with gradients of z, b and the parameters; one fused kernel each way.

    TensorFlow sums gradients over the batch outside the kernel, because on a CPU the sums of
    XLA take more time than all the rest.

    Args:
        function: a record whose parameters are numbers, or a parametric record or a rectifier
            whose parameters are tensors.
        trains: whether there are gradients of the parameters.
    """

    function: ChannelFunction
    trains: bool = False

    def __call__(
        self, z: tf.Tensor, bias: tf.Tensor, parameters: Sequence[tf.Tensor] = ()
    ) -> tf.Tensor:
        """Return the values.

        Args:
            z: (batch, height, width, channels) or (members, batch, units), float32.
            bias: (channels,) or (members, 1, units).
            parameters: tensors of the shape of the bias.
        """
        forward, backward = _kernels(self, len(z.shape), len(parameters))

        def gradient(upstream: tf.Tensor, *tensors: tf.Tensor) -> list[tf.Tensor | None]:
            by_z, *by_parameters = backward(upstream, *tensors)
            sums = [_sum_like(each, bias) for each in (by_z, *by_parameters)]
            return [by_z, *sums, *[None] * (len(tensors) - 1 - len(sums))]

        return with_gradient(forward, gradient, z, bias, *parameters)

    def value(self, z: tf.Tensor, bias: tf.Tensor, *parameters: tf.Tensor) -> tf.Tensor:
        """Compute the values, as a kernel."""
        x = z + bias
        match self.function:
            case Rectifier():
                return tf.where(x > 0, x, parameters[0] * x)
            case Parametric():
                return tf.cast(next(derivatives(self.function, x, parameters)), tf.float32)
        return compute_rounded_once(self.function, x, 0)

    def gradients(
        self, upstream: tf.Tensor, z: tf.Tensor, bias: tf.Tensor, *parameters: tf.Tensor
    ) -> list[tf.Tensor]:
        """Compute the gradient of z, and of each parameter elementwise, as a kernel."""
        x = z + bias
        match self.function:
            case Rectifier():
                slopes = [tf.where(x > 0, 1.0, parameters[0]), tf.minimum(x, 0.0)]
            case Parametric():
                _, *wide = derivatives(self.function, x, parameters)
                slopes = [tf.cast(slope, tf.float32) for slope in wide]
            case _:
                slopes = [compute_rounded_once(self.function, x, 1)]
        return [upstream * slope for slope in (slopes if self.trains else slopes[:1])]


def _sum_like(gradient: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Return the sum of a gradient over all axes that share a bias, in the bias's shape."""
    axes = [0, 1, 2] if len(bias.shape) == 1 else [1]
    return tf.reshape(tf.reduce_sum(gradient, axes), tf.shape(bias))


@lru_cache(maxsize=1024)
def _kernels(
    fused: FusedBias, rank: int, parameters: int
) -> tuple[Callable[..., tf.Tensor], Callable[..., list[tf.Tensor]]]:
    """Return the kernels of values and gradients for a number of parameters."""
    # Images have their channels last; vectors have the ensemble members first.
    like_z = tf.TensorSpec([None] * rank, tf.float32)
    like_bias = tf.TensorSpec([None] if rank == 4 else [None, 1, None], tf.float32)
    inputs = [like_z, *[like_bias] * (1 + parameters)]
    return compile_kernel(fused.value, inputs), compile_kernel(
        fused.gradients, [like_z, *inputs]
    )
