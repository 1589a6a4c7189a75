"""Is the landscape smoother: curvature of the loss around trained networks, at equal loss.

Networks are stopped where their training loss first falls below 0.1 nats, and the curvature of
the loss on 1,000 training images is measured there, in directions normalised filter by filter.
"""

from collections.abc import Iterator, Sequence
from typing import Any

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

ACTIVATIONS = ("relu", "leaky_relu", "softplus", "swish", "mish", "gelu")
IMAGES, RADIUS, POINTS = 1_000, 1.0, 21


def of(activation: Activation) -> Iterator[Condition]:
    """Return an activation."""
    yield Condition(label(activation), Member(activation), inverted=False)


def curvature(block: Any, data: TrainingData) -> Sequence[dict[str, Any]]:
    """Return the normalised Hessian's greatest eigenvalue and trace, and a plane of losses."""
    from actbench.training.landscape import Landscape

    images, labels = (array[:IMAGES] for array in data.train)
    around = Landscape(block, images, labels)
    _, losses = block.evaluate(images, labels)
    eigenvalues, traces = around.top_eigenvalues(0), around.traces(0)
    planes = around.plane(0, RADIUS, POINTS)
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


SETTINGS = Settings(epochs=5, batch_size=128, until=0.1)

EXPERIMENT = Experiment(
    name="smoothness",
    question="Is the loss around networks with Mish smoother than with Swish or ReLU?",
    conditions=tuple(each for name in ACTIVATIONS for each in of(get(name))),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 2, train_images=6_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, validation_images=5_000),
    ),
    of=of,
    measure=curvature,
)
