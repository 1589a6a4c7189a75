"""Calibration of prediction intervals: how often one more run really falls outside.

Student's prediction intervals assume normal values. Accuracies have a long tail of low values,
so too many runs fall below the interval. Each run of the store is predicted from the other
seeds of its condition (leave-one-out), which shows how often that happens.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import stats

from analysis.results import Results

_LEAST_SEEDS = 6
_LEAST_ACCURACY = 0.9
"""Conditions with a seed below this mix trained and failed networks; they are left out."""


def nominal_level(results: Results, level: float) -> float:
    """Return the tail probability of Student's t that leaves a share `level` of runs outside.

    The tail with more runs outside decides, so the result is at most `level`. With fewer than
    1/level predicted runs the result is `level`, because they cannot show its frequency.

    Args:
        results: all documents.
        level: tail probability on one side, between 0 and 1.
    """
    tails = _tails(tuple(_accuracies(results)))
    if len(tails) * level < 1:
        return level
    return min(level, *(float(np.quantile(side, level)) for side in (tails, 1 - tails)))


def _accuracies(results: Results) -> list[tuple[float, ...]]:
    """Return the test accuracies of each condition whose networks all trained."""
    of_conditions = [
        tuple(trial.test_accuracy_as_trained for trial in found.trials_of(condition))
        for found in results.experiments.values()
        if found.trials
        for condition in found.conditions
    ]
    return [
        each for each in of_conditions
        if len(each) >= _LEAST_SEEDS and min(each) >= _LEAST_ACCURACY
    ]  # fmt: skip


@lru_cache(maxsize=4)
def _tails(conditions: tuple[tuple[float, ...], ...]) -> npt.NDArray[np.float64]:
    """Return the lower tail probability of each value, predicted from the others."""
    tails = []
    for values in conditions:
        x, n = np.array(values), len(values)
        others = np.array([np.delete(x, number) for number in range(n)])
        spread = others.std(axis=1, ddof=1) * (1 + 1 / (n - 1)) ** 0.5
        varies = spread > 0
        t = (x - others.mean(axis=1))[varies] / spread[varies]
        tails.append(stats.t.cdf(t, n - 2))
    return np.concatenate(tails) if tails else np.empty(0)
