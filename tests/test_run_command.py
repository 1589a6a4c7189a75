"""`actbench run`: its activations with parameters, `--only`, and its table and figure."""

import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from actbench import get
from actbench.cli import main
from actbench.cli.parameters import join_parameters, parse_activation
from actbench.experiments.catalogue import EXPERIMENTS, get_experiment, get_profile
from actbench.experiments.running import trainers
from actbench.experiments.selection import (
    ChosenActivation,
    compares_activations,
    only_activations,
    reference_pairs,
    with_activations,
)
from actbench.results import read_trials
from actbench.statistics import difference
from analysis.functions import stored_functions
from analysis.plotting import house_style
from analysis.results.activation_names import words_of
from analysis.site.contents import FAILED
from analysis.training import index, provenance
from tests.light_jobs import train_in_worker
from tests.synthetic_trials import COSTS, random_accuracy, results_of, synthetic_results

# The value of --activation, the name of its conditions, and the values where training starts.
ACTIVATIONS = {
    "mish": ("mish", {}),
    "swish beta=2": ("swish(beta=2)", {}),
    "swish beta=1": ("swish", {}),
    "swish beta=trained": ("swish(beta=trained)", {"beta": 1.0}),
    "swish beta=trained:2": ("swish(beta=trained:2)", {"beta": 2.0}),
    "prelu alpha=trained": ("prelu(alpha=trained)", {"alpha": 0.25}),
    "formula:x*tanh(x)": ("formula:x*tanh(x)", {}),
    "formula:x if x == 0 else x": ("formula:x if x == 0 else x", {}),
    "formula:x * sigmoid(b * x) b=1.5": ("formula:x * sigmoid(b * x)(b=1.5)", {}),
    "formula:x*sigmoid(b*x) b=trained": ("formula:x*sigmoid(b*x)(b=trained)", {"b": 1.0}),
    "formula:a*x+sin(b*x) a=0.5 b=trained:3": (
        "formula:a*x+sin(b*x)(a=0.5, b=trained:3)", {"b": 3.0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", ACTIVATIONS)
def test_the_option_takes_a_name_with_parameters(text):
    name, starts = ACTIVATIONS[text]
    chosen = parse_activation(text)
    assert str(chosen) == name
    assert {key: chosen.activation.parameters[key] for key in chosen.trained} == starts


def test_parameters_may_be_further_words():
    words = [
        "ranking",
        "--activation",
        "a",
        "b=1",
        "c=trained",
        "--seeds",
        "3",
        "--activation=d",
    ]
    assert join_parameters([*words, "e=2"], "--activation") == [
        "ranking", "--activation", "a b=1 c=trained", "--seeds", "3", "--activation=d e=2",
    ]  # fmt: skip
    for unchanged in (["x", "b=1"], ["--seeds", "3", "b=1"], ["--activation", "a", "b", "c=1"]):
        assert join_parameters(unchanged, "--activation") == unchanged


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_trained_parameters_are_in_the_names_factors_and_members_of_conditions(experiment):
    chosen = ChosenActivation(get("formula:x*sigmoid(b*x)", b=0.5), ("b",))
    extended = with_activations(experiment, [chosen])
    assert with_activations(extended, [chosen]) == extended
    added = extended.conditions[len(experiment.conditions) :]
    assert added
    for condition in added:
        assert condition.name.startswith("formula:x*sigmoid(b*x)(b=trained:0.5)")
        assert condition.factors["activation"] == "formula:x*sigmoid(b*x)(b=trained:0.5)"
        assert condition.member.trained_parameters == ("b",)
        assert condition.member.describe()["activation"] == "formula:x*sigmoid(b*x)(b=0.5)"
    if compares_activations(experiment):
        only = only_activations(experiment, [chosen])
        pairs = reference_pairs({each.name: each.factors for each in only.conditions})
        assert [name for name, _ in pairs] == [each.name for each in added]
        assert [reference.partition(",")[0] for _, reference in pairs] == ["relu"] * len(added)


def only_without_tasks(texts):
    """The ranking of some activations on the data that the command states."""
    ranking = get_experiment("ranking")
    only = only_activations(ranking, [parse_activation(text) for text in texts])
    return only.within(get_profile(ranking, "quick"))


def conditions_of(*texts):
    only = only_without_tasks(texts)
    return {each.name: each.member for each in only.conditions}


def test_a_listed_function_is_the_listed_condition_by_any_name():
    listed = {each.name: each.member for each in get_experiment("ranking").conditions}
    found = conditions_of("swish", "silu", "prelu alpha=trained")
    assert found == {name: listed[name] for name in ("silu", "prelu")}


def test_a_fixed_slope_is_not_the_trained_one_of_the_experiment():
    found = conditions_of("prelu", "mish")
    assert list(found) == ["prelu(alpha=0.25)", "mish"]
    assert found["prelu(alpha=0.25)"].trained_parameters == ()


def test_relu_is_the_reference_of_a_single_activation():
    assert list(conditions_of("swish beta=2")) == ["relu", "swish(beta=2)"]
    assert list(conditions_of("mish", "gelu")) == ["mish", "gelu"]


@pytest.fixture
def no_training(monkeypatch):
    """Made-up accuracies that depend on the condition and the seed."""

    def train_job(job, data, _):
        images = job.configuration["test_images"]
        return [
            replace(
                trial,
                **dict.fromkeys(
                    ("test_accuracy", "test_accuracy_original", "test_accuracy_inverted"),
                    round(random_accuracy(trial.condition, trial.seed) * images) / images,
                ),
                correct_images=None,
            )
            for trial in train_in_worker(job, data, 0)
        ]

    monkeypatch.setattr(trainers, "train_job", train_job)
    monkeypatch.setattr(trainers, "start_tensorflow", lambda: None)


MINE = ("--activation", "swish beta=2", "--activation", "formula:b*x", "b=trained")


def table(text):
    """Return the rows of a printed table: name, and the numbers after it."""
    rows = re.findall(r"^  (\S+) +([\d.]+)%  \[.+?%\] +(\S+) .* (\d+)(?:  (.*))?$", text, re.M)
    return [(name, float(mean), shown, int(n), word) for name, mean, shown, n, word in rows]


@pytest.mark.usefixtures("no_training")
def test_the_table_is_sorted_and_has_paired_differences(tmp_path, capsys):
    figure = tmp_path / "a" / "figure.png"
    words = ["run", "ranking", "--profile", "quick", "--seeds", "8", "--store", str(tmp_path)]
    assert main([*words, "--only", *MINE, "--activation", "relu", "--figure", str(figure)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == f"figure: {figure}"
    assert figure.read_bytes().startswith(b"\x89PNG")
    trials, _ = read_trials(tmp_path, "ranking")
    scores = {
        name: [
            t.test_accuracy for t in sorted(trials, key=lambda t: t.seed) if t.condition == name
        ]
        for name in ("swish(beta=2)", "formula:b*x(b=trained)", "relu")
    }
    rows = table(out)
    assert [row[0] for row in rows] == sorted(scores, key=lambda name: -np.mean(scores[name]))
    for name, mean, shown, count, word in rows:
        assert mean == pytest.approx(100 * np.mean(scores[name]), abs=0.005)
        assert count == 8
        if name == "relu":
            assert shown == "reference"
        else:
            expected = difference(scores[name], scores["relu"])
            assert float(shown) == pytest.approx(100 * expected.mean, abs=0.005)
            assert re.match("better|worse|equivalent|inconclusive", word)


@pytest.mark.usefixtures("no_training")
def test_rows_of_equal_settings_stand_together_and_one_seed_has_no_interval(tmp_path, capsys):
    words = ["run", "noise", "--profile", "smoke", "--seeds", "1", "--store", str(tmp_path)]
    assert main([*words, "--only", "--activation", "mish"]) == 0
    out = capsys.readouterr().out
    assert "its difference from relu, seed by seed" in out
    groups = [group.splitlines() for group in out.split("\n\n")]
    assert len(groups) == 7
    for group in groups[1:]:
        names = [line.split("  ")[1] for line in group if line.startswith("  ")]
        assert len({name.partition(", ")[2] for name in names[:2]}) == 1
    assert (tmp_path / "noise-smoke.svg").exists()


@pytest.mark.usefixtures("no_training")
def test_without_the_report_the_table_has_no_verdicts(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    words = ["run", "ranking", "--profile", "quick", "--store", str(tmp_path), "--only", *MINE]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert [row[-1] for row in table(out)] == ["", ""]
    assert err.splitlines()[-1] == (
        "actbench: no verdicts and no figure: matplotlib: expected an installed package, got "
        "none; try pip install 'actbench[report]'"
    )
    assert not list(tmp_path.glob("*.svg"))


@pytest.fixture(scope="module")
def mine():
    """Results of a reader: three activations of their own, and no ReLU."""
    texts = ("swish beta=2", "formula:a*x+x*sigmoid(b*x) a=trained:0.5 b=trained", "mish")
    only = only_without_tasks(texts)
    found = synthetic_results(only, seeds=4)
    trials = []
    for trial in found.trials:
        member = next(c.member for c in only.conditions if c.name == trial.condition)
        parameters = (
            [[0.5, 0.6], [1.0, 1.1], [0.7, 0.8], [1.2, 1.3]]
            if member.trained_parameters
            else []
        )
        trials.append(replace(trial, setup=member.describe(), trained_parameters=parameters))
    return results_of(
        replace(found, experiment=get_experiment("ranking"), trials=tuple(trials))
    )


def test_the_report_shows_a_store_without_relu(mine):
    with house_style():
        accuracy, compared, trained = index.sections("ranking", mine, {})
        (sheet,) = stored_functions.sections(mine)
    names = {"swish(beta=2)", "formula:a*x+x*sigmoid(b*x)(a=trained:0.5, b=trained)", "mish"}
    assert accuracy.table is not None
    assert compared.table is not None
    assert trained.table is not None
    assert sheet.table is not None
    assert set(accuracy.table["activation"]) == names
    assert set(compared.table["condition"]) == names - {"mish"}
    assert "from the condition 'mish'" in compared.description
    assert trained.table[["parameter", "layer", "min", "max"]].to_numpy().tolist() == [
        ["a", 1, 0.5, 0.6], ["a", 2, 0.7, 0.8], ["b", 1, 1.0, 1.1], ["b", 2, 1.2, 1.3],
    ]  # fmt: skip
    assert not any(
        each.description.startswith(FAILED) for each in (accuracy, compared, trained)
    )
    assert set(sheet.table["function"]) == names - {"mish"}
    assert "initial values" in sheet.description


def test_an_activation_without_a_cost_is_in_the_figure_of_the_ranking(mine):
    with house_style():
        accuracy, *_ = index.sections("ranking", replace(mine, costs=COSTS), {})
    assert accuracy.figure is not None
    left, _, front = accuracy.figure.axes
    assert len(left.get_yticklabels()) == 3
    assert [text.get_text() for text in front.texts] == ["mish"]


def test_the_report_repeats_the_run_of_a_reader(mine):
    found = mine.experiment("ranking")
    command = provenance.command(found)
    assert command.startswith(
        "actbench run ranking --profile full --seeds 4 --only --activation "
    )
    texts = re.findall(r"--activation ('[^']+'|\S+)", command)
    only = only_without_tasks([text.strip("'") for text in texts])
    assert {each.name for each in only.conditions} == set(found.conditions)


def test_the_trained_prelu_of_an_experiment_is_repeated_as_trained():
    experiment = get_experiment("ranking")
    condition = next(each for each in experiment.conditions if each.name == "prelu")
    (trial, *_) = synthetic_results(replace(experiment, conditions=(condition,))).trials
    words = words_of(replace(trial, setup=condition.member.describe()))
    assert words == "prelu alpha=trained:0.25"
    found = parse_activation(words).conditions(experiment)
    assert [each for each in found if each.task is None] == [condition]
