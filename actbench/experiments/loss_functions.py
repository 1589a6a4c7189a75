"""Mean squared error or cross-entropy: 100 epochs on a task of two classes and few images.

Which digits are below 5. Of two classes, softmax and cross-entropy are the sigmoid of the
difference of the outputs and the binary cross-entropy.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
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
from actbench.models.member import Member
from actbench.models.network import Activate, Dense, Flatten, Network
from actbench.training.settings import Settings, TrainingData

LOSSES: tuple[Any, ...] = ("mse", "crossentropy")
_BINS = 15


def of(activation: Activation) -> Iterator[Condition]:
    """Return an activation with each loss."""
    for loss in LOSSES:
        yield Condition(
            f"{label(activation)}, {loss}", Member(activation, loss=loss), inverted=False
        )


def both_losses(block: Any, data: TrainingData) -> Mapping[str, Any]:
    """Return what both losses are of each member on the validation images."""
    images, labels = data.validation or data.test_original
    p = softmax(block.logits(images).astype(float), -1)
    wrong = 1 - p[:, np.arange(len(labels)), labels]
    # Of two classes: (p − y)², and −ln of the probability of the right one.
    return {
        "mse": (wrong**2).mean(1),
        "crossentropy": -np.log1p(-np.minimum(wrong, 1 - 1e-15)).mean(1),
    }


def calibration(block: Any, data: TrainingData) -> Sequence[dict[str, float]]:
    """Return how far confidence is from accuracy on the test images, and how sure errors are.

    `calibration_error` is the mean over 15 bins of confidence, weighted by their images (Guo et
    al. 2017, arXiv:1706.04599). `gradient_of_errors` is the mean of |d loss / d logit| over the
    images that are wrong: how much training still does about them.
    """
    images, labels = data.test_original
    found = []
    p = softmax(block.logits(images).astype(float), -1)
    for member, of_member in zip(block.members, p, strict=True):
        sure, right = of_member.max(-1), of_member.argmax(-1) == labels
        bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
        gaps = [abs(sure[bins == b].sum() - right[bins == b].sum()) for b in range(_BINS)]
        e = 1 - of_member[np.arange(len(labels)), labels]
        slope = 2 * e**2 * (1 - e) if member.loss == "mse" else e
        found.append(
            {
                "calibration_error": float(sum(gaps) / len(labels)),
                "gradient_of_errors": float(slope[~right].mean()) if not right.all() else 0.0,
                "test_mse": float((e**2).mean()),
                "test_crossentropy": float(-np.log1p(-np.minimum(e, 1 - 1e-15)).mean()),
            }
        )
    return found


SETTINGS = Settings(epochs=100, batch_size=128)

EXPERIMENT = Experiment(
    name="loss-functions",
    question="What does mean squared error do, and what cross-entropy, over 100 epochs?",
    conditions=tuple(of(get("relu"))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=1_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, train_images=4_000, validation_images=4_000),
    ),
    of=of,
    network=Network((Flatten(), Dense(64), Activate(), Dense(64), Activate())),
    classes=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)),
    observers=(both_losses,),
    measure=calibration,
)
