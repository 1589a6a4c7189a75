"""Training of the trials that choose a learning rate; `actbench.experiments.tuning` chooses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from actbench.errors import RequestError
from actbench.experiments.experiment import Condition
from actbench.experiments.running.part import Part, configuration_of
from actbench.experiments.running.trials import Workplace, train_missing
from actbench.experiments.tuning import (
    SUFFIX,
    Accuracies,
    Selection,
    Tuning,
    next_rate,
    select,
)  # fmt: skip
from actbench.results import Trial, trial_path

_Rates = Mapping[Condition, tuple[float, ...]]


def tuning_part(part: Part) -> Part:
    """Return the part whose trials choose the learning rates, still without conditions.

    Its configuration has no budget, so that its trials are of use for other grids too.
    """
    profile = replace(part.profile, tuning=None)
    experiment = replace(
        part.experiment,
        name=part.experiment.name + SUFFIX,
        conditions=(),
        observers=(),
        measure=None,
        keeps_correct_images=False,
    )
    return replace(
        part,
        experiment=experiment,
        profile=profile,
        configuration=configuration_of(profile, part.data),
    )


def tuned(part: Part, tuning: Tuning, workplace: Workplace) -> Part:
    """Return a part with the chosen learning rates, after training the trials that it needs.

    All conditions are tuned with the same grid and seeds. Rates are added to the grid of a
    condition while its best rate is at an edge. Only validation accuracies count. The result
    depends on the documents alone, so a run that was interrupted continues.

    Raises:
        RequestError: the part has no validation images; and as `train_missing` does.
    """
    _check(part)
    conditions = part.experiment.conditions
    rates: _Rates = dict.fromkeys(conditions, tuning.rates)
    while True:
        accuracies = _train(part, rates, tuning, workplace)
        new = {each: next_rate(tuning, accuracies[each]) for each in conditions}
        if not any(new.values()):
            break
        rates = {
            each: tuple(sorted({*tried, rate})) if (rate := new[each]) else tried
            for each, tried in rates.items()
        }
    selections = {each: select(accuracies[each]) for each in conditions}
    for condition, selection in selections.items():
        workplace.note_once(_describe(condition, selection))
    chosen = tuple(
        replace(
            each,
            member=replace(each.member, learning_rate=selection.rate),
            tuned_rates=selection.rates,
        )
        for each, selection in selections.items()
    )
    return replace(part, experiment=replace(part.experiment, conditions=chosen))


def with_rate(condition: Condition, rate: float) -> Condition:
    """Return the condition of a tuning trial, whose name and factors state the rate."""
    return replace(
        condition,
        name=f"{condition.name}, rate {rate:g}",
        factors={**condition.factors, "learning_rate": rate},
        member=replace(condition.member, learning_rate=rate),
    )


def _check(part: Part) -> None:
    if not part.profile.validation_images:
        raise RequestError(
            f"{part.title}: expected validation images, which choose the learning rate, got 0"
        )
    for condition in part.experiment.conditions:
        if "learning_rate" in condition.factors:
            raise RequestError(
                f"{condition.name}: expected no learning rate as a factor, because it is "
                f"tuned, got {condition.factors['learning_rate']}"
            )


def _train(
    part: Part, rates: _Rates, tuning: Tuning, workplace: Workplace
) -> dict[Condition, Accuracies]:
    """Return the validation accuracies of all conditions and rates, one for each seed."""
    of_rate = {
        with_rate(condition, rate).name: (condition, rate)
        for condition, tried in rates.items()
        for rate in tried
    }
    empty = tuning_part(part)
    conditions = tuple(with_rate(*each) for each in of_rate.values())
    tuning_trials = replace(empty, experiment=replace(empty.experiment, conditions=conditions))
    found: dict[Condition, dict[float, list[float]]] = {each: {} for each in rates}
    for trial in train_missing(tuning_trials, tuning.seed_numbers, workplace):
        condition, rate = of_rate[trial.condition]
        found[condition].setdefault(rate, []).append(_accuracy(trial, workplace))
    return {**found}


def _accuracy(trial: Trial, workplace: Workplace) -> float:
    """Return the validation accuracy after the last epoch, 0 if the loss was not finite."""
    curve: Sequence[float] = trial.curves.get("val_accuracy", ())
    if not curve:
        raise RequestError(
            f"{trial_path(workplace.store, trial.key)}: expected the curve val_accuracy, got "
            "none; try another --store"
        )
    return 0.0 if trial.diverged else curve[-1]


def _describe(condition: Condition, selection: Selection) -> str:
    edge = " (an edge; no further rates are tried)" if selection.is_at_edge else ""
    rates = ", ".join(f"{rate:g}" for rate in selection.rates)
    return f"{condition.name}: learning rate {selection.rate:g} of {rates}{edge}"
