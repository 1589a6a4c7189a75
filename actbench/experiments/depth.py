"""How deep can it be: the network of the Mish repository, 15 to 25 layers.

Two convolutions, a pool, then dense layers of 500 units with batch normalisation and dropout;
plain gradient descent. Misra (2019), arXiv:1908.08681, trained each depth once; the layers are
those of Layers_Acc.ipynb in the repository.
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
"""Layers with kernels, the two convolutions and the outputs included."""
ACTIVATIONS = ("relu", "swish", "mish")


def network(depth: int) -> Network:
    """Return the network with so many layers that have kernels."""
    images = Convolution(20, 5), Activate(), Convolution(50, 5), Activate(), Pool(), Dropout()
    dense = Dense(500), BatchNorm(), Activate(), Dropout()
    return Network((*images, Flatten(), *dense * (depth - 3)))


def of(activation: Activation, depths: tuple[int, ...] = DEPTHS) -> Iterator[Condition]:
    """Return an activation at each depth."""
    for depth in depths:
        yield Condition(
            f"{label(activation)}, depth {depth}",
            Member(activation, learning_rate=0.01, dropout=0.25),
            network(depth),
            inverted=False,
        )


SETTINGS = Settings(epochs=10, batch_size=128, optimizer="sgd")

EXPERIMENT = Experiment(
    name="depth",
    question="Does Mish train at depths where Swish and ReLU do not?",
    conditions=tuple(each for name in ACTIVATIONS for each in of(get(name))),
    profiles=(
        smoke(SETTINGS),
        # The least depth, for as many steps as its first epoch has in the notebook, or nearly.
        Profile(
            "quick",
            replace(SETTINGS, epochs=2),
            2,
            train_images=24_000,
            validation_images=1_000,
            networks=(network(15),),
        ),
        # The whole takes two cores half a day. Two depths and three epochs take an
        # hour; on all images: in the notebook Mish is above 75% at both after three epochs.
        Profile(
            "reduced",
            replace(SETTINGS, epochs=3),
            5,
            validation_images=5_000,
            networks=(network(15), network(21)),
        ),
        Profile("full", SETTINGS, 5, validation_images=5_000),
    ),
    of=of,
)
