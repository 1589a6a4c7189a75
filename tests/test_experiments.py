"""Runs of experiments from end to end: complete, resumed and refused."""

import hashlib
import importlib
import io
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import actbench
from actbench.activations.user_functions import CallableActivation
from actbench.data import Dataset, load_mnist
from actbench.experiments import (
    Condition,
    Experiment,
    Profile,
    get_experiment,
    get_profile,
    run,
)
from actbench.experiments.catalogue import EXPERIMENTS
from actbench.experiments.inversion import invariance
from actbench.experiments.running import trainers
from actbench.experiments.running.part import parts_of
from actbench.experiments.running.plan import plan_blocks
from actbench.experiments.selection import ChosenActivation, with_activations
from actbench.models.member import Member, leaky, prelu
from actbench.models.network import Flatten, Network
from actbench.progress import Progress
from actbench.provenance import cores
from actbench.results import read_trials, trial_path
from actbench.training import threads
from actbench.training.checkpoint import write_checkpoint
from actbench.training.observers import activity
from actbench.training.settings import Settings
from tests.conftest import FULL
from tests.light_jobs import train_in_worker
from tests.test_results import ODD_NAMES

# `actbench.training.train` is also the name of a function.
train_module = importlib.import_module("actbench.training.train")

SWEEP = get_experiment("alpha-sweep")

TINY = Experiment(
    name="tiny",
    question="Does a run work?",
    conditions_for=lambda _: (),
    keeps_correct_images=True,
    conditions=(
        Condition("zero", {"negative_slope": 0.0}, leaky(0.0)),
        Condition("learned", {"activation": "prelu"}, prelu()),
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


def test_alpha_sweep_has_the_conditions_and_the_protocol_of_the_source():
    names = [condition.name for condition in SWEEP.conditions]
    assert names == [
        "alpha=-1", "alpha=-0.5", "alpha=0", "alpha=0.5", "alpha=1", "prelu", "prelu-shared",
    ]  # fmt: skip
    full = get_profile(SWEEP, "full")
    assert full.settings == Settings(epochs=5, batch_size=128)
    assert (full.train_images, full.validation_images, full.test_images) == (None, 5_000, None)
    assert full.seeds >= 10
    assert get_profile(SWEEP, "quick").seeds >= 3


def test_a_run_writes_one_document_per_trial(tmp_path, data):
    trials, shown = run_tiny(tmp_path, data)
    assert [(t.seed, t.condition) for t in trials] == [
        (0, "zero"), (0, "learned"), (1, "zero"), (1, "learned"),
    ]  # fmt: skip
    assert sorted(read_trials(tmp_path, "tiny")[0], key=str) == sorted(trials, key=str)
    assert "4 trials to train, 8 steps in total" in shown
    assert "[4/4] learned, seed 1: test accuracy " in shown
    for trial in trials:
        both = (trial.test_accuracy_original + trial.test_accuracy_inverted) / 2
        assert trial.test_accuracy == pytest.approx(both)
        assert len(trial.trained_parameters) == (2 if trial.condition == "learned" else 0)
        assert trial.configuration["train_images"] == 16
        assert trial.configuration["data_sha256"] == data.sha256
        assert trial.versions.keys() == {"python", "actbench", "tensorflow", "keras", "numpy"}
        assert trial.machine["cores"] >= 1
        assert trial.seconds > 0


def test_runs_are_repeatable_bit_by_bit(tmp_path, data):
    (first, _), (again, _) = (run_tiny(tmp_path / name, data) for name in "ab")
    for one, other in zip(first, again, strict=True):
        assert (one.curves, one.test_loss, one.trained_parameters) == (
            other.curves,
            other.test_loss,
            other.trained_parameters,
        )


def test_a_second_run_trains_only_missing_trials(tmp_path, data):
    run_tiny(tmp_path, data, seeds=1)
    before = fingerprints(tmp_path)
    trials, shown = run_tiny(tmp_path, data)
    assert len(trials) == 4
    assert "2 of 4 trials are in" in shown
    assert "2 trials to train, 4 steps in total" in shown
    after = fingerprints(tmp_path)
    assert before.items() <= after.items()
    again, shown = run_tiny(tmp_path, data)
    assert again == trials
    assert "to train" not in shown
    assert fingerprints(tmp_path) == after


def test_damaged_documents_are_reported_kept_and_trained_again(tmp_path, data):
    trials, _ = run_tiny(tmp_path, data)
    damaged = trial_path(tmp_path, trials[1].key)
    damaged.write_text(damaged.read_text()[:100])
    again, shown = run_tiny(tmp_path, data)
    assert f"{damaged}: expected a valid document, got an error: " in shown
    assert "3 of 4 trials are in" in shown
    assert len(damaged.read_text()) == 100
    # In a block of its own, the sums of a member are rounded differently.
    assert again[1].test_loss == pytest.approx(trials[1].test_loss, rel=1e-5)


def test_trials_with_another_configuration_raise(tmp_path, data):
    run_tiny(tmp_path, data)
    before = fingerprints(tmp_path)
    images = 255 - data.x_train
    other = Dataset(images, data.y_train, data.x_test, data.y_test, origin="unknown")
    with pytest.raises(
        actbench.RequestError,
        match=r"expected a trial on unknown \(SHA-256 \w{12}…\), got one on tiny data "
        r"\(SHA-256 \w{12}…\); try another --store",
    ):
        run_tiny(tmp_path, other)
    assert fingerprints(tmp_path) == before


def test_data_with_too_few_images_raises(tmp_path, data):
    with pytest.raises(
        actbench.RequestError,
        match=r"expected at least 10000 training and 1 test images, got 40 and 20",
    ):
        run(TINY, LARGE, data, store=tmp_path, progress=Progress(io.StringIO()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seeds", [0, -1])
def test_numbers_of_seeds_that_are_not_positive_raise(tmp_path, data, seeds):
    with pytest.raises(
        actbench.RequestError, match=f"--seeds: expected 1 or more, got {seeds}"
    ):
        run_tiny(tmp_path, data, seeds=seeds)
    assert list(tmp_path.iterdir()) == []


def without_times(store, experiment="alpha-sweep"):
    return [
        replace(trial, started="", seconds=0.0, seconds_per_step=0.0)
        for trial in read_trials(store, experiment)[0]
    ]


class KilledError(BaseException):
    """Stands for the signal that kills a run."""


def test_a_run_that_ends_after_an_epoch_continues_from_the_checkpoint(
    tmp_path, data, monkeypatch
):
    profile = replace(SMOKE, settings=replace(SMOKE.settings, epochs=2))

    def run_in(store):
        stream = io.StringIO()
        run(TINY, profile, data, store=store, seeds=1, progress=Progress(stream))

    def interrupted(*arguments):
        write_checkpoint(*arguments)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(train_module, "write_checkpoint", interrupted)
        with pytest.raises(KilledError):
            run_in(tmp_path / "interrupted")
    assert fingerprints(tmp_path) == {}
    (checkpoint,) = (tmp_path / "interrupted").glob("*/*.partial")
    with monkeypatch.context() as patch:
        epochs, train_epoch = [], train_module._train_epoch

        def recorded(*arguments):
            epochs.append(arguments[4])
            return train_epoch(*arguments)

        patch.setattr(train_module, "_train_epoch", recorded)
        run_in(tmp_path / "interrupted")
    assert epochs == [(0, 1)]
    assert not checkpoint.exists()
    run_in(tmp_path / "whole")
    found = [without_times(tmp_path / name, "tiny") for name in ("interrupted", "whole")]
    assert len(found[0]) == 2
    assert found[0] == found[1]


def write_half(path):
    """Write the first half of a checkpoint."""
    np.savez(path, description=np.array("{}"), weights=np.zeros(1000))
    whole = path.with_name(f"{path.name}.npz")
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()


@pytest.mark.parametrize(
    "spoil",
    [write_half, lambda path: path.write_bytes(b"not a checkpoint"), lambda path: path.touch()],
    ids=["half", "text", "empty"],
)
def test_a_damaged_checkpoint_is_ignored(tmp_path, data, spoil):
    (expected, *_), _ = run_tiny(tmp_path / "a", data, seeds=1)
    (part,) = parts_of(TINY, SMOKE, data)
    plan, *_ = plan_blocks(part, [], seeds=[0], store=tmp_path / "b")
    checkpoint = plan.job.lock.with_suffix(".partial")
    assert plan.job.checkpoint == checkpoint
    checkpoint.parent.mkdir(parents=True)
    spoil(checkpoint)
    spoil(checkpoint.with_name("smoke_seed-0_block-0.partial"))
    (got, *_), _ = run_tiny(tmp_path / "b", data, seeds=1)
    assert got.test_loss == expected.test_loss
    assert not list(tmp_path.glob("*/*/*.partial"))


def test_conditions_with_other_networks_batches_or_images_form_other_blocks(tmp_path, data):
    relu = leaky(0.0)
    experiment = replace(
        TINY,
        conditions=(
            Condition("plain", {}, relu, inverted=False),
            Condition("inverted", {}, relu),
            Condition("batch", {}, relu, batch_size=8, inverted=False),
            Condition("network", {}, relu, network=Network((Flatten(),)), inverted=False),
            Condition("element", {}, prelu(granularity="element"), inverted=False),
        ),
        observers=(activity,),
        measure=lambda block, _: [{"members": len(block.members)} for _ in block.members],
    )
    stream = io.StringIO()
    trials = run(experiment, SMOKE, data, store=tmp_path, seeds=1, progress=Progress(stream))
    found = {trial.condition: trial for trial in trials}
    assert {name: trial.measured["members"] for name, trial in found.items()} == {
        "plain": 2, "element": 2, "inverted": 1, "batch": 1, "network": 1,
    }  # fmt: skip
    assert [found[name].setup["batch_size"] for name in ("plain", "batch")] == [16, 8]
    assert np.shape(found["plain"].measured["dead"]) == (2, 2)
    assert found["plain"].is_correct.shape == (40,)
    assert found["plain"].is_correct.mean() == pytest.approx(found["plain"].test_accuracy)
    output = stream.getvalue()
    assert "5 trials to train, 7 steps in total" in output
    assert "element: it has trained parameters for each element" in output
    # A condition that has changed is not compared with its old trials.
    other = replace(
        experiment, conditions=(Condition("plain", {}, leaky(0.5), inverted=False),)
    )
    with pytest.raises(
        actbench.RequestError,
        match=r"activation = leaky_relu\(negative_slope=0.5\), got leaky_relu",
    ):
        run(other, SMOKE, data, store=tmp_path, seeds=1, progress=Progress(stream))


def test_an_experiment_can_merge_labels_into_classes(tmp_path, data):
    one_class_less = replace(TINY, classes=((1,), (0,)))
    (trial, *_) = run(
        one_class_less, SMOKE, data, store=tmp_path, seeds=1, progress=Progress(io.StringIO())
    )
    assert trial.configuration["classes"] == 2
    assert trial.configuration["data_sha256"] != data.sha256


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_experiments_are_complete_and_consistent(experiment):
    assert experiment.question.endswith("?")
    names = [condition.name for condition in experiment.conditions]
    assert len(set(names)) == len(names) >= 2
    profiles = {profile.name: profile for profile in experiment.profiles}
    assert {"smoke", "quick", "full"} <= set(profiles)
    full = profiles["full"]
    for condition in experiment.within(full).conditions:
        assert full.of_task(condition.task).validation_images > 0
    chosen = [ChosenActivation(actbench.get("formula:x * tanh(x)"))]
    extended = with_activations(experiment, chosen)
    assert len(extended.conditions) > len(names)
    assert with_activations(extended, chosen) == extended
    factors = [tuple(sorted(each.factors.items())) for each in extended.conditions]
    assert len(set(factors)) == len(factors)
    assert all("activation" in each.factors for each in extended.conditions)


def test_a_profile_can_select_networks():
    gelu = ChosenActivation(actbench.get("gelu"))
    depth = with_activations(get_experiment("depth"), [gelu])
    reduced = depth.within(get_profile(depth, "reduced"))
    assert [condition.name for condition in reduced.conditions] == [
        f"{name}, depth {layers}"
        for name in ("relu", "swish", "mish", "gelu")
        for layers in (15, 21)
    ]
    assert depth.within(get_profile(depth, "full")) == depth


def test_a_run_trains_only_the_conditions_of_its_profile(tmp_path, data):
    small = Network((Flatten(),))
    more = replace(
        TINY, conditions=(*TINY.conditions, Condition("small", {}, leaky(0.0), small))
    )
    trials = run(
        more, replace(SMOKE, networks=(small,)), data, store=tmp_path, seeds=1,
        progress=Progress(io.StringIO()),
    )  # fmt: skip
    assert [trial.condition for trial in trials] == ["small"]


@pytest.mark.parametrize(("factor", "agreement"), [(1.0, 1.0), (-1.0, 0.0)])
def test_invariance_compares_the_outputs_for_images_and_their_inverses(factor, agreement):
    logits = np.random.default_rng(0).standard_normal((1, 50, 10))
    block: Any = SimpleNamespace(logits=lambda images: images * logits)
    data: Any = SimpleNamespace(test_original=(1.0, None), test_inverted=(factor, None))
    (found,) = invariance(block, data)
    assert found["agreement"] == agreement
    assert found["logit_correlation"] == pytest.approx(factor)


# Experiment ↦ the shape of each measurement in a document. The smoke profile has two epochs, so
# observed quantities have three entries.
MEASURED: dict[str, dict[str, tuple[int, ...]]] = {
    "inversion": {"agreement": (), "logit_correlation": ()},
    "loss-functions": {
        "mse": (3,), "crossentropy": (3,), "calibration_error": (),
        "gradient_of_errors": (), "test_mse": (), "test_crossentropy": (),
    },
    "smoothness": {"loss": (), "top_eigenvalue": (), "trace": (), "plane": (21, 21)},
}  # fmt: skip


@pytest.mark.parametrize("name", MEASURED)
def test_documents_contain_the_measurements_of_the_experiment(tmp_path, monkeypatch, name):
    shapes = MEASURED[name]
    if not FULL:
        # The plane of the loss then has 9 points instead of 441.
        monkeypatch.setattr("actbench.experiments.smoothness.POINTS", 3)
        shapes = shapes | ({"plane": (3, 3)} if "plane" in shapes else {})
    experiment = get_experiment(name)
    first = replace(experiment, conditions=experiment.conditions[:2])
    trials = run(
        first, get_profile(first, "smoke"), load_mnist(), store=tmp_path, seeds=1,
        progress=Progress(io.StringIO()),
    )  # fmt: skip
    read, faults = read_trials(tmp_path, name)
    assert not faults
    assert [t.measured for t in read] == [
        t.measured for t in sorted(trials, key=lambda t: t.key)
    ]
    for trial in read:
        assert {key: np.shape(value) for key, value in trial.measured.items()} == shapes
        assert all(np.isfinite(value).all() for value in trial.measured.values())
    first_trial = read[0].measured
    if name == "loss-functions":
        # At the first weights, the outputs of two classes are near 1/2: (1 − p)² and −ln p.
        assert first_trial["mse"][0] == pytest.approx(0.25, abs=0.1)
        assert first_trial["crossentropy"][0] == pytest.approx(np.log(2), abs=0.2)
    elif name == "smoothness":
        # The centre of the plane is the trained network.
        centre = first_trial["plane"][len(first_trial["plane"]) // 2]
        assert centre[len(centre) // 2] == pytest.approx(first_trial["loss"], abs=1e-5)


@pytest.fixture
def light(monkeypatch):
    """Runs train nothing, and make up trials."""
    monkeypatch.setattr(trainers, "train_job", lambda job, at, _: train_in_worker(job, at, 0))
    monkeypatch.setattr(trainers, "start_tensorflow", lambda: None)


@pytest.mark.usefixtures("light")
def test_trials_of_names_of_any_kind_are_found_when_a_run_continues(tmp_path, data):
    conditions = tuple(Condition(name, {}, leaky(0.0)) for name in ODD_NAMES if name)

    def run_seeds(seeds):
        stream = io.StringIO()
        run(
            replace(TINY, conditions=conditions), SMOKE, data,
            store=tmp_path, seeds=seeds, progress=Progress(stream),
        )  # fmt: skip
        return stream.getvalue()

    count = len(conditions)
    run_seeds(1)
    before = fingerprints(tmp_path)
    assert len(before) == count
    assert f"{count} of {2 * count} trials are in" in run_seeds(2)
    assert before.items() <= fingerprints(tmp_path).items()
    assert "to train" not in run_seeds(2)
    assert len(fingerprints(tmp_path)) == 2 * count


def test_a_function_without_a_gradient_is_refused_in_one_line(tmp_path, data):
    activation = CallableActivation("user_module:f", np.tanh)
    experiment = replace(TINY, conditions=(Condition("f", {}, Member(activation)),))
    with pytest.raises(actbench.RequestError, match=r"^user_module:f: expected .+$") as caught:
        run(experiment, SMOKE, data, store=tmp_path, progress=Progress(io.StringIO()))
    assert "\n" not in str(caught.value)
    assert fingerprints(tmp_path) == {}
    assert list((tmp_path / "tiny").iterdir()) == []


def code_of(store):
    return {trial.setup.get("code") for trial in read_trials(store, "tiny")[0]}


@pytest.mark.usefixtures("light")
def test_a_run_does_not_mix_results_of_edited_code(tmp_path, data):
    def run_with(function, seeds):
        activation = CallableActivation("user_module:f", function)
        conditions = (Condition("f", {}, Member(activation)),)
        run(
            replace(TINY, conditions=conditions), SMOKE, data,
            store=tmp_path, seeds=seeds, progress=Progress(io.StringIO()),
        )  # fmt: skip
        return code_of(tmp_path)

    (code,) = run_with(lambda x: 2 * x, seeds=1)
    assert run_with(lambda x: 2 * x, seeds=2) == {code}
    with pytest.raises(
        actbench.RequestError,
        match=rf"tiny/smoke_f_seed-0\.json: expected a trial of the code of user_module:f as "
        rf"it is now, \w+, got one of other code, {code}; try another --store, or another",
    ):
        run_with(lambda x: 3 * x, seeds=3)
    assert len(read_trials(tmp_path, "tiny")[0]) == 2


def test_documents_state_workers_and_threads_and_another_number_is_reported(
    tmp_path, data, monkeypatch
):
    (trial, *_), _ = run_tiny(tmp_path, data, seeds=1)
    assert trial.machine["workers"] == 1
    assert trial.machine["threads_per_worker"] == cores()
    monkeypatch.setattr(threads, "cores", lambda: 77)
    trials, shown = run_tiny(tmp_path, data, seeds=2)
    assert {each.machine["threads_per_worker"] for each in trials} == {cores(), 77}
    assert shown.count(f"trials of {cores()} threads per worker, and now of 77: losses") == 1


NAN = Condition("nan", {"activation": "nan"}, Member(actbench.get("formula:sqrt(x)")))


def test_a_network_that_diverges_predicts_nothing(tmp_path, data):
    experiment = replace(TINY, conditions=(NAN, *TINY.conditions), measure=invariance)
    stream = io.StringIO()
    trials = run(experiment, SMOKE, data, store=tmp_path, seeds=1, progress=Progress(stream))
    assert [trial.diverged for trial in trials] == [True, False, False]
    assert "nan, seed 0: diverged" in stream.getvalue()
    for trial in (trials[0], read_trials(tmp_path, "tiny")[0][1]):
        assert trial.condition == "nan"
        assert not trial.is_correct.any()
        assert trial.test_accuracy == trial.curves["accuracy"][0] == 0
        assert np.isnan(trial.measured["agreement"])
    assert json.loads(trial_path(tmp_path, trials[0].key).read_text())["diverged"] is True
