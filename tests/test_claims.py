"""Verdicts follow from the documents, by tests whose outcome is known."""

import re
from dataclasses import replace

import numpy as np
import pytest

from actbench.experiments.catalogue import EXPERIMENTS, get_experiment
from actbench.statistics import estimate
from analysis.claims.claim import (
    INCONCLUSIVE,
    NOT_TESTED,
    OUTCOMES,
    PROVED,
    REFUTED,
    SUPPORTED,
    Claim,
    decide,
)
from analysis.claims.claim_tests import (
    all_supported,
    compare_conditions,
    is_greater_in_all_pairs,
    is_within,
    proved,
    refuted,
)
from analysis.claims.ledger import CLAIMS, count_verdicts, section, summarise
from analysis.results import BENCHMARKS, DATA, MATHEMATICS, Cost, accuracy_on_originals
from tests.synthetic_trials import (
    COSTS,
    REASON,
    SEEDS,
    incomplete_cases,
    incomplete_results,
    results_of,
    synthetic_results,
)

WITH_CLAIMS = [
    each for each in EXPERIMENTS if any(claim.evidence == each.name for claim in CLAIMS)
]


@pytest.fixture(scope="module")
def results():
    return results_of(*map(synthetic_results, EXPERIMENTS), costs=COSTS)


@pytest.fixture(scope="module")
def rows(results):
    """The table of claims."""
    return summarise(results)


@pytest.fixture(scope="module")
def no_results():
    return results_of()


def verdict_on(text, results):
    """The verdict on the only claim that starts with a text."""
    (claim,) = [claim for claim in CLAIMS if claim.text.startswith(text)]
    (verdict,) = decide([claim], results)
    return verdict


# The ledger.


def test_claims_without_documents_name_the_command(no_results):
    rows = summarise(no_results)
    by_evidence = rows.set_index("evidence")
    measured = by_evidence.drop([MATHEMATICS, DATA])
    assert set(measured["verdict"]) == {NOT_TESTED}
    trained = measured.drop(BENCHMARKS)["statistic"]
    command = r"no documents yet: `actbench run \S+ --profile full` makes them"
    assert trained.str.fullmatch(command).all()
    timed = by_evidence.loc[[BENCHMARKS], "statistic"]
    assert timed.str.contains("`pytest benchmarks -m full .*` makes them").all()
    assert set(by_evidence.loc[MATHEMATICS, "verdict"]) == {PROVED, REFUTED}


def test_each_claim_has_a_verdict(rows):
    assert len(rows) == len(CLAIMS)
    assert set(rows["verdict"]) <= {SUPPORTED, REFUTED, INCONCLUSIVE, PROVED}
    assert rows["claim"].is_unique


def test_each_inconclusive_test_states_the_required_seeds(rows):
    inconclusive = rows[(rows["verdict"] == INCONCLUSIVE) & rows["p"].notna()]
    assert len(inconclusive) > 0
    assert inconclusive["note"].str.contains("seeds? would detect").all()


def test_each_refutation_without_p_value_states_what_is_true(rows):
    # The published single runs that are outside the intervals are named in the statistic.
    is_single_run = rows["statistic"].str.contains("prediction interval of one run")
    rows = rows[(rows["verdict"] == REFUTED) & rows["p"].isna() & ~is_single_run]
    assert len(rows) > 0
    assert (rows["note"] != "").all()


def test_verdict_counts_have_the_order_of_the_outcomes(no_results):
    counts = count_verdicts(no_results)
    assert counts["claims"].sum() == len(CLAIMS)
    made = section(no_results)
    assert made.table is not None
    shown, hidden = len(made.table), int((summarise(no_results)["verdict"] == NOT_TESTED).sum())
    assert shown + hidden == len(CLAIMS)
    assert f"{shown} claims: " in made.description
    assert f"{hidden} other claims are not shown, because results has no documents of" in (
        made.description
    )
    assert counts["verdict"].tolist() == [
        each for each in OUTCOMES if each in set(counts["verdict"])
    ]


def test_protocol_states_epochs_images_and_optimizer():
    found = synthetic_results(get_experiment("ranking"), seeds=1)
    configuration = {"epochs": 3, "train_images": 55_000, "optimizer": "adam"}
    trials = tuple(replace(each, configuration=configuration) for each in found.trials)
    rows = summarise(results_of(replace(found, trials=trials)))
    assert "ranking: 3 epochs, 55,000 images, adam" in set(rows["protocol"])


@pytest.mark.parametrize(("experiment", "way"), incomplete_cases(WITH_CLAIMS))
def test_claims_that_incomplete_documents_cannot_decide_say_what_is_missing(experiment, way):
    claims = [claim for claim in CLAIMS if claim.evidence == experiment.name]
    verdicts = decide(claims, results_of(incomplete_results(experiment, way)))
    command = f"`actbench run {experiment.name} --profile full` makes them"
    for verdict in verdicts:
        assert verdict.outcome in {SUPPORTED, REFUTED, INCONCLUSIVE, NOT_TESTED}
        if verdict.outcome == NOT_TESTED:
            text = rf"{REASON} in the documents of {experiment.name}: {command}"
            assert re.fullmatch(text, verdict.statistic)
    outcomes = {verdict.outcome for verdict in verdicts}
    if way in {"one trial", "one condition"}:
        assert NOT_TESTED in outcomes
    if way == "one trial":
        assert SUPPORTED not in outcomes


def test_several_conditions_with_the_same_factors_are_named():
    found = synthetic_results(get_experiment("ranking"), seeds=1)
    extra = tuple(
        replace(trial, condition="copy of mish")
        for trial in found.trials
        if trial.condition == "mish"
    )
    results = results_of(replace(found, trials=(*found.trials, *extra)))
    (verdict,) = decide([difference_claim()], results)
    assert verdict.outcome == NOT_TESTED
    assert verdict.statistic.startswith(
        "expected one condition with activation mish, got several: mish; copy of mish"
    )


# One difference.


def difference_claim(text="Mish is better"):
    test = compare_conditions(
        "ranking", {"activation": "mish"}, {"activation": "relu"}, accuracy_on_originals,
        "accuracy",
    )  # fmt: skip
    return Claim("X", text, "ranking", test)


@pytest.mark.parametrize(
    ("mish", "outcome"), [(0.99, SUPPORTED), (0.95, REFUTED), (None, INCONCLUSIVE)]
)
def test_a_clear_difference_decides_a_claim(mish, outcome):
    def accuracy(condition, _):
        return mish if condition.name == "mish" else None

    found = synthetic_results(get_experiment("ranking"), accuracy=accuracy)
    (verdict,) = decide([difference_claim()], results_of(found))
    assert verdict.outcome == outcome


@pytest.mark.parametrize("mish", [0.99, 0.95, None])
def test_three_seeds_decide_no_claim(mish):
    def accuracy(condition, _):
        return mish if condition.name == "mish" else None

    # The smallest p value of a sign-flip test with three seeds is 0.25.
    found = synthetic_results(get_experiment("ranking"), seeds=3, accuracy=accuracy)
    (verdict,) = decide([difference_claim()], results_of(found))
    assert verdict.outcome == INCONCLUSIVE


def test_p_values_are_corrected_for_the_number_of_claims(results):
    (alone,) = decide([difference_claim()], results)
    several = decide([difference_claim(str(number)) for number in range(4)], results)
    assert several[0].p == pytest.approx(min(1.0, 4 * alone.p))


# Several differences at once.


@pytest.mark.parametrize(
    ("shifts", "outcome"),
    [
        ((0.02, 0.02), SUPPORTED),
        ((0.02, -0.02), REFUTED),
        # A clear positive difference does not decide about an unclear one.
        ((0.02, -0.0005), INCONCLUSIVE),
        ((0.02, 0.0005), INCONCLUSIVE),
    ],
)
def test_a_claim_about_all_pairs_needs_each_pair(shifts, outcome):
    shift = dict(zip(("mish", "silu"), shifts, strict=True))
    rng = np.random.default_rng(1)

    def accuracy(condition, _):
        return 0.9 + shift.get(condition.name, 0.0) + 0.003 * rng.normal()

    found = synthetic_results(get_experiment("ranking"), accuracy=accuracy)
    pairs = {"mish": ("mish", "relu"), "silu": ("silu", "relu")}
    claim = Claim(
        "X", "Both are better", "ranking",
        lambda results: is_greater_in_all_pairs(
            results, "ranking", pairs, accuracy_on_originals, "accuracy"
        ),
    )  # fmt: skip
    (verdict,) = decide([claim], results_of(found))
    assert verdict.outcome == outcome


@pytest.mark.parametrize(
    ("swish", "outcome"),
    [
        # ReLU reaches 40% in half of the settings and 97% in the other half. One of the three
        # thresholds can refute the claim; all three are needed to support it.
        ((0.6, 0.99), INCONCLUSIVE),
        ((0.96, 0.99), SUPPORTED),
        ((0.6, 0.9), REFUTED),
    ],
)
def test_robustness_needs_each_threshold(swish, outcome):
    def accuracy(condition, _):
        low, high = swish if condition.factors["activation"] == "swish" else (0.4, 0.97)
        return low if condition.factors["learning_rate"] <= 0.001 else high

    found = synthetic_results(get_experiment("robustness"), accuracy=accuracy)
    verdict = verdict_on("Swish is more robust", results_of(found))
    assert "50%, 80%, 95%" in verdict.statistic
    assert verdict.outcome == outcome


def test_robustness_uses_the_seeds_that_both_activations_have():
    found = synthetic_results(get_experiment("robustness"))
    missing = {("swish, scale 0.1, rate 0.1", 3), ("relu, scale 0.1, rate 0.1", 5)}
    kept = tuple(each for each in found.trials if (each.condition, each.seed) not in missing)
    verdict = verdict_on("Swish is more robust", results_of(replace(found, trials=kept)))
    assert verdict.statistic.endswith(f"{SEEDS - 2} seeds")


# Margins, mathematics and costs.


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ([0.25, 0.251, 0.249], SUPPORTED),
        ([0.35, 0.351, 0.349], REFUTED),
        ([0.25, 0.35, 0.15], INCONCLUSIVE),
        ([0.25], INCONCLUSIVE),
    ],
)
def test_a_margin_is_compared_with_the_interval(values, outcome):
    assert is_within(estimate(values), 0.25, 0.01) == outcome


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([SUPPORTED, SUPPORTED], SUPPORTED),
        ([SUPPORTED, INCONCLUSIVE], INCONCLUSIVE),
        ([INCONCLUSIVE, REFUTED, SUPPORTED], REFUTED),
    ],
)
def test_one_refuted_part_refutes_the_whole(outcomes, expected):
    assert all_supported(outcomes) == expected


@pytest.mark.parametrize(("dead", "outcome"), [(0.0, SUPPORTED), (0.2, REFUTED)])
def test_units_die_if_they_die_in_one_setting(dead, outcome):
    found = synthetic_results(get_experiment("dying-units"))
    trials = [
        replace(
            each,
            measured={
                "dead": [
                    [0.0] * 10,
                    [dead if each.factors["learning_rate"] == 0.1 else 0.0] * 10,
                ]
            },
        )
        for each in found.trials
    ]
    results = results_of(replace(found, trials=tuple(trials)))
    verdict = verdict_on("Units of mish do not die", results)
    assert verdict.outcome == outcome
    assert "learning rate 0.1:" in verdict.statistic or outcome == SUPPORTED


def test_a_failing_check_refutes_a_mathematical_claim(no_results):
    claim = Claim("X", "a", MATHEMATICS, proved("because", lambda: False))
    (verdict,) = decide([claim], no_results)
    assert verdict.outcome == REFUTED


def test_a_refutation_with_a_failing_check_raises(no_results):
    claim = Claim("X", "a", MATHEMATICS, refuted("because", "the opposite", lambda: False))
    with pytest.raises(AssertionError, match="expected numbers that show 'the opposite'"):
        decide([claim], no_results)


@pytest.mark.parametrize(
    ("low", "noise", "outcome"),
    [(1.1, 0.05, SUPPORTED), (1.1, 0.2, INCONCLUSIVE), (0.9, 0.05, INCONCLUSIVE)],
)
def test_a_cost_within_the_noise_is_inconclusive(low, noise, outcome, no_results):
    (claim,) = [claim for claim in CLAIMS if claim.evidence == BENCHMARKS]
    costs = {"relu": Cost(1, 1, 1, 0), "mish": Cost(1.2, low, 1.3, noise)}
    (verdict,) = decide([claim], replace(no_results, costs=costs))
    assert verdict.outcome == outcome
