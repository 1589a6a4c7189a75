"""Who bears noise: Gaussian noise on the inputs in training, tested with noise and without.

One of the MNIST studies of Misra (2019), arXiv:1908.08681, with seeds. A network that was
trained on much noise may be worse than chance on clean images: what it has learned is how
its units answer to noise.
"""

from collections.abc import Iterator, Sequence
from typing import Any

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

NOISES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Standard deviations; images are from 0 to 1."""
ACTIVATIONS = ("relu", "swish", "mish")


def of(activation: Activation) -> Iterator[Condition]:
    """Return an activation at each noise."""
    for noise in NOISES:
        member = Member(activation, noise=noise)
        yield Condition(f"{label(activation)}, noise {noise:g}", member, inverted=False)


def noisy_accuracy(block: Any, data: TrainingData) -> Sequence[dict[str, float]]:
    """Return the accuracy on original test images with the noise of a member's training."""
    images, labels = data.test_original
    draws = np.random.default_rng(0).standard_normal(images.shape, np.float32)
    found = {
        noise: block.scores(images / np.float32(255) + np.float32(noise) * draws, labels)[0]
        for noise in {member.noise for member in block.members}
    }
    return [
        {"noisy_accuracy": float(found[member.noise][place].mean())}
        for place, member in enumerate(block.members)
    ]


SETTINGS = Settings(epochs=2, batch_size=128)

EXPERIMENT = Experiment(
    name="noise",
    question="Is Mish more robust to noise on the inputs than Swish and ReLU?",
    conditions=tuple(each for name in ACTIVATIONS for each in of(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=6_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, train_images=30_000, validation_images=5_000),
    ),
    of=of,
    measure=noisy_accuracy,
)
