"""The mean of one condition over seeds, with Student t intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its uncertainty, in the unit of the values.

    One value gives no estimate of the spread: both intervals are then NaN.
    """

    mean: float
    interval: tuple[float, float]
    """Confidence interval of the expected value over all possible seeds."""
    prediction: tuple[float, float]
    """Prediction interval of one more run with a new seed."""
    count: int
    """Number of values."""


def estimate(
    values: Sequence[float],
    *,
    confidence: float = 0.95,
    lower: float = 0.0,
    upper: float = math.inf,
) -> Estimate:
    """Return the mean of independent values with two Student t intervals.

    Let s be the sample standard deviation of the n values, and t the quantile of Student's t
    distribution with n − 1 degrees of freedom. The confidence interval of the mean is
    mean ± t·s/√n. The prediction interval of one more value is mean ± t·s·√(1 + 1/n).

    Args:
        values: one value per seed; at least one.
        confidence: coverage of both intervals, between 0 and 1.
        lower: smallest possible value, in the unit of the values; intervals are clipped to it.
        upper: largest possible value, in the unit of the values; intervals are clipped to it.

    Raises:
        ValueError: there are no values.

    Assumptions: the values are independent and normally distributed.

    Source: Hahn & Meeker (1991), Statistical Intervals, sections 4.2 and 4.7.

    Example:
        >>> found = estimate([0.97, 0.98, 0.99], upper=1.0)
        >>> round(found.mean, 4), [round(bound, 4) for bound in found.interval]
        (0.98, [0.9552, 1.0])
    """
    n = len(values)
    if n == 0:
        raise ValueError("values: expected at least one value, got none")
    mean = float(np.mean(values))
    if n == 1:
        unknown = (math.nan, math.nan)
        return Estimate(mean, unknown, unknown, n)
    t = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    spread = t * float(np.std(values, ddof=1))
    interval, prediction = (
        _clipped(mean, half_width, lower, upper)
        for half_width in (spread / n**0.5, spread * (1 + 1 / n) ** 0.5)
    )
    return Estimate(mean, interval, prediction, n)


def _clipped(mean: float, half_width: float, lower: float, upper: float) -> tuple[float, float]:
    low, high = np.clip([mean - half_width, mean + half_width], lower, upper)
    return float(low), float(high)
