"""Several comparisons at once: adjusted p values, and ranks of conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from actbench.statistics.paired import mean_interval


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values that are adjusted for multiple comparisons by Holm's step-down method.

    Sort the m values as p₁ ≤ … ≤ pₘ. The adjusted value of pₖ is the maximum over j ≤ k of
    min(1, (m − j + 1)·pⱼ). If every hypothesis with an adjusted value ≤ α is rejected, the
    probability of any false rejection is at most α (family-wise error rate).

    Args:
        p_values: one per test, in any order. NaN marks a test that could not be made; it stays
            NaN and is not counted in m.

    Assumptions: none on the dependence between the tests.

    Source: Holm (1979), https://www.jstor.org/stable/4615733.

    Example:
        >>> [round(p, 6) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, float)
    adjusted = np.full(len(p), np.nan)
    valid = np.flatnonzero(~np.isnan(p))
    order = valid[np.argsort(p[valid], kind="stable")]
    steps = p[order] * np.arange(len(valid), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.tolist()


@dataclass(frozen=True)
class Rank:
    """The rank of one condition among several; rank 1 is best.

    Ranks describe the seeds of one data set. They are not a test.
    """

    mean: float
    """Mean rank over seeds."""
    interval: tuple[float, float]
    """95% bootstrap interval of the mean rank."""
    best_share: float
    """Share of seeds in which the condition is best; n tied conditions get 1/n each."""


def ranks(scores: Mapping[str, Sequence[float]]) -> dict[str, Rank]:
    """Return the mean rank of each condition; a larger score is better.

    Conditions are ranked within each seed. Tied conditions get the mean of their ranks.

    Args:
        scores: condition ↦ one score per seed, in the order of the seeds. NaN ranks last.

    Example:
        >>> found = ranks({"a": [0.9, 0.8], "b": [0.7, 0.8]})
        >>> found["a"].mean, found["a"].best_share
        (1.25, 0.75)
    """
    table = np.array([scores[name] for name in scores], float)
    rank = stats.rankdata(-np.nan_to_num(table, nan=-np.inf), axis=0)
    best = rank == rank.min(axis=0)
    share = best / best.sum(axis=0)
    return {
        name: Rank(float(row.mean()), mean_interval(row), float(of_seeds.mean()))
        for name, row, of_seeds in zip(scores, rank, share, strict=True)
    }
