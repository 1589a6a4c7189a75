"""Workers of this machine and of a scheduler, also when processes are killed."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

import actbench
from actbench import RequestError
from actbench.cli import main
from actbench.provenance import cores
from actbench.results import read_trials
from actbench.training import cluster as cluster_module
from actbench.training.cluster import _run_one, local_workers
from actbench.training.tls import is_private
from tests.conftest import FULL

config = pytest.importorskip("dask").config
pytest.importorskip("distributed", reason="workers need `pip install 'actbench[cluster]'`")

# One seed is one block of seven trials.
SEEDS = 6 if FULL else 4
TRIALS = 7 * SEEDS

# TensorFlow takes seconds to start in each process. Therefore the jobs of the short form take a
# second and train nothing, where processes are killed.
PROGRAM = "actbench" if FULL else "tests.light_jobs"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)


def arguments(store, *options, seeds=SEEDS):
    return [
        "run", "alpha-sweep", "--profile", "smoke", "--seeds", str(seeds),
        "--store", str(store), *options,
    ]  # fmt: skip


def start(*command):
    return subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def start_run(store, *options):
    return start(sys.executable, "-m", PROGRAM, *arguments(store, *options))


def documents(store):
    return {path.name: path.read_bytes() for path in store.rglob("*.json")}


def wait_for(condition, process, seconds=240):
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
def cluster(port, *, protocol="tcp", options=()):
    """A scheduler and a worker; Dask restarts the worker if it dies."""
    address = f"{protocol}://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port)]
    dask += ["--no-dashboard", "--host", f"{protocol}://127.0.0.1", *options]
    with start(*dask) as scheduler:
        wait_for(lambda: answers(port), scheduler)
        dask = [sys.executable, "-m", "distributed.cli.dask_worker", address]
        with start(*dask, "--nthreads", "1", "--no-dashboard", *options) as worker:
            try:
                yield address, scheduler
            finally:
                for process in (worker, scheduler):
                    process.terminate()


def worker_processes(parent):
    """Return the processes that Dask started for the workers of a run."""
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


def without_numbers(trials):
    return [
        (t.key, t.factors, t.configuration, t.setup, t.correct_images is not None)
        for t in trials
    ]


def assert_same_results(trials, others):
    assert without_numbers(trials) == without_numbers(others)
    # Another number of threads sums in another order.
    assert [t.test_loss for t in trials] == pytest.approx(
        [t.test_loss for t in others], rel=1e-3
    )


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds workers in /proc")
def test_after_the_death_of_a_worker_all_trials_are_complete(tmp_path):
    store = tmp_path / "store"
    run = start_run(store, "--workers", "2")
    wait_for(lambda: len(documents(store)) >= 7, run)
    before = documents(store)
    os.kill(worker_processes(run.pid)[0], signal.SIGKILL)
    output, _ = run.communicate(timeout=480)
    assert run.returncode == 0, output
    assert re.search(r"worker tcp://\S+ is gone; its job starts again on another", output)
    assert len(documents(store)) == TRIALS
    assert before.items() <= documents(store).items()
    assert not list(store.rglob("*.partial"))


def test_after_the_death_of_client_and_scheduler_the_same_command_continues(tmp_path):
    store, port = tmp_path / "store", free_port()
    with cluster(port) as (address, scheduler):
        run = start_run(store, "--scheduler", address)
        wait_for(lambda: len(documents(store)) >= 7, run)
        run.kill()
        run.communicate()
        before = documents(store)
        assert 7 <= len(before) < TRIALS

        run = start_run(store, "--scheduler", address)
        wait_for(lambda: len(documents(store)) > len(before), run)
        scheduler.kill()
        output, _ = run.communicate(timeout=120)
        assert run.returncode == 2, output
        assert output.splitlines()[-1].endswith(
            f"{address}: expected a running scheduler, got none; finished trials are stored, "
            "and the same command continues when a scheduler answers"
        )
        assert "Traceback" not in output
        assert before.items() <= documents(store).items()
        before = documents(store)
    with cluster(free_port()) as (address, _):
        run = start_run(store, "--scheduler", address)
        output, _ = run.communicate(timeout=480)
        assert run.returncode == 0, output
    assert f"{len(before)} of {TRIALS} trials are in" in output
    assert before.items() <= documents(store).items()
    assert len(documents(store)) == TRIALS


def test_workers_and_this_process_train_the_same(tmp_path):
    count = 2 if FULL else 1
    for store, options in (("here", []), ("workers", ["--workers", str(count)])):
        assert main(arguments(tmp_path / store, *options, seeds=count)) == 0
    here, on_workers = (
        read_trials(tmp_path / store, "alpha-sweep")[0] for store in ("here", "workers")
    )
    assert len(here) == 7 * count
    assert_same_results(here, on_workers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workers", "0"], "--workers: expected 1 or more, got 0"),
        (["--workers", "2", "--scheduler", "tcp://x:1"], "expected one of them, got both"),
        (
            ["--scheduler", "tcp://127.0.0.1:9"],
            "--scheduler tcp://127.0.0.1:9: expected an answer within 1 seconds, got none; try",
        ),
        (
            ["--scheduler", "here"],
            "--scheduler here: expected an answer within 1 seconds, got none (missing port",
        ),
        (["--scheduler", "tls://127.0.0.1:9"], "expected --tls-ca-file, --tls-cert and"),
        (
            ["--scheduler", "tcp://127.0.0.1:9", "--tls-cert", "x"],
            "--tls-cert: expected --scheduler tls://HOST:PORT, got tcp://127.0.0.1:9",
        ),
        (
            ["--scheduler", "tls://127.0.0.1:9", "--tls-cert", "x"],
            "--tls-ca-file: expected a file as well, got none",
        ),
        (
            ["--scheduler", "tls://127.0.0.1:9", "--tls-cert", "x", "--tls-ca-file", "y"],
            "--tls-ca-file: expected a file in PEM format, got y",
        ),
        (
            [
                "--scheduler",
                "tls://127.0.0.1:9",
                *("--tls-cert", __file__, "--tls-ca-file", __file__),
            ],
            "got none (",
        ),
    ],
    ids=[
        "no workers",
        "both",
        "no answer",
        "no port",
        "no certificate",
        "no TLS",
        "no authority",
        "missing file",
        "file that is no certificate",
    ],
)
def test_wrong_options_exit_with_2_and_one_line(
    tmp_path, monkeypatch, capsys, options, message
):
    monkeypatch.setattr(cluster_module, "_TIMEOUT", 1)
    assert main(arguments(tmp_path, *options)) == 2
    error = capsys.readouterr().err
    assert message in error.splitlines()[-1]
    assert "Traceback" not in error


def open_addresses(process):
    """Return the addresses at which a process and its children wait for connections."""
    sockets = set()
    for child in [process, *worker_processes(process)]:
        for descriptor in Path(f"/proc/{child}/fd").iterdir():
            with suppress(OSError):
                sockets.add(descriptor.readlink().name)
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].partition(":")[0])
    return found


def nothing(job, data):
    return job, data


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds sockets in /proc")
def test_workers_of_this_machine_listen_to_this_machine_only():
    with local_workers(1, print) as workers:
        assert list(workers.run(nothing, [1], 1))
        assert open_addresses(os.getpid()) == {"0100007F"}  # 127.0.0.1


def importable(job, data):  # noqa: ARG001
    """Return whether the module of the data can be imported, and whether the path is safe."""
    return find_spec(data) is not None, os.environ.get("PYTHONSAFEPATH")


def test_workers_do_not_import_from_the_working_folder(tmp_path, monkeypatch):
    for name in ("stray_module", "distributed", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    with local_workers(1, print) as workers:
        assert list(workers.run(importable, [1], "stray_module")) == [(1, (False, "1"))]
    assert "PYTHONSAFEPATH" not in os.environ


def value_at_one(job, data):  # noqa: ARG001
    return float(job([1.0])[0])


def test_user_functions_of_the_working_folder_run_on_workers(tmp_path, monkeypatch):
    (tmp_path / "users_module.py").write_text("def doubled(x):\n    return 2 * x\n")
    monkeypatch.chdir(tmp_path)
    job = actbench.get("users_module:doubled")
    with local_workers(1, print) as workers:
        assert [result for _, result in workers.run(value_at_one, [job], None)] == [2.0]


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("tls://10.0.0.7:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("tcp://[::1]:8786", True),
        ("tcp://localhost:8786", True),
        ("127.8.0.1:8786", True),
        ("tcp://10.0.0.7:8786", False),
        ("tcp://0.0.0.0:8786", False),
        ("tcp://[2001:db8::7]:8786", False),
        ("localhost.example.org:8786", False),
        ("ws://node7:8786", False),
    ],
)
def test_addresses_without_tls_are_private_on_this_machine_only(address, private):
    assert is_private(address) == private


def make_certificate(folder):
    """Make a certificate that is its own authority, and its key."""
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
        "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603
    files = ["--tls-ca-file", "cert.pem", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]
    return [word if word.startswith("--") else str(folder / word) for word in files]


@pytest.mark.skipif(not FULL, reason="long form: starts a scheduler")
@pytest.mark.skipif(which("openssl") is None, reason="needs openssl")
def test_a_scheduler_with_tls_trains_and_refuses_clients_without_a_certificate(tmp_path):
    files, port = make_certificate(tmp_path), free_port()
    with cluster(port, protocol="tls", options=files) as (address, _):
        run = start_run(tmp_path / "store", "--scheduler", address, *files)
        output, _ = run.communicate(timeout=480)
        assert run.returncode == 0, output
        assert "expected a tls://" not in output
        run = start_run(tmp_path / "store", "--scheduler", address.replace("tls", "tcp"))
        output, _ = run.communicate(timeout=480)
        assert "Traceback" not in output


@pytest.mark.skipif(not FULL, reason="long form: takes ten seconds")
def test_the_default_timeout_of_a_scheduler_is_ten_seconds(tmp_path):
    started = time.monotonic()
    run = start(sys.executable, "-m", "actbench",
                *arguments(tmp_path, "--scheduler", "tcp://127.0.0.1:9"))  # fmt: skip
    output, _ = run.communicate()
    assert run.returncode == 2
    assert "expected an answer within 10 seconds, got none" in output
    assert "Traceback" not in output
    assert time.monotonic() - started < 60


def fail(job, data):
    raise RequestError(f"job {job} of {data}")


def multiply(job, data):
    return job * data


def kill_worker(job, data):
    if job == data:
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def test_a_job_that_kills_every_worker_is_skipped_and_named():
    notes: list[str] = []
    with local_workers(1, notes.append) as workers:
        with pytest.raises(RequestError, match="got 1 that killed every worker that tried"):
            list(workers.run(kill_worker, [1], 1))
        # The worker that replaces the last one runs other jobs.
        assert list(workers.run(kill_worker, [0], 1)) == [(0, 0)]
    assert "1: every worker that tried it died; the job is skipped" in notes


def test_workers_of_a_suspended_computer_are_kept():
    with local_workers(1, print) as workers:
        assert workers._client.cluster.scheduler.worker_ttl is None
        # A worker that takes longer to restart is not given up.
        assert config.get("distributed.deploy.lost-worker-timeout") == "10 days"


def raise_os_error(job, data):
    raise OSError(28, f"No space left for {job} of {data}")


def test_an_os_error_of_a_job_is_not_reported_as_a_lost_scheduler():
    with (
        local_workers(1, print) as workers,
        pytest.raises(OSError, match="No space left for 1 of data"),
    ):
        list(workers.run(raise_os_error, [1], "data"))


def test_a_worker_with_several_threads_runs_one_job_at_a_time():
    running, counts = [], []

    def count_running(job, data):
        running.append(job)
        counts.append(len(running))
        time.sleep(0.02)
        running.remove(job)
        return data

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda job: _run_one(count_running, job, "data"), range(8)))
    assert found == ["data"] * 8
    assert max(counts) == 1


def test_a_job_whose_result_was_returned_is_not_run_again():
    with local_workers(1, print) as workers:
        results = workers.run(multiply, [1, 2, 3], 10)
        next(results)
        tasks = workers._client.cluster.scheduler.tasks
        end = time.monotonic() + 30
        # The next job is sent when its result is asked for.
        while any(str(key).startswith("_run_one") for key in list(tasks)):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert len(list(results)) == 2


def test_a_job_is_taken_when_a_worker_is_free_for_it():
    taken = []

    def jobs():
        for job in range(4):
            taken.append(job)
            yield job

    with local_workers(2, print) as workers:
        counts = [len(taken) for _ in workers.run(multiply, jobs(), 10)]
    assert counts[0] == 2
    assert all(count <= 2 + number for number, count in enumerate(counts))


def process_and_data_id(job, data):  # noqa: ARG001
    return os.getpid(), id(data)


def test_data_is_sent_to_a_worker_once():
    with local_workers(2, print) as workers:
        results = workers.run(process_and_data_id, range(40), [0] * 1000)
        found = []
        for number, (_, result) in enumerate(results):
            found.append(result)
            if number == 0:
                # Dask's memory manager would drop copies of the data every two seconds.
                time.sleep(2.5)
    assert len(set(found)) == len({pid for pid, _ in found})


def test_all_jobs_return_and_exceptions_are_raised():
    notes: list[str] = []
    with local_workers(3, notes.append) as workers:
        assert sorted(workers.run(multiply, [1, 2, 3], 10)) == [(1, 10), (2, 20), (3, 30)]
        with pytest.raises(RequestError, match="job 1 of data"):
            list(workers.run(fail, [1], "data"))
    note = f"3 workers on {cores()} cores: they will compete for the cores"
    assert notes == ([note] if cores() < 3 else [])
