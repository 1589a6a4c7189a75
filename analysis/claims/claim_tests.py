"""Tests of claims: a difference, several differences together, a margin, and mathematics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from actbench.activations.catalogue import get, names
from actbench.experiments.preregistration import PREREGISTRATION
from actbench.results import Factors
from actbench.statistics import Estimate, sign_flip
from analysis.claims.claim import (
    INCONCLUSIVE,
    POINTS,
    PROVED,
    REFUTED,
    SUPPORTED,
    ClaimTest,
    Doubles,
    Evidence,
    Unit,
    Verdict,
)
from analysis.results import (
    ExperimentResults,
    IncompleteError,
    Metric,
    Results,
    accuracy_on_all_images,
    accuracy_on_originals,
)

_ACCURACIES = (accuracy_on_originals, accuracy_on_all_images)


def margin_of(metric: Metric) -> float | None:
    """Return the margin of equivalence of a metric; only accuracies have one."""
    return PREREGISTRATION.accuracy_margin if metric in _ACCURACIES else None


def is_greater(
    quantity: str,
    first: Sequence[float],
    second: Sequence[float],
    unit: Unit = POINTS,
    margin: float | None = None,
) -> Evidence:
    """Return the evidence on "the first values are greater than the second", paired by seed.

    Args:
        quantity: name of the difference, such as "test accuracy, Swish − ReLU, points".
        first: one value per seed.
        second: the other values, for the same seeds.
        unit: how differences are printed.
        margin: differences below this are equivalent.

    Raises:
        IncompleteError: there are no values.
    """
    if not first:
        raise IncompleteError("no seed has finite values of both conditions")
    return Evidence(quantity, {"": np.subtract(first, second, dtype=float)}, unit, margin)


def is_greater_in_all_pairs(
    results: Results, experiment: str, pairs: Mapping[str, tuple[str, str]], metric: Metric,
    quantity: str,
) -> Evidence:  # fmt: skip
    """Return the evidence on "the first condition is greater than the second in every pair".

    Args:
        results: all documents.
        experiment: name of the experiment.
        pairs: label ↦ the two conditions.
        metric: the number that is compared, as a fraction.
        quantity: name of the differences, in percentage points.
    """
    found = results.experiment(experiment).differences(list(pairs.values()), metric)
    rows = dict(zip(pairs, found, strict=True))
    return Evidence(quantity, rows, margin=margin_of(metric))


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
    unit: Unit = POINTS,
) -> ClaimTest:  # fmt: skip
    """Return a test of "the first condition is greater than the second".

    Args:
        experiment: name of the experiment.
        first: factors that only one condition has.
        second: factors of the other condition.
        metric: the number that is compared.
        quantity: name of the metric with its unit, such as "test accuracy (points)".
        unit: how differences are printed.
    """

    def test(results: Results) -> Evidence:
        found = results.experiment(experiment)
        names = found.condition_with(first), found.condition_with(second)
        values = found.paired_values(*names, metric)
        quantity_of_both = f"{quantity}, {' − '.join(names)}"
        evidence = is_greater(quantity_of_both, *values, unit, margin_of(metric))
        return replace(evidence, pair=(*names, metric))

    return test


def compare_activations(
    experiment: str, first: str, second: str, metric: Metric, quantity: str,
    include: Callable[[ExperimentResults, str], bool] = lambda _, __: True,
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
        include: (results, condition) ↦ whether the condition is part of the average.
    """

    def test(results: Results) -> Evidence:
        found = results.experiment(experiment)
        conditions = [
            condition
            for condition in found.conditions_with(activation=first)
            if include(found, condition)
        ]
        pairs = [(each, found.counterpart(each, activation=second)) for each in conditions]
        means = found.differences(pairs, metric).mean(axis=0).tolist()
        settings = (
            f"mean of {len(pairs)} settings"
            if len(pairs) > 1
            else describe_setting(found.factors_of(conditions[0]))
        )
        name = f"{quantity}, {first} − {second}, {settings}"
        return is_greater(name, means, [0.0] * len(means), margin=margin_of(metric))

    return test


def compare_on_tasks(
    first: str, second: str, metric: Metric, quantity: str, unit: Unit = POINTS
) -> ClaimTest:
    """Return a test of "the first activation is greater", as a mean over tasks of `ranking`.

    For each seed, the difference is averaged over all conditions that differ only in the
    activation: over tasks and initial weights. The note states the mean of each task, and says
    so if there is only one, because a difference on one data set is no property of a function.
    If it is clearly positive on one task and clearly negative on another, with a two-sided p
    value of at most 5% each, the claim is inconclusive.

    Args:
        first: name of an activation.
        second: name of the other activation.
        metric: the number that is compared.
        quantity: name of the metric, with its unit.
        unit: how differences are printed.
    """

    def test(results: Results) -> Evidence:
        found = ranking_of(results)
        firsts = [name for name in found.conditions if _activation_of(found, name) == first]
        if not firsts:
            raise IncompleteError(f"there is no {first}")
        pairs = [(each, _counterpart(found, each, second)) for each in firsts]
        gains = found.differences(pairs, metric)
        tasks = [
            str(found.factors_of(each).get("task", results.data.origin)) for each in firsts
        ]
        data = f"mean of {len(set(tasks))} data sets" if len(set(tasks)) > 1 else tasks[0]
        evidence = Evidence(
            f"{quantity}, {first} − {second}, {data}",
            {"": gains.mean(axis=0)},
            unit,
            margin_of(metric),
            pair=(*pairs[0], metric) if len(pairs) == 1 else None,
        )
        of_task = {
            task: gains[[each == task for each in tasks]].mean(axis=0)
            for task in dict.fromkeys(tasks)
        }
        clear = [each for each in of_task.values() if sign_flip(each) <= PREREGISTRATION.level]
        signs = {bool(each.mean() > 0) for each in clear}
        return replace(evidence, note=_by_task(of_task, unit), is_mixed=len(signs) > 1)

    return test


def ranking_of(results: Results) -> ExperimentResults:
    """Return the trials of `ranking` that claims are judged by.

    These are the trials on the tasks. While fewer than two tasks have trials, those with the
    source's protocol on one data set are used, if there are any.
    """
    found = results.experiment("ranking")
    source = results.experiment("ranking", profile="source")
    return source if source.trials and len(found.tasks) < 2 else found


def _activation_of(found: ExperimentResults, condition: str) -> str:
    """Return the name of the record of a condition's activation, which may have an alias."""
    name = str(found.factors_of(condition).get("activation"))
    return get(name).name if name in names() else name


def _counterpart(found: ExperimentResults, condition: str, activation: str) -> str:
    """Return the condition that differs from another one only in the activation."""
    others = dict(found.factors_of(condition), activation="")
    for name in found.conditions:
        if _activation_of(found, name) == activation and others == dict(
            found.factors_of(name), activation=""
        ):
            return name
    raise IncompleteError(f"there is no condition like {condition} with {activation}")


def _by_task(gains: Mapping[str, Doubles], unit: Unit) -> str:
    """Return the mean difference of each task; or that there is only one."""
    if len(gains) == 1:
        return f"only on {next(iter(gains))}"
    means = {task: float(each.mean()) for task, each in gains.items()}
    positive = sum(mean > 0 for mean in means.values())
    numbers = ", ".join(f"{task} {unit.text(mean)}" for task, mean in means.items())
    return f"positive on {positive} of {len(means)} data sets: {numbers}"


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
        return Verdict(REFUTED, statement, alternative)

    return test
