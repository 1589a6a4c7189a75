"""Fused kernels: TensorFlow functions that XLA compiles, with gradients written by hand.

Memory between the forward and the backward pass: only the inputs of a kernel are kept.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import tensorflow as tf

from actbench.errors import RequestError
from actbench.frameworks.xla import has_xla

Result = TypeVar("Result")


def compile_kernel(
    function: Callable[..., Result], signature: Sequence[tf.TensorSpec]
) -> Callable[..., Result]:
    """Return a function as one kernel, compiled by XLA where XLA is available.

    The function is traced once, now, for all shapes that the signature allows. XLA compiles
    the trace once for each shape.

    Args:
        function: takes one tensor for each element of the signature.
        signature: shapes and dtypes of the tensors.
    """
    kernel = tf.function(
        function, input_signature=signature, jit_compile=has_xla(), autograph=False
    )
    # A call of the concrete function costs half the Python time of a call of tf.function.
    return kernel.get_concrete_function()  # type: ignore[no-any-return]


def with_gradient(
    forward: Callable[..., tf.Tensor],
    backward: Callable[..., Sequence[tf.Tensor | None]],
    *tensors: tf.Tensor,
) -> tf.Tensor:
    """Return forward(*tensors), and use `backward` for its gradient.

    Args:
        forward: returns a tensor of the shape of the first tensor.
        backward: takes the upstream gradient and the tensors, and returns the gradient with
            respect to each tensor. Its results may have gradients of their own.
        tensors: the inputs; nothing else is kept for the backward pass.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def evaluated(*tensors: tf.Tensor) -> tuple[tf.Tensor, Callable[..., object]]:
        def gradient(upstream: tf.Tensor) -> Sequence[tf.Tensor | None]:
            return backward(upstream, *tensors)

        # Without stop_gradient, a gradient tape would differentiate the kernel itself too
        # and keep its intermediate values.
        return forward(*map(tf.stop_gradient, tensors)), gradient

    result = evaluated(*tensors)
    result.set_shape(tensors[0].shape)
    return result


def forbid_gradient(
    function: Callable[..., Result], reason: str, *tensors: tf.Tensor
) -> Result:
    """Return function(*tensors), whose gradient raises a RequestError with this reason."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def evaluated(*tensors: tf.Tensor) -> tuple[Result, Callable[..., object]]:
        def gradient(*_: tf.Tensor) -> Sequence[tf.Tensor]:
            raise RequestError(reason)

        return function(*map(tf.stop_gradient, tensors)), gradient

    return evaluated(*tensors)  # type: ignore[no-any-return]
