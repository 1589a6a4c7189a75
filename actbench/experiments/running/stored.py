"""Trials that are in the store already: which of them a run uses, and which it refuses."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from actbench.data import data_name_of
from actbench.errors import RequestError
from actbench.experiments.running.job import setup
from actbench.experiments.running.part import Part
from actbench.results import Trial, TrialKey, read_trials, trial_path

_LABELS = ("data",)
"""Entries of a configuration that name something whose identity is another entry."""


def read_done(part: Part, store: Path, note: Callable[[str], None]) -> dict[TrialKey, Trial]:
    """Return the trials of a part that are in the store.

    Args:
        part: the conditions, their data and their protocol.
        store: folder of all results.
        note: called with one line for each file that cannot be read.

    Raises:
        RequestError: trials have another configuration, or another setup of a condition.
    """
    setups = {
        each.name: setup(part.experiment, part.profile, each)
        for each in part.experiment.conditions
    }
    done = {trial.key: trial for trial in _of_profile(part, _of_task(part, store, note))}
    for trial in done.values():
        check_equal(trial, trial.configuration, part.configuration, store)
        check_equal(trial, trial.setup, setups.get(trial.condition, trial.setup), store)
    return done


def check_store(part: Part, store: Path, note: Callable[[str], None]) -> None:
    """Raise before a run trains anything that could not be compared with the store.

    Raises:
        RequestError: the store has trials of the same experiment and task with other data, or
            trials of the same profile with another configuration.
    """
    trials = _of_task(part, store, note)
    for trial in trials:
        _check_data(trial, part.configuration, store)
    for trial in _of_profile(part, trials):
        check_equal(trial, trial.configuration, part.configuration, store)


def check_equal(
    trial: Trial, stored: Mapping[str, object], now: Mapping[str, object], store: Path
) -> None:
    """Raise if a trial was made with other settings, because it cannot be compared."""
    path = trial_path(store, trial.key)
    if "data_sha256" in now:
        _check_data(trial, now, store)
    for name in {**now, **stored}:
        if name in _LABELS or stored.get(name) == now.get(name):
            continue
        if name == "code":
            raise RequestError(
                f"{path}: expected a trial of the code of {now['activation']} as it is now, "
                f"{now.get(name)}, got one of other code, {stored.get(name)}; try another "
                "--store, or another name for the function that was edited"
            )
        raise RequestError(
            f"{path}: expected a trial with {name} = {now.get(name)}, got "
            f"{stored.get(name)}; try another --store"
        )


def _check_data(trial: Trial, now: Mapping[str, object], store: Path) -> None:
    """Raise if a trial was trained on other data; both are named."""
    if trial.configuration.get("data_sha256") != now["data_sha256"]:
        expected, got = _describe_data(now), _describe_data(trial.configuration)
        raise RequestError(
            f"{trial_path(store, trial.key)}: expected a trial on {expected}, got one on "
            f"{got}; try another --store"
        )


def _describe_data(configuration: Mapping[str, object]) -> str:
    name, checksum = data_name_of(configuration), configuration.get("data_sha256")
    return f"{name} (SHA-256 {str(checksum)[:12]}…)" if checksum else name


def _of_task(part: Part, store: Path, note: Callable[[str], None]) -> list[Trial]:
    trials, faults = read_trials(store, part.experiment.name)
    for fault in faults:
        note(f"{fault}; the file is ignored and kept")
    name = part.task.name if part.task else None
    return [trial for trial in trials if trial.factors.get("task") == name]


def _of_profile(part: Part, trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.profile == part.profile.name]
