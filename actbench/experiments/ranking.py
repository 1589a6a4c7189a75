"""Which activation trains best, and at what cost? The study's network on plain MNIST."""

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
from actbench.models.member import Member, prelu
from actbench.training.settings import Settings

ACTIVATIONS = (
    "relu", "leaky_relu", "relu6", "elu", "selu", "celu", "softplus", "softsign", "tanh",
    "sigmoid", "hard_sigmoid", "hard_tanh", "silu", "hard_silu", "mish", "gelu", "gelu_tanh",
    "squareplus", "lisht", "telu", "snake", "absolute", "relu_squared", "sine",
)  # fmt: skip


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition."""
    name = label(activation)
    yield Condition(name, {"activation": name}, Member(activation), inverted=False)


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="ranking",
    question="Which activation gives the best accuracy, and at what cost?",
    conditions=(
        # Stored trials have the names silu and telu. These are aliases: `label` would return
        # the names of the records, swish and tanhexp, and those trials would not be found.
        *(
            Condition(name, {"activation": name}, Member(get(name)), inverted=False)
            for name in ACTIVATIONS
        ),
        Condition("prelu", {"activation": "prelu"}, prelu(0.25), inverted=False),
    ),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=3_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, validation_images=5_000),
    ),
    conditions_for=conditions_for,
)
