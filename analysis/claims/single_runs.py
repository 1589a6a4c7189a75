"""Tests of numbers that were published for single runs of the slope sweep."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from actbench.results import Factors, Trial
from actbench.statistics import estimate
from analysis.claims.calibration import nominal_level
from analysis.claims.claim import CONSISTENT, REFUTED, ClaimTest, Verdict
from analysis.results import ExperimentResults, IncompleteError, Results


class PublishedNumbers(NamedTuple):
    """The numbers of one published run.

    Args:
        factors: factors of the condition that repeats the run.
        numbers: the numbers, as the source prints them.
    """

    factors: Factors
    numbers: Sequence[float]


class Quantity(NamedTuple):
    """A published quantity, and how it is measured.

    Args:
        measure: returns the same numbers of a trial, in the same order.
        rounding: half a unit of the last published decimal.
        number_format: format of the printed numbers.
        lower: smallest possible number.
        upper: largest possible number.
    """

    measure: Callable[[Trial], Sequence[float]]
    rounding: float
    number_format: str
    lower: float = 0.0
    upper: float = math.inf


def agrees_with_single_runs(
    published: Sequence[PublishedNumbers], quantity: Quantity
) -> ClaimTest:
    """Return a test of "each published number lies in the prediction interval of one run".

    The prediction intervals have Bonferroni's correction: if all published numbers were runs
    of actbench, none would be outside with 95% probability. They are calibrated on the runs of
    the store, because Student's intervals are too narrow for accuracies.
    """
    count = sum(len(run.numbers) for run in published)

    def test(results: Results) -> Verdict:
        sweep = results.experiment("alpha-sweep")
        level = nominal_level(results, 0.05 / count / 2)
        outside = [text for run in published for text in _outside(sweep, run, quantity, level)]
        return Verdict(
            REFUTED if outside else CONSISTENT,
            f"{count - len(outside)} of {count} are in the prediction interval of one run of "
            "actbench (95% for all together)"
            + (f"; outside: {', '.join(outside)}" if outside else ""),
        )

    return test


def _outside(
    sweep: ExperimentResults, run: PublishedNumbers, quantity: Quantity, level: float
) -> list[str]:
    """Return a text for each number of a run that is outside its prediction interval.

    Args:
        sweep: the trials.
        run: the published numbers.
        quantity: how they are measured.
        level: tail probability of Student's t on each side.
    """
    condition = sweep.condition_with(run.factors)
    measured = np.array([quantity.measure(trial) for trial in sweep.trials_of(condition)])
    if measured.shape[1] != len(run.numbers):
        raise IncompleteError(
            f"there are not {len(run.numbers)} numbers for each trial of {condition}"
        )
    outside = []
    for number, values in zip(run.numbers, measured.T, strict=True):
        low, high = estimate(
            values.tolist(),
            confidence=1 - 2 * level,
            lower=quantity.lower,
            upper=quantity.upper,
        ).prediction
        if math.isnan(low):
            raise IncompleteError(f"there is only one seed of {condition}")
        if not low - quantity.rounding <= number <= high + quantity.rounding:
            number_text, low_text, high_text = (
                format(each, quantity.number_format) for each in (number, low, high)
            )
            outside.append(f"{condition} ({number_text}, not in [{low_text}, {high_text}])")
    return outside
