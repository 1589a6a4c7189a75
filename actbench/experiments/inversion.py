"""Why does the linear network fail in the source's study? Plain against inverted data.

The source's answer is that the network is linear. In fact, an affine classifier can be right
about both an image x and its inverse 1 − x only for one class: the class with the largest
z(x) + z(1 − x), which does not depend on x. The experiment compares training without inverted
images, another loss, and pooling layers that are linear or not.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from actbench.activations.record import Activation
from actbench.experiments.experiment import (
    Condition,
    Experiment,
    Profile,
    label,
    smoke,
)  # fmt: skip
from actbench.models.member import Loss, Member, leaky
from actbench.models.network import Activate, Convolution, Flatten, Network, Pool
from actbench.training.settings import Settings, TrainingData

if TYPE_CHECKING:
    from actbench.training.block import Block

SLOPES = (1.0, 0.0, -1.0)


def pooled(kind: Literal["max", "average"]) -> Network:
    """Return the study's network with a pooling layer after its first activation."""
    layers = (Convolution(8, 7), Activate(), Pool(2, kind), Convolution(8, 5), Activate())
    return Network((*layers, Flatten()))


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition with plain data, and one with inverted copies."""
    name = label(activation)
    for inverted in (False, True):
        yield Condition(
            f"{name}, {'inverted' if inverted else 'plain'}",
            {"activation": name, "inverted": inverted, "loss": "crossentropy", "pool": "none"},
            Member(activation),
            inverted=inverted,
        )


def invariance(block: "Block", data: TrainingData) -> Sequence[dict[str, float]]:
    """Return how similar the outputs of each member are for a test image and its inverse.

    `agreement` is the fraction of images that get the same class as their inverse.
    `logit_correlation` is the correlation of the outputs before softmax. Both are NaN if there
    are outputs that are not finite.
    """
    plain, inverted = (block.logits(x) for x, _ in (data.test_original, data.test_inverted))
    return [
        {
            "agreement": float((a.argmax(-1) == b.argmax(-1)).mean()),
            "logit_correlation": float(np.corrcoef(a.ravel(), b.ravel())[0, 1]),
        }
        if np.isfinite(a).all() and np.isfinite(b).all()
        else {"agreement": math.nan, "logit_correlation": math.nan}
        for a, b in zip(plain, inverted, strict=True)
    ]


def _leaky(
    slope: float,
    *,
    inverted: bool = True,
    loss: Loss = "crossentropy",
    pool: Literal["none", "max", "average"] = "none",
) -> Condition:
    parts = [f"alpha={slope:g}", "inverted" if inverted else "plain"]
    parts += ["mse"] * (loss == "mse") + [f"{pool} pool"] * (pool != "none")
    return Condition(
        ", ".join(parts),
        {"activation": "leaky_relu", "negative_slope": slope, "inverted": inverted,
         "loss": loss, "pool": pool},
        Member(leaky(slope).activation, loss=loss),
        network=None if pool == "none" else pooled(pool),
        inverted=inverted,
    )  # fmt: skip


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="inversion",
    question="Why does the linear network fail if images have inverted copies?",
    conditions=(
        *(_leaky(slope, inverted=False) for slope in SLOPES),
        *(_leaky(slope) for slope in SLOPES),
        _leaky(1.0, loss="mse"),
        _leaky(1.0, pool="max"),
        _leaky(1.0, pool="average"),
    ),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=3_000, validation_images=500),
        Profile("full", SETTINGS, 10, validation_images=5_000),
    ),
    conditions_for=conditions_for,
    measure=invariance,
)
