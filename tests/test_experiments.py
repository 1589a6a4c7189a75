"""A run end to end: complete, resumed, refused, killed."""

import hashlib
import io
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import actbench
from actbench.data import Dataset
from actbench.experiments import (
    Condition,
    Experiment,
    Profile,
    get_experiment,
    get_profile,
    run,
)
from actbench.models import sequential_network, sequential_network_prelu
from actbench.progress import Progress
from actbench.results import read_trials, trial_path
from actbench.training.settings import Settings

SWEEP = get_experiment("alpha-sweep")

TINY = Experiment(
    name="tiny",
    question="does running work?",
    conditions=(
        Condition("zero", lambda **kw: sequential_network(0.0, **kw)),
        Condition("learned", lambda **kw: sequential_network_prelu(**kw)),
    ),
    profiles=(
        Profile("smoke", Settings(epochs=1, batch_size=16), seeds=2, train_images=16),
        Profile("large", Settings(epochs=1, batch_size=16), seeds=2, train_images=10_000),
    ),
)
SMOKE, LARGE = TINY.profiles


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    labels = (np.arange(60) % 2).astype(np.uint8)
    images = rng.integers(0, 256, (60, 11, 11), dtype=np.uint8)
    return Dataset(images[:40], labels[:40], images[40:], labels[40:], origin="tiny data")


def run_tiny(store, data, **options):
    stream = io.StringIO()
    trials = run(TINY, SMOKE, data, store=store, progress=Progress(stream), **options)
    return trials, stream.getvalue()


def fingerprints(store):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in store.rglob("*.json")
    }


def test_the_sweep_is_the_sources():
    names = [condition.name for condition in SWEEP.conditions]
    assert names == [
        "alpha=-1", "alpha=-0.5", "alpha=0", "alpha=0.5", "alpha=1", "prelu", "prelu-shared",
    ]  # fmt: skip
    full = get_profile(SWEEP, "full")
    assert full.settings == Settings(epochs=5, batch_size=128, learning_rate=0.001)
    assert (full.train_images, full.validation_images, full.test_images) == (None, 0, None)
    assert full.seeds >= 10
    assert get_profile(SWEEP, "quick").seeds >= 3


def test_a_run_gives_one_document_per_trial(tmp_path, data):
    trials, shown = run_tiny(tmp_path, data)
    assert [(t.seed, t.condition) for t in trials] == [
        (0, "zero"), (0, "learned"), (1, "zero"), (1, "learned"),
    ]  # fmt: skip
    assert sorted(read_trials(tmp_path, "tiny")[0], key=str) == sorted(trials, key=str)
    assert "4 trials of 2 steps" in shown
    assert "[4/4] learned, seed 1: test accuracy " in shown
    for trial in trials:
        both = (trial.test_accuracy_original + trial.test_accuracy_inverted) / 2
        assert trial.test_accuracy == pytest.approx(both)
        assert len(trial.slopes) == (2 if trial.condition == "learned" else 0)
        assert trial.configuration["train_images"] == 16
        assert trial.configuration["data_sha256"] == data.sha256
        assert trial.versions.keys() == {"python", "actbench", "tensorflow", "keras", "numpy"}
        assert trial.machine["cores"] >= 1
        assert trial.seconds > 0


def test_runs_repeat_exactly(tmp_path, data):
    (first, _), (again, _) = (run_tiny(tmp_path / name, data) for name in "ab")
    for one, other in zip(first, again, strict=True):
        assert (one.curves, one.test_loss, one.slopes) == (
            other.curves,
            other.test_loss,
            other.slopes,
        )


def test_a_second_run_trains_only_what_is_missing(tmp_path, data):
    run_tiny(tmp_path, data, seeds=1)
    before = fingerprints(tmp_path)
    trials, shown = run_tiny(tmp_path, data)
    assert len(trials) == 4
    assert "2 of 4 trials are in" in shown
    assert "2 trials of 2 steps to train" in shown
    after = fingerprints(tmp_path)
    assert before.items() <= after.items()
    again, shown = run_tiny(tmp_path, data)
    assert again == trials
    assert "to train" not in shown
    assert fingerprints(tmp_path) == after


def test_what_cannot_be_read_is_named_kept_and_trained_again(tmp_path, data):
    trials, _ = run_tiny(tmp_path, data)
    damaged = trial_path(tmp_path, trials[1].key)
    damaged.write_text(damaged.read_text()[:100])
    again, shown = run_tiny(tmp_path, data)
    assert f"{damaged}: unreadable" in shown
    assert "3 of 4 trials are in" in shown
    assert len(damaged.read_text()) == 100
    assert again[1].test_loss == trials[1].test_loss


def test_trials_of_another_configuration_are_not_mixed(tmp_path, data):
    run_tiny(tmp_path, data)
    before = fingerprints(tmp_path)
    other = Dataset(255 - data.x_train, data.y_train, data.x_test, data.y_test)
    with pytest.raises(
        actbench.RequestError, match=r"data_sha256 = .* another --store would be"
    ):
        run_tiny(tmp_path, other)
    assert fingerprints(tmp_path) == before


def test_data_that_is_too_small_is_refused(tmp_path, data):
    with pytest.raises(
        actbench.RequestError, match=r"tiny data: 40 training .* too few .* 10000"
    ):
        run(TINY, LARGE, data, store=tmp_path, progress=Progress(io.StringIO()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seeds", [0, -1])
def test_seeds_are_positive(tmp_path, data, seeds):
    with pytest.raises(
        actbench.RequestError, match=f"--seeds {seeds}: 1 or more would be right"
    ):
        run_tiny(tmp_path, data, seeds=seeds)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_goes_on_with_nothing_lost(tmp_path):
    command = [
        sys.executable, "-m", "actbench", "run", "alpha-sweep",
        "--profile", "smoke", "--seeds", "1", "--store", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    deadline = time.monotonic() + 300
    while len(fingerprints(tmp_path)) < 2 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = fingerprints(tmp_path)
    assert 2 <= len(before) < 7
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert f"{len(before)} of 7 trials are in" in done.stderr
    after = fingerprints(tmp_path)
    assert before.items() <= after.items()
    assert len(read_trials(tmp_path, "alpha-sweep")[0]) == 7
    assert "prelu-shared" in done.stdout
