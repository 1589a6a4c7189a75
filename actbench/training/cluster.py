"""Run jobs on worker processes: of this machine, or of a Dask scheduler.

Dask transfers data, monitors workers, and restarts a job if its worker dies. This module
configures Dask, and turns its messages into single lines.
"""

from __future__ import annotations

import logging
import os
import pickle
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from actbench.errors import RequestError
from actbench.processes.import_path import safe_path_of_children, working_folder_importable
from actbench.provenance import cores
from actbench.training.tls import is_private

if TYPE_CHECKING:
    from types import ModuleType

    import distributed

_Job = TypeVar("_Job")
_Data = TypeVar("_Data")
_Result = TypeVar("_Result")

_TIMEOUT = 10
"""Seconds within which a scheduler has to answer."""

_ONE_JOB_PER_PROCESS = threading.Lock()
"""Jobs of one process share the initialisation and the graphs of TensorFlow."""


_LOCAL_SETTINGS: dict[str, object] = {
    # This setting must be off, because a computer that was suspended for a while would
    # otherwise lose all its workers. The death of a local worker is noticed without it.
    "distributed.scheduler.worker-ttl": None,
    # A worker that takes longer than 15 seconds to restart would be given up otherwise.
    "distributed.deploy.lost-worker-timeout": "10 days",
    # It would drop the copies of the data that idle workers have, and send them again.
    "distributed.scheduler.active-memory-manager.start": False,
    # No dashboard, and no other pages.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
"""Settings of Dask for the workers of this machine."""


@contextmanager
def local_workers(count: int, note: Callable[[str], None]) -> Iterator[Workers]:
    """Start worker processes that share the cores of this machine; stop them at the end.

    Args:
        count: number of workers, 1 or more.
        note: called with one line for each event, such as the death of a worker.

    Raises:
        RequestError: the count is less than 1, or dask.distributed is not installed.
    """
    if count < 1:
        raise RequestError(f"--workers: expected 1 or more, got {count}")
    distributed = _import_distributed()
    if count > cores():
        note(f"{count} workers on {cores()} cores: they will compete for the cores")
    from dask import config

    threads = str(max(1, cores() // count))
    with (
        config.set(_LOCAL_SETTINGS),
        safe_path_of_children(),
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            # All sockets are those of this machine only, with any free port, because another
            # run may use the default port.
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            env={"OMP_NUM_THREADS": threads},
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield Workers(client, f"{count} workers of this machine", note)


@contextmanager
def scheduled_workers(address: str, note: Callable[[str], None]) -> Iterator[Workers]:
    """Connect to the workers of a running scheduler.

    The files of a tls:// address are those of `tls_files`, or of Dask's configuration.

    Args:
        address: address of the scheduler, such as tls://192.168.0.7:8786.
        note: called with one line for each event, such as the death of a worker, and for an
            address that others can reach without a certificate.

    Raises:
        RequestError: the scheduler does not answer within ten seconds, or dask.distributed is
            not installed.
    """
    distributed = _import_distributed()
    # Dask's own check is in the thread of the client, whose start then fails in several ways.
    if address.startswith("tls://") and distributed.Security().tls_client_cert is None:
        raise RequestError(
            f"--scheduler {address}: expected --tls-ca-file, --tls-cert and --tls-key, got "
            "none; `dask scheduler` has the same options"
        )
    try:
        client = distributed.Client(address, timeout=_TIMEOUT)
    except (OSError, ValueError) as error:
        is_silent = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
        reason = "" if is_silent else f" ({_first_line(error)})"
        raise RequestError(
            f"--scheduler {address}: expected an answer within {_TIMEOUT} seconds, got "
            f"none{reason}; try the address that `dask scheduler` shows, such as "
            "tls://192.168.0.7:8786"
        ) from None
    with client:
        if not is_private(address):
            note(
                f"--scheduler {address}: expected a tls:// or loopback address; others in this "
                "network can run commands on its workers and on this machine"
            )
        yield Workers(client, address, note)


class Workers:
    """Workers that run jobs on data that is sent to each of them once.

    Args:
        client: the Dask client.
        name: name of the workers for messages.
        note: called with one line when a worker appears or disappears.
    """

    def __init__(
        self, client: distributed.Client, name: str, note: Callable[[str], None]
    ) -> None:
        self._client, self._name, self._note = client, name, note

    def run(
        self, function: Callable[[_Job, _Data], _Result], jobs: Iterable[_Job], data: _Data
    ) -> Iterator[tuple[_Job, _Result]]:
        """Return pairs of a job and function(job, data), in the order in which they finish.

        The next job is taken when a worker is free for it. If a worker dies, its job is started
        again on another worker.

        Raises:
            RequestError: the scheduler is gone, or a job has killed several workers.
            Exception: the exception of a job.
        """
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        fatal: list[str] = []
        failure: BaseException | None = None
        try:
            for job, future in self._finished(self._submissions(function, jobs, data)):
                if future.status != "error":
                    result = future.result()
                    # Otherwise Dask would run the job again if its worker died now.
                    future.release()
                    yield job, result
                elif isinstance(error := future.exception(), KilledWorker):
                    self._note(f"{job}: every worker that tried it died; the job is skipped")
                    fatal.append(str(job))
                else:
                    failure = error
                    break
        except (FutureCancelledError, OSError):
            raise RequestError(
                f"{self._name}: expected a running scheduler, got none; finished trials are "
                "stored, and the same command continues when a scheduler answers"
            ) from None
        if failure is not None:
            raise failure
        if fatal:
            raise RequestError(
                f"{self._name}: expected all jobs to finish, got {len(fatal)} that killed "
                f"every worker that tried them, such as {fatal[0]}; try workers with more "
                "memory"
            )

    def count(self) -> int:
        """Return the number of workers that are connected."""
        return len(self._client.nthreads())

    def _submissions(
        self, function: Callable[[_Job, _Data], _Result], jobs: Iterable[_Job], data: _Data
    ) -> Iterator[tuple[_Job, distributed.Future]]:
        """Send the data to the scheduler, then one job after another, with its future."""
        from distributed.protocol import pickle as dask_pickle

        with warnings.catch_warnings():
            # Dask warns that the data is large and suggests `scatter`. But scattered data is
            # lost with its workers, whereas the result of a task is computed again.
            warnings.simplefilter("ignore")
            shared = self._client.submit(_identity, data, pure=False)
        for job in jobs:
            pickled = dask_pickle.dumps(job)
            yield job, self._client.submit(_run_pickled, function, pickled, shared, pure=False)

    def _finished(
        self, submissions: Iterator[tuple[_Job, distributed.Future]]
    ) -> Iterator[tuple[_Job, distributed.Future]]:
        """Return jobs and futures as they finish; each second, report new and lost workers."""
        from distributed import as_completed

        known = set(self._client.nthreads())
        if not known:
            self._note(
                f"{self._name}: no workers yet; start one with `dask worker {self._name}`"
            )
        checked = time.monotonic()
        futures = as_completed([])
        job_of: dict[distributed.Future, _Job] = {}
        while True:
            # Without workers, one job waits for the first of them.
            for job, future in islice(submissions, max(0, max(1, len(known)) - len(job_of))):
                job_of[future] = job
                futures.add(future)
                del future
            if not job_of:
                return
            if futures.has_ready():
                future = next(futures)
                # No reference is kept, so that the result of the job can be released.
                yield job_of.pop(future), future
                del future
            else:
                time.sleep(0.01)
            if time.monotonic() < checked + 1:
                continue
            now, checked = set(self._client.nthreads()), time.monotonic()
            for worker in sorted(known - now):
                self._note(f"worker {worker} is gone; its job starts again on another worker")
            for worker in sorted(now - known):
                self._note(f"worker {worker} has joined")
            known = now


def _identity(data: _Data) -> _Data:
    return data


def _run_pickled(
    function: Callable[[Any, _Data], _Result], pickled: bytes, data: _Data
) -> _Result:
    """Run a job in a worker; the module of a user function is imported as by the client."""
    with working_folder_importable():
        job = pickle.loads(pickled)  # noqa: S301 - from the client, which this worker trusts
    return _run_one(function, job, data)


def _run_one(function: Callable[[_Job, _Data], _Result], job: _Job, data: _Data) -> _Result:
    """Run a job in a worker, with OMP_NUM_THREADS threads, or 1.

    A worker that gets several jobs at a time from Dask runs one after another.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "1")
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, threads)
    with _ONE_JOB_PER_PROCESS:
        return function(job, data)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _import_distributed() -> ModuleType:
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise RequestError(
            "workers: expected dask.distributed to be installed, got no such package; "
            "try `pip install 'actbench[cluster]'`"
        ) from None
    # Dask logs long tracebacks about events that this module reports in one line.
    for name in logging.root.manager.loggerDict:
        if name.startswith("distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed
