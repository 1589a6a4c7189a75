"""Run an experiment: train the missing trials and write one document for each."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.experiments.running.claims import Claims
from actbench.experiments.running.job import Configuration, Job, setup
from actbench.experiments.running.plan import Plan, configuration_of, plan_blocks
from actbench.experiments.running.trainers import trainer
from actbench.files import remove_abandoned
from actbench.models.member import unstackable_reason
from actbench.progress import Progress
from actbench.results import (
    Trial,
    TrialKey,
    prepare_store,
    read_trials,
    stored_trial,
    trial_path,
    write_trial,
)

_SECONDS_BETWEEN_LOOKS = 0.5
"""Seconds after which a run looks again at the blocks that another run has claimed."""


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
    the store that cannot be read are reported, and their trials are trained again. Several runs
    may use a store at the same time: each block is trained by one of them, and all get its
    trials.

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
            written, or contains trials of this profile with another configuration, or of
            other code of a user function; both workers and a scheduler are given; the
            scheduler does not answer.
    """
    seeds = profile.seeds if seeds is None else seeds
    _check_request(seeds, workers, scheduler)
    experiment = experiment.within(profile)
    if experiment.classes is not None:
        data = data.with_classes(experiment.classes)
    configuration = configuration_of(profile, data)
    prepare_store(store, experiment.name)
    remove_abandoned(store / experiment.name)
    done = _read_done(experiment, profile, configuration, store, progress)
    asked = [(seed, condition) for seed in range(seeds) for condition in experiment.conditions]
    keys = [(experiment.name, profile.name, each.name, seed) for seed, each in asked]
    missing = [pair for pair, key in zip(asked, keys, strict=True) if key not in done]
    if len(missing) < len(asked):
        progress.note(f"{len(asked) - len(missing)} of {len(asked)} trials are in {store}")
    _note_unstackable(missing, progress)
    plans = list(
        plan_blocks(
            experiment, profile, configuration, missing, seeds=seeds, store=store,
            # The workers of a scheduler may not see the store.
            has_checkpoints=scheduler is None,
        )
    )  # fmt: skip
    with Claims(progress.note) as claims:
        if missing:
            steps = sum(plan.steps for plan in plans)
            with (
                progress.work(f"{experiment.name} {profile.name}", len(missing), steps),
                trainer(workers, scheduler, progress) as train,
            ):
                results = _Results(store, done, claims, progress)
                waiting = [plan for plan in plans if plan.missing]
                while waiting:
                    busy: list[Plan] = []
                    for job, trials in train(results.claimed(waiting, busy), data):
                        results.add(job, trials)
                    results.wait_for(busy)
                    waiting = busy
        _remove_left_over(plans, claims, done)
    return [done[key] for key in keys]


class _Results:
    """The trials of a run: those of this process, and those of other runs in the store.

    Args:
        store: folder of all results.
        done: trials by their keys; new ones are added.
        claims: the blocks that this run has claimed.
        progress: is told of each trial.
    """

    def __init__(
        self, store: Path, done: dict[TrialKey, Trial], claims: Claims, progress: Progress
    ) -> None:
        self._store, self._done = store, done
        self._claims, self._progress = claims, progress
        self._threads = {_threads(trial) for trial in done.values()}
        self._busy = 0

    def claimed(self, plans: Iterable[Plan], busy: list[Plan]) -> Iterator[Job]:
        """Claim blocks and return their jobs; add the blocks of other runs to `busy`.

        A block that another run has trained in the meantime is not trained again.
        """
        for plan in plans:
            if not self._claims.claim(plan.job.lock):
                busy.append(plan)
                continue
            self._add_trials_of_others(plan)
            missing = plan.without(self._done)
            if missing.missing:
                yield missing.missing_job()
            else:
                self._claims.release(plan.job.lock)

    def add(self, job: Job, trials: Sequence[Trial]) -> None:
        """Write the documents of trials that have none, and release their block."""
        setups = {
            each.name: setup(job.experiment, job.profile, each) for each in job.conditions
        }
        for trial in trials:
            if trial.key not in self._done:
                # A worker on another machine may have other code of a user function.
                _check_equal(trial, trial.setup, setups[trial.condition], self._store)
                write_trial(self._store, trial)
                self._done[trial.key] = trial
                self._progress.trial_done(_describe(trial))
                self._note_threads(trial)
        if job.checkpoint:
            job.checkpoint.unlink(missing_ok=True)
        self._claims.release(job.lock)

    def wait_for(self, busy: Sequence[Plan]) -> None:
        """Wait a moment if other runs have claimed blocks, and report their number."""
        if not busy:
            return
        if len(busy) != self._busy:
            self._busy = len(busy)
            noun = "block is" if len(busy) == 1 else "blocks are"
            self._progress.note(
                f"{len(busy)} {noun} trained by another run in {self._store}; waiting for the "
                "trials"
            )
        time.sleep(_SECONDS_BETWEEN_LOOKS)

    def _add_trials_of_others(self, plan: Plan) -> None:
        for condition in plan.missing:
            trial = stored_trial(self._store, plan.key(condition))
            if trial is not None:
                expected = setup(plan.job.experiment, plan.job.profile, condition)
                _check_equal(trial, trial.setup, expected, self._store)
                _check_equal(trial, trial.configuration, plan.job.configuration, self._store)
                self._done[trial.key] = trial
                self._progress.step(plan.job.steps)
                self._progress.trial_done(f"{_describe(trial)} (of another run)")

    def _note_threads(self, trial: Trial) -> None:
        """Report once that trials of other numbers of threads differ by rounding."""
        others = self._threads - {_threads(trial), None}
        if others:
            self._progress.note(
                f"{self._store}: trials of {_join(others)} threads per worker, and now of "
                f"{_threads(trial)}: losses may differ by about 1e-4 because of rounding"
            )
        self._threads = set()


def _threads(trial: Trial) -> object:
    """Return the number of threads of a trial; None for documents of earlier versions."""
    return trial.machine.get("threads_per_worker")


def _join(numbers: Iterable[object]) -> str:
    return " and ".join(sorted(map(str, numbers)))


def _remove_left_over(
    plans: Sequence[Plan], claims: Claims, done: Mapping[TrialKey, Trial]
) -> None:
    """Remove checkpoints and lock files of killed runs that no run needs."""
    for plan in plans:
        checkpoint = plan.without(done).superfluous_checkpoint()
        if checkpoint is not None and claims.claim(plan.job.lock):
            checkpoint.unlink(missing_ok=True)
            claims.release(plan.job.lock)
    folder = plans[0].job.lock.parent
    claims.remove_left_over(folder)
    for path in folder.glob("*_block-*.partial"):
        # Earlier versions numbered the blocks; their checkpoints cannot be continued.
        if re.search(r"_block-\d{1,3}\.partial$", path.name):
            path.unlink(missing_ok=True)


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
        _check_equal(trial, trial.configuration, configuration, store)
        _check_equal(trial, trial.setup, setups.get(trial.condition, trial.setup), store)
    return done


def _check_equal(
    trial: Trial, stored: Mapping[str, object], now: Mapping[str, object], store: Path
) -> None:
    """Raise if a trial was made with other settings, because it cannot be compared."""
    path = trial_path(store, trial.key)
    for name in {**now, **stored}:
        if stored.get(name) == now.get(name):
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


def _note_unstackable(missing: Sequence[tuple[int, Condition]], progress: Progress) -> None:
    """Report conditions that cannot be stacked, with the reason."""
    for condition in dict.fromkeys(condition for _, condition in missing):
        reason = unstackable_reason(condition.member)
        if reason:
            progress.note(f"{condition.name}: {reason}; trained as a plain Keras model")


def _describe(trial: Trial) -> str:
    if trial.diverged:
        return f"{trial.condition}, seed {trial.seed}: diverged"
    accuracy = trial.test_accuracy_as_trained
    return f"{trial.condition}, seed {trial.seed}: test accuracy {accuracy:.2%}"
