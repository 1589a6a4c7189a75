"""The plotted and tabulated numbers of the slope sweep, the functions and the audits."""

import dataclasses
import math
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import actbench
from actbench.activations.breakpoints import nonsmooth_points
from actbench.activations.catalogue import RECORDS
from actbench.conformance import documents
from actbench.conformance.audit import audit
from actbench.conformance.findings import EXPORT, FAIL, Finding
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.target import Target
from actbench.formula.symbolic import oracle
from actbench.results import encode_correct_images
from actbench.statistics import estimate
from analysis.conformance import defects, matrix, worst_errors
from analysis.conformance.labels import framework_of, framework_order, function_order
from analysis.conformance.sections import (
    of_frameworks,
    of_runtimes,
    shown_audits,
    without_audits,
)
from analysis.functions import catalogue_sheets, mish_parts, swish_and_mish, swish_beta
from analysis.plotting import draw_heat_map, draw_intervals_by_row, house_style, new_axes
from analysis.results import ExperimentResults
from analysis.training.slopes import (
    prelu_slopes,
    sample_digits,
    scores,
    single_runs,
    training_curves,
)
from analysis.training.slopes.source_table import RUNS
from tests.made_up_sweep import CONDITIONS, DATA, EXPERIMENT, SEEDS, SWEEP, TRIALS
from tests.synthetic_trials import results_of


@pytest.fixture
def axes():
    with house_style():
        yield new_axes(1, 2, width=8, height=4)[1]


def lines_of(ax):
    """The x and y values of each line, by label."""
    return {line.get_label(): line.get_data() for line in ax.lines}


def test_scores_are_estimates_over_seeds():
    rows = scores.summarise(SWEEP, "test_accuracy").set_index(["condition", "images"])
    assert len(rows) == len(CONDITIONS) * 3
    for condition in CONDITIONS:
        trials = SWEEP.trials_of(condition)
        for images, values in {
            "all": [t.test_accuracy for t in trials],
            "originals": [t.test_accuracy_original for t in trials],
            "inverted": [t.test_accuracy_inverted for t in trials],
        }.items():
            row, expected = rows.loc[(condition, images)], estimate(values, upper=1.0)
            assert row["mean"] == expected.mean
            assert (row.low, row.high) == expected.interval
            assert (row.run_low, row.run_high) == expected.prediction
            assert row.seeds == SEEDS


def test_scores_are_compared_with_the_single_run_of_the_source():
    rows = scores.summarise(SWEEP, "test_accuracy")
    rows = rows[rows.images == "all"].set_index("condition")
    for run in RUNS:
        row, value = rows.loc[SWEEP.condition_with(run.factors)], run.test_accuracy
        assert row.source == value
        assert row.source_in_interval == ("yes" if row.low <= value <= row.high else "no")
        assert row.source_in_prediction == (
            "yes" if row.run_low <= value <= row.run_high else "no"
        )
    assert math.isnan(rows.loc["prelu"].source)  # the source has no such run
    assert {"yes", "no"} <= set(rows.source_in_prediction)


def test_only_the_full_profile_is_compared_with_the_source():
    quick = tuple(dataclasses.replace(trial, profile="quick") for trial in TRIALS)
    rows = scores.summarise(ExperimentResults(EXPERIMENT, quick), "test_loss")
    assert rows.source.isna().all()


def test_a_single_seed_has_no_interval():
    single = ExperimentResults(EXPERIMENT, tuple(t for t in TRIALS if t.seed == 0))
    for section in scores.sections(single, DATA):
        assert set(section.formatted_table()["95% interval"]) == {"—"}


def test_the_figure_of_scores_shows_means_intervals_seeds_and_the_source(axes):
    rows = scores.summarise(SWEEP, "test_accuracy")
    scores.draw(axes[0], rows, SWEEP, "test_accuracy")
    drawn = [line.get_xdata() for line in axes[0].lines]
    mean = rows[(rows.condition == "alpha=0") & (rows.images == "all")].iloc[0]
    seeds = [trial.test_accuracy for trial in SWEEP.trials_of("alpha=0")]
    assert any(np.array_equal(x, [mean["mean"]]) for x in drawn)
    assert any(np.array_equal(x, [mean.low, mean.high]) for x in drawn)
    assert any(np.array_equal(x, seeds) for x in drawn)
    assert any(np.array_equal(x, [RUNS[2].test_accuracy]) for x in drawn)
    assert [label.get_text() for label in axes[0].get_yticklabels()][4] == "α = 1"
    assert "12.0%, off the scale" in axes[0].texts[0].get_text()


@pytest.mark.parametrize(("quantity", "upper"), [("accuracy", 1.0), ("loss", 1e9)])
def test_the_figure_of_curves_shows_means_and_intervals(axes, quantity, upper):
    rows = training_curves.summarise(SWEEP)
    training_curves.draw(axes[0], rows[rows.quantity == quantity])
    values = np.array([t.curves[quantity] for t in SWEEP.trials_of("alpha=0.5")])
    x, y = lines_of(axes[0])["α = 0.5"]
    np.testing.assert_array_equal(x, [1, 2, 3, 4, 5])
    np.testing.assert_allclose(y, values.mean(axis=0))
    band = axes[0].collections[CONDITIONS.index("alpha=0.5")].get_paths()[0].vertices
    low, high = estimate(list(values[:, 0]), upper=upper).interval
    first = band[band[:, 0] == 1, 1]
    np.testing.assert_allclose(
        [first.min(), first.max()],
        [max(low, 1e-3), min(high, 1 - 1e-4 if quantity == "accuracy" else high)],
    )


def test_the_figure_of_slopes_shows_each_filter_of_each_seed(axes):
    rows = prelu_slopes.summarise(SWEEP)
    assert len(rows) == SEEDS * 8 * (2 + 1)  # two places, and one that is shared
    prelu_slopes.draw(axes[0], rows[rows.place == "shared by both"])
    x, y = lines_of(axes[0])["seed 2"]
    np.testing.assert_allclose(y, [0.03 * f for f in range(8)])
    np.testing.assert_array_equal(x, np.arange(1, 9))


def with_correct_images(trial, is_correct):
    """The trial with other results per image."""
    return dataclasses.replace(
        trial,
        correct_images=encode_correct_images(is_correct),
        configuration=trial.configuration | {"test_images": len(is_correct) // 2},
    )


def test_single_runs_are_compared_by_mcnemars_test():
    # PReLU classifies `seed` more of the 16 test images correctly than the others.
    trials = tuple(
        with_correct_images(
            trial, np.arange(16) < (8 + trial.seed if trial.condition == "prelu" else 8)
        )
        for trial in TRIALS
    )
    rows = single_runs.summarise(ExperimentResults(EXPERIMENT, trials))
    assert rows["seed"].tolist() == list(range(SEEDS))
    assert rows["first_only"].tolist() == list(range(SEEDS))
    assert (rows["second_only"] == 0).all()
    # n images that only one model classifies correctly have the two-sided p value 2 · 2⁻ⁿ.
    assert rows["p"].tolist() == [1.0, 1.0, 0.5]


def test_single_runs_count_the_seeds_with_a_significant_test():
    images = 16
    trials = [
        with_correct_images(
            trial, np.full(images, trial.condition == "prelu") ^ (trial.seed == 2)
        )
        for trial in TRIALS
    ]
    (section,) = single_runs.sections(ExperimentResults(EXPERIMENT, tuple(trials)))
    assert section.table is not None
    # Seeds 0 and 1 favour PReLU in all images, seed 2 favours the other condition.
    assert section.table["p"].tolist() == pytest.approx([2.0**-15] * 3)
    assert "2 of 3 seeds would show that PReLU is better, and 1 that" in section.description


def test_the_sample_digits_are_from_the_shuffled_training_set():
    samples = sample_digits.summarise(DATA)
    labels = {
        image.tobytes(): int(label)
        for image, label in zip(DATA.x_train, DATA.y_train, strict=True)
    }
    inverted = {(255 - np.frombuffer(k, np.uint8)).tobytes(): v for k, v in labels.items()}
    assert len(samples) == 10
    assert all((labels | inverted)[image.tobytes()] == label for image, label in samples)


def test_the_figure_of_swish_and_mish_shows_values_and_derivatives(axes):
    swish_and_mish.draw(axes, swish_and_mish.summarise())
    for ax, at_0, at_6 in ((axes[0], 0.0, 6 / (1 + np.exp(-6))), (axes[1], 0.5, None)):
        x, y = ax.lines[0].get_data()
        assert (x.min(), x.max()) == (-6, 6)
        assert y[x == 0][0] == at_0
        assert at_6 is None or y[-1] == pytest.approx(at_6)
    # The textbook form, which is independent of the record, is exact enough on this range.
    x, y = axes[0].lines[2].get_data()
    np.testing.assert_allclose(y, x * np.tanh(np.log1p(np.exp(x))), rtol=1e-12)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_a_sheet_shows_a_function_with_gaps_at_its_nonsmooth_points(kind, axes):
    activation = kind()
    rows = catalogue_sheets.summarise(activation)
    catalogue_sheets.draw(axes[0], rows)
    curves = lines_of(axes[0])
    x, y = curves["f"]
    is_drawn = np.isfinite(y)
    np.testing.assert_array_equal(y[is_drawn], activation(x[is_drawn]))
    np.testing.assert_array_equal(curves["f′"][1][is_drawn], activation.derivative(x[is_drawn]))
    inside = [p for p in nonsmooth_points(activation) if abs(p) < catalogue_sheets.RANGE]
    np.testing.assert_array_equal(x[~is_drawn], inside)


def test_the_sheets_have_every_function_in_catalogue_order():
    with house_style():
        all_functions, *families = catalogue_sheets.sections()
    assert all_functions.figure is not None
    assert all_functions.table is not None
    titles = [ax.get_title(loc="left") for ax in all_functions.figure.axes if ax.lines]
    assert titles == [kind.name for kind in RECORDS]
    in_families = [
        ax.get_title(loc="left").replace("\n", " ")
        for sheet in families
        for ax in (sheet.figure.axes if sheet.figure else [])
        if ax.lines
    ]
    assert in_families == [str(kind()) for kind in RECORDS]
    assert all_functions.table["function"].tolist() == in_families


def test_the_terms_of_the_derivative_of_mish_add_up(axes):
    rows = mish_parts.summarise()
    mish_parts.draw_terms(axes[0], rows)
    mish_parts.draw_second_derivatives(axes[1], rows)
    curves = {label: y for label, (_, y) in lines_of(axes[0]).items()}
    total = curves["mish(x)/x"] + curves["Δ(x) · swish(x)"]
    np.testing.assert_allclose(total, curves["mish′"], rtol=1e-13, atol=1e-15)
    for name in ("swish", "mish"):
        x, y = lines_of(axes[1])[f"{name}″"]
        np.testing.assert_array_equal(y, actbench.get(name).second_derivative(x))


def test_the_curvature_of_mish_is_that_of_the_oracle():
    curvature = mish_parts.curvature().set_index("function")
    points = np.linspace(-40, 40, 321)
    for name, row in curvature.iterrows():
        second = partial(oracle, actbench.get(str(name)), order=2)
        values = np.array([float(second(x)) for x in points])
        assert row.max_curvature == pytest.approx(float(abs(second(row["at"]))), rel=1e-12)
        assert row.max_curvature >= np.abs(values).max()
        assert row.energy == pytest.approx(np.trapezoid(values**2, points), rel=1e-9)
    with house_style():
        assert "Mish is less smooth than Swish" in mish_parts.section().description


def test_swish_approaches_its_limits_uniformly(axes):
    rows = swish_beta.summarise()
    swish_beta.draw_family(axes[0])
    swish_beta.draw_distance(axes[1], rows)
    np.testing.assert_allclose(rows.beta * rows.to_relu, 0.27846454, rtol=1e-6)
    assert (np.diff(rows.to_half_x) >= 0).all()
    x, y = lines_of(axes[0])["β = 2"]
    np.testing.assert_array_equal(y, actbench.get("swish", beta=2)(x))
    measured, exact = lines_of(axes[1])["to ReLU"], lines_of(axes[1])["W(1/e)/β"]
    np.testing.assert_array_equal(measured[0], rows.beta)
    np.testing.assert_allclose(measured[1], exact[1], rtol=1e-6)


def test_means_are_drawn_by_row_and_small_ones_are_printed(axes):
    rows = pd.DataFrame(
        {"condition": ["a", "b"], "mean": [0.9, 0.2], "low": [0.8, 0.1], "high": [0.95, 0.3]}
    )
    draw_intervals_by_row(axes[0], rows, smallest=0.5)
    draw_intervals_by_row(axes[1], rows)
    assert [list(line.get_xdata()) for line in axes[0].lines] == [[0.8, 0.95], [0.9]]
    assert [text.get_text() for text in axes[0].texts] == ["◂ 20.0%"]
    assert len(axes[1].lines) == 4
    assert [label.get_text() for label in axes[1].get_yticklabels()] == ["a", "b"]


def test_a_heat_map_shows_its_numbers_in_per_cent(axes):
    table = pd.DataFrame([[0.5, math.nan], [1.0, 0.123]], index=[1, 10], columns=[0.1, 0.2])
    image = draw_heat_map(axes[0], table, "title")
    drawn = image.get_array()
    assert drawn is not None
    np.testing.assert_array_equal(np.ma.filled(drawn, math.nan), table.to_numpy())
    assert [text.get_text() for text in axes[0].texts] == ["50", "—", "100", "12"]


@pytest.fixture(scope="module")
def audits():
    """Audits of one function of actbench, one that conforms and one that does not."""
    return [
        audit(target)
        for name in ("celu", "tf:relu", "keras:celu")
        for target in parse_targets([name])
        if isinstance(target, Target)
    ]


def test_the_conformance_matrix_shows_the_failing_checks(audits, axes):
    rows = matrix.summarise(audits)
    by_target = rows.set_index("target")
    assert by_target.loc["keras:celu", "fails"] == "VDC"
    assert "got 2.0, expected 1 at 0.0" in by_target.loc["keras:celu", "reason"]
    assert by_target.loc["tf:relu", "reason"] == "conforms"
    functions, frameworks = function_order(rows["function"]), framework_order(rows["framework"])
    matrix.draw(axes[0], rows, functions, frameworks)
    (keras,) = [place for place, name in enumerate(frameworks) if name.startswith("keras")]
    cells = {text.get_position(): text.get_text() for text in axes[0].texts}
    assert cells.pop((keras, functions.index("celu"))) == "VDC"
    assert set(cells.values()) == {"ok"}
    assert axes[0].get_yticklabels()[0].get_text() == "relu"


def test_the_worst_errors_are_those_of_the_audits(audits):
    rows = worst_errors.summarise(audits)
    derivatives = rows[rows["framework"].str.startswith("keras") & (rows.check == "derivative")]
    assert derivatives["ulp"].max() == pytest.approx(2.0**52)


def test_deployed_functions_have_sections_without_empty_panels():
    known, _ = documents.read(Path(__file__).parents[1] / "results")
    deployed = of_runtimes(shown_audits(known))
    assert {each.library for each in deployed} & {"onnxruntime", "openvino"}
    assert not {each.target for each in deployed} & {
        each.target for each in of_frameworks(known)
    }
    with house_style():
        figure = worst_errors.section(deployed).figure
        assert figure is not None
        assert [ax.get_title(loc="left") for ax in figure.axes[:-1]] == ["value"]
        refused = [dataclasses.replace(each, findings=each.findings[:0]) for each in deployed]
        assert worst_errors.section(refused).figure is None
        whole = worst_errors.section(of_frameworks(known)).figure
    assert whole is not None
    titles = [ax.get_title(loc="left") for ax in whole.axes[:-1]]
    assert titles == ["value", "derivative"]


def test_a_refused_export_is_in_the_matrix_with_its_reason(audits):
    finding = Finding(EXPORT, FAIL, "no conversion of Erf", "float32")
    (row,) = matrix.summarise(
        [dataclasses.replace(audits[0], findings=(finding,))]
    ).itertuples()
    assert (row.fails, row.severity) == ("E", 3)
    assert row.reason == "export float32: no conversion of Erf"


def test_each_defect_has_a_reproducer(audits):
    with house_style():
        table = defects.section(audits).table
    assert table is not None
    reproducers = table.set_index("check")["reproducer"].to_dict()
    assert set(reproducers) == {"derivative", "value", "compiled value = eager"}
    assert all(text.count("\n") == 2 for text in reproducers.values())


def test_without_audits_the_report_says_how_to_make_them():
    (only,) = without_audits(dataclasses.replace(results_of(), store=Path("mine")))
    assert "mine has no audits. `actbench audit --all --store mine` makes" in only.description


def test_audits_of_other_code_are_labelled(audits):
    labels = {framework_of(each) for each in audits if each.target.startswith("celu")}
    assert not [label for label in labels if "code" in label]
    stale = [replace_hash(each, "0" * 16) for each in audits]
    assert all(framework_of(each).endswith(" (other code)") for each in stale)
    unknown = [replace_hash(each, "") for each in audits]
    assert all(framework_of(each).endswith(" (code unknown)") for each in unknown)
    rows = matrix.summarise([*audits, *stale])
    assert rows["framework"].nunique() == 2 * matrix.summarise(audits)["framework"].nunique()


def replace_hash(audit, text):
    code = dataclasses.replace(audit.code, function=text, judge=text)
    return dataclasses.replace(audit, code=code)


def test_findings_on_all_inputs_of_other_code_are_left_out(audits):
    finding = dataclasses.replace(audits[0].findings[0], check="all float32 values")
    whole = dataclasses.replace(audits[0], findings=(*audits[0].findings, finding))
    code = dataclasses.replace(whole.code, exhaustive="0" * 16)
    (shown,) = shown_audits([dataclasses.replace(whole, code=code)])
    assert shown.findings == audits[0].findings
    assert shown_audits([dataclasses.replace(whole, findings=())]) == []
