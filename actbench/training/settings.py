"""What training is given."""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.data import (
    Dataset,
    one_hot,
    scale,
    shuffle,
    split_validation,
    with_inverted,
)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Settings:
    """How a network is trained: with Adam on the cross-entropy.

    Args:
        epochs: passes over the training images.
        batch_size: images per step.
        learning_rate: Adam's; its other settings are Keras's defaults.
    """

    epochs: int
    batch_size: int
    learning_rate: float = 0.001


def steps(images: int, settings: Settings) -> int:
    """Return how many steps training on that many images takes.

    Example:
        >>> steps(120_000, Settings(epochs=5, batch_size=128))
        4690
    """
    return settings.epochs * ceil(images / settings.batch_size)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Images (N, height, width, 1) in [0, 1] and one-hot labels (N, classes), float32."""

    train: tuple[Floats, Floats]
    validation: tuple[Floats, Floats] | None
    test_original: tuple[Floats, Floats]
    test_inverted: tuple[Floats, Floats]


def prepare(
    data: Dataset,
    *,
    train_images: int | None,
    validation_images: int,
    test_images: int | None,
    seed: int,
) -> TrainingData:
    """Return a data set as the source prepares it: inverted copies, shuffled, scaled.

    Args:
        data: raw images and labels.
        train_images: how many originals to train on, chosen at random; None takes all
            that are not held out. Their inverted copies double the number.
        validation_images: how many originals of the training set to hold out.
        test_images: how many originals to test on, the first ones; None takes all.
        seed: of the choice and of the order.
    """
    train, validation = split_validation(
        data.x_train, data.y_train, count=validation_images, seed=seed
    )
    train = train[0][:train_images], train[1][:train_images]
    test = data.x_test[:test_images], data.y_test[:test_images]

    def floats(images: Any, labels: Any) -> tuple[Floats, Floats]:
        return scale(images), one_hot(labels, classes=data.classes)

    return TrainingData(
        train=floats(*shuffle(*with_inverted(*train), seed=seed)),
        validation=floats(*with_inverted(*validation)) if validation_images else None,
        test_original=floats(*test),
        test_inverted=floats(255 - test[0], test[1]),
    )
