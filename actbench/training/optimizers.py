"""Optimisers for stacked weights, with one learning rate for each member."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal

import tensorflow as tf

from actbench.frameworks.xla import has_xla

Tensors = Sequence[tf.Tensor]
Step = Callable[..., list[list[tf.Tensor]]]
"""(weights, *moments, gradients, rates, step) -> new weights and moments. `rates` are the
learning rates, (members,); `step` is the number of the step from 1, float32."""

MOMENTS = {"adam": 2, "sgd": 0}
"""Number of moments that an optimiser keeps of each weight."""

# The defaults of Keras.
_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-7


def optimizer_step(name: Literal["adam", "sgd"]) -> Step:
    """Return the function that computes one step of an optimiser."""
    return _compiled_adam() if name == "adam" else _sgd


def _per_member(values: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Return values (members,) in a shape that broadcasts with a weight (members, …)."""
    return tf.reshape(values, [-1] + [1] * (len(weight.shape) - 1))


@cache
def _compiled_adam() -> Step:
    step: Step = tf.function(_adam, jit_compile=has_xla(), autograph=False)
    return step


def _adam(
    weights: Tensors,
    first_moments: Tensors,
    second_moments: Tensors,
    gradients: Tensors,
    rates: tf.Tensor,
    step: tf.Tensor,
) -> list[list[tf.Tensor]]:
    """Compute a step of Adam (Kingma & Ba 2015, arXiv:1412.6980), as Keras does."""
    correction = tf.sqrt(1 - _SECOND_DECAY**step) / (1 - _FIRST_DECAY**step)
    new: list[list[tf.Tensor]] = [[], [], []]
    for w, m, v, g in zip(weights, first_moments, second_moments, gradients, strict=True):
        rate = _per_member(rates * correction, w)
        m += (g - m) * (1 - _FIRST_DECAY)
        v += (g * g - v) * (1 - _SECOND_DECAY)
        w = w - rate * m / (tf.sqrt(v) + _EPSILON)
        for values, value in zip(new, (w, m, v), strict=True):
            values.append(value)
    return new


def _sgd(
    weights: Tensors, gradients: Tensors, rates: tf.Tensor, step: tf.Tensor
) -> list[list[tf.Tensor]]:
    """Compute a step of plain gradient descent."""
    del step
    return [[w - _per_member(rates, w) * g for w, g in zip(weights, gradients, strict=True)]]
