"""Load the documents of stores into the results model."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from actbench.conformance.documents import FOLDER as AUDIT_FOLDER
from actbench.conformance.documents import read as read_audits
from actbench.data import Dataset, data_name_of
from actbench.deployment.quantisation.int8 import FOLDER as INT8_FOLDER
from actbench.deployment.quantisation.int8 import read as read_int8
from actbench.errors import RequestError
from actbench.experiments.catalogue import EXPERIMENTS
from actbench.experiments.experiment import Experiment
from actbench.experiments.tuning import SUFFIX
from actbench.results import Fault, Trial, read_trials
from analysis.results.benchmarks import FOLDER as BENCHMARK_FOLDER
from analysis.results.benchmarks import read_benchmarks, relu_cost_ratios
from analysis.results.experiment import PROFILES, ExperimentResults
from analysis.results.results import Results

_FOLDERS = {each.name for each in EXPERIMENTS} | {AUDIT_FOLDER, BENCHMARK_FOLDER, INT8_FOLDER}
"""Folders of a store that are read."""

_TUNING_FOLDERS = {each.name + SUFFIX for each in EXPERIMENTS}
"""Folders of the trials that chose learning rates. The report shows the choice only."""


def load_results(
    store: Path,
    data: Dataset,
    *,
    profile: str | None = None,
    compared_with: Sequence[Path] = (),
) -> Results:
    """Return everything that a store holds; nothing is taken from another store.

    Args:
        store: folder of results.
        data: the data set that the networks were trained on.
        profile: profile of the experiments; None takes the largest one of each experiment.
        compared_with: other stores, which the report shows next to this one.

    Raises:
        RequestError: a store has no documents, or none of the profile.
    """
    results = _load(store, data, profile)
    others = [other for other in dict.fromkeys(compared_with) if other != store]
    return replace(results, compared=tuple(_load(other, data, profile) for other in others))


def _load(store: Path, data: Dataset, profile: str | None) -> Results:
    read = {each.name: read_trials(store, each.name) for each in EXPERIMENTS}
    profiles = _profiles(store, read)
    experiments = {
        each.name: next(
            (found for name, found in profiles[each.name].items() if profile in (None, name)),
            ExperimentResults(each, (), tuple(read[each.name][1])),
        )
        for each in EXPERIMENTS
    }
    audits, audit_faults = read_audits(store)
    int8, int8_faults = read_int8(store)
    benchmarks, benchmark_faults = read_benchmarks(store)
    faults = [fault for found in experiments.values() for fault in found.faults]
    results = Results(
        experiments=experiments,
        data=data,
        costs=relu_cost_ratios(benchmarks),
        audits=tuple(audits),
        int8=tuple(int8),
        benchmarks=benchmarks,
        faults=(
            *faults,
            *audit_faults,
            *int8_faults,
            *benchmark_faults,
            *_unknown_folders(store),
        ),
        store=store,
        profiles=profiles,
    )
    trials = [trial for of_experiment, _ in read.values() for trial in of_experiment]
    if profile is not None and not any(trial.profile == profile for trial in trials):
        present = [name for name in PROFILES if any(t.profile == name for t in trials)]
        raise RequestError(
            f"{store}: expected trials of profile {profile}, got profile "
            f"{', '.join(present) or 'none'}; `actbench run alpha-sweep --store {store}` makes "
            "trials"
        )
    if not results.has_documents:
        faults = list(results.faults)
        unread = f" ({len(faults)} faults, the first: {faults[0]})" if faults else ""
        raise RequestError(
            f"{store}: expected trials, audits or benchmarks, got none{unread}; run "
            f"`actbench run alpha-sweep --store {store}` to make trials"
        )
    return results


def _profiles(
    store: Path, read: Mapping[str, tuple[list[Trial], list[Fault]]]
) -> dict[str, dict[str, ExperimentResults]]:
    """Return the results of every profile that a store has of each experiment."""
    return {
        each.name: {
            profile: largest_profile(store, each, *read[each.name], profile=profile)
            for profile in PROFILES
            if any(trial.profile == profile for trial in read[each.name][0])
        }
        for each in EXPERIMENTS
    }


def _unknown_folders(store: Path) -> Iterator[Fault]:
    """Yield a fault for each folder of documents that no experiment has."""
    for folder in sorted(path for path in store.glob("*") if path.is_dir()):
        if folder.name not in _FOLDERS | _TUNING_FOLDERS and any(folder.glob("*.json")):
            yield Fault(folder, "expected the name of an experiment, got an unknown name")


def largest_profile(
    store: Path,
    experiment: Experiment,
    trials: Sequence[Trial],
    unread: Sequence[Fault],
    *,
    profile: str | None = None,
) -> ExperimentResults:
    """Return the trials of the largest profile that a store has of an experiment.

    Trials of other profiles are left out. Trials that cannot be compared with most others of
    their task are left out and reported as faults: other data, another configuration, other
    settings of the same condition, or other measurements.

    Args:
        store: the folder that the trials come from, for the messages of faults.
        experiment: the experiment.
        trials: all trials of the experiment in the store.
        unread: documents of the experiment that cannot be read.
        profile: the profile to take; None takes the largest.
    """
    faults, named = list(unread), []
    folder = store / experiment.name
    for trial in trials:
        if reason := _impossible_name(trial):
            faults.append(Fault(folder, f"{_key(trial)}: {reason}"))
        else:
            named.append(trial)
    present = [name for name in PROFILES if any(trial.profile == name for trial in named)]
    chosen_profile = profile or (present[0] if present else None)
    kept = [trial for trial in named if trial.profile == chosen_profile]
    for what, group, content in _ASPECTS:
        kept, odd = _comparable(kept, group, content)
        faults += [
            Fault(folder, f"{_key(trial)}: {_difference(what, trial, kept)}") for trial in odd
        ]
    kept.sort(key=lambda trial: trial.seed)
    return ExperimentResults(experiment, tuple(kept), tuple(faults))


def _difference(what: str, trial: Trial, kept: Sequence[Trial]) -> str:
    """Return how a trial differs from those of its task that are kept."""
    if what != "data set":
        return f"of another {what} than most"
    task = _task(trial)
    most = next(each for each in kept if _task(each) == task)
    return f"trained on {_data(trial)}, and most were trained on {_data(most)}"


def _data(trial: Trial) -> str:
    checksum = str(trial.configuration.get("data_sha256", "unknown"))
    return f"{data_name_of(trial.configuration)} (SHA-256 {checksum[:12]}…)"


def _task(trial: Trial) -> str:
    return str(trial.factors.get("task"))


def _key(trial: Trial) -> str:
    return f"{trial.condition or 'a trial without a name'}, seed {trial.seed}"


def _impossible_name(trial: Trial) -> str:
    """Return why a trial cannot be shown; "" if it can."""
    if not trial.condition.strip():
        return f"expected a name as condition, got {trial.condition!r}"
    names = (
        trial.condition, data_name_of(trial.configuration), *map(str, trial.factors.values())
    )  # fmt: skip
    for name in names:
        if not name.isprintable():
            return f"expected printable text, got {name!r}"
    if trial.profile not in PROFILES:
        return f"expected a profile {', '.join(PROFILES)}, got {trial.profile!r}"
    return ""


def _configuration(trial: Trial) -> str:
    # The same data may have several names; their identity is the checksum.
    entries = {name: value for name, value in trial.configuration.items() if name != "data"}
    return str(sorted(entries.items()))


def _setup(trial: Trial) -> str:
    return str((sorted(trial.setup.items()), sorted(trial.factors.items())))


def _measurements(trial: Trial) -> str:
    return str((sorted(trial.measured), sorted(trial.curves)))


_ASPECTS: tuple[tuple[str, Callable[[Trial], str], Callable[[Trial], str]], ...] = (
    ("data set", _task, lambda trial: str(trial.configuration.get("data_sha256"))),
    ("configuration", _task, _configuration),
    ("setup", lambda trial: trial.condition, _setup),
    ("set of measurements", lambda trial: trial.experiment, _measurements),
)
"""Aspects that comparable trials share: name, the group that shares it, and its content."""


def _comparable(
    trials: Iterable[Trial], group: Callable[[Trial], str], content: Callable[[Trial], str]
) -> tuple[list[Trial], list[Trial]]:
    """Return the trials with the most frequent content of their group, and the others.

    If several contents are equally frequent, the longest one counts, because it lacks least.
    """
    trials = list(trials)
    counts = Counter((group(trial), content(trial)) for trial in trials)
    usual: dict[str, str] = {}
    for (name, text), _ in sorted(counts.items(), key=lambda each: (each[1], len(each[0][1]))):
        usual[name] = text
    kept = [trial for trial in trials if content(trial) == usual[group(trial)]]
    return kept, [trial for trial in trials if content(trial) != usual[group(trial)]]
