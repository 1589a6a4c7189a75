"""Which activation tolerates noise? Gaussian noise is added to the images in training.

Networks are tested with the same noise and without it. This repeats one of the MNIST studies
of Misra (2019), arXiv:1908.08681, with several seeds. A network that was trained on strong
noise may be worse than chance on clean images, because it has learned features of noisy ones.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

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
from actbench.training.settings import Settings, TrainingData

if TYPE_CHECKING:
    from actbench.training.block import Block

NOISES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Standard deviations; pixels are from 0 to 1."""
ACTIVATIONS = ("relu", "swish", "mish")


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each standard deviation of the noise."""
    name = label(activation)
    for noise in NOISES:
        yield Condition(
            f"{name}, noise {noise:g}",
            {"activation": name, "noise": noise},
            Member(activation, noise=noise),
            inverted=False,
        )


def noisy_accuracy(block: "Block", data: TrainingData) -> Sequence[dict[str, float]]:
    """Return each member's accuracy on original test images with its training noise."""
    images, labels = data.test_original
    draws = np.random.default_rng(0).standard_normal(images.shape, np.float32)
    is_correct = {
        noise: block.score(images / np.float32(255) + np.float32(noise) * draws, labels)[0]
        for noise in {member.noise for member in block.members}
    }
    return [
        {"noisy_accuracy": float(is_correct[member.noise][number].mean())}
        for number, member in enumerate(block.members)
    ]


SETTINGS = Settings(epochs=2, batch_size=128)

EXPERIMENT = Experiment(
    name="noise",
    question="Is Mish more robust to noise on the inputs than Swish and ReLU?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=6_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, train_images=30_000, validation_images=5_000),
    ),
    conditions_for=conditions_for,
    measure=noisy_accuracy,
)
