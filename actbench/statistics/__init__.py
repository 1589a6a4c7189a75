"""Estimates, tests and comparisons with their uncertainty. No plotting, no files."""

from actbench.statistics.estimate import Estimate, estimate
from actbench.statistics.mcnemar import Disagreement, mcnemar
from actbench.statistics.multiple_comparisons import Rank, holm, ranks
from actbench.statistics.paired import (
    Difference,
    difference,
    equivalence_test,
    joint_sign_flip,
    mean_interval,
    sign_flip,
)
from actbench.statistics.power import (
    minimum_detectable_difference,
    minimum_seeds,
    required_seeds,
)
from actbench.statistics.published import WelchComparison, from_moments
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
    "holm",
    "joint_sign_flip",
    "mcnemar",
    "mean_interval",
    "minimum_detectable_difference",
    "minimum_seeds",
    "paired_ratio",
    "ranks",
    "required_seeds",
    "sign_flip",
]
