"""The results of one experiment: selection by factors, and values paired by seed."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actbench.experiments.catalogue import get_experiment
from analysis.results import (
    ExperimentResults,
    IncompleteError,
    accuracy_on_all_images,
    accuracy_on_originals,
    curve,
)
from analysis.results.load import largest_profile
from tests.made_up_sweep import CONDITIONS, SEEDS, SWEEP, TRIALS, make_trial

DEPTH = get_experiment("depth")


def results_without(*missing):
    """The sweep without some trials, named by condition and seed."""
    kept = [trial for trial in TRIALS if (trial.condition, trial.seed) not in missing]
    return replace(SWEEP, trials=tuple(kept))


@pytest.fixture(scope="module")
def by_depth():
    """One trial of each condition of an experiment with two factors."""
    first = make_trial("prelu", 0)
    return ExperimentResults(
        DEPTH,
        tuple(
            replace(first, condition=condition.name, factors=condition.factors)
            for condition in DEPTH.conditions
        ),
    )


def test_conditions_are_in_the_order_of_the_experiment_with_others_last():
    other = replace(TRIALS[0], condition="another")
    shuffled = replace(SWEEP, trials=(other, *reversed(TRIALS)))
    assert shuffled.conditions == [*CONDITIONS, "another"]


def test_conditions_are_selected_by_factors(by_depth):
    selected = by_depth.conditions_with(activation="mish")
    assert selected == [
        name
        for name in by_depth.conditions
        if by_depth.factors_of(name)["activation"] == "mish"
    ]
    assert len(selected) > 1
    table = by_depth.factor_table("activation")
    assert table["condition"].tolist() == by_depth.conditions
    assert table["activation"].tolist() == [
        by_depth.factors_of(name)["activation"] for name in by_depth.conditions
    ]


def test_a_counterpart_has_the_same_other_factors(by_depth):
    for name in by_depth.conditions_with(activation="mish"):
        factors = by_depth.factors_of(by_depth.counterpart(name, activation="swish"))
        assert factors == {**by_depth.factors_of(name), "activation": "swish"}
    with pytest.raises(IncompleteError, match="there is no condition with activation tanh"):
        by_depth.counterpart(by_depth.conditions[0], activation="tanh")


def test_values_are_paired_by_the_seeds_that_both_conditions_have():
    results = results_without(("prelu", 1), ("alpha=0", 0))
    prelu, zero = results.paired_values("prelu", "alpha=0", accuracy_on_originals)
    assert prelu == [make_trial("prelu", 2).test_accuracy_original]
    assert zero == [make_trial("alpha=0", 2).test_accuracy_original]


def test_differences_have_a_row_per_pair_and_a_column_per_common_seed():
    pairs = [("prelu", "alpha=0"), ("prelu", "alpha=1")]
    found = results_without(("alpha=1", 1)).differences(pairs, accuracy_on_all_images)
    expected = [
        [
            make_trial(first, seed).test_accuracy - make_trial(second, seed).test_accuracy
            for seed in (0, 2)
        ]
        for first, second in pairs
    ]
    np.testing.assert_array_equal(found, expected)


def test_seeds_with_values_that_are_not_finite_are_left_out():
    def metric(trial):
        return math.nan if trial.seed == 1 else float(trial.seed)

    assert SWEEP.paired_values("prelu", "alpha=0", metric) == ([0.0, 2.0], [0.0, 2.0])
    np.testing.assert_array_equal(SWEEP.values_by_seed(["prelu"], metric), [[0.0, 2.0]])
    with pytest.raises(IncompleteError, match="no seed has"):
        SWEEP.differences([("prelu", "alpha=0")], lambda _: math.nan)


def test_missing_conditions_and_curves_are_incomplete_documents():
    with pytest.raises(IncompleteError, match="there is no rrelu"):
        SWEEP.trials_of("rrelu")
    assert curve(TRIALS[0], "val_loss") == [0.06] * 5
    with pytest.raises(IncompleteError, match="profile full has no gradient"):
        curve(TRIALS[0], "gradient")


def test_a_larger_profile_has_a_higher_rank():
    ranks = [
        replace(SWEEP, trials=(replace(TRIALS[0], profile=profile),)).profile_rank
        for profile in ("smoke", "quick", "reduced", "source", "full")
    ]
    assert ranks == sorted(ranks)
    assert ExperimentResults(DEPTH, ()).profile_rank < min(ranks)
    assert len(SWEEP.values("prelu", accuracy_on_originals)) == SEEDS


def on_data(trial, checksum, name=None, task=None):
    """The trial with other data, and with a task."""
    configuration = trial.configuration | {"data_sha256": checksum * 64}
    return replace(
        trial,
        condition=f"{trial.condition}, {task}" if task else trial.condition,
        factors={**trial.factors, "task": task} if task else trial.factors,
        configuration=configuration | ({"data": name} if name else {}),
    )


def test_trials_on_other_data_are_never_together_with_most_trials():
    trials = [
        *(on_data(trial, "a", "images") for trial in TRIALS[:5]),
        # The same data under another name, and without one.
        on_data(TRIALS[5], "a", "the same"), on_data(TRIALS[6], "a"),
        *(on_data(replace(trial, seed=7), "b") for trial in TRIALS[:2]),
    ]  # fmt: skip
    found = largest_profile(Path("store"), SWEEP.experiment, trials, [])
    assert {trial.configuration["data_sha256"] for trial in found.trials} == {"a" * 64}
    assert len(found.trials) == 7
    assert set(found.data_names) == {"images", "the same", "data aaaaaaaaaaaa"}
    assert [fault.reason for fault in found.faults] == [
        f"{trial.condition}, seed 7: trained on data bbbbbbbbbbbb (SHA-256 bbbbbbbbbbbb…), and "
        "most were trained on images (SHA-256 aaaaaaaaaaaa…)"
        for trial in TRIALS[:2]
    ]


def test_each_task_has_data_of_its_own():
    trials = [
        on_data(trial, checksum, name, task)
        for trial in TRIALS[:4]
        for checksum, name, task in (("a", "images", "mnist"), ("b", "letters", "text"))
    ]
    odd = on_data(replace(TRIALS[0], seed=8), "a", "images", "text")
    found = largest_profile(Path("store"), SWEEP.experiment, [*trials, odd], [])
    assert len(found.trials) == 8
    assert (found.tasks, found.data_names) == (("mnist", "text"), ("images", "letters"))
    text = found.of_task("text")
    assert (len(text.trials), text.data_names) == (4, ("letters",))
    (fault,) = found.faults
    assert "text, seed 8: trained on images" in fault.reason
    assert SWEEP.tasks == ()
