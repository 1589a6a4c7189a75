"""Quantities that are observed before the first epoch and after each epoch.

An observer is a function of a block and its data. It returns a mapping from names to values
whose first axis is members: one number each, or one number per layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from actbench.training.settings import TrainingData

if TYPE_CHECKING:  # Experiments refer to observers; listing them should not import TensorFlow.
    from actbench.training.block import Block

Observations = Mapping[str, npt.NDArray[np.floating]]
Observer = Callable[["Block", TrainingData], Observations]

IMAGES = 512
"""Number of training images for observers: the first ones, the same for every call."""

_DEAD, _SATURATED = 1e-6, 1e-2


def gradient_norms(block: Block, data: TrainingData) -> Observations:
    """Return `gradient_norm`: the Euclidean norm of the mean loss's gradient for each kernel.

    The mean is over the first 512 training images. The last kernel is that of the output layer.
    """
    images, labels = data.train
    return {"gradient_norm": block.gradient_norms(images[:IMAGES], labels[:IMAGES])}


def activity(block: Block, data: TrainingData) -> Observations:
    """Return the fraction of `dead` units and of `saturated` values in each layer.

    A unit (for images, a channel) is dead if |f'| ≤ 10⁻⁶ at all its inputs for the first 512
    training images, so that no gradient changes it. A value is saturated if |f'| ≤ 0.01 there.
    """
    layers = [np.abs(x) for x in block.activation_derivatives(data.train[0][:IMAGES])]
    members = len(block.members)
    dead = [(derivatives.max(1) <= _DEAD).mean(1) for derivatives in layers]
    saturated = [(derivatives <= _SATURATED).mean((1, 2)) for derivatives in layers]
    # The shape is stated because a network may have no activation layers.
    return {
        "dead": np.reshape(dead, (-1, members)).T,
        "saturated": np.reshape(saturated, (-1, members)).T,
    }
