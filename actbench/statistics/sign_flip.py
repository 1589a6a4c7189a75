"""Sign-flip test of a mean difference, and the interval of all means that it does not reject.

Let d₁ … dₙ be the differences of n pairs. If the true mean is θ, and both conditions of a pair
are exchangeable up to that shift, then every choice of signs of dᵢ − θ is equally likely.
Changing the signs of a set F of pairs gives a mean at least as large as the measured one if and
only if the mean of the differences in F is at most θ. So the means of all 2ⁿ − 1 subsets give
the p value of every θ, and two of them are the bounds of the interval. An interval of
confidence 1 − α contains 0 if and only if the two-sided p value is above α.

Assumptions: the pairs are independent, and a and b are exchangeable within each pair up to a
shift.

Sources: Fisher (1935), The Design of Experiments, section 21; Hartigan (1969),
doi:10.1080/01621459.1969.10501057, for the subset means.
"""

import math
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

Alternative = Literal["two-sided", "greater", "less"]
"""What is tested against "the mean is 0": that it is another number, larger, or smaller."""

SMALLEST_COUNT = 6
"""With fewer pairs no p value is below 5%, so tests and intervals are those of Student's t."""

LARGEST_EXACT_COUNT = 16
"""Up to this number of pairs all subsets are used; above it, 65,535 random ones."""

_RANDOM_SUBSETS = 2**16 - 1

# A subset mean of this size relative to the largest difference is 0 up to rounding.
_ROUNDING = 1e-12

Doubles = npt.NDArray[np.float64]


def sign_flip(differences: npt.ArrayLike, alternative: Alternative = "two-sided") -> float:
    """Return the p value of "the mean difference is 0" by sign flips.

    The p value for "greater" is the share of sign choices s ∈ {−1, 1}ⁿ with
    mean(s·d) ≥ mean(d). The two-sided value is twice the smaller of both sides, at most 1.
    Fewer than six differences are tested by Student's t test, which assumes normal differences.

    Args:
        differences: one finite number per pair, in any unit.
        alternative: the side.

    Returns:
        The p value; 1 for fewer than two differences.

    Example:
        >>> sign_flip([0.1, 0.2, 0.1, 0.3, 0.2, 0.1]), sign_flip([0.1] * 8, "less")
        (0.03125, 1.0)
    """
    d = np.asarray(differences, float)
    if len(d) < 2:
        return 1.0
    if len(d) < SMALLEST_COUNT:
        return _student_p(d, alternative)
    means = _subset_means(d)
    # The empty set changes no sign, so it counts on both sides.
    greater, less = (
        float(1 + np.count_nonzero(side)) / (1 + len(means))
        for side in (means <= 0, means >= 0)
    )
    p = {"greater": greater, "less": less, "two-sided": 2 * min(greater, less)}
    return min(1.0, p[alternative])


def mean_interval(differences: npt.ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Return all means that the two-sided sign-flip test does not reject.

    Fewer than six differences have Student's t interval, which assumes normal differences.

    Args:
        differences: one finite number per pair, in any unit.
        confidence: coverage of the interval, between 0 and 1.

    Returns:
        Lower and upper bound, in the unit of the differences; NaN for fewer than two
        differences; −∞ and ∞ if so few pairs cannot reject any mean at this confidence.

    Example:
        >>> [round(bound, 2) for bound in mean_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])]
        [1.0, 6.0]
        >>> [round(bound, 3) for bound in mean_interval([0.1] * 11 + [0.4])]
        [0.1, 0.175]
    """
    d = np.asarray(differences, float)
    if len(d) < 2:
        return math.nan, math.nan
    if len(d) < SMALLEST_COUNT:
        return _student_interval(d, confidence)
    means = np.sort(_subset_means(d))
    # The factor makes (1 − 0.95)/2 · 2⁶ … an integer where it is one without rounding.
    rank = math.floor((1 - confidence) / 2 * (1 + len(means)) * (1 + 1e-12))
    if rank == 0:
        return -math.inf, math.inf
    return float(means[rank - 1]), float(means[-rank])


def equivalence_test(differences: npt.ArrayLike, margin: float) -> float:
    """Return the p value of "the mean differs from 0 by at least the margin".

    A small value shows equivalence within the margin. It is the larger p value of two
    one-sided sign-flip tests (TOST): of mean ≥ margin, and of mean ≤ −margin. It is at most α
    if and only if the interval of confidence 1 − 2α lies within the margin.

    Args:
        differences: one finite number per pair.
        margin: largest difference that counts as equivalent, in the unit of the differences.

    Returns:
        The p value; NaN for fewer than two differences.

    Source: Schuirmann (1987), doi:10.1007/BF01068419.

    Example:
        >>> equivalence_test([0.001, -0.001, 0.002, 0.0, -0.002, 0.001], margin=0.01)
        0.015625
    """
    d = np.asarray(differences, float)
    if len(d) < 2:
        return math.nan
    return max(sign_flip(d - margin, "less"), sign_flip(d + margin, "greater"))


def _subset_means(d: Doubles) -> Doubles:
    """Return the mean of each subset of the differences; 0 where it is 0 up to rounding."""
    means: Doubles = _weights(len(d)) @ d
    means[np.abs(means) <= _ROUNDING * np.abs(d).max()] = 0.0
    return means


@lru_cache(maxsize=4)
def _weights(n: int) -> Doubles:
    """Return one row of weights for the mean of each subset of n pairs but the empty one."""
    if n <= LARGEST_EXACT_COUNT:
        chosen = (np.arange(1, 2**n)[:, None] >> np.arange(n)) & 1
    else:
        chosen = np.random.default_rng(0).integers(0, 2, (_RANDOM_SUBSETS, n))
        chosen[chosen.sum(axis=1) == 0] = 1
    return np.asarray(chosen / chosen.sum(axis=1, keepdims=True))


def _student_p(d: Doubles, alternative: Alternative) -> float:
    if np.ptp(d) == 0:
        is_rejected = {"two-sided": d[0] != 0, "greater": d[0] > 0, "less": d[0] < 0}
        return float(not is_rejected[alternative])
    return float(stats.ttest_1samp(d, 0, alternative=alternative).pvalue)


def _student_interval(d: Doubles, confidence: float) -> tuple[float, float]:
    t = stats.t.ppf((1 + confidence) / 2, len(d) - 1)
    half = float(t * d.std(ddof=1) / len(d) ** 0.5) if np.ptp(d) else 0.0
    mean = float(d.mean()) if half else float(d[0])
    return mean - half, mean + half
