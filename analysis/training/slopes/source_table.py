"""The numbers that the source prints for its single runs.

The source is a university deep-learning exercise on activation functions, in Persian; these
numbers are from its section C. It uses one PReLU object in two places, which is the condition
with tied slopes here; it has no run with two objects. Losses are printed to two decimals,
accuracies to 0.01 percentage points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from actbench.results import Factors


@dataclass(frozen=True)
class SourceRun:
    """One run of the source.

    Args:
        factors: factors of the condition that repeats the run.
        test_accuracy: as a fraction.
        test_loss: in nats.
        training_accuracy: as a fraction, one per epoch.
    """

    factors: Factors
    test_accuracy: float
    test_loss: float
    training_accuracy: Sequence[float]


def _leaky(alpha: float) -> Factors:
    return {"activation": "leaky_relu", "negative_slope": alpha}


TIED_PRELU: Factors = {"activation": "prelu", "sharing": "tied"}

RUNS = (
    SourceRun(_leaky(-1.0), 0.9796, 0.07, (0.9316, 0.9769, 0.9814, 0.9831, 0.9847)),
    SourceRun(_leaky(-0.5), 0.9794, 0.06, (0.9291, 0.9758, 0.9805, 0.9835, 0.9850)),
    SourceRun(_leaky(0.0), 0.9822, 0.06, (0.9281, 0.9742, 0.9794, 0.9823, 0.9838)),
    SourceRun(_leaky(0.5), 0.9729, 0.08, (0.8875, 0.9633, 0.9699, 0.9741, 0.9756)),
    SourceRun(_leaky(1.0), 0.1169, 2.30, (0.1479, 0.1324, 0.1194, 0.1129, 0.1179)),
    SourceRun(TIED_PRELU, 0.9839, 0.05, (0.9259, 0.9751, 0.9806, 0.9827, 0.9842)),
)

PRELU_SLOPES = [-0.10, -0.24, -0.36, -0.15, -0.24, -0.03, -0.24, 0.39]

ROUNDING = {"test_accuracy": 0.00005, "test_loss": 0.005, "slopes": 0.005}
"""Half a unit of the last printed decimal."""


def run_with(factors: Factors) -> SourceRun | None:
    """Return the run of the source with these factors; None if there is none."""
    return next((run for run in RUNS if run.factors == factors), None)
