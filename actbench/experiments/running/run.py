"""Run an experiment: train the missing trials and write one document for each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.experiments.running.job import Configuration, Job, setup
from actbench.experiments.running.plan import configuration_of, plan_jobs
from actbench.experiments.running.trainers import trainer
from actbench.models.member import unstackable_reason
from actbench.progress import Progress
from actbench.results import (
    Trial,
    TrialKey,
    prepare_store,
    read_trials,
    trial_path,
    write_trial,
)


def run(
    experiment: Experiment,
    profile: Profile,
    data: Dataset,
    *,
    store: Path,
    seeds: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress,
) -> list[Trial]:
    """Train all trials of a profile that have no document yet, block by block.

    A run that was interrupted continues after the last finished epoch of its block. Files in
    the store that cannot be read are reported, and their trials are trained again.

    Args:
        experiment: question and conditions.
        profile: size of the protocol.
        data: images and labels.
        store: folder of all results; documents are written to STORE/<experiment>/.
        seeds: the seeds are 0 … seeds − 1; None takes the number of the profile.
        workers: number of processes of this machine that train a block each; None trains in
            this process.
        scheduler: address of a Dask scheduler whose workers train instead.
        progress: is told of each step and each trial.

    Returns:
        All trials of the profile with these seeds, those from the store included.

    Raises:
        RequestError: seeds is not positive; the data has too few images; the store cannot be
            written, or contains trials of this profile with another configuration; both
            workers and a scheduler are given; the scheduler does not answer.
    """
    seeds = profile.seeds if seeds is None else seeds
    _check_request(seeds, workers, scheduler)
    experiment = experiment.within(profile)
    if experiment.classes is not None:
        data = data.with_classes(experiment.classes)
    configuration = configuration_of(profile, data)
    prepare_store(store, experiment.name)
    done = _read_done(experiment, profile, configuration, store, progress)
    asked = [(seed, condition) for seed in range(seeds) for condition in experiment.conditions]
    keys = [(experiment.name, profile.name, each.name, seed) for seed, each in asked]
    missing = [pair for pair, key in zip(asked, keys, strict=True) if key not in done]
    if len(missing) < len(asked):
        progress.note(f"{len(asked) - len(missing)} of {len(asked)} trials are in {store}")
    _note_unstackable(missing, progress)
    # The workers of a scheduler may not see the store, so they write no checkpoints.
    checkpoints = store if scheduler is None else None
    jobs = list(plan_jobs(experiment, profile, configuration, missing, checkpoints))
    if jobs:
        steps = sum(job.steps * len(job.conditions) for job in jobs)
        with (
            progress.work(f"{experiment.name} {profile.name}", len(missing), steps),
            trainer(workers, scheduler, progress) as train,
        ):
            for job, trials in train(jobs, data):
                _write_new(trials, done, store, progress)
                _remove_checkpoint(job)
    return [done[key] for key in keys]


def _check_request(seeds: int, workers: int | None, scheduler: str | None) -> None:
    if seeds < 1:
        raise RequestError(f"--seeds: expected 1 or more, got {seeds}")
    if workers is not None and scheduler is not None:
        raise RequestError("--workers and --scheduler: expected one of them, got both")


def _read_done(
    experiment: Experiment,
    profile: Profile,
    configuration: Configuration,
    store: Path,
    progress: Progress,
) -> dict[TrialKey, Trial]:
    """Return the trials of a profile that are in the store."""
    trials, faults = read_trials(store, experiment.name)
    for fault in faults:
        progress.note(f"{fault}; the file is ignored and kept")
    setups = {each.name: setup(experiment, profile, each) for each in experiment.conditions}
    done = {trial.key: trial for trial in trials if trial.profile == profile.name}
    for trial in done.values():
        path = trial_path(store, trial.key)
        _check_equal(trial.configuration, configuration, path)
        _check_equal(trial.setup, setups.get(trial.condition, trial.setup), path)
    return done


def _check_equal(stored: Mapping[str, object], now: Mapping[str, object], path: Path) -> None:
    """Raise if a stored trial was made with other settings, because it cannot be compared."""
    for name in {**now, **stored}:
        if stored.get(name) != now.get(name):
            raise RequestError(
                f"{path}: expected a trial with {name} = {now.get(name)}, got "
                f"{stored.get(name)}; try another --store"
            )


def _note_unstackable(missing: Sequence[tuple[int, Condition]], progress: Progress) -> None:
    """Report conditions that cannot be stacked, with the reason."""
    for condition in dict.fromkeys(condition for _, condition in missing):
        reason = unstackable_reason(condition.member)
        if reason:
            progress.note(f"{condition.name}: {reason}; trained as a plain Keras model")


def _write_new(
    trials: Sequence[Trial], done: dict[TrialKey, Trial], store: Path, progress: Progress
) -> None:
    """Write the documents of trials that have none."""
    for trial in trials:
        if trial.key not in done:
            write_trial(store, trial)
            done[trial.key] = trial
            progress.trial_done(_describe(trial))


def _remove_checkpoint(job: Job) -> None:
    if job.checkpoint:
        job.checkpoint.unlink(missing_ok=True)


def _describe(trial: Trial) -> str:
    if trial.diverged:
        return f"{trial.condition}, seed {trial.seed}: diverged"
    accuracy = trial.test_accuracy_as_trained
    return f"{trial.condition}, seed {trial.seed}: test accuracy {accuracy:.2%}"
