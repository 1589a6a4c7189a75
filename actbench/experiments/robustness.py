"""Which settings still train? Scale of the initial weights × learning rate, per activation."""

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

SCALES = (0.1, 0.3, 1.0, 3.0, 10.0)
RATES = (0.0001, 0.001, 0.01, 0.1)
ACTIVATIONS = ("relu", "leaky_relu", "swish", "mish", "gelu")


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each scale and learning rate."""
    name = label(activation)
    for scale in SCALES:
        for rate in RATES:
            yield Condition(
                f"{name}, scale {scale:g}, rate {rate:g}",
                {"activation": name, "init_scale": scale, "learning_rate": rate},
                Member(activation, init_scale=scale, learning_rate=rate),
                inverted=False,
            )


SETTINGS = Settings(epochs=1, batch_size=128)

EXPERIMENT = Experiment(
    name="robustness",
    question="Is one activation more robust to initial weights and learning rate?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 2, train_images=3_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, train_images=12_000, validation_images=5_000),
    ),
    conditions_for=conditions_for,
)
