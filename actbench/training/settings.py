"""What training is given."""

from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from actbench.data import (
    Dataset,
    shuffle,
    split_validation,
    with_inverted,
)

Images = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]
"""Images (N, height, width, 1) from 0 to 255, and labels (N,)."""


@dataclass(frozen=True)
class Settings:
    """How networks are trained; learning rate and loss are a member's own.

    Args:
        epochs: passes over the training images.
        batch_size: images per step.
        optimizer: "adam" or "sgd", with Keras's defaults but for the learning rate.
        patience: a member is trained no further once its validation loss has not fallen for
            so many epochs; None for never.
        stop_below_loss: a member stops when its mean training loss over 25 steps is below this
            value; None means never.
    """

    epochs: int
    batch_size: int
    optimizer: Literal["adam", "sgd"] = "adam"
    patience: int | None = None
    stop_below_loss: float | None = None


def steps(images: int, settings: Settings) -> int:
    """Return how many steps training on that many images takes.

    Example:
        >>> steps(120_000, Settings(epochs=5, batch_size=128))
        4690
    """
    return settings.epochs * ceil(images / settings.batch_size)


def order(seed: int, epoch: int, images: int) -> npt.NDArray[np.int32]:
    """Return the order of the images in an epoch; it depends on nothing else.

    Example:
        >>> order(seed=0, epoch=1, images=5).tolist()
        [1, 4, 3, 0, 2]
    """
    return np.random.default_rng([seed, epoch]).permutation(images).astype(np.int32)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a network is trained on, validated on and tested on."""

    train: Images
    validation: Images | None
    test_original: Images
    test_inverted: Images


def prepare(
    data: Dataset,
    *,
    train_images: int | None,
    validation_images: int,
    test_images: int | None,
    seed: int,
    inverted: bool = True,
) -> TrainingData:
    """Return a data set as the source prepares it: with inverted copies, shuffled.

    It is scaled batch by batch, so that it takes a quarter of the memory.

    Args:
        data: raw images and labels.
        train_images: how many originals to train on, chosen at random; None takes all
            that are not held out. Inverted copies double the number.
        validation_images: how many originals of the training set to hold out.
        test_images: how many originals to test on, the first ones; None takes all.
        seed: of the choice and of the order.
        inverted: whether there are inverted copies in training and validation.
    """
    train, validation = split_validation(
        data.x_train, data.y_train, count=validation_images, seed=seed
    )
    train = train[0][:train_images], train[1][:train_images]
    test = data.x_test[:test_images], data.y_test[:test_images]

    def ready(images: Any, labels: Any) -> Images:
        return images[..., np.newaxis], labels.astype(np.int32)

    return TrainingData(
        train=ready(*shuffle(*(with_inverted(*train) if inverted else train), seed=seed)),
        validation=ready(*(with_inverted(*validation) if inverted else validation))
        if validation_images
        else None,
        test_original=ready(*test),
        test_inverted=ready(255 - test[0], test[1]),
    )
