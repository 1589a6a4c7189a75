"""Several comparisons at once: p values for all of them, and ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from actbench.statistics.paired import mean_interval


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values for a family of tests: below 5%, at most one in 20 families errs.

    NaN, of a test that could not be made, stays and counts as no test.

    Source: Holm (1979), https://www.jstor.org/stable/4615733.

    Example:
        >>> [round(p, 6) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, float)
    adjusted = np.full(len(p), np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    steps = p[order] * np.arange(len(made), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.tolist()


@dataclass(frozen=True)
class Rank:
    """Where a condition stands among others; 1 is best.

    These describe the seeds of one data set; they are no test.
    """

    mean: float
    interval: tuple[float, float]
    """Of the mean over all seeds, with 95% confidence."""
    first: float
    """The share of seeds in which it is best; ties share."""


def ranks(scores: Mapping[str, Sequence[float]]) -> dict[str, Rank]:
    """Return the ranks of conditions by scores, the greater the better.

    Args:
        scores: condition ↦ a value per seed, in the order of seeds. NaN is last.

    Example:
        >>> found = ranks({"a": [0.9, 0.8], "b": [0.7, 0.8]})
        >>> found["a"].mean, found["a"].first
        (1.25, 0.75)
    """
    table = np.array([scores[name] for name in scores], float)
    placed = stats.rankdata(-np.nan_to_num(table, nan=-np.inf), axis=0)
    best = placed == placed.min(axis=0)
    share = best / best.sum(axis=0)
    return {
        name: Rank(float(row.mean()), mean_interval(row), float(first.mean()))
        for name, row, first in zip(scores, placed, share, strict=True)
    }
