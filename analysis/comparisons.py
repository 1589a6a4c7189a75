"""Comparisons of conditions seed by seed: means, differences, conclusions.

These comparisons are exploratory. A pair that a claim of the source compares has the verdict of
that claim, so that one comparison has one verdict everywhere.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.statistics import difference, equivalence_test, estimate, q_values
from actbench.statistics.sign_flip import SMALLEST_COUNT
from analysis.results import ExperimentResults, Metric, accuracy_on_originals

EQUIVALENCE_MARGIN = PREREGISTRATION.accuracy_margin
"""Two accuracies are equivalent if they differ by less than this.

A test set of 10,000 images gives an accuracy of 98% a 95% interval of ±0.27 points, so smaller
differences are below its resolution.
"""

_LEVEL = PREREGISTRATION.level

Judged = Mapping[tuple[str, str, str, Metric], str]
"""Verdicts of claims: experiment, first condition, second condition and metric ↦ conclusion."""

COMPARISON_METHOD = (
    "seed by seed, with 95% intervals by sign flips. They are exploratory: q values by "
    "Benjamini and Hochberg over the rows decide, also on equivalence (two one-sided tests). "
    "Pairs that a claim compares have the verdict of the claim."
)
"""The method of `compare_with_reference`, as the report states it."""

COMPARISON_COLUMNS = {
    "condition": "{condition}",
    "seeds": "{seeds}",
    "difference": "{points:+.2f} points",
    "95% interval": "[{points_low:+.2f}, {points_high:+.2f}]",
    "q": "{q:.3f}",
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
    judged: Judged | None = None,
) -> pd.DataFrame:
    """Return the difference first − second of each pair of conditions, paired by seed.

    Args:
        results: the trials.
        pairs: the conditions.
        metric: the accuracy that is compared, as a fraction.
        judged: the verdicts of claims about such pairs.

    Returns:
        The columns condition (the first of the pair), seeds, mean, low and high (95% interval
        by sign flips), p (two-sided sign-flip test), q (q value over the rows), superiority
        (share of seeds where the first is better) with its interval, detectable (minimum
        detectable difference), q_equivalent (that the difference is `EQUIVALENCE_MARGIN` or
        more) and conclusion. No columns if no pair has a seed in common.
    """
    rows = []
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
                "detectable": d.minimum_detectable_difference,
                "p_equivalent": equivalence_test(gains, EQUIVALENCE_MARGIN),
                "claim": (judged or {}).get(
                    (results.experiment.name, condition, reference, metric), ""
                ),
            }
        )
    table = pd.DataFrame(rows)
    if not table.empty:
        table["q"] = q_values(table["p"].tolist())
        table["q_equivalent"] = q_values(table["p_equivalent"].tolist())
        table["conclusion"] = [conclusion(row) for row in table.to_dict("records")]
    return table


def conclusion(row: Mapping[Hashable, Any]) -> str:
    """Return the conclusion of a row of `compare_with_reference`."""
    if row["claim"]:
        return str(row["claim"])
    is_small = row["q_equivalent"] <= _LEVEL
    margin = f"{100 * EQUIVALENCE_MARGIN:g} points"
    if row["q"] <= _LEVEL:
        word = "better" if row["mean"] > 0 else "worse"
        text = f"{word}, by less than {margin}" if is_small else word
    else:
        text = f"equivalent within {margin}" if is_small else "inconclusive"
    if 1 < row["seeds"] < SMALLEST_COUNT:
        text += f" (Student's t, fewer than {SMALLEST_COUNT} seeds)"
    return text


def in_points(table: pd.DataFrame) -> pd.DataFrame:
    """Add the differences in percentage points, as points, points_low, points_high, …."""
    names = {
        "mean": "points",
        "low": "points_low",
        "high": "points_high",
        "detectable": "points_detectable",
    }
    return table.assign(**{new: 100 * table[old] for old, new in names.items() if old in table})
