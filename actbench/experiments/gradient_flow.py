"""Do gradients vanish? Gradient norms of each layer at depths from 2 to 40 in training."""

from collections.abc import Iterator
from dataclasses import replace

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
from actbench.training.observers import activity, gradient_norms
from actbench.training.settings import Settings

DEPTHS, WIDTH = (2, 5, 10, 20, 40), 64
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "swish", "mish", "gelu", "selu")


def mlp(depth: int, width: int) -> Network:
    """Return a network of `depth` dense layers of `width` units, each with its activation."""
    return Network((Flatten(), *(Dense(width), Activate()) * depth))


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each depth."""
    name = label(activation)
    for depth in DEPTHS:
        yield Condition(
            f"{name}, depth {depth}",
            {"activation": name, "depth": depth},
            Member(activation),
            mlp(depth, WIDTH),
            inverted=False,
        )


SETTINGS = Settings(epochs=10, batch_size=128)

EXPERIMENT = Experiment(
    name="gradient-flow",
    question="How do gradients pass through layers, and how soon does a deep network learn?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile(
            "quick", replace(SETTINGS, epochs=5), 2, train_images=3_000, validation_images=1_000
        ),
        Profile("full", SETTINGS, 12, validation_images=5_000),
    ),
    conditions_for=conditions_for,
    observers=(gradient_norms, activity),
)
