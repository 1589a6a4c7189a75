"""The protocol `tuned`: the choice of learning rates, and runs that choose them."""

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from actbench import RequestError, get
from actbench.data import Dataset
from actbench.experiments import Condition, Experiment, Profile, run
from actbench.experiments.running import trainers
from actbench.experiments.tasks import MNIST, TEXT
from actbench.experiments.tuning import FIRST_SEED, Selection, Tuning, next_rate, select
from actbench.models.member import Member
from actbench.progress import Progress
from actbench.results import read_trials
from actbench.training.settings import Settings
from tests.light_jobs import train_in_worker

RATES = (0.001, 0.002, 0.004, 0.008)
TUNING = Tuning(RATES, seeds=2, extensions=2)


def accuracies(*means, rates=RATES):
    return {rate: [mean - 0.01, mean + 0.01] for rate, mean in zip(rates, means, strict=True)}


@pytest.mark.parametrize(
    ("means", "chosen"),
    [
        ((0.5, 0.9, 0.8, 0.7), 0.002),
        ((0.9, 0.5, 0.8, 0.7), 0.001),
        # The smallest of equal rates is chosen.
        ((0.5, 0.8, 0.8, 0.8), 0.002),
        ((0.0, 0.0, 0.0, 0.0), 0.001),
    ],
)
def test_the_rate_with_the_greatest_mean_accuracy_is_chosen(means, chosen):
    found = accuracies(*means)
    assert select(found) == Selection(chosen, RATES)
    assert select(dict(reversed(found.items()))) == Selection(chosen, RATES)


def test_the_mean_counts_and_not_the_best_seed():
    found = {0.001: [0.9, 0.9], 0.002: [0.99, 0.7], 0.004: [math.nan, 0.99], 0.008: [0.1, 0.1]}
    assert select(found).rate == 0.001


@pytest.mark.parametrize(
    ("rates", "means", "added"),
    [
        (RATES, (0.5, 0.9, 0.8, 0.7), None),
        (RATES, (0.9, 0.8, 0.7, 0.6), 0.0005),
        (RATES, (0.6, 0.7, 0.8, 0.9), 0.016),
        ((0.0003, 0.001, 0.003, 0.01), (0.6, 0.7, 0.8, 0.9), 0.03),
        ((0.0003, 0.001, 0.003, 0.01), (0.9, 0.8, 0.7, 0.6), 0.0001),
        ((*RATES, 0.016), (0.5, 0.6, 0.7, 0.8, 0.9), 0.032),
        # Two rates were added: the budget is spent.
        ((*RATES, 0.016, 0.032), (0.4, 0.5, 0.6, 0.7, 0.8, 0.9), None),
    ],
)
def test_the_grid_is_extended_at_an_edge_while_the_budget_lasts(rates, means, added):
    tuning = Tuning(rates[:4], extensions=2)
    assert next_rate(tuning, accuracies(*means, rates=rates)) == added


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rates": (0.001,)}, "expected 4 or more, got 1"),
        ({"rates": RATES[:3]}, "expected 4 or more, got 3"),
        ({"rates": (0.001, 0.004, 0.002, 0.008)}, "increase, got 0.001, 0.004, 0.002, 0.008"),
        ({"rates": (0.001, 0.001, 0.002, 0.004)}, "positive numbers that increase"),
        ({"rates": (0.0, 0.001, 0.002, 0.004)}, "positive numbers"),
        ({"rates": (*RATES, math.inf)}, "positive numbers"),
        ({"rates": (*RATES, math.nan)}, "positive numbers"),
        ({"rates": RATES, "seeds": 0}, "1 or more seeds and 0 or more extensions, got 0 and"),
        ({"rates": RATES, "extensions": -1}, "got 2 and -1"),
    ],
)
def test_budgets_that_choose_nothing_raise(arguments, message):
    with pytest.raises(RequestError, match=message):
        Tuning(**arguments)


# The best rates by these made-up accuracies: 0.004, which is inside the grid; 0.016 and 0.0005,
# which are added; and none, because the last one is at the edge whatever is added.
BEST = {"relu": 0.004, "elu": 0.016, "tanh": 0.0005, "sigmoid": 1.0}
CHOSEN = {("relu", 0.004), ("elu", 0.016), ("tanh", 0.0005), ("sigmoid", 0.032)}


def tiny(tuning=TUNING, task=None, **changes):
    """Return an experiment that is tuned, and its profile."""
    conditions = tuple(
        Condition(
            f"{name}, {task.name}" if task else name,
            {"activation": name} | ({"task": task.name} if task else {}),
            Member(get(name)), inverted=False, task=task,
        )
        for name in BEST
    )  # fmt: skip
    settings = Settings(epochs=1, batch_size=16, schedule="linear")
    profile = Profile(
        "smoke", settings, 2, train_images=16, validation_images=8,
        tasks=(task.name,) if task else (), tuning=tuning, **changes,
    )  # fmt: skip
    return Experiment("tiny", "Tuned?", conditions, (profile,), lambda _: ()), profile


DATA = Dataset(
    np.zeros((40, 11, 11), np.uint8), np.arange(40, dtype=np.uint8) % 2,
    np.zeros((20, 11, 11), np.uint8), np.arange(20, dtype=np.uint8) % 2,
)  # fmt: skip


def made_up(trial):
    """Return a trial whose validation accuracy is the greater, the nearer its rate is."""
    distance = abs(math.log(trial.setup["learning_rate"] / BEST[trial.factors["activation"]]))
    curves = {
        "accuracy": [0.5], "loss": [1.0], "val_loss": [1.0],
        "val_accuracy": [1 / (1 + distance)],
    }  # fmt: skip
    return replace(trial, curves=curves, correct_images=None)


class Jobs(list[tuple[str, int, int]]):
    """Experiment, seed and number of conditions of each job, at most `limit` of them."""

    limit = 1_000


@pytest.fixture
def jobs(monkeypatch):
    """The jobs of the runs of a test, which train nothing."""
    found = Jobs()

    def train_job(job, data, on_steps):
        on_steps(job.steps)
        if len(found) == found.limit:
            raise KeyboardInterrupt
        found.append((job.experiment.name, job.seed, len(job.conditions)))
        return [made_up(trial) for trial in train_in_worker(job, data, seconds=0)]

    monkeypatch.setattr(trainers, "train_job", train_job)
    monkeypatch.setattr(trainers, "start_tensorflow", lambda: None)
    return found


def run_tiny(store, *, data=DATA, options=None, **changes):
    experiment, profile = tiny(**changes)
    stream = io.StringIO()
    progress = Progress(stream)
    trials = run(experiment, profile, data, store=store, progress=progress, **(options or {}))
    return trials, stream.getvalue()


def test_results_have_the_chosen_rates_and_state_the_budget(tmp_path, jobs):
    trials, shown = run_tiny(tmp_path)
    assert {(t.condition, t.setup["learning_rate"]) for t in trials} == CHOSEN
    assert [trial.seed for trial in trials] == [0] * 4 + [1] * 4
    assert {trial.condition: tuple(trial.setup["tuned_rates"]) for trial in trials} == {
        "relu": RATES, "elu": (*RATES, 0.016, 0.032), "tanh": (0.00025, 0.0005, *RATES),
        "sigmoid": (*RATES, 0.016, 0.032),
    }  # fmt: skip
    assert trials[0].configuration["tuning"] == {
        "metric": "mean validation accuracy after the last epoch",
        "rates": list(RATES), "seeds": [1000, 1001], "extensions": 2,
    }  # fmt: skip
    assert trials[0].configuration["schedule"] == "linear"
    assert (
        "sigmoid: learning rate 0.032 of 0.001, 0.002, 0.004, 0.008, 0.016, 0.032 (an" in shown
    )
    assert "relu: learning rate 0.004 of 0.001, 0.002, 0.004, 0.008\n" in shown
    assert jobs == [
        ("tiny-tuning", 1000, 16), ("tiny-tuning", 1001, 16),
        ("tiny-tuning", 1000, 3), ("tiny-tuning", 1001, 3),
        ("tiny-tuning", 1000, 3), ("tiny-tuning", 1001, 3),
        ("tiny", 0, 4), ("tiny", 1, 4),
    ]  # fmt: skip


def test_tuning_trials_are_documents_with_seeds_of_their_own(tmp_path, jobs):
    run_tiny(tmp_path)
    assert jobs
    trials, faults = read_trials(tmp_path, "tiny-tuning")
    assert not faults
    assert len(trials) == 2 * (16 + 3 + 3)
    assert {trial.seed for trial in trials} == {FIRST_SEED, FIRST_SEED + 1}
    assert all(t.factors["learning_rate"] == t.setup["learning_rate"] for t in trials)
    assert trials[0].condition == "elu, rate 0.001"
    assert all("tuning" not in trial.configuration for trial in trials)


@pytest.mark.parametrize("count", [1, 3, 7])
def test_a_run_continues_with_the_documents_of_an_interrupted_one(tmp_path, jobs, count):
    """The run is interrupted in the grid, in an extension, and in the results."""
    jobs.limit = count
    with pytest.raises(KeyboardInterrupt):
        run_tiny(tmp_path)
    assert len(jobs) == count
    jobs.limit = 8
    trials, _ = run_tiny(tmp_path)
    assert len(jobs) == 8
    assert {(trial.condition, trial.setup["learning_rate"]) for trial in trials} == CHOSEN
    assert run_tiny(tmp_path)[0] == trials
    assert len(jobs) == 8


def test_a_larger_grid_uses_the_trials_of_the_smaller_one(tmp_path, jobs):
    run_tiny(tmp_path)
    (tmp_path / "tiny").rename(tmp_path / "old")
    jobs.clear()
    trials, _ = run_tiny(tmp_path, tuning=Tuning((0.0005, *RATES), extensions=1))
    assert [job for job in jobs if job[0] == "tiny-tuning"] == [
        # ReLU and ELU and the sigmoid lack 0.0005.
        ("tiny-tuning", 1000, 3), ("tiny-tuning", 1001, 3),
    ]  # fmt: skip
    assert {trial.setup["learning_rate"] for trial in trials} == {0.004, 0.016, 0.0005}


def test_results_of_another_budget_are_refused(tmp_path, jobs):
    run_tiny(tmp_path)
    jobs.clear()
    with pytest.raises(RequestError, match="expected a trial with tuning = "):
        run_tiny(tmp_path, tuning=Tuning(RATES, seeds=3))
    assert not jobs


def test_seeds_of_tuning_are_not_for_results(tmp_path, jobs):
    with pytest.raises(RequestError, match=r"--seeds: expected at most 1000, .+ got 1001"):
        run_tiny(tmp_path, options={"seeds": 1001})
    assert not jobs


def test_tuning_needs_validation_images_and_rates_that_are_no_factor(tmp_path, jobs):
    experiment, profile = tiny()
    without = replace(profile, validation_images=0)
    with pytest.raises(RequestError, match="tiny smoke: expected validation images"):
        run(experiment, without, DATA, store=tmp_path, progress=Progress(io.StringIO()))
    factors = {"activation": "relu", "learning_rate": 0.1}
    fixed = replace(experiment.conditions[0], factors=factors)
    with pytest.raises(RequestError, match="relu: expected no learning rate as a factor"):
        run(
            replace(experiment, conditions=(fixed,)), profile, DATA, store=tmp_path,
            progress=Progress(io.StringIO()),
        )  # fmt: skip
    assert not jobs


def test_a_tuning_trial_without_a_validation_curve_is_refused(tmp_path, jobs):
    run_tiny(tmp_path)
    path = next((tmp_path / "tiny-tuning").glob("*relu*.json"))
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"curves": {}}))
    with pytest.raises(RequestError, match="expected the curve val_accuracy, got none"):
        run_tiny(tmp_path)
    assert jobs


def test_other_data_of_a_task_are_refused_with_both_names(tmp_path, jobs):
    run_tiny(tmp_path, task=MNIST)
    jobs.clear()
    other = Dataset(DATA.x_train + 1, DATA.y_train, DATA.x_test, DATA.y_test, origin="a/b/mine")
    expected = (
        r"expected a trial on mine \(SHA-256 .+\), got one on data \(SHA-256 .+\); try an"
    )
    with pytest.raises(RequestError, match=expected):
        run_tiny(tmp_path, data=other, task=MNIST)
    # Another profile of the same task would mix the data in the same folder.
    experiment, profile = tiny(task=MNIST)
    with pytest.raises(RequestError, match=expected):
        run(
            experiment, replace(profile, name="quick"), other, store=tmp_path,
            progress=Progress(io.StringIO()),
        )  # fmt: skip
    assert not jobs
    # The same data may have another name, and another task has its own data.
    _, shown = run_tiny(tmp_path, data=replace(DATA, origin="mine"), task=MNIST)
    assert "task mnist: expected MNIST, got mine; its trials cannot be compared" in shown
    assert not jobs
    trials, _ = run_tiny(tmp_path, data=other, task=TEXT)
    assert len(trials) == 8
