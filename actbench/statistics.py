"""Estimates and comparisons with their uncertainty. No plotting, no files."""

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
        return max(lower, mean - half_width), min(upper, mean + half_width)

    return Estimate(mean, around(spread / n**0.5), around(spread * (1 + 1 / n) ** 0.5), n)


@dataclass(frozen=True)
class Comparison:
    """How many times as long one thing takes as another, timed in turn.

    Args:
        ratio: the median over the pairs.
        interval: where it lies, with 95% confidence.
        noise: what the same thing, timed twice in turn, seems to differ from itself by; the
            farther end of that interval from 1.
    """

    ratio: float
    interval: tuple[float, float]
    noise: float

    @property
    def verdict(self) -> str:
        """Of the thing that the other is divided by: "faster", "slower" or neither."""
        low, high = self.interval
        if low > 1 + self.noise:
            return "faster"
        if high < 1 / (1 + self.noise):
            return "slower"
        return f"within the noise floor of {max(self.noise, (high - low) / 2):.0%}"


def compare(
    times: Sequence[float], others: Sequence[float], again: Sequence[float]
) -> Comparison:
    """Return how many times as long another thing takes, from three series timed in turn.

    What a machine does meanwhile (drift, steps) changes both times of a pair and not their
    ratio; a spike changes one ratio and hardly their median.

    Args:
        times: seconds of the thing, one per round.
        others: of the other thing, in the same rounds.
        again: of the thing once more, in the same rounds: the A/A pair.

    Raises:
        ValueError: fewer than two rounds, or series of different lengths.

    Source: the median of paired ratios with a percentile bootstrap interval, Efron &
    Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.

    Example:
        >>> found = compare([1.0, 1.1, 0.9, 1.0], [2.0, 2.2, 1.8, 2.0], [1.0, 1.1, 0.9, 1.0])
        >>> found.ratio, found.verdict
        (2.0, 'faster')
    """
    ratio, interval = paired_ratio(others, times)
    _, same = paired_ratio(again, times)
    return Comparison(ratio, interval, max(same[1] - 1, 1 / same[0] - 1))


def paired_ratio(
    above: Sequence[float], below: Sequence[float]
) -> tuple[float, tuple[float, float]]:
    """Return the median of the ratios of two series, pair by pair, and its 95% interval.

    Raises:
        ValueError: fewer than two pairs, or series of different lengths.
    """
    if len(above) != len(below) or len(above) < 2:
        raise ValueError(
            f"{len(above)} and {len(below)} times; two series of one length, 2 at least, "
            "would be right"
        )
    ratios = np.asarray(above, float) / np.asarray(below, float)
    found = stats.bootstrap(
        (ratios,), np.median, method="percentile", n_resamples=1000, rng=0, vectorized=True
    ).confidence_interval
    return float(np.median(ratios)), (float(found.low), float(found.high))
