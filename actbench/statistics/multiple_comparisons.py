"""Several comparisons at once: adjusted p values, and ranks of conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from actbench.statistics.sign_flip import mean_interval


def q_values(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini and Hochberg's adjusted p values (q values).

    If every hypothesis with a q value ≤ q is rejected, the expected share of false ones among
    the rejected (false discovery rate) is at most q.

    Args:
        p_values: one per test, in any order. NaN marks a test that could not be made; it stays
            NaN and is not counted.

    Assumptions: the tests are independent or positively dependent.

    Source: Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.

    Example:
        >>> [round(q, 6) for q in q_values([0.01, 0.04, 0.03])]
        [0.03, 0.04, 0.04]
    """
    p = np.array(p_values, float)
    valid = ~np.isnan(p)
    if valid.any():
        p[valid] = stats.false_discovery_control(p[valid])
    return [float(each) for each in p]


@dataclass(frozen=True)
class Rank:
    """The rank of one condition among several; rank 1 is best.

    Ranks describe the seeds of one data set. They are not a test.
    """

    mean: float
    """Mean rank over seeds."""
    interval: tuple[float, float]
    """95% interval of the mean rank by sign flips."""
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
