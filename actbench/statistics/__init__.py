"""Estimates, tests and comparisons with their uncertainty. No plotting, no files."""

from actbench.statistics.estimate import Estimate, estimate
from actbench.statistics.mcnemar import Disagreement, mcnemar
from actbench.statistics.multiple_comparisons import Rank, q_values, ranks
from actbench.statistics.paired import Difference, difference
from actbench.statistics.power import (
    minimum_detectable_difference,
    required_seeds,
)
from actbench.statistics.published import WelchComparison, from_moments
from actbench.statistics.sign_flip import equivalence_test, mean_interval, sign_flip
from actbench.statistics.timing import TimeRatio, compare_times, paired_ratio

__all__ = [
    "Difference",
    "Disagreement",
    "Estimate",
    "Rank",
    "TimeRatio",
    "WelchComparison",
    "compare_times",
    "difference",
    "equivalence_test",
    "estimate",
    "from_moments",
    "mcnemar",
    "mean_interval",
    "minimum_detectable_difference",
    "paired_ratio",
    "q_values",
    "ranks",
    "required_seeds",
    "sign_flip",
]
