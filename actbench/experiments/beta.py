"""Which β of Swish trains best, and which value does a trained β reach?

The fixed values are from 0 (f(x) = x/2) to 10 (nearly ReLU). A trained β moves by about the
learning rate in each step of Adam. At the usual rate it cannot reach 10 from 1, so that further
conditions have a rate with which every start can reach both ends.
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
from actbench.results import Factors
from actbench.training.settings import Settings

BETAS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 5.0, 10.0)
STARTS = (0.1, 1.0, 5.0)
"""Initial values of β that is trained at the fast rate."""

FAST_RATE = 0.008
"""Learning rate of conditions with a start: the 1,290 steps of `full` move β by up to 10."""


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition, for comparison with Swish."""
    name = label(activation)
    yield Condition(name, {"activation": name}, Member(activation), inverted=False)


def _conditions() -> Iterator[Condition]:
    for beta in BETAS:
        factors: Factors = {"activation": "swish", "beta": beta}
        member = Member(get("swish", beta=beta))
        yield Condition(f"beta={beta:g}", factors, member, inverted=False)
    per_channel = Member(get("swish"), trained_parameters=("beta",))
    for member in (replace(per_channel, granularity="layer"), per_channel):
        sharing = member.granularity
        factors = {"activation": "swish", "beta": "trained", "sharing": sharing}
        yield Condition(f"trained per {sharing}", factors, member, inverted=False)
    for start in STARTS:
        member = Member(
            get("swish", beta=start), learning_rate=FAST_RATE, trained_parameters=("beta",)
        )
        factors = {
            "activation": "swish", "beta": "trained", "start": start,
            "learning_rate": FAST_RATE,
        }  # fmt: skip
        yield Condition(f"trained from {start:g}, fast", factors, member, inverted=False)


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="beta",
    question="Which β trains best, and which value does a trained β reach?",
    conditions=tuple(_conditions()),
    profiles=(
        smoke(SETTINGS),
        Profile("quick", SETTINGS, 3, train_images=6_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, validation_images=5_000),
    ),
    conditions_for=conditions_for,
)
