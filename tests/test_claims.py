"""Verdicts follow from the documents, by tests whose outcome is known."""

import re
from dataclasses import replace

import numpy as np
import pytest

from actbench import RequestError
from actbench.experiments.catalogue import EXPERIMENTS, get_experiment
from actbench.experiments.preregistration import PREREGISTRATION
from actbench.statistics import estimate, sign_flip
from analysis.claims.calibration import nominal_level
from analysis.claims.claim import (
    EQUIVALENT,
    INCONCLUSIVE,
    NOT_TESTED,
    OUTCOMES,
    PROVED,
    REFUTED,
    SUPPORTED,
    Claim,
    Evidence,
)
from analysis.claims.claim_tests import (
    all_supported,
    compare_conditions,
    compare_on_tasks,
    is_greater_in_all_pairs,
    is_within,
    proved,
    refuted,
)
from analysis.claims.decision import decide
from analysis.claims.ledger import CLAIMS, count_verdicts, judged, section, summarise
from analysis.results import (
    BENCHMARKS,
    DATA,
    MATHEMATICS,
    Cost,
    ExperimentResults,
    accuracy_on_originals,
)
from tests.synthetic_trials import (
    COSTS,
    REASON,
    SEEDS,
    incomplete_cases,
    incomplete_results,
    results_of,
    synthetic_results,
    synthetic_trial,
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
    assert set(rows["verdict"]) <= set(OUTCOMES) - {NOT_TESTED}
    assert rows["claim"].is_unique


def test_each_inconclusive_test_states_what_its_seeds_detect(rows):
    inconclusive = rows[(rows["verdict"] == INCONCLUSIVE) & rows["significance"].ne("")]
    inconclusive = inconclusive[~inconclusive["statistic"].str.contains("Friedman")]
    assert len(inconclusive) > 0
    assert inconclusive["note"].str.contains("seeds detect a difference of").all()


def test_each_primary_comparison_is_one_claim_about_its_experiment():
    assert set(PREREGISTRATION.primary) == {each.name for each in EXPERIMENTS}
    for experiment, primary in PREREGISTRATION.primary.items():
        assert 1 <= len(primary) <= 3
        for name in primary:
            (claim,) = [each for each in CLAIMS if each.name == name]
            assert claim.evidence == experiment
    named = [claim.name for claim in CLAIMS if claim.name]
    assert sorted(named) == sorted(sum(PREREGISTRATION.primary.values(), ()))


@pytest.mark.parametrize("experiment", PREREGISTRATION.primary)
def test_the_minimum_of_seeds_is_the_first_number_that_decides(experiment):
    level, seeds = (
        PREREGISTRATION.level_of(experiment),
        PREREGISTRATION.minimum_seeds(experiment),
    )
    assert sign_flip(np.ones(seeds)) <= level
    assert seeds == 6 or level < sign_flip(np.ones(seeds - 1))


def test_a_large_profile_with_too_few_seeds_is_refused():
    experiment = get_experiment("batch-size")
    (full,) = [each for each in experiment.profiles if each.name == "full"]
    with pytest.raises(RequestError, match="expected 7 or more, because fewer cannot decide"):
        replace(experiment, profiles=(replace(full, seeds=6),))


def test_each_refutation_without_p_value_states_what_is_true(rows):
    # The published single runs that are outside the intervals are named in the statistic.
    is_single_run = rows["statistic"].str.contains("prediction interval of one run")
    is_refuted = (rows["verdict"] == REFUTED) & rows["significance"].eq("")
    rows = rows[is_refuted & ~is_single_run]
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
        assert verdict.outcome in set(OUTCOMES) - {PROVED}
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


def test_a_pair_of_conditions_has_one_verdict_in_both_orders(results):
    verdicts = judged("beta", results)
    ((first, *pair),) = [(each, *each[1:3]) for each in verdicts][:1]
    assert verdicts[first] == verdicts[first[0], pair[1], pair[0], first[3]]
    assert verdicts[first].startswith("claim A.6: ")


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


def test_few_seeds_are_tested_by_students_t_with_a_warning():
    found = synthetic_results(get_experiment("ranking"), seeds=3)
    (verdict,) = decide([difference_claim()], results_of(found))
    assert "3 seeds (Student's t, fewer than 6 seeds)" in verdict.statistic


def evidence_claim(differences, name="", margin=0.002, experiment="ranking"):
    """A claim with known differences of 12 seeds."""
    evidence = Evidence("accuracy, points", {"": np.asarray(differences)}, margin=margin)
    return Claim("X", f"A claim {name}", experiment, lambda _: evidence, name)


SMALL = 1e-4 * np.array([3, -2, 1, 4, -3, 2, -1, 5, -4, 3, -5, 2.0])


@pytest.mark.parametrize(
    ("shift", "outcome", "note"),
    [
        (0.01, SUPPORTED, ""),
        (-0.01, REFUTED, "the opposite is true"),
        (0.001, SUPPORTED, "by less than 0.20"),
        (0.0, EQUIVALENT, "the difference is smaller than 0.20"),
    ],
)
def test_the_interval_of_a_difference_decides(results, shift, outcome, note):
    (verdict,) = decide([evidence_claim(SMALL + shift)], results)
    assert (verdict.outcome, verdict.note) == (outcome, note)


def test_without_a_margin_nothing_is_equivalent(results):
    (verdict,) = decide([evidence_claim(SMALL, margin=None)], results)
    assert verdict.outcome == INCONCLUSIVE


def test_primary_comparisons_share_the_error_probability(results):
    names = PREREGISTRATION.primary["ranking"]
    differences = SMALL + 1e-4
    primary, other = decide(
        [evidence_claim(differences, each, margin=None) for each in (names[0], "")], results
    )
    assert primary.p == pytest.approx(min(1, len(names) * sign_flip(differences, "greater")))
    assert np.isnan(primary.q)
    assert other.q == pytest.approx(sign_flip(differences, "greater"))
    assert np.isnan(other.p)


def test_exploratory_claims_have_q_values_within_their_experiment(results):
    clear, unclear = SMALL + 1e-3, SMALL
    alone, *_ = decide([evidence_claim(clear)], results)
    several = decide([evidence_claim(clear), *[evidence_claim(unclear)] * 3], results)
    assert several[0].q == pytest.approx(4 * alone.q)
    elsewhere = decide(
        [evidence_claim(clear), *[evidence_claim(unclear, experiment="beta")] * 3], results
    )
    assert elsewhere[0].q == pytest.approx(alone.q)


def test_a_difference_on_one_data_set_is_labelled(results):
    test = compare_on_tasks("mish", "relu", accuracy_on_originals, "test accuracy (points)")
    (verdict,) = decide([Claim("X", "Mish is better", "ranking", test)], results)
    assert verdict.note.startswith("only on ")


def results_on_tasks(gains):
    """Results of the ranking where Mish has these advantages over ReLU, by task."""
    experiment = get_experiment("ranking")
    trials = tuple(
        synthetic_trial(
            experiment, condition, seed,
            0.8 + 1e-4 * np.sin(7 * seed + len(condition.name))
            + gains[condition.task.name] * (condition.factors["activation"] == "mish"),
        )
        for condition in experiment.conditions
        if condition.task is not None and condition.task.name in gains
        for seed in range(SEEDS)
    )  # fmt: skip
    return results_of(ExperimentResults(experiment, trials))


@pytest.mark.parametrize(
    ("gains", "outcome", "note"),
    [
        ({"mnist": 0.01, "text": 0.02}, SUPPORTED, "positive on 2 of 2 data sets"),
        ({"mnist": -0.01, "text": 0.0, "mnist-1d": -0.03}, REFUTED, "positive on"),
        ({"mnist": -0.01, "text": 0.05}, INCONCLUSIVE, "depends on the data set"),
        ({"text": 0.05}, SUPPORTED, "only on text"),
    ],
)
def test_the_sign_of_a_difference_must_be_the_same_on_all_tasks(gains, outcome, note):
    test = compare_on_tasks("mish", "relu", accuracy_on_originals, "test accuracy (points)")
    (verdict,) = decide(
        [Claim("X", "Mish is better", "ranking", test)], results_on_tasks(gains)
    )
    assert verdict.outcome == outcome
    assert note in verdict.note


# Prediction intervals.


def test_prediction_intervals_of_accuracies_are_calibrated():
    def accuracy(*_):
        # A long tail of low values.
        return 0.99 - 0.002 * float(np.random.default_rng(next(numbers)).exponential())

    numbers = iter(range(100_000))
    found = results_of(
        synthetic_results(get_experiment("robustness"), accuracy=accuracy),
        synthetic_results(get_experiment("ranking"), accuracy=accuracy),
    )
    level = nominal_level(found, 0.01)
    assert level < 0.01
    rng = np.random.default_rng(0)
    outside = {0.01: 0, level: 0}
    for each in outside:
        for sample in 0.99 - 0.002 * rng.exponential(size=(2_000, SEEDS + 1)):
            found = estimate(sample[:-1].tolist(), confidence=1 - 2 * each)
            outside[each] += sample[-1] < found.prediction[0]
    assert outside[0.01] / 2_000 > 0.018
    assert 0.004 < outside[level] / 2_000 < 0.018


def test_few_runs_calibrate_nothing(no_results):
    assert nominal_level(no_results, 0.01) == 0.01


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
    rng = np.random.default_rng(4)

    def accuracy(condition, _):
        return 0.9 + shift.get(condition.name, 0.0) + 0.004 * rng.normal()

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
    ("swish", "outcome"), [((0.6, 0.99), SUPPORTED), ((0.3, 0.9), REFUTED)]
)
def test_robustness_is_the_mean_accuracy_over_all_settings(swish, outcome):
    def accuracy(condition, _):
        low, high = swish if condition.factors["activation"] == "swish" else (0.4, 0.97)
        return low if condition.factors["learning_rate"] <= 0.001 else high

    found = synthetic_results(get_experiment("robustness"), accuracy=accuracy)
    verdict = verdict_on("Swish is more robust", results_of(found))
    assert "mean of 20 settings" in verdict.statistic
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
                    [dead if each.factors["learning_rate"] == 0.01 else 0.0] * 10,
                ]
            },
        )
        for each in found.trials
    ]
    results = results_of(replace(found, trials=tuple(trials)))
    verdict = verdict_on("Units of mish do not die", results)
    assert verdict.outcome == outcome
    assert "learning rate 0.01:" in verdict.statistic or outcome == SUPPORTED


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
