"""The mean of a condition over seeds, and what is known of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and what is known of it.

    With one value, nothing is known of the spread: the intervals are NaN.
    """

    mean: float
    interval: tuple[float, float]
    """Where the mean over all seeds lies."""
    prediction: tuple[float, float]
    """Where one more single run would lie."""
    count: int


def estimate(
    values: Sequence[float],
    *,
    confidence: float = 0.95,
    lower: float = 0.0,
    upper: float = math.inf,
) -> Estimate:
    """Return the mean of independent values with two Student t intervals.

    With s the sample standard deviation of n values and t the quantile with n − 1 degrees
    of freedom, the mean lies in mean ± t·s/√n, and one more value in mean ± t·s·√(1 + 1/n),
    each with the given confidence if the values are normal.

    Args:
        values: one per seed; at least one.
        confidence: between 0 and 1.
        lower: the least possible value; intervals are cut off there.
        upper: the greatest possible value, likewise.

    Raises:
        ValueError: no values.

    Source: Hahn & Meeker (1991), Statistical Intervals, sections 4.2 and 4.7.

    Example:
        >>> found = estimate([0.97, 0.98, 0.99], upper=1.0)
        >>> round(found.mean, 4), [round(bound, 4) for bound in found.interval]
        (0.98, [0.9552, 1.0])
    """
    n = len(values)
    if n == 0:
        raise ValueError("an estimate needs at least one value")
    mean = float(np.mean(values))
    if n == 1:
        nothing = (math.nan, math.nan)
        return Estimate(mean, nothing, nothing, n)
    t = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    spread = t * float(np.std(values, ddof=1))

    def around(half_width: float) -> tuple[float, float]:
        low, high = np.clip([mean - half_width, mean + half_width], lower, upper)
        return float(low), float(high)

    return Estimate(mean, around(spread / n**0.5), around(spread * (1 + 1 / n) ** 0.5), n)
