"""Does the first layer get a gradient if initial weights have the gain of each activation?

Glorot's initial weights let the values of one activation shrink from layer to layer and not
those of another, so they compare initialisers as well as activations. Here the initial weights
keep the mean square of values that are normally distributed: LeCun's, times the gain of the
activation, which the catalogue computes.
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
from actbench.experiments.gradient_flow import WIDTH, mlp
from actbench.models.member import Member
from actbench.training.observers import activity, gradient_norms
from actbench.training.settings import Settings

DEPTHS = (10, 20)
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "swish", "mish", "gelu", "selu")


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each depth."""
    name = label(activation)
    for depth in DEPTHS:
        yield Condition(
            f"{name}, depth {depth}",
            {"activation": name, "depth": depth},
            Member(activation, initializer="lecun_normal", init_scale=float(activation.gain)),
            mlp(depth, WIDTH),
            inverted=False,
        )


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="gradient-gain",
    question="How do gradients pass through layers whose initial weights suit the activation?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 2, train_images=3_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, train_images=12_000, validation_images=5_000),
    ),
    conditions_for=conditions_for,
    observers=(gradient_norms, activity),
)
