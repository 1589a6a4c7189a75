"""The document of one trial."""

import base64
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SCHEMA = 3
"""Version of the document format. Documents of version 2 are migrated when they are read."""

Factor = bool | int | float | str
Factors = Mapping[str, Factor]
TrialKey = tuple[str, str, str, int]
"""Experiment, profile, condition and seed; they identify a trial."""


@dataclass(frozen=True)
class Trial:
    """One condition of an experiment, trained with one seed, and all its measurements.

    Accuracies are fractions. Cross-entropy losses are in nats. A loss that diverged is NaN,
    which is written as `null`.
    """

    experiment: str
    profile: str
    condition: str
    """Display name of the condition."""
    factors: Factors
    """Structured form of the condition, such as {"activation": "mish", "depth": 15}."""
    seed: int
    test_accuracy: float
    """Accuracy on the original and the inverted test images together."""
    test_loss: float
    test_accuracy_original: float
    test_loss_original: float
    test_accuracy_inverted: float
    test_loss_inverted: float
    curves: dict[str, list[float]]
    """One value per epoch: accuracy and loss in training, and `val_accuracy` and `val_loss` if
    validation images were held out."""
    trained_parameters: list[list[float]]
    """Trained parameters of the activation, one list per activation layer; [] without any."""
    measured: dict[str, Any]
    """Other measurements of the experiment. A quantity that is observed during training is a
    list: its first entry is from before training, then there is one per epoch."""
    correct_images: str | None
    """Which test images are classified correctly, as `encode_correct_images` writes it. None if
    the experiment does not keep results per image."""
    parameters: int
    """Number of trained numbers of the network."""
    configuration: dict[str, Any]
    """Data and protocol. Two trials can be compared if their configurations are equal."""
    setup: dict[str, Any]
    """All settings of this condition: activation, learning rate, loss, network, …"""
    versions: dict[str, str]
    machine: dict[str, Any]
    started: str
    """Start time, UTC, ISO 8601."""
    seconds: float
    """Wall-clock time of training: the time of the stacked block, divided by its members."""
    seconds_per_step: float
    schema: int = SCHEMA

    @property
    def key(self) -> TrialKey:
        """Experiment, profile, condition and seed."""
        return self.experiment, self.profile, self.condition, self.seed

    @property
    def is_correct(self) -> npt.NDArray[np.bool_]:
        """Whether each test image is classified correctly: all originals, then all inverses.

        Raises:
            ValueError: the experiment does not keep results per image.
        """
        if self.correct_images is None:
            raise ValueError(f"{self.experiment}: expected results per image, got none")
        return decode_correct_images(self.correct_images, 2 * self.configuration["test_images"])

    @property
    def test_accuracy_as_trained(self) -> float:
        """Test accuracy on the kinds of images that were used in training.

        Inverted test images count only if the network was trained on inverted copies.
        """
        with_inverted = self.setup.get("inverted_copies", True)
        return self.test_accuracy if with_inverted else self.test_accuracy_original

    @property
    def diverged(self) -> bool:
        """Whether training ended with a loss that is not a number."""
        return math.isnan(self.test_loss)


def encode_correct_images(is_correct: npt.ArrayLike) -> str:
    """Return booleans, one per image, as bits that are compressed with zlib, in base64.

    Example:
        >>> decode_correct_images(encode_correct_images([True, False, True]), 3)
        array([ True, False,  True])
    """
    bits = np.packbits(np.asarray(is_correct, bool)).tobytes()
    return base64.b64encode(zlib.compress(bits, 9)).decode()


def decode_correct_images(text: str, images: int) -> npt.NDArray[np.bool_]:
    """Return the boolean array (images,) that `encode_correct_images` wrote.

    Raises:
        ValueError: the text is damaged, or it has fewer bits than there are images.
    """
    try:
        content = zlib.decompress(base64.b64decode(text, validate=True))
    except (zlib.error, ValueError) as error:
        raise ValueError(f"expected compressed bits, got an error: {error}") from None
    bits = np.unpackbits(np.frombuffer(content, np.uint8))
    if len(bits) < images:
        raise ValueError(f"expected a bit for each of {images} images, got {len(bits)} bits")
    return bits[:images].astype(bool)
