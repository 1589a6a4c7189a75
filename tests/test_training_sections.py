"""Sections on training: their tables and figures have the numbers of the documents."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actbench.data import Dataset
from actbench.experiments.catalogue import EXPERIMENTS, get_experiment
from actbench.results import read_trials, write_trial
from analysis.comparisons import Judged, compare_with_reference
from analysis.plotting import house_style
from analysis.results import (
    BENCHMARKS,
    DATA,
    MATHEMATICS,
    Cost,
    ExperimentResults,
    accuracy_on_originals,
    relu_cost_ratios,
)
from analysis.results.load import largest_profile
from analysis.site.contents import CONTENTS, FAILED, make
from analysis.training import accuracy_by_factor, index, ranking, robustness, task_agreement
from analysis.training.dying_units import exact_dead_networks, simulated_dead_networks
from analysis.training.inversion import affine_bound
from analysis.training.pareto import on_front
from tests.synthetic_trials import (
    COSTS,
    REASON,
    SEEDS,
    incomplete_cases,
    incomplete_results,
    random_accuracy,
    results_of,
    synthetic_results,
    synthetic_trial,
)

WITH_SECTIONS = [each for each in EXPERIMENTS if each.name in index.BUILDERS]


@pytest.fixture(scope="module")
def results():
    return results_of(*map(synthetic_results, EXPERIMENTS), costs=COSTS)


@pytest.fixture(scope="module")
def sections(results):
    """The sections of each experiment, by its name."""
    with house_style():
        return {
            each.name: list(index.sections(each.name, results, {})) for each in WITH_SECTIONS
        }


@pytest.fixture(autouse=True)
def style():
    with house_style():
        yield


def test_each_experiment_but_the_slope_sweep_has_sections():
    assert {each.name for each in EXPERIMENTS} - set(index.BUILDERS) == {"alpha-sweep"}


@pytest.mark.parametrize("experiment", WITH_SECTIONS, ids=lambda each: each.name)
def test_sections_show_a_table_and_state_their_provenance(experiment, sections, tmp_path):
    assert sections[experiment.name]
    for section in sections[experiment.name]:
        section.write(tmp_path)
        assert section.documents == (f"{experiment.name}-full",)
        assert f"with {SEEDS} seeds each" in section.provenance
        assert f"Repeat with: actbench run {experiment.name} --profile" in section.provenance
        table = section.formatted_table()
        assert len(table) > 0
        assert not table.isin(["nan", "inf"]).any().any()


def test_experiments_without_documents_are_listed_with_their_commands():
    store = replace(results_of(synthetic_results(get_experiment("beta"))), store=Path("mine"))
    assert not [*index.sections("depth", store, {})]
    (section,) = index.missing(store)
    assert section.table is not None
    commands = section.table.set_index("experiment")["command"]
    assert set(commands.index) == {each.name for each in EXPERIMENTS} - {"beta"}
    assert commands["depth"] == "actbench run depth --profile full --store mine"
    assert not [*index.missing(results_of(*map(synthetic_results, EXPERIMENTS)))]


def test_titles_of_sections_are_unique(sections):
    titles = [section.title for of_experiment in sections.values() for section in of_experiment]
    titles += [entry.title for _, entries in CONTENTS for entry in entries if not entry.source]
    titles += [each.question.rstrip("?") for each in WITH_SECTIONS]
    assert len(set(titles)) == len(titles)


# The pairs (experiment, way of being incomplete) that give no section with numbers.
WITHOUT_NUMBERS = {
    ("prelu", "one trial"),
    ("prelu", "one condition"),
    ("gradient-flow", "no validation"),
    ("gradient-gain", "no validation"),
    ("robustness", "missing trials"),
    ("beta", "one trial"),
    ("beta", "one condition"),
    ("loss-functions", "no validation"),
}


@pytest.mark.parametrize(
    ("experiment", "way"), incomplete_cases(WITH_SECTIONS, WITHOUT_NUMBERS)
)
def test_sections_of_incomplete_documents_show_what_there_is_or_say_what_is_missing(
    experiment, way
):
    found = incomplete_results(experiment, way)
    (entry,) = [each for _, entries in CONTENTS for each in entries
                if each.source == experiment.name]  # fmt: skip
    first, *_ = make(entry, results_of(found, costs=COSTS))
    if (experiment.name, way) in WITHOUT_NUMBERS:
        command = f"`actbench run {experiment.name} --profile full`"
        text = rf"{FAILED}: {REASON}\. {command} makes the documents that it needs\."
        assert re.fullmatch(text, first.description)
        assert first.table is None
        return
    assert first.table is not None
    assert len(first.formatted_table()) > 0
    if "condition" in first.table:
        assert set(first.table["condition"]) <= set(found.conditions)
    counts = {len(found.trials_of(condition)) for condition in found.conditions}
    seeds = " to ".join(map(str, sorted({min(counts), max(counts)})))
    assert f"{len(found.conditions)} conditions with {seeds} seeds each" in first.provenance


# Comparisons with a reference.


def test_differences_are_paired_by_seed(results):
    ranking = results.experiment("ranking")
    rows = compare_with_reference(ranking, ranking.pairs_with("relu")).set_index("condition")
    gaps = [
        random_accuracy("mish", seed) - random_accuracy("relu", seed) for seed in range(SEEDS)
    ]
    assert rows.loc["mish", "mean"] == pytest.approx(np.mean(gaps))
    assert rows.loc["mish", "superiority"] == pytest.approx(np.mean(np.array(gaps) > 0))
    assert (rows["q"] >= rows["p"]).all()
    assert "relu" not in rows.index


@pytest.mark.parametrize(
    ("scale", "shift", "conclusion"),
    [
        (1e-4, 0.01, "better"),
        (1e-4, -0.01, "worse"),
        (1e-4, 0.001, "better, by less than 0.2 points"),
        (1e-4, 0.0, "equivalent within 0.2 points"),
        (1e-2, 0.0, "inconclusive"),
    ],
)
def test_conclusion_of_a_comparison(scale, shift, conclusion):
    noise = scale * np.random.default_rng(0).standard_normal(SEEDS)

    def accuracy(condition, seed):
        return 0.9 + (condition.name == "mish") * (shift + noise[seed])

    found = synthetic_results(get_experiment("ranking"), accuracy=accuracy)
    (row,) = compare_with_reference(found, [("mish", "relu")]).to_dict("records")
    assert row["conclusion"] == conclusion


def test_too_few_seeds_are_named_in_the_conclusion():
    ranking = synthetic_results(get_experiment("ranking"), seeds=3)
    rows = compare_with_reference(ranking, ranking.pairs_with("relu"))
    assert rows["conclusion"].str.endswith("(Student's t, fewer than 6 seeds)").all()


def test_a_pair_of_a_claim_has_the_verdict_of_the_claim(results):
    ranking = results.experiment("ranking")
    judged: Judged = {("ranking", "mish", "relu", accuracy_on_originals): "claim A.5: refuted"}
    rows = compare_with_reference(ranking, ranking.pairs_with("relu"), judged=judged)
    conclusions = rows.set_index("condition")["conclusion"]
    assert conclusions["mish"] == "claim A.5: refuted"
    assert not conclusions.drop("mish").str.startswith("claim").any()


# Loading.


def test_profiles_and_configurations_are_not_mixed(tmp_path):
    experiment = get_experiment("beta")
    first = experiment.conditions[0]
    whole = [synthetic_trial(experiment, first, seed, 0.97) for seed in range(3)]
    configuration = whole[0].configuration | {"optimizer": "sgd"}
    other = replace(whole[0], seed=7, configuration=configuration)
    quick = replace(whole[0], seed=8, profile="quick")
    for each in (*whole, other, quick):
        write_trial(tmp_path, each)
    (tmp_path / "beta" / "broken.json").write_text("{")
    found = largest_profile(tmp_path, experiment, *read_trials(tmp_path, experiment.name))
    assert [each.seed for each in found.trials] == [0, 1, 2]
    assert found.profile == "full"
    faults = " ".join(map(str, found.faults))
    assert "broken.json: " in faults
    assert "seed 7: of another configuration than most" in faults
    write_trial(tmp_path, replace(whole[0], seed=9, setup={"learning_rate": 1.0}))
    found = largest_profile(tmp_path, experiment, *read_trials(tmp_path, experiment.name))
    faults = " ".join(map(str, found.faults))
    assert "seed 9: of another setup than most" in faults


def test_an_experiment_without_documents_has_no_trials(tmp_path):
    experiment = get_experiment("prelu")
    assert largest_profile(tmp_path, experiment, *read_trials(tmp_path, "prelu")).trials == ()


def test_costs_are_those_of_the_benchmarks():
    timing = {"mish": {"ratio": 1.2, "interval": [1.1, 1.3]}}
    entry = {"dtype": "float32", "size": 331_776, "relative_to_relu": timing, "noise": 0.07}
    assert relu_cost_ratios([{"function": "relu"}, entry])["mish"] == Cost(1.2, 1.1, 1.3, 0.07)
    assert relu_cost_ratios([{"function": "relu"}]) == {}


def test_missing_evidence_names_the_command():
    empty = results_of()
    assert "--benchmark-json=results/throughput/" in empty.missing_command(BENCHMARKS)
    assert empty.missing_command(MATHEMATICS) == empty.missing_command(DATA) == ""


# Single sections.


@pytest.mark.parametrize("width", [2, 3, 5])
def test_simulated_dead_networks_agree_with_the_formula(width):
    exact = exact_dead_networks(width, 10)
    error = math.sqrt(exact * (1 - exact) / 20_000)
    assert simulated_dead_networks(width, 10) == pytest.approx(exact, abs=5 * error)


def test_affine_bound_uses_the_most_frequent_class():
    labels = np.array([0, 0, 0, 1], np.uint8)
    images = np.zeros((4, 2, 2), np.uint8)
    assert affine_bound(Dataset(images, labels, images, labels)) == (1 + 0.75) / 2


def test_equal_functions_share_a_row_of_the_ranking(results):
    found = results.experiment("ranking")
    kept, equals = ranking.without_equal_functions(found)
    assert equals == {"celu": "elu"}
    assert set(found.conditions) - set(kept.conditions) == {"celu"}


def results_on_tasks(accuracies):
    """Results of the ranking with these accuracies, by task and activation, and some noise."""
    experiment = get_experiment("ranking")
    return ExperimentResults(
        experiment,
        tuple(
            synthetic_trial(
                experiment, condition, seed,
                accuracies[condition.task.name][condition.factors["activation"]]
                + 1e-4 * np.sin(7 * seed + len(condition.name)),
            )
            for condition in experiment.conditions
            if condition.task is not None
            and condition.factors["activation"] in accuracies.get(condition.task.name, {})
            for seed in range(SEEDS)
        ),
    )  # fmt: skip


def test_clear_wins_are_counted_over_tasks():
    found = results_on_tasks(
        {
            "mnist": {"relu": 0.98, "mish": 0.97, "tanh": 0.96},
            "text": {"relu": 0.50, "mish": 0.52, "tanh": 0.50},
        }
    )
    table = task_agreement.mean_accuracies(found)
    assert set(table.index) == {"relu", "mish", "tanh"}
    assert table.loc["mish", "text"] == pytest.approx(0.52, abs=1e-4)
    wins = task_agreement.clear_wins(found, ["relu", "mish", "tanh"])
    np.testing.assert_array_equal(wins, [[0, 1, 1], [1, 0, 2], [0, 0, 0]])
    section = task_agreement.section(found)
    assert section is not None
    assert "Clearly better on all: mish over tanh." in section.description
    assert "worse on another: 1 of 3 pairs" in section.description
    assert section.figure is not None
    (ax,) = section.figure.axes
    assert sorted(text.get_text() for text in ax.texts) == ["0", "0", "1", "1", "1", "2"]


def test_one_task_has_no_agreement():
    assert (
        task_agreement.section(results_on_tasks({"text": {"relu": 0.5, "mish": 0.6}})) is None
    )


# Accuracies of 12 seeds that differ by 0.01 or by rounding, and costs within 5% or not.
SEED_NOISE = 1e-3 * np.random.default_rng(0).standard_normal((6, 12))
LEVELS = {"good": 0.98, "cheap": 0.97, "tie": 0.97, "slow tie": 0.97, "bad": 0.96, "slow": 0.97}
COST_OF = {"good": 1.5, "cheap": 1.0, "tie": 1.02, "slow tie": 1.04, "bad": 1.0, "slow": 1.5}


def test_the_pareto_front_has_no_activation_that_is_clearly_beaten():
    accuracies = {
        name: level + noise
        for (name, level), noise in zip(LEVELS.items(), SEED_NOISE, strict=True)
    }
    costs = {name: Cost(at, 0.99 * at, 1.01 * at, 0.05) for name, at in COST_OF.items()}
    unknown = costs | {"unknown": Cost(*[math.nan] * 4)}
    front = on_front(unknown, lambda a, b: accuracies[a] - accuracies[b])
    assert front == {"good", "cheap", "tie", "slow tie"}


def test_published_runs_are_drawn_as_crosses(sections):
    (section,) = sections["depth"]
    (ax,) = section.figure.axes
    crosses = [line for line in ax.get_lines() if line.get_marker() == "x"]
    assert [line.get_ydata()[0] for line in crosses] == [0.982, 0.984]
    assert [len(line.get_xdata()) for line in crosses] == [11, 11]


def test_tests_with_noise_are_drawn_as_dotted_lines(sections):
    (section,) = sections["noise"]
    (ax,) = section.figure.axes
    dotted = [line for line in ax.get_lines() if line.get_linestyle() == ":"]
    assert [set(line.get_ydata()) for line in dotted] == [{0.5}] * 3


def test_accuracies_are_compared_at_the_same_value_of_the_factor(results):
    found = results.experiment("batch-size")
    rows = accuracy_by_factor.summarise(found, "batch_size").set_index("condition")
    gaps = [
        random_accuracy("mish, batch 64", seed) - random_accuracy("relu, batch 64", seed)
        for seed in range(SEEDS)
    ]
    first = rows["activation"].iloc[0]
    assert first == "relu"
    assert rows.loc["mish, batch 64", "points"] == pytest.approx(100 * np.mean(gaps))
    assert rows.loc[rows["activation"] == first, "points"].isna().all()


def test_shares_are_compared_over_the_settings_that_both_activations_have():
    def accuracy(condition, _):
        return 0.1 if condition.factors["init_scale"] == 10 else 0.97

    found = synthetic_results(get_experiment("robustness"), accuracy=accuracy)
    kept = tuple(
        each
        for each in found.trials
        if (each.factors["activation"], each.factors["init_scale"]) != ("swish", 10)
    )
    assert len(kept) < len(found.trials)
    rows = robustness.summarise_shares(replace(found, trials=kept), ["relu", "swish", "mish"])
    rows = rows.set_index("activation")
    assert (rows.loc["swish", "share"] == 1).all()
    assert (rows.loc["swish", "points"] == 0).all()
    assert rows.loc["relu", "points"].isna().all()
