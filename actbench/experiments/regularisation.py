"""Does an activation regularise? Networks that overfit 2,000 images, tuned learning rates.

With all images and three epochs, no network overfits, and the mean training accuracy of an
epoch is below that of the weights at its end. Here each network trains until it knows most
images, and the training accuracy is measured with the final weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.experiments.experiment import (
    Condition,
    Experiment,
    Profile,
    label,
    smoke,
)  # fmt: skip
from actbench.experiments.tasks import MNIST
from actbench.experiments.tuning import Tuning
from actbench.models.member import Member
from actbench.training.settings import Settings, TrainingData

if TYPE_CHECKING:  # A block imports TensorFlow, which takes seconds.
    from actbench.training.block import Block

ACTIVATIONS = ("relu", "leaky_relu", "elu", "swish", "mish", "gelu")


def final_training_scores(block: Block, data: TrainingData) -> Sequence[Mapping[str, object]]:
    """Return `train_accuracy` (fraction) and `train_loss` (nats) with the final weights."""
    accuracy, loss = block.accuracy_and_loss(*data.train)
    return [
        {"train_accuracy": float(share), "train_loss": float(mean)}
        for share, mean in zip(accuracy, loss, strict=True)
    ]


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition."""
    name = label(activation)
    yield Condition(name, {"activation": name}, Member(activation), inverted=False)


SETTINGS = Settings(epochs=40, batch_size=64, schedule="linear")

EXPERIMENT = Experiment(
    name="regularisation",
    question="With which activation does accuracy fall least from training to validation?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        replace(smoke(SETTINGS), tuning=Tuning(MNIST.rates[-4:], seeds=1, extensions=1)),
        Profile(
            "quick", replace(SETTINGS, epochs=20), 3,
            train_images=1_000, validation_images=1_000, tuning=Tuning(MNIST.rates),
        ),
        Profile(
            "full", SETTINGS, 12,
            train_images=2_000, validation_images=5_000, tuning=Tuning(MNIST.rates),
        ),
    ),
    conditions_for=conditions_for,
    measure=final_training_scores,
)  # fmt: skip
