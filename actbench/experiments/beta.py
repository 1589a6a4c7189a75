"""What β does to Swish: fixed from 0, the half of x, to 10, nearly ReLU; and trained."""

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
from actbench.training.settings import Settings

BETAS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 5.0, 10.0)


def of(activation: Activation) -> Iterator[Condition]:
    """Return an activation to compare with."""
    yield Condition(label(activation), Member(activation), inverted=False)


def _conditions() -> Iterator[Condition]:
    for beta in BETAS:
        yield Condition(f"beta={beta:g}", Member(get("swish", beta=beta)), inverted=False)
    of_channel = Member(get("swish"), trained=("beta",))
    yield Condition("trained per layer", replace(of_channel, per="layer"), inverted=False)
    yield Condition("trained per channel", of_channel, inverted=False)


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="beta",
    question="Which β trains best, and where does a trained β go?",
    conditions=tuple(_conditions()),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=6_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, validation_images=5_000),
    ),
    of=of,
)
