"""Is one condition better than another? Seeds are pairs: same weights, same batches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

_RESAMPLES = 9_999
_LARGEST = 100_000
"""More seeds than anybody has."""


@dataclass(frozen=True)
class Difference:
    """How much greater a than b is, over seeds.

    With one seed nothing is known of the spread, and what rests on it is NaN.
    """

    mean: float
    interval: tuple[float, float]
    """Where the mean over all seeds lies, with 95% confidence."""
    p: float
    """How often signs at random give a mean as far from 0."""
    wins: float
    """In which share of seeds a is greater; a tie is half a win."""
    wins_interval: tuple[float, float]
    """Where that share lies over all seeds, with 95% confidence."""
    spread: float
    """The standard deviation of the differences."""
    detectable: float
    """The least difference that so many seeds find four times in five."""
    count: int


def difference(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Return how much greater a is than b, each a value per seed, in the order of seeds.

    Args:
        a: finite numbers.
        b: as many.

    Raises:
        ValueError: different numbers of values, none, or one that is no number.

    Source: Bouthillier et al. (2021), arXiv:2103.03098, for P(A > B); Wilson (1927) for its
    interval.

    Example:
        >>> found = difference([0.98, 0.97, 0.99, 0.98, 0.99], [0.95, 0.96, 0.95, 0.97, 0.96])
        >>> round(found.mean, 3), found.p, found.wins
        (0.024, 0.0625, 1.0)
    """
    d = _differences(a, b)
    wins = float(np.mean((d > 0) + 0.5 * (d == 0)))
    return Difference(
        mean=float(d.mean()),
        interval=mean_interval(d),
        p=sign_flip(d),
        wins=wins,
        wins_interval=_wilson(wins, len(d)),
        spread=float(d.std(ddof=1)) if len(d) > 1 else math.nan,
        detectable=detectable(d),
        count=len(d),
    )


def _differences(a: Sequence[float], b: Sequence[float]) -> npt.NDArray[np.float64]:
    if len(a) != len(b) or not len(a):
        raise ValueError(f"{len(a)} and {len(b)} values; as many of both would be right")
    d: npt.NDArray[np.float64] = np.subtract(a, b, dtype=float)
    if not np.isfinite(d).all():
        raise ValueError("a value is no number; those of trials that diverged are left out")
    return d


def mean_interval(values: npt.ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Return a bootstrap interval of a mean, with each resample's own standard error.

    Without that (percentile, BCa) intervals of ten values cover 90 times in 100. Where it has
    no end, as with three values, Student's is returned.

    Source: the bootstrap-t of Efron & Tibshirani (1993), An Introduction to the Bootstrap,
    section 12.5.

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
    again = np.random.default_rng(0).choice(x, (_RESAMPLES, n))
    errors = again.std(axis=1, ddof=1) / n**0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (again.mean(axis=1) - mean) / errors
    # A resample of equal values has no error, and is as far off as can be.
    t = np.where(errors > 0, t, np.copysign(np.inf, again.mean(axis=1) - mean))
    low, high = np.quantile(t, [(1 + confidence) / 2, (1 - confidence) / 2], method="nearest")
    if not np.isfinite([low, high]).all():
        # Of few values, or with ties, too many resamples are of equal ones.
        high = stats.t.ppf((1 - confidence) / 2, n - 1)
        low = -high
    return float(mean - low * error), float(mean - high * error)


def sign_flip(differences: npt.ArrayLike) -> float:
    """Return the two-sided p of a mean of 0: of all signs, or of 9,999 draws of many.

    It rests on nothing but that without a difference a and b could be exchanged in each pair.

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
    """Return of each of several means the p of 0, such that all are right 95 times in 100.

    It is how often signs at random give any of them, in its own standard errors, as far from 0
    as that one is.

    Args:
        differences: a row for each comparison, a column for each seed; a seed's sign is turned
            in all rows, since they share what is drawn.

    Source: Westfall & Young (1993), Resampling-Based Multiple Testing, section 2.3.

    Example:
        >>> joint_sign_flip([[0.1, 0.2, 0.1, 0.3, 0.2, 0.1], [0.1, -0.1, 0.2, 0.0, -0.2, 0.1]])
        [0.03125, 1.0]
    """
    d = np.asarray(differences, float)
    n = d.shape[1]
    if n < 2:
        return [1.0] * len(d)
    if 2**n <= _RESAMPLES:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    else:
        drawn = np.random.default_rng(0).choice((-1, 1), (_RESAMPLES, n))
        signs = np.vstack([np.ones(n, int), drawn])
    spread = np.sqrt((d**2).mean(axis=1, keepdims=True))
    scaled = np.divide(d, spread, out=np.zeros_like(d), where=spread > 0)
    # These grow with t, and do not ask for a standard deviation of each choice of signs. The
    # first choice is that of what was measured.
    sums = np.abs(signs @ scaled.T)
    greatest = sums.max(axis=1, keepdims=True)
    return [float(p) for p in np.mean(greatest >= sums[0] * (1 - 1e-12), axis=0)]


def equivalent(differences: npt.ArrayLike, margin: float) -> float:
    """Return the p of "the mean differs by the margin or more"; small says that it does not.

    Two one-sided t tests, the greater p of the two.

    Args:
        differences: a value per seed.
        margin: of the unit of the differences; what one would call the same.

    Source: Schuirmann (1987), doi:10.1007/BF01068419.

    Example:
        >>> round(equivalent([0.001, -0.001, 0.002, 0.0, -0.002], margin=0.01), 5)
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


def detectable(differences: npt.ArrayLike, power: float = 0.8, level: float = 0.05) -> float:
    """Return the least mean that so many pairs with this spread find, by a two-sided t test.

    Args:
        differences: a value per seed.
        power: how often it is found.
        level: of the test; 0.05 / m for m tests of which none may be wrong.

    Example:
        >>> round(detectable([0.1, -0.1, 0.2, -0.2, 0.1, -0.1, 0.2, -0.2, 0.0, 0.0]), 3)
        0.148
    """
    d = np.asarray(differences, float)
    if len(d) < 2:
        return math.nan
    effect = optimize.brentq(lambda effect: _power(effect, len(d), level) - power, 0.0, 1e4)
    return float(effect * d.std(ddof=1))


def required_seeds(
    mean: float, spread: float, power: float = 0.8, level: float = 0.05
) -> int | None:
    """Return how many seeds find a mean difference of that size, by a two-sided t test.

    None where no number would: there is no difference.

    Args:
        mean: of the differences.
        spread: their standard deviation.
        power: how often it is found.
        level: of the test; 0.05 / m for m tests of which none may be wrong.

    Example:
        >>> required_seeds(0.1, 0.1), required_seeds(0.01, 0.1)
        (10, 787)
    """
    if mean == 0 or math.isnan(spread):
        return None
    if spread == 0:
        return 2
    lower, upper = 2, _LARGEST
    if _power(abs(mean) / spread, upper, level) < power:
        return None
    while lower < upper:
        middle = (lower + upper) // 2
        if _power(abs(mean) / spread, middle, level) >= power:
            upper = middle
        else:
            lower = middle + 1
    return lower


def minimum_seeds(level: float) -> int:
    """Return with how many seeds a sign-flip test can reach a level: p is 2^(1 − n) at least.

    Example:
        >>> minimum_seeds(0.05), minimum_seeds(0.05 / 40)
        (6, 11)
    """
    return math.ceil(1 - math.log2(level))


def _power(effect: float, n: int, level: float = 0.05) -> float:
    """Return how often a two-sided t test of n pairs finds an effect."""
    t = stats.t.ppf(1 - level / 2, n - 1)
    shift = effect * n**0.5
    power = stats.nct.sf(t, n - 1, shift) + stats.nct.cdf(-t, n - 1, shift)
    # Far out scipy has no number, and the effect is found whenever it is looked for.
    return float(np.nan_to_num(power, nan=1.0))


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share, which may have halves."""
    z = float(stats.norm.ppf(0.975))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    return middle - half, middle + half
