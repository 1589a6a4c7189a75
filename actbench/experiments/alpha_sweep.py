"""Which slope of LeakyReLU for negative inputs trains best?

The source trains each slope once and finds that 0 is the best. This experiment repeats the
comparison with several seeds. All slopes of a seed share initial weights and batches.
"""

from collections.abc import Iterator

from actbench.activations.record import Activation
from actbench.experiments.experiment import Condition, Experiment, Profile, label, smoke
from actbench.models.member import Member, leaky, prelu
from actbench.results import Factors
from actbench.training.settings import Settings

ALPHAS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition, for comparison with the slopes."""
    name = label(activation)
    yield Condition(name, {"activation": name}, Member(activation))


def _leaky(alpha: float) -> Condition:
    factors: Factors = {"activation": "leaky_relu", "negative_slope": alpha}
    return Condition(f"alpha={alpha:g}", factors, leaky(alpha))


EXPERIMENT = Experiment(
    name="alpha-sweep",
    question="Does the slope for negative inputs matter, and does learning it help?",
    conditions=(
        *map(_leaky, ALPHAS),
        Condition("prelu", {"activation": "prelu", "sharing": "channel"}, prelu()),
        Condition("prelu-shared", {"activation": "prelu", "sharing": "tied"}, prelu(tied=True)),
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
        # The source's protocol, except that 5,000 original images and their inverses are held
        # out, because choosing the best slope on the test images would bias its accuracy.
        Profile("full", Settings(epochs=5, batch_size=128), seeds=12, validation_images=5_000),
    ),
    conditions_for=conditions_for,
    keeps_correct_images=True,
)
