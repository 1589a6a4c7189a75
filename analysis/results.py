"""The documents of experiments, and comparisons of their conditions seed by seed."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.experiments.experiment import Experiment
from actbench.results import Fault, Trial, read_trials
from actbench.statistics import (
    detectable,
    difference,
    equivalent,
    estimate,
    holm,
    minimum_seeds,
)

_PROFILES = ("full", "reduced", "quick", "smoke")

SAME = 0.002
"""Accuracies that differ by less are called the same: a test set of 10,000 images, of which a
network gets 98% right, tells that to 0.27 points."""

_LEVEL = 0.05

Quantity = Callable[[Trial], float]
"""What is compared: the greater the better."""


class IncompleteError(LookupError):
    """Documents lack what a claim, a table or a figure is made of; it says what."""


def curve(trial: Trial, name: str) -> list[float]:
    """Return a value per epoch.

    Raises:
        IncompleteError: it has none: where no images are held out, no "val_" curves.
    """
    try:
        return trial.curves[name]
    except KeyError:
        raise IncompleteError(f"profile {trial.profile} has no {name}") from None


def on_originals(trial: Trial) -> float:
    """Return the test accuracy on the original images."""
    return trial.test_accuracy_original


def on_all(trial: Trial) -> float:
    """Return the test accuracy on the original and the inverted images."""
    return trial.test_accuracy


@dataclass(frozen=True)
class Found:
    """The trials of one profile of an experiment; none if there are no documents.

    Args:
        experiment: what was run.
        trials: with one configuration, in order of seeds.
        faults: documents that are not used, and why.
    """

    experiment: Experiment
    trials: tuple[Trial, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def profile(self) -> str:
        """The profile of all trials."""
        return self.trials[0].profile

    @property
    def name(self) -> str:
        """What its file of documents is called."""
        return f"{self.experiment.name}-{self.profile}"

    @property
    def size(self) -> int:
        """How large the profile is among others; 0 without trials."""
        return len(_PROFILES) - _PROFILES.index(self.profile) if self.trials else 0

    @property
    def conditions(self) -> list[str]:
        """Conditions that have trials: those of the experiment in its order, then others."""
        there = dict.fromkeys(trial.condition for trial in self.trials)
        known = [each.name for each in self.experiment.conditions if each.name in there]
        return [*known, *(name for name in there if name not in known)]

    def of(self, condition: str) -> list[Trial]:
        """Return the trials of a condition, by seed.

        Raises:
            IncompleteError: there are none.
        """
        found = [trial for trial in self.trials if trial.condition == condition]
        if not found:
            raise IncompleteError(f"there is no {condition}")
        return found

    def others(self, reference: str) -> list[tuple[str, str]]:
        """Return every other condition, and the reference, as pairs."""
        return [(name, reference) for name in self.conditions if name != reference]

    @property
    def seeds(self) -> int:
        """How many seeds have a trial of every condition."""
        return len(self._common(self.conditions))

    def values(self, condition: str, quantity: Quantity) -> list[float]:
        """Return a quantity of a condition, by seed."""
        return [quantity(trial) for trial in self.of(condition)]

    def pairs(
        self, first: str, second: str, quantity: Quantity
    ) -> tuple[list[float], list[float]]:
        """Return a quantity of two conditions, of the seeds that both have a number of."""
        chosen = []
        for condition in (first, second):
            values = {trial.seed: quantity(trial) for trial in self.of(condition)}
            chosen.append({seed: v for seed, v in values.items() if np.isfinite(v)})
        both = sorted(chosen[0].keys() & chosen[1].keys())
        return [chosen[0][seed] for seed in both], [chosen[1][seed] for seed in both]

    def differences(
        self, pairs: Sequence[tuple[str, str]], quantity: Quantity
    ) -> npt.NDArray[np.float64]:
        """Return first − second of each pair (rows) and of each seed that has all (columns).

        Raises:
            IncompleteError: there are no pairs, or no such seeds.
        """
        firsts, seconds = zip(*pairs, strict=True) if pairs else ((), ())
        both = self.together([*firsts, *seconds], quantity)
        return both[: len(pairs)] - both[len(pairs) :]

    def together(
        self, conditions: Sequence[str], quantity: Quantity
    ) -> npt.NDArray[np.float64]:
        """Return a quantity of conditions (rows) and of each seed that has all (columns).

        Raises:
            IncompleteError: there are no conditions, or no such seeds.
        """
        values = [{t.seed: quantity(t) for t in self.of(name)} for name in conditions]
        seeds = [
            seed
            for seed in sorted(self._common(conditions))
            if all(np.isfinite(of_seed[seed]) for of_seed in values)
        ]
        if not seeds:
            raise IncompleteError("no seed has numbers of all that is compared")
        return np.array([[of_seed[seed] for seed in seeds] for of_seed in values])

    def _common(self, conditions: Sequence[str]) -> set[int]:
        seeds = [{trial.seed for trial in self.of(condition)} for condition in conditions]
        return set.intersection(*seeds) if seeds else set()


def find(store: Path, experiment: Experiment) -> Found:
    """Return the trials of the largest profile that a store has of an experiment.

    Documents of other profiles, and of another configuration than most, are not mixed in.
    """
    trials, faults = read_trials(store, experiment.name)
    for profile in _PROFILES:
        chosen = [trial for trial in trials if trial.profile == profile]
        if chosen:
            break
    else:
        return Found(experiment, (), tuple(faults))
    of_all = _usual(str(sorted(trial.configuration.items())) for trial in chosen)
    of_each = {
        name: _usual(str(sorted(t.setup.items())) for t in chosen if t.condition == name)
        for name in {trial.condition for trial in chosen}
    }
    kept = []
    for trial in chosen:
        what = f"{trial.condition}, seed {trial.seed}: of another"
        if str(sorted(trial.configuration.items())) != of_all:
            faults.append(Fault(store / experiment.name, f"{what} configuration than most"))
        elif str(sorted(trial.setup.items())) != of_each[trial.condition]:
            faults.append(Fault(store / experiment.name, f"{what} setup than most"))
        else:
            kept.append(trial)
    kept.sort(key=lambda trial: trial.seed)
    return Found(experiment, tuple(kept), tuple(faults))


def _usual(texts: Iterable[str]) -> str:
    return Counter(texts).most_common(1)[0][0]


def means(
    found: Found, quantity: Quantity = on_originals, *, lower: float = -np.inf,
    upper: float = np.inf,
) -> pd.DataFrame:  # fmt: skip
    """Return of each condition the mean over seeds and its 95% interval, of those with any.

    Intervals are cut off at the least and the greatest possible value.
    """
    rows = []
    for condition in found.conditions:
        values = [v for v in found.values(condition, quantity) if np.isfinite(v)]
        if not values:
            continue
        mean = estimate(values, lower=lower, upper=upper)
        rows.append(
            {
                "condition": condition,
                "seeds": mean.count,
                "mean": mean.mean,
                "low": mean.interval[0],
                "high": mean.interval[1],
            }
        )
    return pd.DataFrame(rows, columns=["condition", "seeds", "mean", "low", "high"])


def beside(
    found: Found, pairs: Sequence[tuple[str, str]], quantity: Quantity = on_originals
) -> pd.DataFrame:
    """Return of each pair what the first condition has more than the second, by seed.

    Columns: condition (the first), seeds, mean, low, high (95% bootstrap interval), p (sign
    flips), p_family (Holm's, over the rows), wins (share of seeds) with its interval,
    detectable, p_same (that it is `SAME` or more, Holm's too), and in a word what follows.
    """
    rows = []
    level = _LEVEL / max(1, len(pairs))
    for condition, reference in pairs:
        ours, theirs = found.pairs(condition, reference, quantity)
        if not ours:
            continue
        d = difference(ours, theirs)
        rows.append(
            {
                "condition": condition,
                "seeds": d.count,
                "mean": d.mean,
                "low": d.interval[0],
                "high": d.interval[1],
                "p": d.p,
                "wins": d.wins,
                "wins_low": d.wins_interval[0],
                "wins_high": d.wins_interval[1],
                "detectable": detectable(np.subtract(ours, theirs), level=level),
                "p_same": equivalent(np.subtract(ours, theirs), SAME),
            }
        )
    table = pd.DataFrame(rows)
    if not table.empty:
        table["p_family"] = holm(table["p"].tolist())
        table["p_same"] = holm(table["p_same"].tolist())
        table["follows"] = [_what_follows(row, level) for row in table.to_dict("records")]
    return table


def _what_follows(row: dict[str, Any], level: float) -> str:
    little = row["p_same"] <= _LEVEL
    if row["p_family"] <= _LEVEL:
        word = "better" if row["mean"] > 0 else "worse"
        return f"{word}, by less than {100 * SAME:g} points" if little else word
    if little:
        return f"the same within {100 * SAME:g} points"
    fewest = minimum_seeds(level)
    if row["seeds"] < fewest:
        return f"cannot be told: a difference takes {fewest} seeds"
    return "cannot be told"


HOW_BESIDE = (
    "seed by seed, with bootstrap intervals; p by sign flips, Holm over the rows; what is the "
    "same is so by two one-sided t tests, Holm too."
)
"""How `beside` compares, for readers."""

SHOWN_BESIDE = {
    "condition": "{condition}",
    "seeds": "{seeds}",
    "difference": "{points:+.2f} points",
    "95% interval": "[{points_low:+.2f}, {points_high:+.2f}]",
    "p (Holm)": "{p_family:.3f}",
    "P(better)": "{wins:.2f} [{wins_low:.2f}, {wins_high:.2f}]",
    "it is": "{follows}",
    "detectable": "{points_detectable:.2f}",
}
"""Columns of `in_points(beside(…))` as a reader sees them."""


def in_points(table: pd.DataFrame) -> pd.DataFrame:
    """Add differences in percentage points."""
    named = {"mean": "points", "low": "points_low", "high": "points_high"}
    named["detectable"] = "points_detectable"
    return table.assign(**{new: 100 * table[old] for old, new in named.items() if old in table})
