"""Bias and activation in one pass, for channels of several members side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import tensorflow as tf

from actbench.activations.record import Activation
from actbench.frameworks.parametric import Parametric, derivatives
from actbench.frameworks.tensorflow import has_xla, rounded_once


@dataclass(frozen=True)
class Rectifier:
    """x for x > 0, else slope · x, with a slope for each channel: all in float32."""


Function = Activation | Parametric | Rectifier


@dataclass(frozen=True)
class FusedBias:
    """f(z + b), with gradients by z, b and the parameters, in one fused pass each way.

    Sums over the batch are TensorFlow's own: XLA's on a CPU take longer than all the rest.

    Args:
        function: a record, whose parameters are numbers; or a trained one or a rectifier, whose
            parameters are tensors.
        trains: whether there are gradients by parameters.
    """

    function: Function
    trains: bool = False

    def __call__(self, z: Any, bias: Any, parameters: Sequence[Any] = ()) -> Any:
        """Return the values.

        Args:
            z: (batch, height, width, channels) or (members, batch, units), float32.
            bias: (channels,) or (members, 1, units).
            parameters: of the shape of the bias each.
        """
        forward, backward = _kernels(self, len(z.shape), len(parameters))

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def evaluated(*tensors: Any) -> Any:
            def gradient(upstream: Any) -> Any:
                by_z, *by_parameters = backward(upstream, *tensors)
                sums = [_summed(each, bias) for each in (by_z, *by_parameters)]
                return by_z, *sums, *[None] * (len(tensors) - 1 - len(sums))

            return forward(*map(tf.stop_gradient, tensors)), gradient

        result = evaluated(z, bias, *parameters)
        result.set_shape(z.shape)
        return result

    def value(self, z: Any, bias: Any, *parameters: Any) -> Any:
        """Compute the values, to be compiled."""
        x = z + bias
        match self.function:
            case Rectifier():
                return tf.where(x > 0, x, parameters[0] * x)
            case Parametric():
                return tf.cast(next(derivatives(self.function, x, parameters)), tf.float32)
        return rounded_once(self.function, x, 0)

    def gradients(self, upstream: Any, z: Any, bias: Any, *parameters: Any) -> Any:
        """Compute the gradient by z, and of each value by the parameters, to be compiled."""
        x = z + bias
        match self.function:
            case Rectifier():
                slopes = [tf.where(x > 0, 1.0, parameters[0]), tf.minimum(x, 0.0)]
            case Parametric():
                _, *wide = derivatives(self.function, x, parameters)
                slopes = [tf.cast(slope, tf.float32) for slope in wide]
            case _:
                slopes = [rounded_once(self.function, x, 1)]
        return [upstream * slope for slope in (slopes if self.trains else slopes[:1])]


def _summed(gradient: Any, bias: Any) -> Any:
    axes = [0, 1, 2] if len(bias.shape) == 1 else [1]
    return tf.reshape(tf.reduce_sum(gradient, axes), tf.shape(bias))


@lru_cache(maxsize=1024)
def _kernels(biased: FusedBias, rank: int, parameters: int) -> tuple[Any, Any]:
    # Of images channels are last; of vectors members are first.
    like_z, like_bias = [None] * rank, [None] if rank == 4 else [None, 1, None]

    def compiled(function: Any, *shapes: Any) -> Any:
        like = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
        return tf.function(
            function, input_signature=like, jit_compile=has_xla(), autograph=False
        ).get_concrete_function()

    given = [like_z, *[like_bias] * (1 + parameters)]
    return compiled(biased.value, *given), compiled(biased.gradients, like_z, *given)
