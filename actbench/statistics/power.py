"""How many seeds a paired comparison needs, and which difference its seeds can detect.

Power is that of the two-sided one-sample t test of n differences. The test statistic of a mean
difference δ with standard deviation σ has a noncentral t distribution with n − 1 degrees of
freedom and noncentrality √n·δ/σ. Assumption: the differences are independent and normal.
Source: Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, section 2.
"""

import math
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

_LARGEST_COUNT = 100_000
"""`required_seeds` gives up above this number, which no study can afford."""


def minimum_detectable_difference(
    differences: npt.ArrayLike, power: float = 0.8, level: float = 0.05
) -> float:
    """Return the smallest mean difference that the given number of pairs detects.

    It is δ·s, where s is the sample standard deviation of the differences and δ the
    standardised effect that a two-sided t test of n pairs detects with the given power.

    Args:
        differences: one per seed.
        power: probability that the test detects it.
        level: significance level of the test; α/m for m tests with Bonferroni's correction.

    Returns:
        The difference, in the unit of the differences; NaN for fewer than two.

    Example:
        >>> differences = [0.1, -0.1, 0.2, -0.2, 0.1, -0.1, 0.2, -0.2, 0.0, 0.0]
        >>> round(minimum_detectable_difference(differences), 3)
        0.148
    """
    d = np.asarray(differences, float)
    if len(d) < 2:
        return math.nan
    return float(_detectable_effect(len(d), power, level) * d.std(ddof=1))


def required_seeds(
    mean: float, standard_deviation: float, power: float = 0.8, level: float = 0.05
) -> int | None:
    """Return the smallest number of seeds that detects a mean difference with a given power.

    Args:
        mean: mean of the differences.
        standard_deviation: sample standard deviation of the differences, in the same unit.
        power: probability that the two-sided t test detects the difference.
        level: significance level of the test; α/m for m tests with Bonferroni's correction.

    Returns:
        The number, at least 2; None if 100,000 seeds are not enough, if the mean is 0 or if
        the standard deviation is NaN.

    Example:
        >>> required_seeds(0.1, 0.1), required_seeds(0.01, 0.1)
        (10, 787)
    """
    if mean == 0 or math.isnan(standard_deviation):
        return None
    if standard_deviation == 0:
        return 2
    effect = abs(mean) / standard_deviation
    lower, upper = 2, _LARGEST_COUNT
    if _power(effect, upper, level) < power:
        return None
    while lower < upper:
        middle = (lower + upper) // 2
        if _power(effect, middle, level) >= power:
            upper = middle
        else:
            lower = middle + 1
    return lower


@cache
def _detectable_effect(n: int, power: float, level: float) -> float:
    """Return the standardised effect that n pairs detect; cached because it is slow."""
    return float(optimize.brentq(lambda effect: _power(effect, n, level) - power, 0.0, 1e4))


def _power(effect: float, n: int, level: float = 0.05) -> float:
    """Return the power of a two-sided t test of n pairs for a standardised effect."""
    t = stats.t.ppf(1 - level / 2, n - 1)
    shift = effect * n**0.5
    power = stats.nct.sf(t, n - 1, shift) + stats.nct.cdf(-t, n - 1, shift)
    # SciPy returns NaN for a very large noncentrality, where the power is 1.
    return float(np.nan_to_num(power, nan=1.0))
