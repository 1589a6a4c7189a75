"""The ratio of two computing times that were measured alternately."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class TimeRatio:
    """The time of another implementation divided by the time of this one.

    Args:
        ratio: median of the ratios of all rounds.
        interval: 95% bootstrap interval of that median.
        noise: largest ratio − 1 that two series of the same implementation show (A/A test):
            the end of its 95% interval that is farther from 1.
    """

    ratio: float
    interval: tuple[float, float]
    noise: float

    @property
    def conclusion(self) -> str:
        """The result: "faster", "slower" or "within the noise floor of" some percentage."""
        low, high = self.interval
        if low > 1 + self.noise:
            return "faster"
        if high < 1 / (1 + self.noise):
            return "slower"
        return f"within the noise floor of {max(self.noise, (high - low) / 2):.0%}"


def compare_times(
    times: Sequence[float], others: Sequence[float], again: Sequence[float]
) -> TimeRatio:
    """Compare the times of two implementations from three series measured alternately.

    The ratio is median(others/times), with the median and its interval of `paired_ratio`. The
    load of the machine (drift, steps) changes both times of a round by the same factor and
    cancels in the ratio. A spike changes the ratio of one round and has little effect on the
    median.

    Args:
        times: seconds of this implementation, one per round.
        others: seconds of the other implementation, in the same rounds.
        again: seconds of this implementation, measured a second time in the same rounds.

    Raises:
        ValueError: fewer than two rounds, or series of different lengths.

    Example:
        >>> times, others = [1.0, 1.1, 0.9, 1.0], [2.0, 2.2, 1.8, 2.0]
        >>> found = compare_times(times, others, again=times)
        >>> found.ratio, found.conclusion
        (2.0, 'faster')
    """
    ratio, interval = paired_ratio(others, times)
    _, same = paired_ratio(again, times)
    return TimeRatio(ratio, interval, max(same[1] - 1, 1 / same[0] - 1))


def paired_ratio(
    numerators: Sequence[float], denominators: Sequence[float]
) -> tuple[float, tuple[float, float]]:
    """Return the median of the ratios of two series, round by round, and its 95% interval.

    The interval is the percentile bootstrap of 1,000 resamples with a fixed seed.

    Args:
        numerators: seconds, one per round.
        denominators: seconds of the same rounds.

    Raises:
        ValueError: fewer than two rounds, or series of different lengths.

    Assumptions: the ratios of the rounds are independent and have the same distribution.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    if len(numerators) != len(denominators) or len(numerators) < 2:
        raise ValueError(
            "times: expected two series of the same length, at least 2 each, got "
            f"{len(numerators)} and {len(denominators)}"
        )
    ratios = np.asarray(numerators, float) / np.asarray(denominators, float)
    found = stats.bootstrap(
        (ratios,), np.median, method="percentile", n_resamples=1000, rng=0, vectorized=True
    ).confidence_interval
    return float(np.median(ratios)), (float(found.low), float(found.high))
