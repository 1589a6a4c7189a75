"""Do the sharing and the initial value of PReLU's slopes matter?

Slopes are shared by both activation layers, by the elements of a channel, or not at all. The
source uses one layer object in both places and prints the same eight slopes twice.
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
from actbench.results import Factors
from actbench.training.settings import Settings

INITIAL_SLOPES = (0.0, 0.25)
"""The default of Keras, and the value of He et al. (2015), arXiv:1502.01852."""


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition without trained slopes, for comparison."""
    name = label(activation)
    yield Condition(name, {"activation": name}, Member(activation))


def _conditions() -> Iterator[Condition]:
    for slope in INITIAL_SLOPES:
        for sharing, name, member in (
            ("tied", "one object", prelu(slope, tied=True)),
            ("channel", "per filter", prelu(slope)),
            ("element", "per element", prelu(slope, granularity="element")),
        ):
            factors: Factors = {
                "activation": "prelu",
                "sharing": sharing,
                "initial_slope": slope,
            }
            yield Condition(f"{name}, from {slope:g}", factors, member)


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="prelu",
    question="Do the sharing and the initial value of trained slopes matter?",
    conditions=tuple(_conditions()),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=3_000, validation_images=500),
        Profile("full", SETTINGS, 10, validation_images=5_000),
    ),
    conditions_for=conditions_for,
)
