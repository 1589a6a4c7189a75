"""Up to which depth does a network train? The network of the Mish repository, 15 to 25 layers.

It has two convolutions, a pooling layer, and dense layers of 500 units with batch
normalisation and dropout, and is trained by plain gradient descent. Misra (2019),
arXiv:1908.08681, trained each depth once; the layers are those of Layers_Acc.ipynb in the
repository.
"""

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
from actbench.models.network import (
    Activate,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Network,
    Pool,
)  # fmt: skip
from actbench.training.settings import Settings

DEPTHS = tuple(range(15, 26))
"""Number of layers with kernels, with the two convolutions and the output layer."""
ACTIVATIONS = ("relu", "swish", "mish")


def network(depth: int) -> Network:
    """Return the network with `depth` layers that have kernels."""
    images = Convolution(20, 5), Activate(), Convolution(50, 5), Activate(), Pool(), Dropout()
    dense = Dense(500), BatchNorm(), Activate(), Dropout()
    return Network((*images, Flatten(), *dense * (depth - 3)))


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each depth."""
    name = label(activation)
    for depth in DEPTHS:
        yield Condition(
            f"{name}, depth {depth}",
            {"activation": name, "depth": depth},
            Member(activation, learning_rate=0.01, dropout=0.25),
            network(depth),
            inverted=False,
        )


SETTINGS = Settings(epochs=10, batch_size=128, optimizer="sgd")

EXPERIMENT = Experiment(
    name="depth",
    question="Does Mish train at depths where Swish and ReLU do not?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        smoke(SETTINGS),
        # The smallest depth, with about as many steps as one epoch of the notebook.
        Profile(
            "quick",
            replace(SETTINGS, epochs=2),
            2,
            train_images=24_000,
            validation_images=1_000,
            networks=(network(15),),
        ),
        # The full profile takes more than a day on two cores. Two depths and three epochs on
        # all images take hours; in the notebook, Mish is above 75% at both depths by then.
        Profile(
            "reduced",
            replace(SETTINGS, epochs=3),
            12,
            validation_images=5_000,
            networks=(network(15), network(21)),
        ),
        Profile("full", SETTINGS, 12, validation_images=5_000),
    ),
    conditions_for=conditions_for,
)
