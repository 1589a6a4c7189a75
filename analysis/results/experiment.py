"""The trials of one experiment, and values of its conditions paired by seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.data import Dataset, data_name_of
from actbench.experiments.experiment import Experiment
from actbench.results import Factor, Factors, Fault, Trial
from analysis.results.metrics import IncompleteError, Metric

PROFILES = ("full", "source", "reduced", "quick", "smoke")
"""Profiles of experiments, the largest first."""


@dataclass(frozen=True)
class ExperimentResults:
    """The trials of one profile of an experiment; no trials if there are no documents.

    Args:
        experiment: the experiment that was run.
        trials: trials of one profile, by condition and seed. Those of one task have the same
            data and configuration.
        faults: documents that are not used, with the reason.
    """

    experiment: Experiment
    trials: tuple[Trial, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def profile(self) -> str:
        """The profile of all trials."""
        return self.trials[0].profile

    @property
    def document_name(self) -> str:
        """The name of the file in the report that holds these trials."""
        return f"{self.experiment.name}-{self.profile}"

    @property
    def profile_rank(self) -> int:
        """The place of the profile in order of size; 0 without trials."""
        return len(PROFILES) - PROFILES.index(self.profile) if self.trials else 0

    @property
    def conditions(self) -> list[str]:
        """The conditions that have trials: first those that the experiment lists, in order."""
        present = dict.fromkeys(trial.condition for trial in self.trials)
        listed = [each.name for each in self.experiment.conditions if each.name in present]
        return [*listed, *(name for name in present if name not in listed)]

    @property
    def data_names(self) -> tuple[str, ...]:
        """The readable names of the data, such as MNIST: one, or one for each task."""
        return tuple(dict.fromkeys(data_name_of(trial.configuration) for trial in self.trials))

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that have trials, in the order of the experiment; () if it has none."""
        listed = (each.factors.get("task") for each in self.experiment.conditions)
        stored = (trial.factors.get("task") for trial in self.trials)
        present = {trial.factors.get("task") for trial in self.trials} - {None}
        return tuple(str(each) for each in dict.fromkeys([*listed, *stored]) if each in present)

    def of_task(self, task: str) -> "ExperimentResults":
        """Return the trials of one task only, such as "text"; all faults are kept."""
        trials = (trial for trial in self.trials if trial.factors.get("task") == task)
        return replace(self, trials=tuple(trials))

    def is_of(self, data: Dataset) -> bool:
        """Return whether the trials were trained on a data set, as far as they state theirs."""
        stated = {trial.configuration.get("data_sha256", data.sha256) for trial in self.trials}
        return stated == {data.sha256}

    def trials_of(self, condition: str) -> list[Trial]:
        """Return the trials of a condition, in order of seed.

        Raises:
            IncompleteError: the condition has no trials.
        """
        trials = [trial for trial in self.trials if trial.condition == condition]
        if not trials:
            raise IncompleteError(f"there is no {condition}")
        return trials

    def factors_of(self, condition: str) -> Factors:
        """Return the factors of a condition, such as {"activation": "mish", "depth": 5}."""
        return self.trials_of(condition)[0].factors

    def factor(self, condition: str, name: str) -> Factor:
        """Return one factor of a condition, such as its batch size.

        Raises:
            IncompleteError: the condition lacks the factor, or it has another type.
        """
        factor = self.factors_of(condition).get(name)
        if factor is None or not _is_possible(name, factor):
            raise IncompleteError(f"there is no {name} of {condition}")
        return factor

    def conditions_with(self, **factors: Factor) -> list[str]:
        """Return the conditions whose factors have these values."""
        return [
            name for name in self.conditions if factors.items() <= self.factors_of(name).items()
        ]

    def condition_with(self, factors: Factors) -> str:
        """Return the name of the only condition whose factors have these values.

        Raises:
            IncompleteError: no condition has them, or several conditions have them.
        """
        found = self.conditions_with(**factors)
        if len(found) != 1:
            got = f"several: {'; '.join(found)}" if found else "none"
            raise IncompleteError(
                f"expected one condition with {_describe(factors)}, got {got}"
            )
        return found[0]

    def counterpart(self, condition: str, **changes: Factor) -> str:
        """Return the condition that differs from another one only in some factors.

        Args:
            condition: the other condition.
            changes: the factors that differ, with their new values.

        Raises:
            IncompleteError: there is no such condition.
        """
        expected = {**self.factors_of(condition), **changes}
        for name in self.conditions:
            if self.factors_of(name) == expected:
                return name
        raise IncompleteError(f"there is no condition with {_describe(expected)}")

    def factor_table(self, *names: str) -> pd.DataFrame:
        """Return factors of each condition: the column condition, and one per name.

        Raises:
            IncompleteError: a condition lacks one of the factors, or it has another type.
        """
        rows = [
            {"condition": condition, **{name: self.factor(condition, name) for name in names}}
            for condition in self.conditions
        ]
        return pd.DataFrame(rows, columns=["condition", *names])

    @property
    def seed_counts(self) -> list[int]:
        """The number of trials of each condition."""
        return [len(self.trials_of(condition)) for condition in self.conditions]

    def pairs_with(self, reference: str) -> list[tuple[str, str]]:
        """Return (condition, reference) for every condition except the reference."""
        return [(name, reference) for name in self.conditions if name != reference]

    def values(self, condition: str, metric: Metric) -> list[float]:
        """Return the metric of each trial of a condition, in order of seed."""
        return [metric(trial) for trial in self.trials_of(condition)]

    def paired_values(
        self, first: str, second: str, metric: Metric
    ) -> tuple[list[float], list[float]]:
        """Return the metric of two conditions for the seeds where both are finite."""
        by_condition = []
        for condition in (first, second):
            values = {trial.seed: metric(trial) for trial in self.trials_of(condition)}
            by_condition.append({s: value for s, value in values.items() if np.isfinite(value)})
        both = sorted(by_condition[0].keys() & by_condition[1].keys())
        return [by_condition[0][seed] for seed in both], [
            by_condition[1][seed] for seed in both
        ]

    def scores_of_common_seeds(
        self, metric: Metric
    ) -> tuple[dict[str, list[float]], tuple[int, ...]]:
        """Return the metric of each condition for the seeds that all conditions have.

        Returns:
            Condition ↦ one value per seed, which may be NaN; and the seeds.
        """
        seeds = tuple(sorted(self._common_seeds(self.conditions)))
        scores = {}
        for condition in self.conditions:
            by_seed = {trial.seed: metric(trial) for trial in self.trials_of(condition)}
            scores[condition] = [by_seed[seed] for seed in seeds]
        return scores, seeds

    def differences(
        self, pairs: Sequence[tuple[str, str]], metric: Metric
    ) -> npt.NDArray[np.float64]:
        """Return first − second: one row per pair, one column per seed that has all values.

        Raises:
            IncompleteError: there are no pairs, or no seed has finite values of all conditions.
        """
        firsts, seconds = zip(*pairs, strict=True) if pairs else ((), ())
        values = self.values_by_seed([*firsts, *seconds], metric)
        return values[: len(pairs)] - values[len(pairs) :]

    def values_by_seed(
        self, conditions: Sequence[str], metric: Metric
    ) -> npt.NDArray[np.float64]:
        """Return the metric: one row per condition, one column per seed that has all values.

        Raises:
            IncompleteError: there are no conditions, or no seed has finite values of all.
        """
        values = [{t.seed: metric(t) for t in self.trials_of(name)} for name in conditions]
        seeds = [
            seed
            for seed in sorted(self._common_seeds(conditions))
            if all(np.isfinite(by_seed[seed]) for by_seed in values)
        ]
        if not seeds:
            raise IncompleteError("no seed has finite values of all compared conditions")
        return np.array([[by_seed[seed] for seed in seeds] for by_seed in values])

    def _common_seeds(self, conditions: Sequence[str]) -> set[int]:
        seeds = [
            {trial.seed for trial in self.trials_of(condition)} for condition in conditions
        ]
        return set.intersection(*seeds) if seeds else set()


def _is_possible(name: str, factor: Factor | None) -> bool:
    """Return whether a factor exists and is a number or a text, as its name requires."""
    if name in _NUMERIC_FACTORS:
        return isinstance(factor, int | float) and not isinstance(factor, bool)
    return isinstance(factor, str)


_NUMERIC_FACTORS = {
    "batch_size", "depth", "init_scale", "learning_rate", "noise", "width"
}  # fmt: skip
"""Factors that are numbers; other factors that sections need are texts."""


def _describe(factors: Factors) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in factors.items())
