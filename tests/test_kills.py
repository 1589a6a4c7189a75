"""Processes are killed at random moments: nothing is lost, torn, doubled or changed.

The short form kills processes that train nothing, the long form also real runs. The delays are
drawn with a seed, but the moment within a program still depends on the machine.
"""

import json
import multiprocessing
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from actbench.files import remove_abandoned
from actbench.results import read_trials, write_document, write_trial
from tests.conftest import FULL
from tests.light_jobs import run_here
from tests.test_results import TRIAL

FOLDER = "alpha-sweep"
SEEDS = 4
TRIALS = 7 * SEEDS
"""Trials of the slope sweep: one seed is one block of seven trials."""

# A server that has imported everything starts a process within milliseconds.
_CONTEXT: Any = multiprocessing.get_context(
    "spawn" if sys.platform == "win32" else "forkserver"
)


@pytest.fixture(scope="module", autouse=True)
def _preloaded_server():
    with pytest.MonkeyPatch.context() as patch:
        # Otherwise each process would import the main module of pytest.
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        if sys.platform != "win32":
            _CONTEXT.set_forkserver_preload(["tests.test_kills", "actbench.statistics"])
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data set that loads faster than MNIST."""
    path = tmp_path_factory.mktemp("data") / "images.npz"
    images = np.random.default_rng(0).integers(0, 256, (320, 28, 28), dtype=np.uint8)
    labels = (np.arange(320) % 10).astype(np.uint8)
    np.savez(path, x_train=images, y_train=labels, x_test=images[:256], y_test=labels[:256])
    return path


def arguments(store, *options, seeds=1):
    return [
        "run", FOLDER, "--profile", "smoke", "--seeds", str(seeds), "--store", str(store),
        *options,
    ]  # fmt: skip


def contents(store):
    return {path.name: path.read_bytes() for path in (store / FOLDER).glob("*.json")}


def left_over(store):
    """Names of all files that are no documents."""
    return [path.name for path in store.rglob("*") if path.is_file() and path.suffix != ".json"]


def started(function, *arguments):
    process = _CONTEXT.Process(target=function, args=arguments)
    process.start()
    return process


def started_run(store, data, seconds):
    """Start a run whose jobs take some seconds and train nothing."""
    options = arguments(store, "--data", str(data), seeds=SEEDS)
    return started(run_here, options, store, seconds)


def kill(process):
    process.kill()
    process.join()


def write_endlessly(store):
    """Write documents of one seed after another, and replace a counter."""
    for seed in count():
        write_trial(store, replace(TRIAL, seed=seed))
        write_document(store / FOLDER / "counter.txt", {"seed": seed, "text": "x" * 5000})


def test_killed_writers_leave_complete_documents(tmp_path):
    rng = random.Random(0)  # noqa: S311
    written = 0
    for number in range(2_000 if FULL else 15):
        store = tmp_path / str(number)
        writer = started(write_endlessly, store)
        while not (store / FOLDER).exists():
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.02))
        kill(writer)
        trials, faults = read_trials(store, FOLDER)
        assert faults == []
        assert trials == [replace(TRIAL, seed=seed) for seed in range(len(trials))]
        counter = store / FOLDER / "counter.txt"
        if counter.exists():
            assert json.loads(counter.read_text())["seed"] in (len(trials) - 1, len(trials) - 2)
        remove_abandoned(store)
        assert left_over(store) in (["counter.txt"], [])
        written += len(trials)
    assert written > 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, data):
    """The documents of a light run that was not killed."""
    store = tmp_path_factory.mktemp("undisturbed")
    run = started_run(store, data, 0)
    run.join()
    assert run.exitcode == 0
    assert left_over(store / FOLDER) == []
    return contents(store)


@pytest.mark.parametrize("runs", [1, 2])
def test_killed_runs_continue_to_the_documents_of_an_undisturbed_run(
    tmp_path, undisturbed, data, runs
):
    rng = random.Random(runs)  # noqa: S311
    for number in range(30 if FULL else 2):
        store = tmp_path / str(number)
        store.mkdir()
        before: dict[str, bytes] = {}
        for _ in range(3 if FULL else 2):
            processes = [started_run(store, data, 0.05) for _ in range(runs)]
            time.sleep(rng.uniform(0.1, 0.5))
            for process in processes:
                kill(process)
            after = contents(store)
            assert before.items() <= after.items()
            before = after
        last = started_run(store, data, 0)
        last.join()
        assert last.exitcode == 0
        assert before.items() <= contents(store).items()
        assert contents(store) == undisturbed
        assert left_over(store / FOLDER) == []


def test_two_runs_in_one_store_share_the_blocks(tmp_path, undisturbed, data):
    runs = [started_run(tmp_path, data, 0.1) for _ in range(2)]
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    assert contents(tmp_path) == undisturbed
    assert left_over(tmp_path / FOLDER) == []
    jobs = (tmp_path / "jobs.txt").read_text().splitlines()
    assert len(jobs) == len(set(jobs)) == SEEDS
    outputs = [path.read_text() for path in tmp_path.glob("output-*.txt")]
    for output in outputs:
        assert f"[{TRIALS}/{TRIALS}]" in output
    assert "(of another run)" in "".join(outputs)


def test_a_run_takes_over_the_blocks_of_a_run_that_is_killed(tmp_path, undisturbed, data):
    first = started_run(tmp_path, data, 100)
    while not (tmp_path / "jobs.txt").exists():
        time.sleep(0.01)
    second = started_run(tmp_path, data, 0)
    while len(contents(tmp_path)) < 7 * (SEEDS - 1):
        assert second.is_alive()
        time.sleep(0.01)
    kill(first)
    second.join()
    assert second.exitcode == 0
    assert contents(tmp_path) == undisturbed
    assert "1 block is trained by another run" in "".join(
        path.read_text() for path in tmp_path.glob("output-*.txt")
    )
    assert left_over(tmp_path / FOLDER) == []


KILLED = """
import importlib, os, signal, sys
from actbench.cli import main

module = importlib.import_module("{module}")
original, calls = module.{function}, []

def killed_after(*arguments):
    result = original(*arguments)
    calls.append(1)
    if len(calls) == {calls}:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

module.{function} = killed_after
sys.exit(main(sys.argv[1:]))
"""


def without_times(store):
    return [
        replace(trial, started="", seconds=0.0, seconds_per_step=0.0)
        for trial in read_trials(store, FOLDER)[0]
    ]


def run_in_new_process(store):
    """Run to the end as a user does, and return the text on standard error.

    The process of the tests may have blocks and settings of other tests, which change bits.
    """
    command = [sys.executable, "-m", "actbench", *arguments(store)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The trials of a run that was not killed."""
    store = tmp_path_factory.mktemp("trained")
    run_in_new_process(store)
    return without_times(store)


@pytest.mark.parametrize(
    ("module", "function", "calls", "documents"),
    [
        pytest.param(
            "actbench.training.train", "write_checkpoint", 1, 0,
            marks=pytest.mark.skipif(
                not FULL, reason="long form: a test without a process has the same states"
            ),
            id="after an epoch",
        ),
        pytest.param(
            "actbench.experiments.running.trials", "write_trial", 3, 3,
            id="after three documents",
        ),
    ],
)  # fmt: skip
def test_a_killed_run_continues_to_the_same_documents(
    tmp_path, trained, module, function, calls, documents
):
    program = KILLED.format(module=module, function=function, calls=calls)
    command = [sys.executable, "-c", program, *arguments(tmp_path)]
    killed = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = contents(tmp_path)
    assert len(before) == documents
    assert list(tmp_path.glob("*/*.partial"))
    messages = run_in_new_process(tmp_path)
    if documents:
        assert f"{documents} of 7 trials are in" in messages
    assert before.items() <= contents(tmp_path).items()
    assert left_over(tmp_path) == []
    assert len(trained) == 7
    assert without_times(tmp_path) == trained


@pytest.mark.skipif(not FULL, reason="long form: each run starts TensorFlow")
@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["here", "workers"])
@pytest.mark.parametrize("runs", [1, 2])
def test_runs_killed_at_random_moments_give_the_same_bits(tmp_path, options, runs):
    def start(store):
        command = [sys.executable, "-m", "actbench", *arguments(store, *options, seeds=2)]
        return subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def finish(store):
        with start(store) as run:
            output, _ = run.communicate()
        assert run.returncode == 0, output
        assert "Traceback" not in output

    rng = random.Random(runs)  # noqa: S311
    before_kills = time.monotonic()
    finish(tmp_path / "undisturbed")
    duration = time.monotonic() - before_kills
    expected = without_times(tmp_path / "undisturbed")
    for number in range(3):
        store = tmp_path / str(number)
        before: dict[str, bytes] = {}
        for _ in range(2):
            processes = [start(store) for _ in range(runs)]
            time.sleep(rng.uniform(0.2, 1.2 * runs) * duration)
            for process in processes:
                process.kill()
                process.communicate()
            after = contents(store) if store.exists() else {}
            assert before.items() <= after.items()
            before = after
        finish(store)
        assert before.items() <= contents(store).items()
        assert len(contents(store)) == 14
        assert without_times(store) == expected
        assert left_over(store) == []
