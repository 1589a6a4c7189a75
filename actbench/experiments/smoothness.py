"""Is the loss around trained networks smoother? Curvature of the loss, at equal loss.

Training stops when the training loss first falls below 0.1 nats. The curvature of the loss on
1,000 training images is measured there, in directions that are normalised filter by filter.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

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
from actbench.training.settings import Settings, TrainingData

if TYPE_CHECKING:
    from actbench.training.block import Block

ACTIVATIONS = ("relu", "leaky_relu", "softplus", "swish", "mish", "gelu")
IMAGES, RADIUS, POINTS = 1_000, 1.0, 21


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition."""
    name = label(activation)
    yield Condition(name, {"activation": name}, Member(activation), inverted=False)


def loss_curvature(block: "Block", data: TrainingData) -> Sequence[dict[str, object]]:
    """Return the top eigenvalue and the trace of the normalised Hessian, and a loss plane."""
    from actbench.training.landscape import Landscape

    images, labels = data.train[0][:IMAGES], data.train[1][:IMAGES]
    landscape = Landscape(block, images, labels)
    _, losses = block.accuracy_and_loss(images, labels)
    eigenvalues, traces = landscape.top_eigenvalues(0), landscape.traces(0)
    planes = landscape.plane(0, RADIUS, POINTS)
    return [
        {
            "loss": float(loss),
            "top_eigenvalue": float(eigenvalue),
            "trace": float(trace),
            "plane": plane.round(5).tolist(),
        }
        for loss, eigenvalue, trace, plane in zip(
            losses, eigenvalues, traces, planes, strict=True
        )
    ]


SETTINGS = Settings(epochs=5, batch_size=128, stop_below_loss=0.1)

EXPERIMENT = Experiment(
    name="smoothness",
    question="Is the loss around networks with Mish smoother than with Swish or ReLU?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 2, train_images=6_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, validation_images=5_000),
    ),
    conditions_for=conditions_for,
    measure=loss_curvature,
)
