"""Forward and backward passes of an activation, computed with each array library.

A builder takes the name of a pass, the inputs and the upstream gradients of several layers, and
returns a call without arguments that computes all layers one after another. A layer has its own
input, and all values are computed before the first gradient, as in a training step.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from actbench.activations import Activation
from actbench.frameworks.libraries import Function

FORWARD, BACKWARD, BOTH = "forward", "backward", "both"
PASSES = (FORWARD, BACKWARD, BOTH)

Call: TypeAlias = Callable[[], object]
Arrays: TypeAlias = Sequence[npt.NDArray[np.floating]]
Builder: TypeAlias = Callable[[str, Arrays, Arrays], Call | None]
"""(pass, inputs, upstream gradients) ↦ the call, or None if the library has no such pass."""

Tensor: TypeAlias = Any
"""A tensor of PyTorch or JAX, which are optional, so their types cannot be imported."""


def numpy_passes(activation: Activation) -> Builder:
    """Return the builder of an activation on NumPy arrays."""

    def build(pass_name: str, inputs: Arrays, gradients: Arrays) -> Call:
        def forward() -> object:
            return [activation(x) for x in inputs]

        def backward() -> object:
            return [
                gradient * activation.derivative(x)
                for x, gradient in zip(inputs, gradients, strict=True)
            ]

        return {
            FORWARD: forward,
            BACKWARD: backward,
            BOTH: lambda: (forward(), backward()),
        }[pass_name]

    return build


def numpy_forward_pass(function: Function) -> Builder:
    """Return the builder of a function of NumPy arrays; only its forward pass is known."""

    def build(pass_name: str, inputs: Arrays, gradients: Arrays) -> Call | None:
        del gradients
        return (lambda: [function(x) for x in inputs]) if pass_name == FORWARD else None

    return build


def tensorflow_passes(function: Function) -> Builder:
    """Return the builder of a function of TensorFlow tensors.

    All layers are in one graph, and control dependencies compute them one after another. One
    element of each result is added to the output, because TensorFlow removes unused results
    from a graph.
    """
    import tensorflow as tf

    def build(pass_name: str, inputs: Arrays, gradients: Arrays) -> Call:
        xs = [tf.constant(x) for x in inputs]
        upstream = [tf.constant(gradient) for gradient in gradients]

        def layers() -> tf.Tensor:
            total, records = tf.zeros((), xs[0].dtype), []
            for x in xs:
                with tf.control_dependencies([total]):
                    x = tf.identity(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = function(x)
                if pass_name != BACKWARD:
                    total += y[0]
                records.append((tape, x, y))
            if pass_name != FORWARD:
                for (tape, x, y), gradient in reversed(
                    list(zip(records, upstream, strict=True))
                ):
                    with tf.control_dependencies([total]):
                        total += tape.gradient(y, x, tf.identity(gradient))[0]
            return total

        graph = tf.function(layers, autograph=False).get_concrete_function()
        return lambda: graph().numpy()

    return build


def torch_passes(function: Function) -> Builder:
    """Return the builder of a function of PyTorch tensors, eager or compiled.

    The backward pass alone is not available, because it needs the values that the forward pass
    has saved. A call returns the results of the layer that it computed last, for tests.
    """
    torch = import_module("torch")

    def build(pass_name: str, inputs: Arrays, gradients: Arrays) -> Call | None:
        xs = [_torch_tensor(x).requires_grad_() for x in inputs]
        upstream = [_torch_tensor(gradient) for gradient in gradients]

        def forward() -> Tensor:
            with torch.no_grad():
                for x in xs:
                    y = function(x)
            return y

        def both() -> tuple[Tensor, Tensor]:
            ys = [function(x) for x in xs]
            for x, y, gradient in reversed(list(zip(xs, ys, upstream, strict=True))):
                (x_gradient,) = torch.autograd.grad(y, x, gradient)
            return ys[0], x_gradient

        return {FORWARD: forward, BACKWARD: None, BOTH: both}[pass_name]

    return build


def _torch_tensor(x: npt.NDArray[np.floating]) -> Tensor:
    torch = import_module("torch")
    if x.dtype.name == "bfloat16":  # torch.from_numpy does not know this dtype
        return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16).clone()
    return torch.from_numpy(x.copy())


def jax_passes(function: Function) -> Builder:
    """Return the builder of a function of JAX arrays, compiled by `jax.jit`."""
    jax = import_module("jax")

    def forward(x: Tensor, gradient: Tensor) -> Tensor:
        del gradient
        return function(x)

    def backward(x: Tensor, gradient: Tensor) -> Tensor:
        return jax.vjp(function, x)[1](gradient)[0]

    def both(x: Tensor, gradient: Tensor) -> Tensor:
        y, vjp = jax.vjp(function, x)
        return y, vjp(gradient)[0]

    def build(pass_name: str, inputs: Arrays, gradients: Arrays) -> Call:
        layer = jax.jit({FORWARD: forward, BACKWARD: backward, BOTH: both}[pass_name])
        xs = [jax.numpy.asarray(x) for x in inputs]
        upstream = [jax.numpy.asarray(gradient) for gradient in gradients]
        return lambda: [
            jax.block_until_ready(layer(x, gradient))
            for x, gradient in zip(xs, upstream, strict=True)
        ]

    return build


def copy_call(inputs: Arrays) -> Call:
    """Return a call that reads and writes each input once, on all cores.

    This is the least memory traffic that an activation can have. Signs are flipped, because
    TensorFlow does not copy a tensor that it can share.
    """
    import tensorflow as tf

    call = tensorflow_passes(tf.negative)(FORWARD, inputs, inputs)
    assert call is not None
    return call
