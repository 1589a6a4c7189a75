"""What can be watched in training: before the first epoch, and after each.

An observer is a function of a block and its data. It returns names, and of each what there is
of each member: numbers, or lists of one number for each layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from actbench.training.settings import TrainingData

if TYPE_CHECKING:  # Experiments name observers, and who lists experiments waits for nothing.
    from actbench.training.block import Block

Observer = Callable[["Block", TrainingData], Mapping[str, Any]]

IMAGES = 512
"""Training images that observers look at: the first ones, which are the same each time."""

_DEAD, _SATURATED = 1e-6, 1e-2


def gradient_norms(block: Block, data: TrainingData) -> dict[str, Any]:
    """Return the Euclidean norm of the gradient of the mean loss by each kernel.

    The last kernel is that of the outputs. Over the first 512 training images.
    """
    images, labels = data.train
    return {"gradient_norm": block.gradient_norms(images[:IMAGES], labels[:IMAGES])}


def activity(block: Block, data: TrainingData) -> dict[str, Any]:
    """Return which share of units is dead, and of values saturated, in each layer.

    A unit (a channel of images) is dead if |f'| ≤ 10⁻⁶ wherever it is used on the first 512
    training images: nothing moves it. A value is saturated if |f'| ≤ 0.01 there.
    """
    dead, saturated = np.zeros((2, 0, len(block.members))).tolist()
    for slopes in map(np.abs, block.slopes_on(data.train[0][:IMAGES])):
        dead.append((slopes.max(1) <= _DEAD).mean(1))
        saturated.append((slopes <= _SATURATED).mean((1, 2)))
    layers = np.reshape([dead, saturated], (2, -1, len(block.members)))
    return {"dead": layers[0].T, "saturated": layers[1].T}
