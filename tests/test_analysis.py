"""The plotted and tabulated numbers, and the report."""

import dataclasses
import json
import math
import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import actbench
from actbench.activations import shrinkage
from actbench.activations.catalogue import RECORDS
from actbench.activations.properties import nonsmooth_points
from actbench.conformance.audit import audit
from actbench.conformance.documents import read as read_audits
from actbench.conformance.documents import write as write_audit
from actbench.conformance.targets import Target, targets
from actbench.data import Dataset
from actbench.formula.symbolic import oracle
from actbench.results import Trial, as_bits, write_trial
from actbench.statistics import estimate
from analysis.__main__ import main
from analysis.conformance import audits as audit_sections
from analysis.functions import catalogue_sheets, mish_parts, swish_and_mish, swish_beta
from analysis.plotting import house_style
from analysis.training import prelu_slopes, sample_digits, scores, single_runs, training_curves
from analysis.training.source_table import TEST_ACCURACY
from analysis.training.study import CONDITIONS, Study, load

SEEDS = 3


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 12, 12), dtype=np.uint8)
    labels = (np.arange(40) % 4).astype(np.uint8)
    return Dataset(images, labels, images[:8], labels[:8], origin="made-up data")


def made_up(data, condition, seed, profile="full"):
    """A trial with numbers that look like real ones and differ by condition and seed."""
    place = CONDITIONS.index(condition)
    original = (
        0.12 + 0.001 * seed if condition == "alpha=1" else 0.97 + 0.002 * place / (seed + 1)
    )
    inverted = original - 0.001
    slopes = {"prelu": 2, "prelu-shared": 2}.get(condition, 0)
    return Trial(
        experiment="alpha-sweep",
        profile=profile,
        condition=condition,
        seed=seed,
        test_accuracy=(original + inverted) / 2,
        test_loss=2.3 if condition == "alpha=1" else 0.05 + 0.01 * seed,
        test_accuracy_original=original,
        test_loss_original=0.05,
        test_accuracy_inverted=inverted,
        test_loss_inverted=0.06,
        curves={
            "accuracy": [original - 0.05 + 0.01 * epoch for epoch in range(5)],
            "loss": [2 / (1 + epoch + seed) for epoch in range(5)],
            "val_accuracy": [original - 0.01] * 5,
            "val_loss": [0.06] * 5,
        },
        slopes=[[0.01 * f * (seed + 1) for f in range(8)]] * slopes,
        measured={},
        right=as_bits([True] * 8 + [False] * 8),
        parameters=27_938,
        configuration={
            "data_sha256": data.sha256,
            "image_shape": [12, 12],
            "train_images": 40,
            "validation_images": 0,
            "test_images": 8,
            "epochs": 5,
            "batch_size": 128,
            "optimizer": "adam",
        },
        setup={"activation": condition, "learning_rate": 0.001},
        versions={"python": "3.11.7", "actbench": "0.1.0"},
        machine={"cpu": "a processor", "cores": 2, "system": "Linux"},
        started=f"2026-01-0{seed + 1}T00:00:00+00:00",
        seconds=60.0,
        seconds_per_step=0.0125,
    )


@pytest.fixture(scope="module")
def trials(data):
    return [made_up(data, condition, seed) for condition in CONDITIONS for seed in range(SEEDS)]


@pytest.fixture(scope="module")
def study(trials, data):
    return Study(tuple(trials), (), data)


@pytest.fixture
def store(tmp_path, trials, data):
    for trial in trials:
        write_trial(tmp_path / "store", trial)
    path = tmp_path / "data.npz"
    np.savez(path, **dict(data))
    return tmp_path / "store"


@pytest.fixture
def axes():
    with house_style():
        figure, axes = plt.subplots(1, 2)
        yield axes
        plt.close(figure)


def test_scores_are_estimates_over_seeds(study, trials):
    rows = scores.summarise(study, "test_accuracy").set_index(["condition", "images"])
    assert len(rows) == len(CONDITIONS) * 3
    for condition in CONDITIONS:
        mine = [t for t in trials if t.condition == condition]
        for images, values in {
            "all": [t.test_accuracy for t in mine],
            "originals": [t.test_accuracy_original for t in mine],
            "inverted": [t.test_accuracy_inverted for t in mine],
        }.items():
            row, found = rows.loc[(condition, images)], estimate(values, upper=1.0)
            assert row["mean"] == found.mean
            assert (row.low, row.high) == found.interval
            assert (row.run_low, row.run_high) == found.prediction
            assert row.seeds == SEEDS


def test_scores_stand_beside_the_sources_single_run(study):
    rows = scores.summarise(study, "test_accuracy")
    rows = rows[rows.images == "all"].set_index("condition")
    for condition, value in TEST_ACCURACY.items():
        row = rows.loc[condition]
        assert row.source == value
        assert row.source_in_interval == ("yes" if row.low <= value <= row.high else "no")
        assert row.source_in_prediction == (
            "yes" if row.run_low <= value <= row.run_high else "no"
        )
    assert math.isnan(rows.loc["prelu"].source)  # the source has no such run
    assert {"yes", "no"} <= set(rows.source_in_prediction)


def test_other_profiles_are_not_held_against_the_source(trials, data):
    quick = [dataclasses.replace(t, profile="quick") for t in trials]
    rows = scores.summarise(Study(tuple(quick), (), data), "test_loss")
    assert rows.source.isna().all()


def test_a_single_seed_has_no_interval(trials, data):
    study = Study(tuple(t for t in trials if t.seed == 0), (), data)
    for section in scores.sections(study):
        assert set(section.readable()["95% interval"]) == {"—"}
        plt.close(section.figure)


def test_the_figure_of_scores_shows_means_seeds_and_source(axes, study, trials):
    rows = scores.summarise(study, "test_accuracy")
    scores.draw(axes[0], rows, study, "test_accuracy")
    drawn = [line.get_xdata() for line in axes[0].lines]
    mean = rows[(rows.condition == "alpha=0") & (rows.images == "all")].iloc[0]
    seeds = [t.test_accuracy for t in trials if t.condition == "alpha=0"]
    assert any(np.array_equal(x, [mean["mean"]]) for x in drawn)
    assert any(np.array_equal(x, [mean.low, mean.high]) for x in drawn)
    assert any(np.array_equal(x, seeds) for x in drawn)
    assert any(np.array_equal(x, [TEST_ACCURACY["alpha=0"]]) for x in drawn)
    assert [label.get_text() for label in axes[0].get_yticklabels()][4] == "α = 1"
    assert "12.0%, off the scale" in axes[0].texts[0].get_text()


def test_the_figure_of_curves_shows_mean_and_interval(axes, study, trials):
    rows = training_curves.summarise(study)
    for ax, quantity in zip(axes, ("accuracy", "loss"), strict=True):
        training_curves.draw(ax, rows[rows.quantity == quantity])
        lines = {line.get_label(): line for line in ax.lines}
        values = np.array([t.curves[quantity] for t in trials if t.condition == "alpha=0.5"])
        np.testing.assert_allclose(lines["α = 0.5"].get_ydata(), values.mean(axis=0))
        np.testing.assert_array_equal(lines["α = 0.5"].get_xdata(), [1, 2, 3, 4, 5])
        band = ax.collections[CONDITIONS.index("alpha=0.5")].get_paths()[0].vertices
        low, high = estimate(
            list(values[:, 0]), upper=1.0 if quantity == "accuracy" else 1e9
        ).interval
        first = band[band[:, 0] == 1, 1]
        np.testing.assert_allclose(
            [first.min(), first.max()],
            [max(low, 1e-3), min(high, 1 - 1e-4 if quantity == "accuracy" else high)],
        )


def test_the_figure_of_slopes_shows_every_filter_of_every_seed(axes, study):
    rows = prelu_slopes.summarise(study)
    assert len(rows) == SEEDS * 8 * (2 + 1)  # two places, and one that is shared
    prelu_slopes.draw(axes[0], rows[rows.place == "shared by both"])
    lines = {line.get_label(): line for line in axes[0].lines}
    np.testing.assert_allclose(lines["seed 2"].get_ydata(), [0.03 * f for f in range(8)])
    np.testing.assert_array_equal(lines["seed 2"].get_xdata(), np.arange(1, 9))


def test_the_figure_of_swish_and_mish(axes):
    swish_and_mish.draw(axes, swish_and_mish.summarise())
    for ax, at_0, at_6 in ((axes[0], 0.0, 6 / (1 + np.exp(-6))), (axes[1], 0.5, None)):
        x, y = ax.lines[0].get_data()
        assert (x.min(), x.max()) == (-6, 6)
        assert y[x == 0][0] == at_0
        assert at_6 is None or y[-1] == pytest.approx(at_6)
    # Independent of our code: the textbook forms are exact enough here.
    x, y = axes[0].lines[2].get_data()
    np.testing.assert_allclose(y, x * np.tanh(np.log1p(np.exp(x))), rtol=1e-12)


def test_one_run_of_each_is_mcnemars_test(study):
    rows = single_runs.summarise(study)
    assert rows["seed"].tolist() == list(range(SEEDS))
    # All made-up trials are right about the same images.
    assert (rows["first_only"] == 0).all()
    assert (rows["p"] == 1).all()
    assert f"Of {SEEDS} seeds 0 alone" in single_runs.section(study).text


def test_the_sample_digits_are_of_the_shuffled_training_set(data):
    samples = sample_digits.summarise(data)
    known = {
        image.tobytes(): int(label)
        for image, label in zip(data.x_train, data.y_train, strict=True)
    }
    inverted = {(255 - np.frombuffer(k, np.uint8)).tobytes(): v for k, v in known.items()}
    assert len(samples) == 10
    assert all((known | inverted)[image.tobytes()] == label for image, label in samples)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_the_sheets_show_a_function_with_gaps_at_its_seams(kind, axes):
    activation = kind()
    rows = catalogue_sheets.summarise(activation)
    catalogue_sheets.draw(axes[0], rows)
    curves = {line.get_label(): line.get_data() for line in axes[0].lines}
    x, y = curves["f"]
    drawn = np.isfinite(y)
    np.testing.assert_array_equal(y[drawn], activation(x[drawn]))
    np.testing.assert_array_equal(curves["f′"][1][drawn], activation.derivative(x[drawn]))
    inside = [
        seam for seam in nonsmooth_points(activation) if abs(seam) < catalogue_sheets.RANGE
    ]
    np.testing.assert_array_equal(x[~drawn], inside)


def test_the_contact_sheet_and_the_families_have_every_function():
    with house_style():
        contact, *families = catalogue_sheets.sections()
        titles = [ax.get_title(loc="left") for ax in contact.figure.axes if ax.lines]
        assert titles == [kind.name for kind in RECORDS]
        shown = [
            ax.get_title(loc="left").replace("\n", " ")
            for sheet in families
            for ax in sheet.figure.axes
            if ax.lines
        ]
        assert shown == [str(kind()) for kind in RECORDS]
        assert contact.table is not None
        assert len(contact.table) == len(RECORDS)
        plt.close("all")


def test_the_parts_of_mish_add_up(axes):
    rows = mish_parts.summarise()
    mish_parts.draw_parts(axes[0], rows)
    mish_parts.draw_second(axes[1], rows)
    curves = {line.get_label(): line.get_ydata() for line in axes[0].lines}
    total = curves["mish(x)/x"] + curves["Δ(x) · swish(x)"]
    np.testing.assert_allclose(total, curves["mish′"], rtol=1e-13, atol=1e-15)
    bends = mish_parts.bends().set_index("function")
    points = np.linspace(-40, 40, 321)
    for name, row in bends.iterrows():
        second = partial(oracle, actbench.get(str(name)), order=2)
        values = np.array([float(second(x)) for x in points])
        assert row.largest_bend == pytest.approx(float(abs(second(row["at"]))), rel=1e-12)
        assert row.largest_bend >= np.abs(values).max()
        assert row.energy == pytest.approx(np.trapezoid(values**2, points), rel=1e-9)
    with house_style():
        assert "Mish is the less smooth" in mish_parts.section().text
        plt.close("all")


def test_swish_approaches_its_limits_uniformly(axes):
    rows = swish_beta.summarise()
    swish_beta.draw_family(axes[0])
    swish_beta.draw_distance(axes[1], rows)
    np.testing.assert_allclose(rows.beta * rows.to_relu, 0.27846454, rtol=1e-6)
    assert (np.diff(rows.to_half_x) >= 0).all()
    drawn = {line.get_label(): line.get_data() for line in axes[0].lines}
    x, y = drawn["β = 2"]
    np.testing.assert_array_equal(y, actbench.get("swish", beta=2)(x))


@pytest.fixture(scope="module")
def audits(tmp_path_factory):
    """A store with three audits: ours, one that conforms and one that does not."""
    folder = tmp_path_factory.mktemp("audits")
    for name in ("celu", "tf:relu", "keras:celu"):
        for target in targets([name]):
            assert isinstance(target, Target)
            write_audit(folder, audit(target)[0])
    return folder


def test_the_matrix_says_what_the_audits_found(audits):
    known, _ = read_audits(audits)
    rows = audit_sections.summarise(known).set_index("target")
    assert rows.loc["keras:celu", "fails"] == "VDC"
    assert "2.0 for 1 at 0.0" in rows.loc["keras:celu", "reason"]
    assert rows.loc["tf:relu", "reason"] == "conforms"
    with house_style():
        matrix, worst, defects = audit_sections.sections(known, audits)
        letters = {text.get_text() for text in matrix.figure.axes[0].texts}
        assert letters == {"ok", "VDC"}
        assert matrix.figure.axes[0].get_yticklabels()[0].get_text() == "relu"
        plt.close("all")
    table = worst.table
    assert table is not None
    chosen = table[
        (table["framework"].str.startswith("keras")) & (table["check"] == "derivative")
    ]
    assert chosen["ulp"].max() == pytest.approx(2.0**52)
    assert defects.table is not None
    lines = defects.table.set_index("what")["reproducer"].to_dict()
    assert set(lines) == {"derivative", "value", "compiled value = eager"}
    assert all(text.count("\n") == 2 for text in lines.values())


def test_without_audits_the_report_says_how_to_make_them(tmp_path):
    (only,) = audit_sections.sections([], tmp_path)
    assert "`actbench audit --all" in only.text


def test_the_report_has_every_figure_and_table(store, audits, capsys):
    output = store.parent / "report"
    arguments = ["--store", str(store), "--output", str(output), "--audits", str(audits)]
    assert main([*arguments, "--data", str(store.parent / "data.npz")]) == 0
    assert f"{output / 'index.html'}: full, 21 trials" in capsys.readouterr().out
    page = (output / "index.html").read_text()
    linked = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(linked) > 15
    for link in linked:
        # Within the page, or the icon that keeps browsers from asking for one.
        if not link.startswith(("#", "data:")):
            assert (output / link).stat().st_size > 0
    kinds = {path.suffix for path in output.rglob("*.*")}
    assert kinds == {".html", ".svg", ".png", ".csv", ".md", ".json"}
    documents = json.loads((output / "data" / "alpha-sweep-full.json").read_text())["trials"]
    assert len(documents) == 21
    for stated in (
        "full",
        "a processor, 2 cores",
        "actbench 0.1.0",
        "21.0 minutes",
        "12 ms a step",
    ):
        assert stated in page
    table = pd.read_csv(output / "tables" / "test-accuracy-per-condition.csv")
    assert table["mean"].iloc[0] == pytest.approx(
        np.mean([0.97 + 0.0 / (s + 1) - 0.0005 for s in range(SEEDS)])
    )
    markdown = (output / "tables" / "test-accuracy-per-condition.md").read_text()
    assert "| alpha=-1" in markdown
    assert "97.96%" in markdown


@pytest.fixture
def few_functions(monkeypatch):
    """One family instead of all: what is tested does not depend on how many there are."""
    kinds = [kind for kind in RECORDS if kind.__module__ == shrinkage.__name__]
    monkeypatch.setattr(catalogue_sheets, "FAMILIES", (shrinkage,))
    monkeypatch.setattr(catalogue_sheets, "RECORDS", tuple(kinds))


@pytest.mark.usefixtures("few_functions")
def test_the_same_documents_give_the_same_files(store, audits):
    outputs = [store.parent / name for name in ("one", "two")]
    for output in outputs:
        main(
            [
                "--store",
                str(store),
                "--output",
                str(output),
                "--data",
                str(store.parent / "data.npz"),
                "--audits",
                str(audits),
            ]
        )
    files = [{p.relative_to(o): p.read_bytes() for p in o.rglob("*.*")} for o in outputs]
    assert files[0] == files[1]


def test_the_largest_profile_is_taken_unless_one_is_named(store, data):
    write_trial(store, made_up(data, "prelu", 0, profile="quick"))
    assert load(store, data).profile == "full"
    assert load(store, data, profile="quick").trials[0].profile == "quick"


BAD_REQUESTS = {
    "no trials": (
        ["--store", "nowhere"],
        r"nowhere/alpha-sweep: no trials \(there are none\); `act",
    ),
    "no such profile": (["--profile", "huge"], r"no trials of huge \(there is full\)"),
    "other data": ([], "full is of other data than MNIST; --data with the data set"),
    "no data": (["--data", "nowhere"], "nowhere: not found"),
    "no folder": (
        ["--output", "file/report"],
        r"file/report: cannot be written \(Not a directory",
    ),
    "an option": (
        ["--stoer", "x"],
        "unrecognized arguments: --stoer x; see python -m analysis",
    ),
}


@pytest.mark.parametrize("request_name", BAD_REQUESTS)
def test_bad_requests_get_one_line_and_exit_2(store, capsys, monkeypatch, request_name):
    monkeypatch.chdir(store.parent)
    (store.parent / "file").write_text("")
    arguments, message = BAD_REQUESTS[request_name]
    defaults = {"--store": "store", "--data": "data.npz", "--output": "report"}
    if request_name == "other data":
        defaults.pop("--data")
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert main([part for pair in (defaults | given).items() for part in pair]) == 2
    err = capsys.readouterr().err
    assert err.startswith("analysis: ")
    assert re.search(message, err)
    assert err.count("\n") == 1
    assert not (store.parent / "report").exists()


def test_mixed_configurations_are_refused(store, data, capsys):
    odd = made_up(data, "prelu", 7)
    write_trial(
        store, dataclasses.replace(odd, configuration=odd.configuration | {"epochs": 9})
    )
    assert main(["--store", str(store), "--data", str(store.parent / "data.npz")]) == 2
    assert "prelu, seed 7 was made with another configuration" in capsys.readouterr().err


@pytest.mark.usefixtures("few_functions")
def test_what_cannot_be_read_is_named_in_the_report(store, capsys):
    bad = store / "alpha-sweep" / "bad.json"
    bad.write_text(json.dumps({"half": True})[:8])
    output = store.parent / "report"
    main(
        [
            "--store",
            str(store),
            "--output",
            str(output),
            "--data",
            str(store.parent / "data.npz"),
        ]
    )
    assert f"{bad}: unreadable" in capsys.readouterr().err
    assert "bad.json" in (output / "index.html").read_text()


def test_conditions_of_a_newer_version_are_left_out(store, data):
    write_trial(store, dataclasses.replace(made_up(data, "prelu", 0), condition="rrelu"))
    assert load(store, data).conditions == list(CONDITIONS)
