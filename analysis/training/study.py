"""Load what a report is about: the trials of one profile, and the data they were made with."""

import re
from dataclasses import dataclass
from pathlib import Path

from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.results import Fault, Trial, read_trials

EXPERIMENT = "alpha-sweep"

CONDITIONS = (
    "alpha=-1",
    "alpha=-0.5",
    "alpha=0",
    "alpha=0.5",
    "alpha=1",
    "prelu",
    "prelu-shared",
)
"""In the order of all tables, figures and colours."""

LABELS = {
    **{name: name.replace("alpha=", "α = ").replace("-", "−") for name in CONDITIONS[:5]},
    "prelu": "PReLU",
    "prelu-shared": "PReLU, shared",
}

_PROFILES = ("full", "quick", "smoke")


@dataclass(frozen=True)
class Study:
    """The trials of one profile of the sweep, at least one.

    Args:
        trials: in order of condition and seed.
        faults: documents that could not be read.
        data: the data set that they were trained and tested on.
    """

    trials: tuple[Trial, ...]
    faults: tuple[Fault, ...]
    data: Dataset

    @property
    def profile(self) -> str:
        """The profile all trials belong to."""
        return self.trials[0].profile

    def of(self, condition: str) -> list[Trial]:
        """Return the trials of a condition, by seed."""
        return [trial for trial in self.trials if trial.condition == condition]

    @property
    def conditions(self) -> list[str]:
        """The conditions that have trials, in order."""
        return [name for name in CONDITIONS if self.of(name)]


def load(store: Path, data: Dataset, *, profile: str | None = None) -> Study:
    """Return the study in a store.

    Args:
        store: folder of results.
        data: the data set of the trials.
        profile: which; None takes the largest there is.

    Raises:
        RequestError: the store holds no trials of it, or they are of other data.
    """
    found, faults = read_trials(store, EXPERIMENT)
    profiles = [name for name in _PROFILES if any(t.profile == name for t in found)]
    if profile is None and profiles:
        profile = profiles[0]
    if profile is None or profile not in profiles:
        there = f"there is {', '.join(profiles)}" if profiles else "there are none"
        raise RequestError(
            f"{store / EXPERIMENT}: no trials{f' of {profile}' if profile else ''} ({there}); "
            f"`actbench run {EXPERIMENT} --store {store}` makes them"
        )
    trials = [t for t in found if t.profile == profile and t.condition in LABELS]
    for trial in trials:
        if trial.configuration.get("data_sha256") != data.sha256:
            raise RequestError(
                f"{store / EXPERIMENT}: {profile} is of other data than {data.origin}; "
                "--data with the data set it was trained on would be right"
            )
        if trial.configuration != trials[0].configuration:
            raise RequestError(
                f"{store / EXPERIMENT}: {trial.condition}, seed {trial.seed} was made with "
                f"another configuration than {trials[0].condition}, seed {trials[0].seed}; "
                "one store for each would be right"
            )
    trials.sort(key=lambda trial: (CONDITIONS.index(trial.condition), trial.seed))
    return Study(tuple(trials), tuple(faults), data)


def file_name(title: str) -> str:
    """Return a title as the name of a file.

    Example:
        >>> file_name("Test accuracy, per condition")
        'test-accuracy-per-condition'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
