"""Which slope for negative inputs trains best: the source's sweep, with seeds.

The source trains each slope once and calls 0 the best. Here all slopes of a seed share
weights and batches, and every seed is one more repetition.
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
from actbench.models.member import Member, leaky, prelu
from actbench.training.settings import Settings

ALPHAS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def of(activation: Activation) -> Iterator[Condition]:
    """Return an activation to compare with."""
    yield Condition(label(activation), Member(activation))


EXPERIMENT = Experiment(
    name="alpha-sweep",
    question="Does the slope for negative inputs matter, and does learning it help?",
    conditions=(
        *(Condition(f"alpha={alpha:g}", leaky(alpha)) for alpha in ALPHAS),
        Condition("prelu", prelu()),
        Condition("prelu-shared", prelu(together=True)),
    ),
    profiles=(
        smoke(Settings(epochs=2, batch_size=128)),
        Profile(
            "quick",
            Settings(epochs=2, batch_size=128),
            seeds=3,
            train_images=6_000,
            validation_images=1_000,
        ),
        # The source's protocol, but that 5,000 originals and their inverses are held out: the
        # best slope is chosen on those, not on the test images.
        Profile("full", Settings(epochs=5, batch_size=128), seeds=12, validation_images=5_000),
    ),
    of=of,
)
