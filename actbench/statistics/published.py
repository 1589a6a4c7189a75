"""Recomputed comparison of two rows of a published table: mean, standard deviation, runs."""

import math
from dataclasses import dataclass

from scipy import stats

from actbench.statistics.power import required_seeds


@dataclass(frozen=True)
class WelchComparison:
    """Comparison of two published rows as independent samples."""

    difference: float
    """Mean of the first row minus mean of the second, in the unit of the table."""
    interval: tuple[float, float]
    """95% Welch interval of the difference."""
    cohens_d: float
    """Difference divided by the pooled standard deviation."""
    p: float
    """Two-sided p value of "no difference" by Welch's test."""
    required_runs: int | None
    """Runs of each row that detect a true difference of this size with 80% power at 5%."""


def from_moments(
    mean: float, standard_deviation: float, count: int, other_mean: float,
    other_standard_deviation: float, other_count: int,
) -> WelchComparison:  # fmt: skip
    """Compare two samples by their means, sample standard deviations and numbers of runs.

    With v₁ = s₁²/n₁ and v₂ = s₂²/n₂, Welch's statistic (mean₁ − mean₂)/√(v₁ + v₂) has a t
    distribution with (v₁ + v₂)²/(v₁²/(n₁ − 1) + v₂²/(n₂ − 1)) degrees of freedom.

    Args:
        mean: mean of the first sample.
        standard_deviation: sample standard deviation of the first sample, in the same unit.
        count: number of runs of the first sample.
        other_mean: mean of the second sample.
        other_standard_deviation: sample standard deviation of the second sample.
        other_count: number of runs of the second sample.

    Raises:
        ValueError: a sample has fewer than two runs, or a standard deviation ≤ 0.

    Assumptions: the runs are independent and normally distributed.

    Source: Welch (1947), doi:10.1093/biomet/34.1-2.28; Cohen (1988), Statistical Power
    Analysis for the Behavioral Sciences, section 2.5.

    Example:
        >>> found = from_moments(87.48, 0.3967, 23, 86.66, 0.584, 23)
        >>> round(found.difference, 2), round(found.cohens_d, 2), found.p < 1e-5
        (0.82, 1.64, True)
    """
    runs, deviations = (count, other_count), (standard_deviation, other_standard_deviation)
    if min(runs) < 2 or not min(deviations) > 0:
        raise ValueError(
            "samples: expected at least 2 runs and a standard deviation > 0, got "
            f"{runs[0]} and {runs[1]} runs with {deviations[0]:g} and {deviations[1]:g}"
        )
    found = stats.ttest_ind_from_stats(
        mean, standard_deviation, count, other_mean, other_standard_deviation, other_count,
        equal_var=False,
    )  # fmt: skip
    difference = mean - other_mean
    half = _welch_half_width(deviations, runs)
    pooled = math.sqrt(
        ((count - 1) * standard_deviation**2 + (other_count - 1) * other_standard_deviation**2)
        / (count + other_count - 2)
    )
    # The difference of two independent runs has √2 times the standard deviation of one run.
    required = required_seeds(difference, pooled * math.sqrt(2))
    return WelchComparison(
        difference, (difference - half, difference + half), difference / pooled,
        float(found.pvalue), required,
    )  # fmt: skip


def _welch_half_width(deviations: tuple[float, float], runs: tuple[int, int]) -> float:
    """Return half of the width of the 95% Welch interval of a difference of two means."""
    squares = deviations[0] ** 2 / runs[0], deviations[1] ** 2 / runs[1]
    error = math.sqrt(sum(squares))
    freedom = error**4 / sum(
        square**2 / (n - 1) for square, n in zip(squares, runs, strict=True)
    )
    return float(stats.t.ppf(0.975, freedom)) * error
