"""Workers of this machine and of a scheduler: the same documents, whoever dies meanwhile."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from actbench import RequestError
from actbench.provenance import cores
from actbench.results import read_trials
from actbench.training.cluster import _done, local_workers

pytest.importorskip("distributed", reason="workers need `pip install 'actbench[cluster]'`")

SEEDS, TRIALS = 6, 42


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)


def command(store, *options):
    return [
        sys.executable, "-m", "actbench", "run", "alpha-sweep", "--profile", "smoke",
        "--seeds", str(SEEDS), "--store", str(store), *options,
    ]  # fmt: skip


def start(*arguments):
    return subprocess.Popen(  # noqa: S603
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def documents(store):
    return {path.name: path.read_bytes() for path in store.rglob("*.json")}


def wait_for(condition, process, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def cluster(port):
    """A scheduler and a worker, which is started again when it dies."""
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port)]
    with start(*dask, "--no-dashboard", "--host", "127.0.0.1") as scheduler:
        wait_for(lambda: answers(port), scheduler)
        dask = [sys.executable, "-m", "distributed.cli.dask_worker", address]
        with start(*dask, "--nthreads", "1", "--no-dashboard") as worker:
            try:
                yield address, scheduler
            finally:
                for process in (worker, scheduler):
                    process.terminate()


def children_of(parent):
    """Processes that Dask started for workers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            text = (folder / "cmdline").read_text()
        except OSError:
            continue
        if above == parent and "spawn_main" in text:
            found.append(int(folder.name))
    return found


def same_but_for_time(trials):
    return [(t.key, t.configuration, t.setup, t.correct_images is not None) for t in trials]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds workers in /proc")
def test_a_worker_that_is_killed_costs_nothing(tmp_path):
    run = start(*command(tmp_path, "--workers", "2"))
    wait_for(lambda: len(documents(tmp_path)) >= 7, run)
    before = documents(tmp_path)
    os.kill(children_of(run.pid)[0], signal.SIGKILL)
    said, _ = run.communicate(timeout=240)
    assert run.returncode == 0, said
    assert re.search(r"worker tcp://\S+ is gone; what it was at starts again on another", said)
    assert len(documents(tmp_path)) == TRIALS
    assert before.items() <= documents(tmp_path).items()
    assert not list(tmp_path.rglob("*.partial"))
    # The same command has nothing left to do, and what it finds is what one process makes.
    again = subprocess.run(command(tmp_path), capture_output=True, text=True, check=True)  # noqa: S603
    assert f"{TRIALS} of {TRIALS} trials are in" in again.stderr


def test_a_client_and_a_scheduler_that_are_killed_cost_nothing(tmp_path):
    store, port = tmp_path / "store", free_port()
    with cluster(port) as (address, scheduler):
        run = start(*command(store, "--scheduler", address))
        wait_for(lambda: len(documents(store)) >= 7, run)
        run.kill()
        run.communicate()
        before = documents(store)
        assert 7 <= len(before) < TRIALS

        run = start(*command(store, "--scheduler", address))
        wait_for(lambda: len(documents(store)) > len(before), run)
        scheduler.kill()
        said, _ = run.communicate(timeout=60)
        assert run.returncode == 2, said
        assert said.splitlines()[-1].endswith(
            f"{address}: the scheduler is gone; what was finished is stored, and the same "
            "command goes on once one answers"
        )
        assert "Traceback" not in said
        assert before.items() <= documents(store).items()
        before = documents(store)
    with cluster(free_port()) as (address, _):
        done = subprocess.run(  # noqa: S603
            command(store, "--scheduler", address), capture_output=True, text=True, check=True
        )
    assert f"{len(before)} of {TRIALS} trials are in" in done.stderr
    assert before.items() <= documents(store).items()
    assert len(documents(store)) == TRIALS


def test_workers_train_what_one_process_trains(tmp_path):
    for store, options in (("one", []), ("two", ["--workers", "2"])):
        asked = [*command(tmp_path / store, *options), "--seeds", "2"]
        subprocess.run(asked, check=True, capture_output=True)  # noqa: S603
    one, two = (read_trials(tmp_path / store, "alpha-sweep")[0] for store in ("one", "two"))
    assert same_but_for_time(one) == same_but_for_time(two)
    # Sums are taken in another order with another number of threads.
    assert [t.test_loss for t in one] == pytest.approx([t.test_loss for t in two], rel=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workers", "0"], "--workers 0: 1 or more would be right"),
        (["--workers", "2", "--scheduler", "tcp://x:1"], "one of them would be right"),
        (["--scheduler", "tcp://127.0.0.1:9"], "tcp://127.0.0.1:9: no answer in 10 seconds; "),
        (["--scheduler", "here"], "--scheduler here: no answer in 10 seconds (missing port"),
    ],
)
def test_bad_requests_get_one_line(tmp_path, options, message):
    begun = time.monotonic()
    done = subprocess.run(  # noqa: S603
        command(tmp_path, *options), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - begun < 30


def explode(job, data):
    raise RequestError(f"job {job} of {data}")


def several(job, data):
    return job * data


def dies(job, data):
    if job == data:
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def test_a_job_that_kills_every_worker_is_left_out_and_named():
    notes: list[str] = []
    with local_workers(1, notes.append) as workers:
        with pytest.raises(RequestError, match="1 jobs, such as 1, killed every worker"):
            list(workers.do(dies, [1], 1))
        # The worker that was started after it does others.
        assert list(workers.do(dies, [0], 1)) == [(0, 0)]
    assert "1: every worker that tried it has died; it is left out" in notes


def test_workers_that_slept_are_not_given_up():
    with local_workers(1, print) as workers:
        assert workers._client.cluster.scheduler.worker_ttl is None


def has_no_disk(job, data):
    raise OSError(28, f"No space left for {job} of {data}")


def test_the_error_of_a_job_is_not_taken_for_the_schedulers():
    with (
        local_workers(1, print) as workers,
        pytest.raises(OSError, match="No space left for 1 of data"),
    ):
        list(workers.do(has_no_disk, [1], "data"))


def test_a_worker_with_many_threads_does_one_job_at_a_time():
    at_once, most = [], []

    def watched(job, data):
        at_once.append(job)
        most.append(len(at_once))
        time.sleep(0.02)
        at_once.remove(job)
        return data

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda job: _done(watched, job, "data"), range(8)))
    assert found == ["data"] * 8
    assert max(most) == 1


def who_has_what(job, data):  # noqa: ARG001
    return os.getpid(), id(data)


def test_data_reaches_a_worker_once():
    with local_workers(2, print) as workers:
        found = [place for _, place in workers.do(who_has_what, range(40), [0] * 1000)]
    assert len(set(found)) == len({pid for pid, _ in found})


def test_jobs_return_as_they_end_and_errors_come_back():
    notes: list[str] = []
    with local_workers(3, notes.append) as workers:
        assert sorted(workers.do(several, [1, 2, 3], 10)) == [(1, 10), (2, 20), (3, 30)]
        with pytest.raises(RequestError, match="job 1 of data"):
            list(workers.do(explode, [1], "data"))
    warned = f"3 workers on {cores()} cores: they will wait for one another"
    assert notes == ([warned] if cores() < 3 else [])
