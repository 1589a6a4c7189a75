"""How many units, layers and networks are dead, before training and after it?

The networks have ten layers of 3, 5 or 10 units, as in Lu et al. (2019), arXiv:1903.06733, and
are trained with three learning rates.
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
from actbench.experiments.gradient_flow import mlp
from actbench.models.member import Member
from actbench.training.observers import activity
from actbench.training.settings import Settings

WIDTHS, DEPTH = (3, 5, 10), 10
RATES = (0.001, 0.01, 0.1)
ACTIVATIONS = ("relu", "leaky_relu", "swish", "mish", "gelu")


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each width and learning rate."""
    name = label(activation)
    for width in WIDTHS:
        for rate in RATES:
            yield Condition(
                f"{name}, width {width}, rate {rate:g}",
                {"activation": name, "width": width, "learning_rate": rate},
                Member(activation, learning_rate=rate, initializer="he_normal"),
                mlp(DEPTH, width),
                inverted=False,
            )


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="dying-units",
    question="How many units are dead, before training and after it?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=3_000, validation_images=1_000),
        Profile("full", SETTINGS, 20, train_images=12_000, validation_images=5_000),
    ),
    conditions_for=conditions_for,
    observers=(activity,),
)
