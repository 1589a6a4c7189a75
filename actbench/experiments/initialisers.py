"""Is the order of activations the same for all random initialisers of Keras?

This repeats one of the MNIST studies of Misra (2019), arXiv:1908.08681, with several seeds.
"""

from collections.abc import Iterator

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
from actbench.training.settings import Settings

INITIALISERS = (
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform",
    "lecun_normal", "orthogonal", "random_uniform", "random_normal", "truncated_normal",
)  # fmt: skip
ACTIVATIONS = ("relu", "swish", "mish")


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each initialiser."""
    name = label(activation)
    for initializer in INITIALISERS:
        yield Condition(
            f"{name}, {initializer}",
            {"activation": name, "initializer": initializer},
            Member(activation, initializer=initializer),
            inverted=False,
        )


SETTINGS = Settings(epochs=2, batch_size=128)

EXPERIMENT = Experiment(
    name="initialisers",
    question="Is Mish better than Swish and ReLU whatever the initial weights?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=3_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, train_images=30_000, validation_images=5_000),
    ),
    conditions_for=conditions_for,
)
