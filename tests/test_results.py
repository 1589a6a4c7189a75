"""Trial documents: written completely or not at all, validated, migrated, never overwritten."""

import errno
import json
import math
import os
import platform
import re
from dataclasses import asdict, fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import actbench
from actbench import provenance
from actbench.conformance.documents import path_of
from actbench.experiments.catalogue import EXPERIMENTS
from actbench.experiments.selection import ChosenActivation, with_activations
from actbench.files import complete_file, convert, remove_abandoned
from actbench.results import (
    Trial,
    decode_correct_images,
    encode_correct_images,
    file_stem,
    prepare_store,
    read_trial,
    read_trials,
    trial_path,
    write_document,
    write_trial,
)
from actbench.results.migration import factors_in_name
from actbench.results.schema import Machine, TrialDocument

TRIAL = Trial(
    experiment="alpha-sweep",
    profile="smoke",
    condition="prelu",
    factors={"activation": "prelu", "sharing": "channel"},
    seed=3,
    test_accuracy=0.5,
    test_loss=1.25,
    test_accuracy_original=1.0,
    test_loss_original=1.0,
    test_accuracy_inverted=0.0,
    test_loss_inverted=1.5,
    curves={"accuracy": [0.25, 0.5], "loss": [2.0, 1.5]},
    trained_parameters=[[-0.5, 0.25], [0.0, 1.0]],
    measured={"dead": [[0.0], [0.5]]},
    correct_images=encode_correct_images([True, False]),
    parameters=27_954,
    configuration={"epochs": 2, "test_images": 1, "stop_below_loss": None},
    setup={"activation": "prelu", "granularity": "channel"},
    versions={"python": "3.11"},
    machine={"cpu": "a processor", "cores": 2, "system": "Linux"},
    started="2026-01-01T00:00:00+00:00",
    seconds=1.5,
    seconds_per_step=0.01,
)


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_trials_are_read_as_they_were_written(tmp_path):
    trials = [replace(TRIAL, seed=seed) for seed in (2, 0, 1)]
    for trial in trials:
        path = write_trial(tmp_path, trial)
        assert path == trial_path(tmp_path, trial.key)
    read, faults = read_trials(tmp_path, "alpha-sweep")
    assert read == sorted(trials, key=lambda t: t.seed)
    assert faults == []
    assert names(tmp_path) == [f"smoke_prelu_seed-{seed}.json" for seed in range(3)]


def test_results_per_image_are_kept_as_compressed_bits():
    assert TRIAL.is_correct.tolist() == [True, False]
    with pytest.raises(ValueError, match="alpha-sweep: expected results per image, got none"):
        _ = replace(TRIAL, correct_images=None).is_correct


@given(st.lists(st.booleans(), max_size=50))
def test_results_per_image_survive_encoding(is_correct):
    text = encode_correct_images(is_correct)
    assert decode_correct_images(text, len(is_correct)).tolist() == is_correct


def document_of_schema_2(trial, right):
    """The document that an older version wrote for the same trial."""
    document = asdict(trial) | {"schema": 2, "right": right}
    document["slopes"] = document.pop("trained_parameters")
    document["setup"]["per"] = document["setup"].pop("granularity")
    document["configuration"]["until"] = document["configuration"].pop("stop_below_loss")
    del document["factors"], document["correct_images"]
    return document


def test_documents_of_schema_2_are_migrated_when_they_are_read(tmp_path):
    path = write_document(
        trial_path(tmp_path, TRIAL.key), document_of_schema_2(TRIAL, right="gA==")
    )
    before = path.read_bytes()
    assert read_trials(tmp_path, "alpha-sweep") == ([TRIAL], [])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("experiment", "profile", "factors", "expected"),
    [
        ("ranking", "full", {"activation": "mish"}, "source"),
        ("ranking", "full", {"activation": "mish", "task": "text"}, "full"),
        ("ranking", "quick", {"activation": "mish"}, "quick"),
        ("depth", "full", {"activation": "mish"}, "full"),
    ],
)
def test_the_former_full_profile_of_the_ranking_is_read_as_source(
    tmp_path, experiment, profile, factors, expected
):
    trial = replace(TRIAL, experiment=experiment, profile=profile, factors=factors)
    write_trial(tmp_path, trial)
    (read,), faults = read_trials(tmp_path, experiment)
    assert read == replace(trial, profile=expected)
    assert faults == []


def test_a_damaged_document_of_schema_2_is_reported(tmp_path):
    path = trial_path(tmp_path, TRIAL.key)
    write_document(path, document_of_schema_2(TRIAL, right="?"))
    trials, (fault,) = read_trials(tmp_path, "alpha-sweep")
    assert (trials, fault.path) == ([], path)


USER_FUNCTION = actbench.get("formula:x * tanh(x)")


LATER_EXPERIMENTS = {"gradient-gain", "batch-size-epochs", "batch-size-steps", "regularisation"}


# Schema 2 did not have the later experiments and conditions, and no tasks.
@pytest.mark.parametrize(
    "experiment",
    [each for each in EXPERIMENTS if each.name not in LATER_EXPERIMENTS],
    ids=lambda each: each.name,
)
def test_migration_finds_the_factors_of_all_conditions(experiment):
    for condition in with_activations(experiment, [ChosenActivation(USER_FUNCTION)]).conditions:
        if condition.task is not None or "start" in condition.factors:
            continue
        factors = factors_in_name(experiment.name, condition.name)
        assert factors == condition.factors
        assert [type(factors[name]) for name in condition.factors] == [
            type(value) for value in condition.factors.values()
        ]


def test_migration_takes_other_names_for_activations():
    assert factors_in_name("a plug-in's", "mish, depth 2") == {"activation": "mish, depth 2"}


def test_accuracy_as_trained_counts_inverted_images_only_if_they_were_trained_on():
    for with_inverted, accuracy in ((True, TRIAL.test_accuracy), (False, 0.75)):
        trial = replace(
            TRIAL, test_accuracy_original=0.75, setup={"inverted_copies": with_inverted}
        )
        assert trial.test_accuracy_as_trained == accuracy


def test_an_empty_or_missing_store_has_no_trials(tmp_path):
    assert read_trials(tmp_path, "alpha-sweep") == ([], [])
    assert read_trials(tmp_path / "missing", "alpha-sweep") == ([], [])


@given(
    images=st.integers(1, 10**8),
    correct=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    losses=st.tuples(st.floats(0, 1e300), st.floats(0, 1e300)),
    slope=st.floats(-1e300, 1e300),
)
def test_numbers_are_read_bit_by_bit_as_written(
    tmp_path_factory, images, correct, losses, slope
):
    store = tmp_path_factory.mktemp("store")
    original, inverted = (round(part * images) / images for part in correct)
    trial = replace(
        TRIAL,
        test_accuracy=(original + inverted) / 2,
        test_accuracy_original=original,
        test_accuracy_inverted=inverted,
        test_loss=sum(losses) / 2,
        test_loss_original=losses[0],
        test_loss_inverted=losses[1],
        trained_parameters=[[slope]],
        correct_images=None,
        configuration=TRIAL.configuration | {"test_images": images},
    )
    write_trial(store, trial)
    assert read_trials(store, "alpha-sweep") == ([trial], [])


def test_a_loss_that_diverged_is_null_in_the_file_and_nan_when_read(tmp_path):
    trial = replace(
        TRIAL,
        test_loss=math.inf,
        test_loss_original=math.inf,
        curves={"loss": [1.0, math.nan]},
    )
    text = write_trial(tmp_path, trial).read_text()

    def refuse(constant):
        raise AssertionError(constant)

    document = json.loads(text, parse_constant=refuse)
    assert document["test_loss"] is None
    (read,), _ = read_trials(tmp_path, "alpha-sweep")
    assert math.isnan(read.test_loss)
    assert math.isnan(read.curves["loss"][1])


def test_documents_are_read_from_subfolders_and_under_any_name(tmp_path):
    path = write_trial(tmp_path, TRIAL)
    other = path.parent / "machine-b"
    other.mkdir()
    path.rename(other / "any name.json")
    assert read_trials(tmp_path, "alpha-sweep") == ([TRIAL], [])


WHOLE = asdict(TRIAL)


def without(name):
    return {key: value for key, value in WHOLE.items() if key != name}


# Name of the fault -> content of a file, part of the reason that is reported.
INVALID = {
    "empty": ("", "expected JSON, got an error: Expecting value"),
    "half": (json.dumps(WHOLE)[:200], "expected a valid document, got an error: "),
    "binary": ("\xff\xfe\x00", "expected UTF-8 text, got the byte 0xff at position 0"),
    "a list": ("[]", "expected a JSON object, got a list"),
    "deep": ("[" * 100_000, "expected a depth of at most 32, got more"),
    "twice": ('{"seed": 1, "seed": 2}', "expected one value of each name, got a second 'seed'"),
    "infinite": ('{"seed": Infinity}', "expected a number that JSON has, got Infinity"),
    "too large": ('{"seed": 1e999}', "expected a float64 number, got 1e999"),
    "digits": ('{"seed": ' + "1" * 9999 + "}", "expected an integer of at most 64 bits, got 1"),
    "surrogate": ('{"seed": "\\ud800"}', "expected valid Unicode, got a lone surrogate"),
    "missing": (json.dumps(without("seed")), "missing: seed"),
}

# Name of the fault -> changed fields, part of the reason that is reported.
CHANGED: dict[str, tuple[dict[str, object], str]] = {
    "more": ({"extra": 1}, "got unknown: 'extra'; missing: none"),
    "schema": ({"schema": 99}, "schema: expected 3, got 99"),
    "percent": ({"test_accuracy": 98.2}, "test_accuracy: expected float <= 1.0, got 98.2"),
    "no accuracy": (
        {"test_accuracy_inverted": None},
        "test_accuracy_inverted: expected float, got None",
    ),
    "true": ({"test_accuracy": True}, "test_accuracy: expected float, got True"),
    "loss": ({"test_loss": "1"}, "test_loss: expected float | null, got '1'"),
    "negative loss": ({"test_loss": -1}, "test_loss: expected float >= 0.0, got -1"),
    "seed": ({"seed": 1.5}, "seed: expected int, got 1.5"),
    "negative seed": ({"seed": -1}, "seed: expected int >= 0, got -1"),
    "name": ({"condition": 5}, "condition: expected str, got 5"),
    "no name": ({"condition": ""}, "condition: expected str of length >= 1, got ''"),
    "lines": ({"experiment": "\n"}, r"experiment: expected str matching regex"),
    "a profile": ({"profile": "../full"}, "profile: expected str matching regex"),
    "no bits": (
        {"correct_images": "?"},
        "correct_images: expected compressed bits, got an error: ",
    ),
    "few bits": (
        {"correct_images": encode_correct_images([])},
        "correct_images: expected a bit for each of 2 images, got 0 bits",
    ),
    "many bits": (
        {"correct_images": encode_correct_images([True] * 9)},
        "correct_images: expected compressed bits, got an error: expected content of at most",
    ),
    "a factor": (
        {"factors": {"depth": [2]}},
        "factors[...]: expected bool | int | float | str, got [2]",
    ),
    "curves": ({"curves": [1]}, "curves: expected object, got [1]"),
    "a curve": ({"curves": {"loss": 1}}, "curves[...]: expected array, got 1"),
    "slopes": (
        {"trained_parameters": [["a"]]},
        "trained_parameters[0][0]: expected float, got 'a'",
    ),
    "time": ({"seconds": -1}, "seconds: expected float >= 0.0, got -1"),
    "text": ({"measured": {"loss": ["low"]}}, "measured[...][0]: expected "),
    "no machine": ({"machine": {}}, "machine: expected the field "),
    "no processor": (
        {"machine": WHOLE["machine"] | {"cpu": ""}},
        "machine.cpu: expected str of length >= 1, got ''",
    ),
    "no versions": ({"versions": {}}, "versions: expected object of length >= 1"),
    "no epochs": (
        {"configuration": {"test_images": 1}},
        "configuration: expected the field epochs, got none",
    ),
    "no images": (
        {"configuration": {"test_images": 0, "epochs": 2}},
        "configuration.test_images: expected int >= 1, got 0",
    ),
    "a batch": (
        {"setup": {"batch_size": "128"}},
        "setup.batch_size: expected int, got '128'",
    ),
    "other experiment": (
        {"experiment": "other"},
        "expected a trial of alpha-sweep, got one of other",
    ),
    # Entries that contradict each other.
    "another mean": (
        {"test_accuracy": 0.999},
        "test_accuracy: expected 0.5, the mean of original and inverted images, got 0.999",
    ),
    "other bits": (
        {"correct_images": encode_correct_images([False, False])},
        "test_accuracy_original: expected 0, as correct_images says, got 1",
    ),
    "swapped bits": (
        {"correct_images": encode_correct_images([False, True])},
        "test_accuracy_original: expected 0, as correct_images says, got 1",
    ),
    "parts of an image": (
        {"test_accuracy": 0.75, "test_accuracy_inverted": 0.5, "correct_images": None},
        "test_accuracy_inverted: expected a multiple of 1/1, because there are 1 test images",
    ),
    "another mean loss": (
        {"test_loss": 1.0},
        "test_loss: expected 1.25, the mean of original and inverted images, got 1",
    ),
    "a loss of null": ({"test_loss": None}, "test_loss: expected 1.25, the mean of "),
    "a part of null": (
        {"test_loss_original": None},
        "test_loss: expected null, because a part of it is null, got 1.25",
    ),
    "short curves": (
        {"curves": {"loss": [1.0]}},
        "curves.loss: expected 2 values, one for each epoch as in all curves, got 1",
    ),
    "long curves": (
        {
            "curves": {"loss": [1.0] * 3},
            "configuration": WHOLE["configuration"] | {"patience": 1},
        },
        "curves.loss: expected at most 2 values, one for each epoch as in all curves, got 3",
    ),
    "unequal curves": (
        {
            "curves": {"loss": [1.0], "accuracy": [0.5, 0.5]},
            "configuration": WHOLE["configuration"] | {"patience": 1},
        },
        "curves.accuracy: expected at most 2 values, one for each epoch as in all curves",
    ),
    "no epoch": ({"curves": {"loss": []}}, "curves[...]: expected array of length >= 1"),
    "a percentage": (
        {"curves": {"accuracy": [0.5, 98.2]}},
        "curves.accuracy: expected fractions, got 98.2",
    ),
    "no validation": (
        {"configuration": WHOLE["configuration"] | {"validation_images": 10}},
        "curves: expected validation curves, because there are 10 validation images, got",
    ),
    "validation": (
        {
            "configuration": WHOLE["configuration"] | {"validation_images": 0},
            "curves": {"val_loss": [1.0, 1.0]},
        },
        "curves: expected no validation curves, because there are 0 validation images, got",
    ),
    "another factor": (
        {"factors": {"batch_size": 64}, "setup": {"batch_size": 128}},
        "factors.batch_size: expected 128, as in setup, got 64",
    ),
    "untrained slopes": (
        {"setup": {"trained_parameters": []}},
        "trained_parameters: expected none, because the setup trains none, got 2 layers",
    ),
    "ragged lists": (
        {"measured": {"dead": [[0.0], [0.5, 0.5]]}},
        "measured.dead: expected a number or an array of numbers, got lists of several",
    ),
    "yesterday": ({"started": "yesterday"}, "started: expected a time in ISO 8601, got"),
    "divergence": (
        {"diverged": True},
        "diverged: expected false, because all losses are finite, got true",
    ),
}
INVALID |= {
    name: (json.dumps(WHOLE | fields), message) for name, (fields, message) in CHANGED.items()
}


def test_the_schema_has_the_fields_of_a_trial():
    assert TrialDocument.__annotations__.keys() == {field.name for field in fields(Trial)}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_documents_are_reported_ignored_and_kept(tmp_path, name):
    content, message = INVALID[name]
    good = write_trial(tmp_path, replace(TRIAL, seed=0))
    bad = good.with_name("bad.json")
    bad.write_text(content, encoding="latin-1")
    trials, faults = read_trials(tmp_path, "alpha-sweep")
    assert [trial.seed for trial in trials] == [0]
    assert [fault.path for fault in faults] == [bad]
    assert message in str(faults[0])
    assert str(bad) in str(faults[0])
    assert "\n" not in str(faults[0])
    assert bad.exists()


@pytest.mark.parametrize("name", ["smoke_prelu_seed-3.json.123.tmp", "a.0123abcd.tmp"])
def test_temporary_files_of_killed_runs_are_removed_and_not_reported(tmp_path, name):
    path = write_trial(tmp_path, TRIAL)
    left, notes = path.with_name(name), path.with_name("notes.tmp")
    left.write_text("{")
    notes.write_text("of the user")
    assert read_trials(tmp_path, "alpha-sweep") == ([TRIAL], [])
    with complete_file(path.with_name("other.json")) as file:
        (alive,) = set(path.parent.glob("other.json.*.tmp"))
        remove_abandoned(tmp_path)
        assert alive.exists()
        file.write(b"complete")
    assert names(tmp_path) == ["notes.tmp", "other.json", path.name]


def test_a_second_document_of_a_trial_is_reported(tmp_path):
    path = write_trial(tmp_path, TRIAL)
    copy = path.with_name("zzz.json")
    copy.write_bytes(path.read_bytes())
    trials, faults = read_trials(tmp_path, "alpha-sweep")
    assert trials == [TRIAL]
    assert [fault.path for fault in faults] == [copy]


def test_an_existing_file_is_never_overwritten(tmp_path):
    path = trial_path(tmp_path, TRIAL.key)
    path.parent.mkdir()
    path.write_text("half a docum")
    written = write_trial(tmp_path, TRIAL)
    assert path.read_text() == "half a docum"
    trials, faults = read_trials(tmp_path, "alpha-sweep")
    assert trials == [TRIAL]
    assert [fault.path for fault in faults] == [path]
    assert written.name == "smoke_prelu_seed-3.2.json"


@pytest.mark.parametrize("fails", ["os.fsync", "os.link", "pathlib.Path.replace"])
def test_a_full_disk_raises_and_leaves_no_partial_file(tmp_path, monkeypatch, fails):
    write_trial(tmp_path, replace(TRIAL, seed=0))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(fails, full)
    replaces = fails == "pathlib.Path.replace"
    with pytest.raises(
        actbench.RequestError, match=r"seed-3\.json: expected a writable path, got 'No space"
    ):
        _ = (
            write_document(trial_path(tmp_path, TRIAL.key), asdict(TRIAL))
            if replaces
            else write_trial(tmp_path, TRIAL)
        )
    assert names(tmp_path) == ["smoke_prelu_seed-0.json"]


def test_a_document_of_the_same_trial_is_kept(tmp_path):
    first = write_trial(tmp_path, TRIAL)
    content = first.read_bytes()
    assert write_trial(tmp_path, replace(TRIAL, seconds=2.0)) == first
    assert (names(tmp_path), first.read_bytes()) == ([first.name], content)


def test_a_file_system_without_links_keeps_existing_files(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.link", refuse)
    path = trial_path(tmp_path, TRIAL.key)
    path.parent.mkdir()
    path.write_text("half a docum")
    assert write_trial(tmp_path, TRIAL).name == "smoke_prelu_seed-3.2.json"
    assert path.read_text() == "half a docum"
    assert read_trials(tmp_path, "alpha-sweep")[0] == [TRIAL]


def test_committed_documents_have_the_names_that_are_written_today():
    store = Path(__file__).parents[1] / "results"
    paths = [path for each in EXPERIMENTS for path in store.glob(f"{each.name}/*_seed-0.json")]
    assert len(paths) > 300
    for path in paths:
        assert trial_path(store, read_trial(path).key) == path


LONG = "formula:" + " + ".join(["x / (1 + exp(-x))"] * 12)
ODD_NAMES = [
    LONG, LONG + " ", "formula:x / 2", "formula:x // 2", "module:f", "module:F", "Mish", "mish",
    "MISH", "a" * 300, "ä" * 200, "日本", "../../up", "/root", "..", ".", "CON", "nul",
    "a\0b", "a\nb", "a:b|c?d*e", "x" * 60, "x" * 61, " ", "a\\b", "\x1b[31m", "end.",
]  # fmt: skip


def test_names_of_any_kind_have_documents_that_are_found_again(tmp_path):
    trials = [replace(TRIAL, condition=name) for name in ODD_NAMES]
    paths = [write_trial(tmp_path, trial) for trial in trials]
    assert len({path.name.lower() for path in paths}) == len(paths)
    read, faults = read_trials(tmp_path, "alpha-sweep")
    assert (sorted(t.condition for t in read), faults) == (sorted(ODD_NAMES), [])
    assert {path.parent for path in paths} == {tmp_path / "alpha-sweep"}


def test_audits_of_long_names_have_files():
    def path(target):
        audit: Any = SimpleNamespace(
            package="m", library="numpy", versions={"m": "1"}, device="cpu", target=target
        )
        return path_of(Path("store"), audit).name

    short, *long = (
        path(f"formula:{text}") for text in ("x" * 100, "x" * 300, "x" * 301, "ä" * 300)
    )
    assert short == f"{'x' * 100}.json"
    assert len({*long}) == 3
    assert all(len(name.encode()) <= 120 for name in long)
    assert path("m:f(beta=2.0)") == "f_beta=2.0.json"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.text(max_size=400))
def test_names_of_files_are_short_and_valid_on_every_system(one, other):
    stems = [file_stem(name) for name in (one, other)]
    for stem in stems:
        assert re.fullmatch(r"[A-Za-z0-9_=.,+()-]{0,60}", stem)
    if one.replace(" ", "_") != other.replace(" ", "_"):
        assert stems[0].lower() != stems[1].lower()


@pytest.mark.parametrize(
    ("losses", "inverted_copies", "accuracies", "correct", "diverged"),
    [
        ((1.0, 1.5, 1.0), True, (0.5, 1.0, 0.0), [True, False], False),
        ((math.nan, math.nan, 1.0), True, (0.0, 0.0, 0.0), [False, False], True),
        ((math.inf, 1.0, 1.0), True, (0.0, 0.0, 0.0), [False, False], True),
        ((1.0, 1.0, math.nan), True, (0.0, 0.0, 0.0), [False, False], True),
        # The network was not trained on inverted images.
        ((1.0, math.nan, 1.0), False, (0.5, 1.0, 0.0), [True, False], False),
        ((math.nan, 1.0, 1.0), False, (0.0, 0.0, 0.0), [False, False], True),
        ((1.0, 1.0, math.nan), False, (0.0, 0.0, 0.0), [False, False], True),
    ],
)
def test_the_predictions_of_a_network_that_diverged_count_as_wrong(
    tmp_path, losses, inverted_copies, accuracies, correct, diverged
):
    original, inverted, training = losses
    trial = replace(
        TRIAL,
        setup={"inverted_copies": inverted_copies},
        test_loss=(original + inverted) / 2,
        test_loss_original=original,
        test_loss_inverted=inverted,
        curves={"accuracy": [0.25, 0.5], "loss": [2.0, training]},
    )
    older = asdict(TRIAL) | {
        name: getattr(trial, name)
        for name in ("setup", "test_loss", "test_loss_original", "test_loss_inverted")
    }
    older |= {"curves": {"accuracy": [0.25, 0.5], "loss": [2.0, training]}, "seed": 4}
    del older["diverged"]
    write_trial(tmp_path, trial)
    write_document(trial_path(tmp_path, TRIAL.key).with_name("older.json"), older)
    (read, corrected), _ = read_trials(tmp_path, "alpha-sweep")
    for each in (trial, read, corrected):
        assert (
            each.test_accuracy, each.test_accuracy_original, each.test_accuracy_inverted
        ) == accuracies  # fmt: skip
        assert each.is_correct.tolist() == correct
        assert each.curves["accuracy"] == [0.25, 0.5 if math.isfinite(training) else 0.0]
        assert each.diverged == diverged


def test_a_store_on_a_full_disk_raises_before_any_work(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(actbench.RequestError, match=r"No space left on device.*--store"):
        prepare_store(tmp_path, "alpha-sweep")


def test_a_store_that_is_a_file_raises(tmp_path):
    (tmp_path / "store").write_text("")
    with pytest.raises(
        actbench.RequestError, match="store/alpha-sweep: expected a writable path, got "
    ):
        prepare_store(tmp_path / "store", "alpha-sweep")


@pytest.mark.parametrize(
    "content",
    [b"", b"model name\t: \n", b"model name\t: \xff\xfe\n", b"processor: 0\n", None],
    ids=["empty", "no name", "not UTF-8", "no model", "no file"],
)
def test_the_machine_always_has_a_name(monkeypatch, content):
    def read_text(path, encoding, errors):
        if content is None:
            raise FileNotFoundError(path)
        return content.decode(encoding, errors)

    monkeypatch.setattr("pathlib.Path.read_text", read_text)
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "")
    convert(provenance.machine(), Machine)


def test_versions_are_texts_even_if_the_metadata_of_a_package_are_damaged(monkeypatch):
    monkeypatch.setattr("actbench.provenance.version", lambda _: None)
    known = {platform.python_version(), actbench.__version__}
    assert set(provenance.versions("numpy").values()) - known == {"unknown"}
