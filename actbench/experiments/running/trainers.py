"""Where jobs are trained: in this process, in local workers, or by a Dask scheduler."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from actbench.data import Dataset
from actbench.experiments.running.job import Job, train_job
from actbench.frameworks.start import start_tensorflow
from actbench.progress import Progress
from actbench.results import Trial

if TYPE_CHECKING:
    from actbench.training.cluster import Workers

Trainer = Callable[[Iterable[Job], Dataset], Iterator[tuple[Job, list[Trial]]]]
"""Trains jobs on a data set, and returns each job with its trials when it is finished.

It takes the next job when it can start it."""


@contextmanager
def trainer(
    workers: int | None, scheduler: str | None, progress: Progress
) -> Iterator[Trainer]:
    """Start a trainer, and stop its workers at the end.

    Args:
        workers: number of local worker processes; None for none.
        scheduler: address of a Dask scheduler; None for none. At most one of both is given;
            without them, this process trains.
        progress: is told of each step.

    Raises:
        RequestError: workers cannot be started, or the scheduler does not answer.
    """
    if workers is None and scheduler is None:
        yield partial(_train_here, progress)
        return
    from actbench.training.cluster import local_workers, scheduled_workers

    chosen = (
        local_workers(workers, progress.note)
        if workers is not None
        else scheduled_workers(str(scheduler), progress.note)
    )
    with chosen as started:
        yield partial(_train_on_workers, started, progress)


def _train_here(
    progress: Progress, jobs: Iterable[Job], data: Dataset
) -> Iterator[tuple[Job, list[Trial]]]:
    for number, job in enumerate(jobs):
        if number == 0 and "tensorflow" not in sys.modules:
            progress.note("starting TensorFlow")
        start_tensorflow()

        def on_steps(steps: int, members: int = len(job.conditions)) -> None:
            progress.step(steps * members)

        yield job, train_job(job, data, on_steps)


def _train_on_workers(
    workers: "Workers", progress: Progress, jobs: Iterable[Job], data: Dataset
) -> Iterator[tuple[Job, list[Trial]]]:
    with_count = (replace(job, workers=workers.count()) for job in jobs)
    for job, trials in workers.run(_train_in_worker, with_count, data):
        progress.step(job.steps * len(job.conditions))
        yield job, trials


def _train_in_worker(job: Job, data: Dataset) -> list[Trial]:
    start_tensorflow()
    return train_job(job, data)
