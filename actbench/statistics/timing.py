"""How many times as long one thing takes as another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


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
