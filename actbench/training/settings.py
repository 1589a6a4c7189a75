"""Settings and data of training, shared by all ways to train."""

from dataclasses import asdict, dataclass
from math import ceil
from typing import Literal

import numpy as np
import numpy.typing as npt

from actbench.data import (
    Dataset,
    shuffle,
    split_validation,
    with_inverted,
)

LabelledImages = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]
"""Images (N, height, width, 1) with pixels from 0 to 255, and labels (N,)."""


@dataclass(frozen=True)
class Settings:
    """How all members of a block are trained. A member has its own learning rate and loss.

    Args:
        epochs: passes over the training images.
        batch_size: images per step.
        optimizer: "adam" or "sgd", with Keras's defaults except for the learning rate.
        patience: a member stops when its validation loss has not fallen for that many epochs;
            None means never.
        stop_below_loss: a member stops when its mean training loss over 25 steps is below this
            value; None means never.
        schedule: "constant", or "linear" for learning rates that fall linearly to 0: step t of
            T, from 1, has the rate times 1 − (t − 1)/T.
        steps_per_epoch: number of steps that count as an epoch, whatever the batch size; None
            makes an epoch of one pass over the training images.
    """

    epochs: int
    batch_size: int
    optimizer: Literal["adam", "sgd"] = "adam"
    patience: int | None = None
    stop_below_loss: float | None = None
    schedule: Literal["constant", "linear"] = "constant"
    steps_per_epoch: int | None = None

    def describe(self) -> dict[str, object]:
        """Return all settings, ready for JSON, without a constant schedule and absent steps.

        Documents of versions that did not have these two therefore have the same settings.

        Example:
            >>> list(Settings(epochs=1, batch_size=8).describe())
            ['epochs', 'batch_size', 'optimizer', 'patience', 'stop_below_loss']
        """
        settings = asdict(self)
        if self.schedule == "constant":
            del settings["schedule"]
        if self.steps_per_epoch is None:
            del settings["steps_per_epoch"]
        return settings

    def images_per_epoch(self, images: int) -> int:
        """Return the number of images in an epoch, counted again in each pass.

        Args:
            images: number of training images.
        """
        if self.steps_per_epoch is None:
            return images
        return self.steps_per_epoch * self.batch_size


def steps(images: int, settings: Settings) -> int:
    """Return the number of steps of a training with that many images.

    Example:
        >>> steps(120_000, Settings(epochs=5, batch_size=128))
        4690
        >>> steps(120_000, Settings(epochs=5, batch_size=128, steps_per_epoch=64))
        320
    """
    return settings.epochs * ceil(settings.images_per_epoch(images) / settings.batch_size)


def image_order(
    seed: int, epoch: int, images: int, count: int | None = None
) -> npt.NDArray[np.int32]:
    """Return the order of the images in an epoch, which depends on the arguments alone.

    Args:
        seed: seed of the training.
        epoch: number of the epoch, from 0.
        images: number of training images.
        count: length of the epoch: a part of the images, or several passes over them, each in
            an order of its own. None for one pass.

    Example:
        >>> image_order(seed=0, epoch=1, images=5).tolist()
        [1, 4, 3, 0, 2]
        >>> image_order(seed=0, epoch=1, images=5, count=8).tolist()
        [1, 4, 3, 0, 2, 1, 3, 4]
    """
    rng = np.random.default_rng([seed, epoch])
    passes = 1 if count is None else ceil(count / images)
    order = np.concatenate([rng.permutation(images) for _ in range(passes)])
    return order[:count].astype(np.int32)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Images and labels for training, validation and testing."""

    train: LabelledImages
    validation: LabelledImages | None
    test_original: LabelledImages
    test_inverted: LabelledImages


def prepare(
    data: Dataset,
    *,
    train_images: int | None,
    validation_images: int,
    test_images: int | None,
    seed: int,
    inverted: bool = True,
) -> TrainingData:
    """Prepare a data set as the source does: add inverted copies and shuffle.

    Images stay uint8 and are scaled to [0, 1] batch by batch, which takes a quarter of the
    memory of float32 images.

    Args:
        data: images and labels as loaded.
        train_images: number of original images for training, chosen at random. None takes all
            that are not held out. Inverted copies double the number.
        validation_images: number of original training images that are held out: a random
            choice, or the last ones of contiguous data.
        test_images: number of original test images, taken from the start. None takes all.
        seed: seed of the choice and of the order.
        inverted: whether training and validation include inverted copies.
    """
    train, validation = split_validation(
        data.x_train, data.y_train, count=validation_images, seed=seed,
        is_contiguous=data.is_contiguous,
    )  # fmt: skip
    train = train[0][:train_images], train[1][:train_images]
    test = data.x_test[:test_images], data.y_test[:test_images]
    if inverted:
        train, validation = with_inverted(*train), with_inverted(*validation)
    return TrainingData(
        train=_formatted(*shuffle(*train, seed=seed)),
        validation=_formatted(*validation) if validation_images else None,
        test_original=_formatted(*test),
        test_inverted=_formatted(255 - test[0], test[1]),
    )


def _formatted(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> LabelledImages:
    return images[..., np.newaxis], labels.astype(np.int32)
