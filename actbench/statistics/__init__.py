"""Estimates and comparisons with their uncertainty. No plotting, no files."""

from actbench.statistics.estimate import Estimate, estimate
from actbench.statistics.family import Rank, holm, ranks
from actbench.statistics.images import Disagreement, mcnemar
from actbench.statistics.paired import (
    Difference,
    detectable,
    difference,
    equivalent,
    fewest_seeds,
    joint_sign_flip,
    mean_interval,
    seeds_needed,
    sign_flip,
)
from actbench.statistics.published import Published, from_moments
from actbench.statistics.timing import Comparison, compare, paired_ratio

__all__ = [
    "Comparison",
    "Difference",
    "Disagreement",
    "Estimate",
    "Published",
    "Rank",
    "compare",
    "detectable",
    "difference",
    "equivalent",
    "estimate",
    "fewest_seeds",
    "from_moments",
    "holm",
    "joint_sign_flip",
    "mcnemar",
    "mean_interval",
    "paired_ratio",
    "ranks",
    "seeds_needed",
    "sign_flip",
]
