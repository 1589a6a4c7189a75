"""What a published table says, recomputed: means, standard deviations and numbers of runs."""

import math
from dataclasses import dataclass

from scipy import stats

from actbench.statistics.paired import required_seeds


@dataclass(frozen=True)
class Published:
    """Two rows of a table, held against each other as independent samples."""

    difference: float
    interval: tuple[float, float]
    """Of the difference, with 95% confidence."""
    d: float
    """The difference in pooled standard deviations (Cohen's d)."""
    p: float
    """Of no difference: Welch's test."""
    runs_needed: int | None
    """Of each, to find such a difference four times in five, were it the true one."""


def from_moments(
    mean: float, spread: float, count: int, other_mean: float, other_spread: float,
    other_count: int,
) -> Published:  # fmt: skip
    """Return what means, sample standard deviations and numbers of runs say of a difference.

    Raises:
        ValueError: fewer than two runs, or a spread that is not positive.

    Source: Welch (1947), doi:10.1093/biomet/34.1-2.28.

    Example:
        >>> found = from_moments(87.48, 0.3967, 23, 86.66, 0.584, 23)
        >>> round(found.difference, 2), round(found.d, 2), found.p < 1e-5
        (0.82, 1.64, True)
    """
    if min(count, other_count) < 2 or not min(spread, other_spread) > 0:
        raise ValueError("two runs or more, and a spread above 0, would be right")
    found = stats.ttest_ind_from_stats(
        mean, spread, count, other_mean, other_spread, other_count, equal_var=False
    )
    difference = mean - other_mean
    squares = spread**2 / count, other_spread**2 / other_count
    error = math.sqrt(sum(squares))
    freedom = error**4 / sum(
        square**2 / (n - 1) for square, n in zip(squares, (count, other_count), strict=True)
    )
    half = float(stats.t.ppf(0.975, freedom)) * error
    pooled = math.sqrt(
        ((count - 1) * spread**2 + (other_count - 1) * other_spread**2)
        / (count + other_count - 2)
    )
    # Of two independent runs the difference spreads √2 times as much as one.
    needed = required_seeds(difference, pooled * math.sqrt(2))
    return Published(
        difference, (difference - half, difference + half), difference / pooled,
        float(found.pvalue), needed,
    )  # fmt: skip
