"""Paired comparison of two conditions over seeds.

Both conditions of a pair have the same seed: the same initial weights and the same batches.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from actbench.statistics.power import minimum_detectable_difference
from actbench.statistics.sign_flip import mean_interval, sign_flip


@dataclass(frozen=True)
class Difference:
    """The difference a − b over seeds, with its uncertainty, in the unit of the values.

    One seed gives no estimate of the spread: every number that depends on it is then NaN.
    """

    mean: float
    interval: tuple[float, float]
    """Interval of the mean difference by sign flips, 95% by default; see `mean_interval`."""
    p: float
    """Two-sided p value of "no difference" by `sign_flip`. It is at most 1 − confidence if and
    only if the interval does not contain 0."""
    superiority: float
    """Probability of superiority P(a > b) + ½·P(a = b), estimated by its share of seeds."""
    superiority_interval: tuple[float, float]
    """95% Wilson interval of the probability of superiority."""
    standard_deviation: float
    """Sample standard deviation of the differences."""
    minimum_detectable_difference: float
    """Smallest mean difference that this number of seeds detects with 80% power at 5%."""
    count: int
    """Number of seeds."""


def difference(a: Sequence[float], b: Sequence[float], confidence: float = 0.95) -> Difference:
    """Compare two conditions over seeds by their differences d = a − b.

    Args:
        a: one finite value per seed, in the order of the seeds.
        b: the values of the other condition for the same seeds.
        confidence: coverage of the interval of the mean difference, between 0 and 1.

    Raises:
        ValueError: the lengths differ or are 0, or a value is not finite.

    Assumptions: the seeds are independent. Each statistic names its own in addition.

    Source: Bouthillier et al. (2021), arXiv:2103.03098, for the probability of superiority;
    Wilson (1927), doi:10.1080/01621459.1927.10502953, for its interval.

    Example:
        >>> found = difference([0.98, 0.97, 0.99, 0.98, 0.99, 0.97], [0.96] * 6)
        >>> round(found.mean, 3), found.p, found.superiority
        (0.02, 0.03125, 1.0)
    """
    d = _differences(a, b)
    superiority = float(np.mean((d > 0) + 0.5 * (d == 0)))
    return Difference(
        mean=float(d.mean()),
        interval=mean_interval(d, confidence),
        p=sign_flip(d),
        superiority=superiority,
        superiority_interval=_wilson(superiority, len(d)),
        standard_deviation=float(d.std(ddof=1)) if len(d) > 1 else math.nan,
        minimum_detectable_difference=minimum_detectable_difference(d),
        count=len(d),
    )


def _differences(a: Sequence[float], b: Sequence[float]) -> npt.NDArray[np.float64]:
    if len(a) != len(b) or not len(a):
        raise ValueError(
            f"values: expected one of each condition per seed, got {len(a)} and {len(b)}"
        )
    d: npt.NDArray[np.float64] = np.subtract(a, b, dtype=float)
    if not np.isfinite(d).all():
        raise ValueError(
            "values: expected finite numbers, got NaN or infinity; leave out diverged trials"
        )
    return d


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share; ties may contribute halves to it."""
    z = float(stats.norm.ppf(0.975))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    return middle - half, middle + half
