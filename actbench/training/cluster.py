"""Hand jobs to workers: processes of this machine, or of any that a Dask scheduler has.

Dask moves data, watches workers and starts a job again where one has died; here is what it
is asked for, and what is said of it.
"""

import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from actbench.errors import RequestError
from actbench.provenance import cores

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")

_TIMEOUT = 10
"""Seconds in which a scheduler has to answer."""

_ONE_AT_A_TIME = threading.Lock()
"""Of the jobs of a process: they have TensorFlow's start and graphs in common."""


@contextmanager
def local_workers(count: int, note: Callable[[str], None]) -> Iterator["Workers"]:
    """Start so many worker processes here, which share the cores, and stop them at the end.

    Args:
        count: 1 or more.
        note: told, a line each, what is worth knowing, such as that a worker has died.

    Raises:
        RequestError: the count is no such number, or dask.distributed is not installed.
    """
    if count < 1:
        raise RequestError(f"--workers {count}: 1 or more would be right")
    distributed = _distributed()
    if count > cores():
        note(f"{count} workers on {cores()} cores: they will wait for one another")
    from dask import config

    threads = str(max(1, cores() // count))
    with (
        # After a night of sleep they would count as dead; here a death is seen at once.
        config.set({"distributed.scheduler.worker-ttl": None}),
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            # Any port that is free: another run may have the usual one.
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            env={"OMP_NUM_THREADS": threads},
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield Workers(client, f"{count} workers of this machine", note)


@contextmanager
def scheduled_workers(address: str, note: Callable[[str], None]) -> Iterator["Workers"]:
    """Take the workers of a scheduler that runs.

    Args:
        address: such as tcp://192.168.0.7:8786.
        note: told, a line each, what is worth knowing, such as that a worker has died.

    Raises:
        RequestError: nobody answers in ten seconds, or dask.distributed is not installed.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_TIMEOUT)
    except (OSError, ValueError) as error:
        why = "" if isinstance(error, OSError) else f" ({error})"
        raise RequestError(
            f"--scheduler {address}: no answer in {_TIMEOUT} seconds{why}; the address that "
            "`dask scheduler` shows, such as tcp://192.168.0.7:8786, would be right"
        ) from None
    with client:
        yield Workers(client, address, note)


class Workers:
    """Workers that do jobs on data that reaches each of them once.

    Args:
        client: of dask.distributed.
        name: of who they are, for messages.
        note: told of workers that come and go.
    """

    def __init__(self, client: Any, name: str, note: Callable[[str], None]) -> None:
        self._client, self._name, self._note = client, name, note

    def do(
        self, function: Callable[[_Job, Any], _Result], jobs: Iterable[_Job], data: Any
    ) -> Iterator[tuple[_Job, _Result]]:
        """Return each job and function(job, data), as they end.

        A job that was on a worker that died is started again on another.

        Raises:
            RequestError: the scheduler is gone, or a job has killed one worker after another.
            Exception: what a job raised.
        """
        from distributed import KilledWorker, as_completed
        from distributed.client import FutureCancelledError

        fatal: list[str] = []
        failed: BaseException | None = None
        try:
            with warnings.catch_warnings():
                # That data is large; as a task, unlike scattered, it is there again when the
                # workers that had it are not.
                warnings.simplefilter("ignore")
                held = self._client.submit(_same, data, pure=False)
            sent = {
                self._client.submit(_done, function, job, held, pure=False): job for job in jobs
            }
            for future in self._watched(as_completed(sent)):
                job = sent.pop(future)
                if future.status != "error":
                    yield job, future.result()
                elif isinstance(error := future.exception(), KilledWorker):
                    self._note(f"{job}: every worker that tried it has died; it is left out")
                    fatal.append(str(job))
                else:
                    failed = error
                    break
        except (FutureCancelledError, OSError):
            raise RequestError(
                f"{self._name}: the scheduler is gone; what was finished is stored, and the "
                "same command goes on once one answers"
            ) from None
        if failed is not None:
            raise failed
        if fatal:
            raise RequestError(
                f"{self._name}: {len(fatal)} jobs, such as {fatal[0]}, killed every worker "
                "that tried them; workers with more memory would be right"
            )

    def _watched(self, done: Any) -> Iterator[Any]:
        """Return futures as they end; look each second which workers have come and gone."""
        known = set(self._client.nthreads())
        if not known:
            self._note(f"{self._name}: no workers yet; `dask worker {self._name}` starts one")
        looked = time.monotonic()
        while not done.is_empty():
            if done.has_ready():
                yield next(done)
            else:
                time.sleep(0.01)
            if time.monotonic() < looked + 1:
                continue
            now, looked = set(self._client.nthreads()), time.monotonic()
            for worker in sorted(known - now):
                self._note(f"worker {worker} is gone; what it was at starts again on another")
            for worker in sorted(now - known):
                self._note(f"worker {worker} has come")
            known = now


def _same(data: Any) -> Any:
    return data


def _done(function: Callable[[_Job, Any], _Result], job: _Job, data: Any) -> _Result:
    """Do a job in a worker, with as many threads as Dask gives it: OMP_NUM_THREADS, or 1.

    A worker that Dask gives several jobs at a time does one after another.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "1")
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, threads)
    with _ONE_AT_A_TIME:
        return function(job, data)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise RequestError(
            "workers need dask.distributed, which is not installed: "
            "`pip install 'actbench[cluster]'` would be right"
        ) from None
    # A line of ours says what a page of theirs would.
    for name in logging.root.manager.loggerDict:
        if name.startswith("distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed
