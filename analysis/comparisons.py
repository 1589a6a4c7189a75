"""Comparisons of conditions seed by seed: means, differences, conclusions."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from actbench.statistics import (
    difference,
    equivalence_test,
    estimate,
    holm,
    minimum_detectable_difference,
    minimum_seeds,
)
from analysis.results import ExperimentResults, Metric, accuracy_on_originals

EQUIVALENCE_MARGIN = 0.002
"""Two accuracies are equivalent if they differ by less than this.

A test set of 10,000 images gives an accuracy of 98% a 95% interval of ±0.27 points, so smaller
differences are below its resolution.
"""

_LEVEL = 0.05

COMPARISON_METHOD = (
    "seed by seed, with 95% bootstrap intervals; p values are from sign-flip tests and "
    "equivalence is from two one-sided t tests, both with Holm's correction over the rows."
)
"""The method of `compare_with_reference`, as the report states it."""

COMPARISON_COLUMNS = {
    "condition": "{condition}",
    "seeds": "{seeds}",
    "difference": "{points:+.2f} points",
    "95% interval": "[{points_low:+.2f}, {points_high:+.2f}]",
    "p (Holm)": "{p_holm:.3f}",
    "P(better)": "{superiority:.2f} [{superiority_low:.2f}, {superiority_high:.2f}]",
    "conclusion": "{conclusion}",
    "minimum detectable difference": "{points_detectable:.2f}",
}
"""Columns of `in_points(compare_with_reference(…))` in the report."""


def mean_table(
    results: ExperimentResults, metric: Metric = accuracy_on_originals, *,
    lower: float = -np.inf, upper: float = np.inf,
) -> pd.DataFrame:  # fmt: skip
    """Return the mean over seeds of each condition, with its 95% interval.

    Conditions without finite values are left out.

    Args:
        results: the trials.
        metric: the number that is averaged.
        lower: smallest possible value; intervals end there.
        upper: largest possible value; intervals end there.

    Returns:
        The columns condition, seeds, mean, low and high.
    """
    rows = []
    for condition in results.conditions:
        values = [value for value in results.values(condition, metric) if np.isfinite(value)]
        if not values:
            continue
        mean = estimate(values, lower=lower, upper=upper)
        rows.append(
            {
                "condition": condition,
                "seeds": mean.count,
                "mean": mean.mean,
                "low": mean.interval[0],
                "high": mean.interval[1],
            }
        )
    return pd.DataFrame(rows, columns=["condition", "seeds", "mean", "low", "high"])


def compare_with_reference(
    results: ExperimentResults,
    pairs: Sequence[tuple[str, str]],
    metric: Metric = accuracy_on_originals,
) -> pd.DataFrame:
    """Return the difference first − second of each pair of conditions, paired by seed.

    Returns:
        The columns condition (the first of the pair), seeds, mean, low and high (95% bootstrap
        interval), p (sign-flip test), p_holm (with Holm's correction over the rows),
        superiority (share of seeds where the first is better) with its interval,
        detectable (minimum detectable difference), p_equivalent (that the difference is
        `EQUIVALENCE_MARGIN` or more, with Holm's correction) and conclusion. No columns if no
        pair has a seed in common.
    """
    rows = []
    level = _LEVEL / max(1, len(pairs))
    for condition, reference in pairs:
        first, second = results.paired_values(condition, reference, metric)
        if not first:
            continue
        d = difference(first, second)
        gains = np.subtract(first, second)
        rows.append(
            {
                "condition": condition,
                "seeds": d.count,
                "mean": d.mean,
                "low": d.interval[0],
                "high": d.interval[1],
                "p": d.p,
                "superiority": d.superiority,
                "superiority_low": d.superiority_interval[0],
                "superiority_high": d.superiority_interval[1],
                "detectable": minimum_detectable_difference(gains, level=level),
                "p_equivalent": equivalence_test(gains, EQUIVALENCE_MARGIN),
            }
        )
    table = pd.DataFrame(rows)
    if not table.empty:
        table["p_holm"] = holm(table["p"].tolist())
        table["p_equivalent"] = holm(table["p_equivalent"].tolist())
        table["conclusion"] = [_conclusion(row, level) for row in table.to_dict("records")]
    return table


def _conclusion(row: Mapping[Hashable, Any], level: float) -> str:
    is_small = row["p_equivalent"] <= _LEVEL
    if row["p_holm"] <= _LEVEL:
        word = "better" if row["mean"] > 0 else "worse"
        return f"{word}, by less than {100 * EQUIVALENCE_MARGIN:g} points" if is_small else word
    if is_small:
        return f"equivalent within {100 * EQUIVALENCE_MARGIN:g} points"
    needed = minimum_seeds(level)
    if row["seeds"] < needed:
        return f"inconclusive: at least {needed} seeds are needed"
    return "inconclusive"


def in_points(table: pd.DataFrame) -> pd.DataFrame:
    """Add the differences in percentage points, as points, points_low, points_high, …."""
    names = {
        "mean": "points",
        "low": "points_low",
        "high": "points_high",
        "detectable": "points_detectable",
    }
    return table.assign(**{new: 100 * table[old] for old, new in names.items() if old in table})
