"""What can be watched in training: before the first epoch, and after each.

An observer is a function of a block and its data. It returns names, and of each what there is
of each member: numbers, or lists of one number for each layer.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from actbench.training.block import Block
from actbench.training.settings import TrainingData

Observer = Callable[[Block, TrainingData], Mapping[str, Any]]

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
    slopes = [np.abs(each) for each in block.slopes_on(data.train[0][:IMAGES])]
    return {
        "dead": np.stack([(each.max(1) <= _DEAD).mean(1) for each in slopes], 1),
        "saturated": np.stack([(each <= _SATURATED).mean((1, 2)) for each in slopes], 1),
    }
