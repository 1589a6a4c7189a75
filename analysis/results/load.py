"""Load the documents of stores into the results model."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from actbench.conformance.documents import read as read_audits
from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.experiments import alpha_sweep
from actbench.experiments.catalogue import EXPERIMENTS
from actbench.experiments.experiment import Experiment
from actbench.results import Fault, Trial, read_trials
from analysis.results.benchmarks import read_benchmarks, relu_cost_ratios
from analysis.results.experiment import PROFILES, ExperimentResults
from analysis.results.results import Results

_SWEEP = alpha_sweep.EXPERIMENT


def load_results(
    store: Path, audit_store: Path, data: Dataset, *, profile: str | None = None
) -> Results:
    """Return everything that two stores hold.

    Args:
        store: folder of results with the trials of the slope sweep; the first choice for
            trials of other experiments.
        audit_store: folder of results with audits and benchmarks; the second choice for trials
            of other experiments.
        data: the data set that the slope sweep was trained on.
        profile: profile of the slope sweep; None takes the largest that `store` has.

    Raises:
        RequestError: `store` has no trials of the slope sweep, or trials of other data or of
            several configurations.
    """
    stores = tuple(dict.fromkeys((store, audit_store)))
    read = {
        (folder, each.name): read_trials(folder, each.name)
        for folder in stores
        for each in EXPERIMENTS
    }
    sweep = _slope_sweep(store, *read[store, _SWEEP.name], data, profile)
    experiments = {}
    for each in EXPERIMENTS:
        found = [largest_profile(folder, each, *read[folder, each.name]) for folder in stores]
        faults = tuple(fault for one in found for fault in one.faults)
        largest = max(found, key=lambda one: one.profile_rank)
        experiments[each.name] = replace(largest, faults=faults)
    audits, audit_faults = read_audits(audit_store)
    benchmarks, benchmark_faults = read_benchmarks(audit_store)
    return Results(
        experiments=experiments,
        slope_sweep=sweep,
        data=data,
        costs=relu_cost_ratios(benchmarks),
        audits=tuple(audits),
        audit_store=audit_store,
        benchmarks=benchmarks,
        faults=(*sweep.faults, *audit_faults, *benchmark_faults),
    )


def largest_profile(
    store: Path, experiment: Experiment, trials: Sequence[Trial], unread: Sequence[Fault]
) -> ExperimentResults:
    """Return the trials of the largest profile that a store has of an experiment.

    Trials of other profiles are left out. Trials with another configuration than most are left
    out and reported as faults.

    Args:
        store: the folder that the trials come from, for the messages of faults.
        experiment: the experiment.
        trials: all trials of the experiment in the store.
        unread: documents of the experiment that cannot be read.
    """
    for profile in PROFILES:
        chosen = [trial for trial in trials if trial.profile == profile]
        if chosen:
            break
    else:
        return ExperimentResults(experiment, (), tuple(unread))
    configuration = _most_common(_configuration(trial) for trial in chosen)
    setups = {
        name: _most_common(_setup(t) for t in chosen if t.condition == name)
        for name in {trial.condition for trial in chosen}
    }
    kept, faults = [], list(unread)
    for trial in chosen:
        other = f"{trial.condition}, seed {trial.seed}: of another"
        if _configuration(trial) != configuration:
            faults.append(Fault(store / experiment.name, f"{other} configuration than most"))
        elif _setup(trial) != setups[trial.condition]:
            faults.append(Fault(store / experiment.name, f"{other} setup than most"))
        else:
            kept.append(trial)
    kept.sort(key=lambda trial: trial.seed)
    return ExperimentResults(experiment, tuple(kept), tuple(faults))


def _configuration(trial: Trial) -> str:
    return str(sorted(trial.configuration.items()))


def _setup(trial: Trial) -> str:
    return str(sorted(trial.setup.items()))


def _most_common(texts: Iterable[str]) -> str:
    return Counter(texts).most_common(1)[0][0]


def _slope_sweep(
    store: Path, trials: Sequence[Trial], faults: Sequence[Fault], data: Dataset,
    profile: str | None,
) -> ExperimentResults:  # fmt: skip
    """Return the trials of one profile; unlike other experiments, all must be comparable."""
    folder = store / _SWEEP.name
    profiles = [name for name in PROFILES if any(t.profile == name for t in trials)]
    if profile is None and profiles:
        profile = profiles[0]
    if profile is None or profile not in profiles:
        wanted = f"trials of profile {profile}" if profile else "trials"
        got = f"profile {', '.join(profiles)}" if profiles else "none"
        raise RequestError(
            f"{folder}: expected {wanted}, got {got}; run "
            f"`actbench run {_SWEEP.name} --store {store}` to make them"
        )
    order = {condition.name: place for place, condition in enumerate(_SWEEP.conditions)}
    chosen = [t for t in trials if t.profile == profile and t.condition in order]
    for trial in chosen:
        if trial.configuration.get("data_sha256") != data.sha256:
            raise RequestError(
                f"{folder}: expected trials of the data set {data.origin}, got trials of "
                f"profile {profile} on other data; pass their data set with --data"
            )
        if trial.configuration != chosen[0].configuration:
            raise RequestError(
                f"{folder}: expected one configuration in a store, got two: {trial.condition}, "
                f"seed {trial.seed} differs from {chosen[0].condition}, seed {chosen[0].seed}; "
                "use one store per configuration"
            )
    chosen.sort(key=lambda trial: (order[trial.condition], trial.seed))
    return ExperimentResults(_SWEEP, tuple(chosen), tuple(faults))
