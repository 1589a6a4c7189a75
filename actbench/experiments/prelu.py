"""Who shares a trained slope, and where it begins: PReLU by object, filter or element.

The source uses one layer object in both places and prints the same eight slopes twice.
"""

from collections.abc import Iterator

from actbench.activations.record import Activation
from actbench.experiments.experiment import (
    Condition,
    Experiment,
    Profile,
    label,
    smoke,
)  # fmt: skip
from actbench.models.member import Member, prelu
from actbench.training.settings import Settings

STARTS = (0.0, 0.25)
"""Keras's and the paper's (He et al. 2015, arXiv:1502.01852)."""


def of(activation: Activation) -> Iterator[Condition]:
    """Return an activation without trained slopes, to compare with."""
    yield Condition(label(activation), Member(activation))


def _conditions() -> Iterator[Condition]:
    for start in STARTS:
        yield Condition(f"one object, from {start:g}", prelu(start, together=True))
        yield Condition(f"per filter, from {start:g}", prelu(start))
        yield Condition(f"per element, from {start:g}", prelu(start, per="element"))


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="prelu",
    question="Does it matter who shares a trained slope, and where it begins?",
    conditions=tuple(_conditions()),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=3_000, validation_images=500),
        Profile("full", SETTINGS, 10, validation_images=5_000),
    ),
    of=of,
)
