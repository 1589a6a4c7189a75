"""Why the linear network fails in the source's study: plain against inverted data.

The source says: because it is linear. Of an image and its inverse an affine classifier gets
both right only for the one class that maximises the constant z(x) + z(1 − x); here is what
happens without inverses, with another loss, and with pools that are linear or not.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from actbench.activations.record import Activation
from actbench.experiments.experiment import (
    Condition,
    Experiment,
    Profile,
    label,
    smoke,
)  # fmt: skip
from actbench.models.member import Member, leaky
from actbench.models.network import Activate, Convolution, Flatten, Network, Pool
from actbench.training.settings import Settings, TrainingData

SLOPES = (1.0, 0.0, -1.0)


def pooled(kind: Any) -> Network:
    """Return the study's network with a pool after its first activation."""
    layers = (Convolution(8, 7), Activate(), Pool(2, kind), Convolution(8, 5), Activate())
    return Network((*layers, Flatten()))


def of(activation: Activation) -> Iterator[Condition]:
    """Return an activation on plain data, and with inverted copies."""
    member = Member(activation)
    yield Condition(f"{label(activation)}, plain", member, inverted=False)
    yield Condition(f"{label(activation)}, inverted", member)


def invariance(block: Any, data: TrainingData) -> Sequence[dict[str, float]]:
    """Return how much a test image and its inverse are the same to each member.

    `agreement` is the share that is put into the same class; `logit_correlation` the
    correlation of their outputs before softmax.
    """
    plain, inverted = (block.logits(x) for x, _ in (data.test_original, data.test_inverted))
    return [
        {
            "agreement": float((a.argmax(-1) == b.argmax(-1)).mean()),
            "logit_correlation": float(np.corrcoef(a.ravel(), b.ravel())[0, 1]),
        }
        for a, b in zip(plain, inverted, strict=True)
    ]


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="inversion",
    question="Why does the linear network fail where images have inverted copies?",
    conditions=(
        *(
            Condition(f"alpha={slope:g}, {data}", leaky(slope), inverted=data == "inverted")
            for data in ("plain", "inverted")
            for slope in SLOPES
        ),
        Condition("alpha=1, inverted, mse", Member(leaky(1.0).activation, loss="mse")),
        Condition("alpha=1, inverted, max pool", leaky(1.0), network=pooled("max")),
        Condition("alpha=1, inverted, average pool", leaky(1.0), network=pooled("average")),
    ),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=3_000, validation_images=500),
        Profile("full", SETTINGS, 10, validation_images=5_000),
    ),
    of=of,
    measure=invariance,
)
