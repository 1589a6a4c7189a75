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

_RESAMPLES = 9_999


@dataclass(frozen=True)
class Difference:
    """The difference a − b over seeds, with its uncertainty, in the unit of the values.

    One seed gives no estimate of the spread: every number that depends on it is then NaN.
    """

    mean: float
    interval: tuple[float, float]
    """95% bootstrap interval of the mean difference; see `mean_interval`."""
    p: float
    """Two-sided p value of "no difference" by `sign_flip`."""
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


def difference(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Compare two conditions over seeds by their differences d = a − b.

    Args:
        a: one finite value per seed, in the order of the seeds.
        b: the values of the other condition for the same seeds.

    Raises:
        ValueError: the lengths differ or are 0, or a value is not finite.

    Assumptions: the seeds are independent. Each statistic names its own in addition.

    Source: Bouthillier et al. (2021), arXiv:2103.03098, for the probability of superiority;
    Wilson (1927), doi:10.1080/01621459.1927.10502953, for its interval.

    Example:
        >>> found = difference([0.98, 0.97, 0.99, 0.98, 0.99], [0.95, 0.96, 0.95, 0.97, 0.96])
        >>> round(found.mean, 3), found.p, found.superiority
        (0.024, 0.0625, 1.0)
    """
    d = _differences(a, b)
    superiority = float(np.mean((d > 0) + 0.5 * (d == 0)))
    return Difference(
        mean=float(d.mean()),
        interval=mean_interval(d),
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


def mean_interval(values: npt.ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Return the bootstrap-t interval of a mean.

    Each of 9,999 resamples gives t* = (mean* − mean)/(s*/√n), where s* is the standard
    deviation of the resample. The interval is [mean − t*₉₇.₅·s/√n, mean − t*₂.₅·s/√n], with
    the quantiles of t*. The studentised form is used because percentile and BCa intervals of
    ten values cover only 90%. If a quantile is infinite, which happens with about three values
    or with ties, the quantiles of Student's t distribution are used. The resamples have a fixed
    seed, so the same values always give the same interval.

    Args:
        values: one per seed, in any unit.
        confidence: coverage of the interval, between 0 and 1.

    Returns:
        Lower and upper bound, in the unit of the values; NaN for fewer than two values.

    Assumptions: the values are independent and have the same distribution.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 12.5.

    Example:
        >>> [round(bound, 2) for bound in mean_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])]
        [1.37, 5.63]
    """
    x = np.asarray(values, float)
    n = len(x)
    if n < 2:
        return math.nan, math.nan
    mean, error = x.mean(), x.std(ddof=1) / n**0.5
    if error == 0:
        return float(mean), float(mean)
    resamples = np.random.default_rng(0).choice(x, (_RESAMPLES, n))
    errors = resamples.std(axis=1, ddof=1) / n**0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (resamples.mean(axis=1) - mean) / errors
    # A resample of equal values has standard error 0, so its t is infinite.
    t = np.where(errors > 0, t, np.copysign(np.inf, resamples.mean(axis=1) - mean))
    low, high = np.quantile(t, [(1 + confidence) / 2, (1 - confidence) / 2], method="nearest")
    if not np.isfinite([low, high]).all():
        high = stats.t.ppf((1 - confidence) / 2, n - 1)
        low = -high
    return float(mean - low * error), float(mean - high * error)


def sign_flip(differences: npt.ArrayLike) -> float:
    """Return the two-sided p value of "the mean difference is 0" by sign flips.

    p is the share of sign choices s ∈ {−1, 1}ⁿ with |mean(s·d)| ≥ |mean(d)|: of all 2ⁿ of them,
    or of 9,999 random ones (fixed seed) if there are more.

    Args:
        differences: one per seed, in any unit.

    Returns:
        The p value; 1 for fewer than two differences.

    Assumptions: without a difference, a and b are exchangeable within each pair.

    Source: Fisher (1935), The Design of Experiments, section 21.

    Example:
        >>> sign_flip([0.1, 0.2, 0.1, 0.3, 0.2, 0.1])
        0.03125
    """
    d = np.asarray(differences, float)
    if len(d) < 2:
        return 1.0
    found = stats.permutation_test(
        (d, np.zeros_like(d)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=_RESAMPLES,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def joint_sign_flip(differences: npt.ArrayLike) -> list[float]:
    """Return adjusted p values of "the mean difference is 0" for several comparisons at once.

    Each sign choice s ∈ {−1, 1}ⁿ gives one statistic per row: Tᵢ(s) = |Σⱼ sⱼdᵢⱼ| / √(Σⱼ dᵢⱼ²),
    which grows with |t|. The p value of row i is the share of sign choices with
    maxₖ Tₖ(s) ≥ Tᵢ(1). It controls the family-wise error rate (single-step maxT method).

    Args:
        differences: shape (comparisons, seeds). One sign choice flips a seed in all rows,
            because the comparisons of a seed share its random draws.

    Returns:
        One p value per comparison; 1 for fewer than two seeds.

    Assumptions: without a difference, the conditions are exchangeable within each seed.

    Source: Westfall & Young (1993), Resampling-Based Multiple Testing, section 2.3.

    Example:
        >>> joint_sign_flip([[0.1, 0.2, 0.1, 0.3, 0.2, 0.1], [0.1, -0.1, 0.2, 0.0, -0.2, 0.1]])
        [0.03125, 1.0]
    """
    d = np.asarray(differences, float)
    n = d.shape[1]
    if n < 2:
        return [1.0] * len(d)
    # The first row of signs is all 1: the measured differences themselves.
    if 2**n <= _RESAMPLES:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    else:
        random_signs = np.random.default_rng(0).choice((-1, 1), (_RESAMPLES, n))
        signs = np.vstack([np.ones(n, int), random_signs])
    size = np.sqrt((d**2).mean(axis=1, keepdims=True))
    scaled = np.divide(d, size, out=np.zeros_like(d), where=size > 0)
    statistics = np.abs(signs @ scaled.T)
    largest = statistics.max(axis=1, keepdims=True)
    # The factor makes values count as equal that differ only by rounding.
    return [float(p) for p in np.mean(largest >= statistics[0] * (1 - 1e-12), axis=0)]


def equivalence_test(differences: npt.ArrayLike, margin: float) -> float:
    """Return the p value of "the mean differs from 0 by at least the margin".

    A small value shows equivalence within the margin. It is the larger p value of two
    one-sided t tests (TOST): of mean ≥ margin, and of mean ≤ −margin.

    Args:
        differences: one per seed.
        margin: largest difference that counts as equivalent, in the unit of the differences.

    Returns:
        The p value; NaN for fewer than two differences.

    Assumptions: the differences are independent and normally distributed.

    Source: Schuirmann (1987), doi:10.1007/BF01068419.

    Example:
        >>> round(equivalence_test([0.001, -0.001, 0.002, 0.0, -0.002], margin=0.01), 5)
        7e-05
    """
    d = np.asarray(differences, float)
    if len(d) < 2:
        return math.nan
    if d.std() == 0:
        return 0.0 if abs(d[0]) < margin else 1.0
    below = stats.ttest_1samp(d, margin, alternative="less").pvalue
    above = stats.ttest_1samp(d, -margin, alternative="greater").pvalue
    return float(max(below, above))


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share; ties may contribute halves to it."""
    z = float(stats.norm.ppf(0.975))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    return middle - half, middle + half
