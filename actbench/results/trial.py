"""The document of one trial."""

import base64
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.files import inflate

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

    A network whose loss is not finite predicts nothing, so all its predictions count as wrong.
    The class with the largest output would be the first class, because comparisons with NaN
    are false. Documents of earlier versions, which counted that class, are corrected when
    they are read.
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
    """Trained parameters of the activation, one list per activation layer; [] without any.

    If several parameters are trained, each layer has one list per parameter, in the order of
    `setup["trained_parameters"]`."""
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
    diverged: bool = False
    """Whether the loss at the end is not finite: the training loss, or the test loss on the
    kinds of images that were used in training. It is computed from the losses."""
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Count the predictions of a network that diverged as wrong."""
        losses = self.test_loss, self.test_loss_original, self.test_loss_inverted
        if all(map(math.isfinite, losses)) and all(
            math.isfinite(sum(curve)) for name, curve in self.curves.items() if "loss" in name
        ):
            object.__setattr__(self, "diverged", False)
            return
        for name, value in _without_predictions(self).items():
            object.__setattr__(self, name, value)

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
        return self.test_accuracy if self.has_inverted_copies else self.test_accuracy_original

    @property
    def has_inverted_copies(self) -> bool:
        """Whether the network was trained on inverted copies of the images."""
        return bool(self.setup.get("inverted_copies", True))


def _without_predictions(trial: Trial) -> dict[str, object]:
    """Return the fields of a trial that change because some of its losses are not finite."""
    loss = trial.test_loss if trial.has_inverted_copies else trial.test_loss_original
    training = trial.curves.get("loss", [])[-1:]
    diverged = not all(map(math.isfinite, [loss, *training]))
    predicts = [
        not diverged and math.isfinite(loss)
        for loss in (trial.test_loss_original, trial.test_loss_inverted)
    ]
    accuracies = trial.test_accuracy_original, trial.test_accuracy_inverted
    original, inverted = (a if p else 0.0 for a, p in zip(accuracies, predicts, strict=True))
    return {
        "diverged": diverged,
        "test_accuracy": trial.test_accuracy if all(predicts) else (original + inverted) / 2,
        "test_accuracy_original": original,
        "test_accuracy_inverted": inverted,
        "correct_images": _correct_where(trial, predicts),
        "curves": _curves_without_predictions(trial.curves),
    }


def _correct_where(trial: Trial, predicts: Sequence[bool]) -> str | None:
    """Return the results per image; False for the originals or the inverses without any."""
    images = trial.configuration.get("test_images")
    if trial.correct_images is None or not isinstance(images, int):
        return trial.correct_images
    correct = decode_correct_images(trial.correct_images, 2 * images)
    return encode_correct_images(correct & np.repeat(predicts, images))


def _curves_without_predictions(curves: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return the curves, with an accuracy of 0 in epochs whose loss is not finite."""
    changed = dict(curves)
    for accuracy, loss in (("accuracy", "loss"), ("val_accuracy", "val_loss")):
        if accuracy in curves and loss in curves:
            pairs = zip(curves[accuracy], curves[loss], strict=False)
            changed[accuracy] = [a if math.isfinite(at) else 0.0 for a, at in pairs]
    return changed


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
        ValueError: the text is damaged, or it has another number of bits than there are images.
    """
    size = -(-images // 8)
    try:
        content = inflate(base64.b64decode(text, validate=True), limit=size)
    except ValueError as error:
        raise ValueError(f"expected compressed bits, got an error: {error}") from None
    if len(content) != size:
        raise ValueError(
            f"expected a bit for each of {images} images, got {8 * len(content)} bits"
        )
    return np.unpackbits(np.frombuffer(content, np.uint8), count=images).view(np.bool_)
