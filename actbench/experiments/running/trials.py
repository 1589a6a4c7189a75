"""Train the missing trials of a part of a run, block by block, and write their documents."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actbench.experiments.experiment import Condition
from actbench.experiments.running.claims import Claims
from actbench.experiments.running.job import Job, setup
from actbench.experiments.running.part import Part
from actbench.experiments.running.plan import Plan, plan_blocks
from actbench.experiments.running.stored import check_equal, read_done
from actbench.experiments.running.trainers import Trainer
from actbench.files import remove_abandoned
from actbench.models.member import unstackable_reason
from actbench.progress import Progress
from actbench.results import Trial, TrialKey, prepare_store, stored_trial, write_trial

_SECONDS_BETWEEN_LOOKS = 0.5
"""Seconds after which a run looks again at the blocks that another run has claimed."""


@dataclass(frozen=True)
class Workplace:
    """Where a run trains and stores its trials.

    Args:
        store: folder of all results.
        progress: is told of each step and each trial.
        trainer: returns the trainer; the first call starts it.
        has_checkpoints: whether the trainer can write checkpoints to the store.
    """

    store: Path
    progress: Progress
    trainer: Callable[[], Trainer]
    has_checkpoints: bool
    _noted: set[str] = field(default_factory=set)

    def note_once(self, line: str) -> None:
        """Show one line of text, unless it was shown before."""
        if line not in self._noted:
            self._noted.add(line)
            self.progress.note(line)


def train_missing(part: Part, seeds: Sequence[int], workplace: Workplace) -> list[Trial]:
    """Train the trials of a part that have no document yet.

    Returns:
        All trials of the part with these seeds, those from the store included.

    Raises:
        RequestError: the store cannot be written, or contains trials of this profile with
            another configuration, or of other code of a user function.
    """
    experiment, store, progress = part.experiment, workplace.store, workplace.progress
    prepare_store(store, experiment.name)
    remove_abandoned(store / experiment.name)
    done = read_done(part, store, workplace.note_once)
    asked = [(seed, condition) for seed in seeds for condition in experiment.conditions]
    keys = [(experiment.name, part.profile.name, each.name, seed) for seed, each in asked]
    missing = [pair for pair, key in zip(asked, keys, strict=True) if key not in done]
    if len(missing) < len(asked):
        progress.note(f"{len(asked) - len(missing)} of {len(asked)} trials are in {store}")
    _note_unstackable(missing, workplace)
    plans = list(
        plan_blocks(
            part, set(missing), seeds=seeds, store=store,
            has_checkpoints=workplace.has_checkpoints,
        )
    )  # fmt: skip
    with Claims(progress.note) as claims:
        if missing:
            steps = sum(plan.steps for plan in plans)
            with progress.work(part.title, len(missing), steps):
                train = workplace.trainer()
                results = _Results(store, done, claims, progress)
                waiting = [plan for plan in plans if plan.missing]
                while waiting:
                    busy: list[Plan] = []
                    for job, trials in train(results.claimed(waiting, busy), part.data):
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
                check_equal(trial, trial.setup, setups[trial.condition], self._store)
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
                check_equal(trial, trial.setup, expected, self._store)
                check_equal(trial, trial.configuration, plan.job.configuration, self._store)
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


def _note_unstackable(missing: Sequence[tuple[int, Condition]], workplace: Workplace) -> None:
    """Report conditions that cannot be stacked, with the reason."""
    for condition in dict.fromkeys(condition for _, condition in missing):
        reason = unstackable_reason(condition.member)
        if reason:
            workplace.note_once(f"{condition.name}: {reason}; trained as a plain Keras model")


def _describe(trial: Trial) -> str:
    if trial.diverged:
        return f"{trial.condition}, seed {trial.seed}: diverged"
    accuracy = trial.test_accuracy_as_trained
    return f"{trial.condition}, seed {trial.seed}: test accuracy {accuracy:.2%}"
