"""Run an experiment: train the missing trials and write one document for each."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from actbench.data import Dataset
from actbench.errors import RequestError
from actbench.experiments.experiment import Experiment, Profile
from actbench.experiments.running.part import Part, parts_of
from actbench.experiments.running.stored import check_store
from actbench.experiments.running.trainers import Trainer, trainer
from actbench.experiments.running.trials import Workplace, train_missing
from actbench.experiments.running.tune import tuned, tuning_part
from actbench.experiments.tuning import FIRST_SEED
from actbench.progress import Progress
from actbench.results import Trial


def run(
    experiment: Experiment,
    profile: Profile,
    data: Dataset | None,
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

    If the profile tunes learning rates, the trials that choose them come first in each task.
    They are documents of STORE/<experiment>-tuning/.

    Args:
        experiment: question and conditions.
        profile: size of the protocol.
        data: images and labels, which replace those of the only task; None takes the data of
            each task, and MNIST for conditions without a task.
        store: folder of all results; documents are written to STORE/<experiment>/.
        seeds: the seeds are 0 … seeds − 1; None takes the number of the profile.
        workers: number of processes of this machine that train a block each; None trains in
            this process.
        scheduler: address of a Dask scheduler whose workers train instead.
        progress: is told of each step and each trial.

    Returns:
        All trials of the profile with these seeds, those from the store included, task by task.

    Raises:
        RequestError: seeds is not positive, or too small to decide the primary comparisons of a
            large profile; the data of a task is not installed; the data has
            too few images; the store cannot be written, or contains trials of the experiment
            with other data, or of this profile with another configuration, or of other code of
            a user function; both workers and a scheduler are given; the scheduler does not
            answer.
    """
    seeds = profile.seeds if seeds is None else seeds
    _check_request(profile, seeds, workers, scheduler)
    experiment.check_seeds(profile, seeds)
    parts = list(parts_of(experiment.within(profile), profile, data))
    with ExitStack() as stack:

        @cache
        def start() -> Trainer:
            return stack.enter_context(trainer(workers, scheduler, progress))

        # The workers of a scheduler may not see the store.
        workplace = Workplace(store, progress, start, has_checkpoints=scheduler is None)
        for part in parts:
            for each in _with_tuning(part):
                check_store(each, store, workplace.note_once)
            _note_data(part, progress)
        return [trial for part in parts for trial in _run_part(part, seeds, workplace)]


def _run_part(part: Part, seeds: int, workplace: Workplace) -> list[Trial]:
    tuning = part.profile.tuning
    part = tuned(part, tuning, workplace) if tuning else part
    return train_missing(part, range(seeds), workplace)


def _with_tuning(part: Part) -> Iterator[Part]:
    yield part
    if part.profile.tuning:
        yield tuning_part(part)


def _note_data(part: Part, progress: Progress) -> None:
    """Report data that differ from those that the task is named for."""
    if part.task is not None and part.data.name != part.task.title:
        progress.note(
            f"task {part.task.name}: expected {part.task.title}, got {part.data.name}; its "
            "trials cannot be compared with trials on the expected data"
        )


def _check_request(
    profile: Profile, seeds: int, workers: int | None, scheduler: str | None
) -> None:
    if seeds < 1:
        raise RequestError(f"--seeds: expected 1 or more, got {seeds}")
    if profile.tuning and seeds > FIRST_SEED:
        raise RequestError(
            f"--seeds: expected at most {FIRST_SEED}, because later seeds are for tuning, got "
            f"{seeds}"
        )
    if workers is not None and scheduler is not None:
        raise RequestError("--workers and --scheduler: expected one of them, got both")
