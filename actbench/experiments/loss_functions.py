"""Mean squared error against cross-entropy: 100 epochs, two classes, few images.

The task is to tell digits below 5 from the others. With two classes, softmax with
cross-entropy equals the sigmoid of the difference of the outputs with binary cross-entropy.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.experiments.experiment import (
    Condition,
    Experiment,
    Profile,
    label,
    smoke,
)  # fmt: skip
from actbench.models.member import Loss, Member
from actbench.models.network import Activate, Dense, Flatten, Network
from actbench.training.settings import Settings, TrainingData

if TYPE_CHECKING:
    from actbench.training.block import Block

LOSSES: tuple[Loss, ...] = ("mse", "crossentropy")
_BINS = 15
_CALIBRATION = "calibration_error", "gradient_of_errors", "test_mse", "test_crossentropy"
_LARGEST_ERROR = 1 - 1e-15
"""Keeps ln(1 − error) finite."""


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each loss."""
    name = label(activation)
    for loss in LOSSES:
        factors = {"activation": name, "loss": loss}
        member = Member(activation, loss=loss)
        yield Condition(f"{name}, {loss}", factors, member, inverted=False)


def both_losses(block: "Block", data: TrainingData) -> Mapping[str, npt.NDArray[np.float64]]:
    """Return both losses of each member on the validation images, (members,).

    With p the probability of the correct class, they are (1 − p)² and −ln p.
    """
    images, labels = data.validation or data.test_original
    p = softmax(block.logits(images).astype(float), -1)
    error = 1 - p[:, np.arange(len(labels)), labels]
    return {
        "mse": (error**2).mean(1),
        "crossentropy": -np.log1p(-np.minimum(error, _LARGEST_ERROR)).mean(1),
    }


def calibration(block: "Block", data: TrainingData) -> Sequence[dict[str, float]]:
    """Return calibration and losses of each member on the test images.

    `calibration_error` is the expected calibration error: the mean over 15 bins of confidence,
    weighted by their images, of |confidence − accuracy| (Guo et al. 2017, arXiv:1706.04599).
    `gradient_of_errors` is the mean of |d loss / d logit| over misclassified images: how
    strongly training still corrects them.
    """
    images, labels = data.test_original
    probabilities = softmax(block.logits(images).astype(float), -1)
    return [
        _calibration(p, labels, member.loss)
        for member, p in zip(block.members, probabilities, strict=True)
    ]


def _calibration(
    p: npt.NDArray[np.float64], labels: npt.NDArray[np.int32], loss: Loss
) -> dict[str, float]:
    """Return the measurements of a member; NaN if there are outputs that are not finite."""
    if not np.isfinite(p).all():
        return dict.fromkeys(_CALIBRATION, math.nan)
    confidence, correct = p.max(-1), p.argmax(-1) == labels
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [abs(confidence[bins == b].sum() - correct[bins == b].sum()) for b in range(_BINS)]
    error = 1 - p[np.arange(len(labels)), labels]
    gradient = 2 * error**2 * (1 - error) if loss == "mse" else error
    return {
        "calibration_error": float(sum(gaps) / len(labels)),
        "gradient_of_errors": 0.0 if correct.all() else float(gradient[~correct].mean()),
        "test_mse": float((error**2).mean()),
        "test_crossentropy": float(-np.log1p(-np.minimum(error, _LARGEST_ERROR)).mean()),
    }


SETTINGS = Settings(epochs=100, batch_size=128)

EXPERIMENT = Experiment(
    name="loss-functions",
    question="How do mean squared error and cross-entropy differ over 100 epochs?",
    conditions=tuple(conditions_for(get("relu"))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=1_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, train_images=4_000, validation_images=4_000),
    ),
    conditions_for=conditions_for,
    network=Network((Flatten(), Dense(64), Activate(), Dense(64), Activate())),
    classes=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)),
    observers=(both_losses,),
    measure=calibration,
)
