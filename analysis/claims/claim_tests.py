"""Tests of claims: a difference, several differences together, a margin, and mathematics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from actbench.results import Factors
from actbench.statistics import Difference, Estimate, difference, joint_sign_flip
from analysis.claims.claim import (
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    SUPPORTED,
    ClaimTest,
    Verdict,
)
from analysis.results import IncompleteError, Metric, Results


def is_greater(
    quantity: str, first: Sequence[float], second: Sequence[float],
    number_format: str = "+.2f", scale: float = 100.0,
) -> Verdict:  # fmt: skip
    """Test "the first values are greater than the second", paired by seed.

    Args:
        quantity: name of the difference, such as "test accuracy, Swish − ReLU, points".
        first: one value per seed.
        second: the other values, for the same seeds.
        number_format: format of the printed numbers, such as "+.2f".
        scale: factor of the printed numbers, such as 100 for percentage points.

    Raises:
        IncompleteError: there are no values.
    """
    if not first:
        raise IncompleteError("no seed has finite values of both conditions")
    d = difference(first, second)
    return Verdict(INCONCLUSIVE, f"{quantity}: {_format(d, number_format, scale)}", d)


def _format(d: Difference, number_format: str, scale: float) -> str:
    mean, low, high = (format(scale * each, number_format) for each in (d.mean, *d.interval))
    return f"{mean} [{low}, {high}], {d.count} seeds" if d.count > 1 else f"{mean}, 1 seed"


def is_greater_in_all_pairs(
    results: Results, experiment: str, pairs: Mapping[str, tuple[str, str]], metric: Metric,
    quantity: str,
) -> Verdict:  # fmt: skip
    """Test "the first condition is greater than the second in every pair".

    Args:
        results: all documents.
        experiment: name of the experiment.
        pairs: label ↦ the two conditions.
        metric: the number that is compared, as a fraction.
        quantity: name of the differences, in percentage points.
    """
    found = results.experiment(experiment).differences(list(pairs.values()), metric)
    return all_are_positive(list(pairs), found, quantity)


def all_are_positive(
    labels: Sequence[str], differences: npt.NDArray[np.float64], quantity: str
) -> Verdict:
    """Test "the mean of every row is positive".

    If all means are positive, the row with the largest p value decides (intersection-union
    test). If a mean is negative, the negative row with the smallest p value decides, and that
    p value is corrected for the number of rows by `joint_sign_flip`.

    Args:
        labels: one per row.
        differences: shape (rows, seeds), as fractions.
        quantity: name of the differences, in percentage points.
    """
    rows = {
        label: difference(row.tolist(), [0.0] * len(row))
        for label, row in zip(labels, differences, strict=True)
    }
    joint_p = dict(zip(labels, joint_sign_flip(differences), strict=True))
    negative = [label for label, row in rows.items() if row.mean < 0]
    if negative:
        label = min(negative, key=lambda each: (joint_p[each], rows[each].mean))
        decisive = replace(rows[label], p=joint_p[label])
    else:
        label = max(rows, key=lambda each: rows[each].p)
        decisive = rows[label]
    positive = sum(row.mean > 0 for row in rows.values())
    return Verdict(
        INCONCLUSIVE,
        f"{quantity}: positive in {positive} of {len(rows)}; decisive is {label}: "
        f"{_format(decisive, '+.2f', 100)}",
        decisive,
    )


def is_within(found: Estimate, value: float, margin: float) -> str:
    """Return whether the interval of a mean shows that it equals a value within a margin.

    Returns:
        Supported if the interval is within the margin, refuted if it is outside, otherwise
        inconclusive.
    """
    low, high = found.interval
    if value - margin <= low and high <= value + margin:
        return SUPPORTED
    if high < value - margin or low > value + margin:
        return REFUTED
    return INCONCLUSIVE


def all_supported(outcomes: Sequence[str]) -> str:
    """Return the outcome of "all of these are true": one refuted part refutes the whole."""
    return next((each for each in (REFUTED, INCONCLUSIVE) if each in outcomes), SUPPORTED)


def compare_conditions(
    experiment: str, first: Factors, second: Factors, metric: Metric, quantity: str,
    number_format: str = "+.2f", scale: float = 100.0,
) -> ClaimTest:  # fmt: skip
    """Return a test of "the first condition is greater than the second".

    Args:
        experiment: name of the experiment.
        first: factors that only one condition has.
        second: factors of the other condition.
        metric: the number that is compared.
        quantity: name of the metric with its unit, such as "test accuracy (points)".
        number_format: format of the printed numbers.
        scale: factor of the printed numbers.
    """

    def test(results: Results) -> Verdict:
        found = results.experiment(experiment)
        names = found.condition_with(first), found.condition_with(second)
        values = found.paired_values(*names, metric)
        return is_greater(f"{quantity}, {' − '.join(names)}", *values, number_format, scale)

    return test


def compare_activations(
    experiment: str, first: str, second: str, metric: Metric, quantity: str,
    include: Callable[[Factors], bool] = lambda _: True,
) -> ClaimTest:  # fmt: skip
    """Return a test of "the first activation is greater, averaged over all settings".

    For each seed, the metric is averaged over the conditions of each activation. Conditions of
    the two activations are paired if all other factors are equal.

    Args:
        experiment: name of the experiment.
        first: name of an activation.
        second: name of the other activation.
        metric: the number that is compared, as a fraction.
        quantity: name of the metric, with the unit (points).
        include: whether conditions with these factors are part of the average.
    """

    def test(results: Results) -> Verdict:
        found = results.experiment(experiment)
        conditions = [
            condition
            for condition in found.conditions_with(activation=first)
            if include(found.factors_of(condition))
        ]
        pairs = [(each, found.counterpart(each, activation=second)) for each in conditions]
        means = found.differences(pairs, metric).mean(axis=0).tolist()
        settings = (
            f"mean of {len(pairs)} settings"
            if len(pairs) > 1
            else describe_setting(found.factors_of(conditions[0]))
        )
        name = f"{quantity}, {first} − {second}, {settings}"
        return is_greater(name, means, [0.0] * len(means))

    return test


def describe_setting(factors: Factors) -> str:
    """Return all factors but the activation as a text.

    Example:
        >>> describe_setting({"activation": "relu", "width": 8, "learning_rate": 0.1})
        'width 8, learning rate 0.1'
    """
    settings = {name: value for name, value in factors.items() if name != "activation"}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())


def proved(statement: str, check: Callable[[], bool]) -> ClaimTest:
    """Return a test of a mathematical claim that also has a numerical check.

    Args:
        statement: the reason why the claim is true.
        check: returns True if computed numbers agree; the claim is refuted if it returns False.
    """

    def test(results: Results) -> Verdict:
        del results
        return Verdict(PROVED if check() else REFUTED, statement)

    return test


def refuted(statement: str, alternative: str, check: Callable[[], bool]) -> ClaimTest:
    """Return a test of a claim that is mathematically false.

    Args:
        statement: the reason why the claim is false.
        alternative: the true statement.
        check: returns True if computed numbers agree with the alternative.
    """

    def test(results: Results) -> Verdict:
        del results
        if not check():
            raise AssertionError(f"refutation: expected numbers that show {alternative!r}")
        return Verdict(REFUTED, statement, alternative=alternative)

    return test
