"""Verdicts follow from documents; questions draw and tabulate what documents say."""

import math
from dataclasses import replace

import numpy as np
import pytest

from actbench.data import Dataset
from actbench.experiments.catalogue import EXPERIMENTS, get_experiment
from actbench.models.network import Activate
from actbench.results import Trial, encode_correct_images, write_trial
from analysis.claims.ledger import CLAIMS, section, summarise
from analysis.claims.verdict import (
    BY_MATHEMATICS,
    FAILS,
    HOLDS,
    UNSHOWN,
    UNTRIED,
    Claim,
    judged,
    of_all,
    of_conditions,
    proved,
    refuted,
)
from analysis.comparisons import compare_with_reference
from analysis.plotting import house_style
from analysis.results import (
    BENCHMARKS,
    COST_COMMAND,
    MATHEMATICS,
    Cost,
    ExperimentResults,
    Results,
    accuracy_on_originals,
    load_experiment,
    relu_cost_ratios,
)
from analysis.training import index, robustness
from analysis.training.dying_units import exactly_dead, simulated_dead
from analysis.training.inversion import linear_bound
from analysis.training.ranking import front

SEEDS = 12
COSTS = {"relu": Cost(1, 1, 1, 0), "mish": Cost(1.2, 1.1, 1.3, 0.05)}
IMAGES, LABELS = np.zeros((20, 4, 4), np.uint8), np.arange(20, dtype=np.uint8) % 10
DATA = Dataset(IMAGES, LABELS, IMAGES, LABELS)


def accuracy(condition, seed):
    """A number near 97% for each condition and seed, the same whenever it is asked."""
    rng = np.random.default_rng([seed, *condition.encode()])
    return 0.97 + 0.003 * rng.standard_normal() + 0.002 * np.sin(seed)


def measured(experiment, condition, rng):
    """What the experiment's observers and measurement leave in a document."""
    network = condition.network or experiment.network
    layers = sum(isinstance(layer, Activate) for layer in network.layers)
    return {
        "gradient_norm": rng.uniform(0.1, 1, (3, layers + 1)).tolist(),
        "dead": rng.integers(0, 2, (3, layers)).astype(float).tolist(),
        "saturated": rng.uniform(0, 1, (3, layers)).tolist(),
        "mse": [0.26, 0.1, 0.09], "crossentropy": [0.71, 0.3, 0.25],
        "calibration_error": 0.02, "gradient_of_errors": 0.3,
        "agreement": rng.uniform(0.5, 0.6), "logit_correlation": 0.1,
        "noisy_accuracy": 0.5, "loss": 0.1, "top_eigenvalue": rng.uniform(1, 2), "trace": 5.0,
        "plane": np.full((21, 21), 0.1).tolist(),
    }  # fmt: skip


def trial(experiment, condition, seed, value=None):
    rng = np.random.default_rng([seed, len(condition.name)])
    right = accuracy(condition.name, seed) if value is None else value
    return Trial(
        experiment=experiment.name, profile="full", condition=condition.name,
        factors=condition.factors, seed=seed,
        test_accuracy=right, test_accuracy_original=right, test_accuracy_inverted=right,
        test_loss=0.1, test_loss_original=0.1, test_loss_inverted=0.1,
        curves={
            "accuracy": [0.9] * 4 + [right], "loss": [0.3] * 4 + [0.1 * (1 + rng.uniform())],
            "val_accuracy": [0.9] * 4 + [right], "val_loss": [0.3] * 4 + [0.2],
        },
        trained_parameters=[[0.1, 0.2] * 4, [0.1 if "one object" in condition.name else 0.3, 0.2] * 4]
        if condition.member.trained_parameters else [],
        measured=measured(experiment, condition, rng), correct_images=encode_correct_images([True] * 8),
        parameters=27_938, configuration={"test_images": 4}, setup={}, versions={},
        machine={"cpu": "a processor", "cores": 2, "system": "Linux"},
        started="2026-01-01T00:00:00+00:00", seconds=60.0, seconds_per_step=0.01,
    )  # fmt: skip


def made(experiment, seeds=SEEDS, **values):
    trials = [
        trial(experiment, condition, seed, values.get(condition.name))
        for seed in range(seeds)
        for condition in experiment.conditions
    ]
    return ExperimentResults(experiment, tuple(trials))


def results_of(*found, costs=None):
    """The results of some experiments; the others have no documents."""
    experiments = {each.name: ExperimentResults(each, ()) for each in EXPERIMENTS}
    experiments |= {each.experiment.name: each for each in found}
    return Results(experiments, experiments["alpha-sweep"], DATA, costs or {})


@pytest.fixture(scope="module")
def found():
    return results_of(*map(made, EXPERIMENTS), costs=COSTS)


@pytest.fixture(scope="module")
def nothing():
    return results_of()


def test_without_documents_claims_name_the_command(nothing):
    rows = summarise(nothing)
    asked = rows[~rows["source"].isin([MATHEMATICS, "data"])]
    assert set(asked["verdict"]) == {UNTRIED}
    trained = asked[asked["source"] != BENCHMARKS]["found"]
    assert trained.str.match(r"actbench run \S+ --profile full makes them").all()
    timed = asked[asked["source"] == BENCHMARKS]["found"]
    assert timed.str.match("pytest benchmarks -m full -k relative_to_relu .* makes them").all()
    assert set(rows[rows["source"] == MATHEMATICS]["verdict"]) == {BY_MATHEMATICS, FAILS}


def test_every_claim_gets_a_verdict(found):
    rows = summarise(found)
    assert len(rows) == len(CLAIMS) >= 30
    assert set(rows["verdict"]) <= {HOLDS, FAILS, UNSHOWN, BY_MATHEMATICS}
    assert rows["claim"].is_unique
    unshown = rows[(rows["verdict"] == UNSHOWN) & rows["p"].notna()]
    assert unshown["more"].str.contains("would show").all()
    # What is wrong has what is right beside it, but for tests, where the numbers say it.
    single_runs = rows["found"].str.contains("one more run of ours")
    wrong = rows[(rows["verdict"] == FAILS) & rows["p"].isna() & ~single_runs]
    assert (wrong["more"] != "").all()
    assert f"{len(rows)} claims: " in section(found).description


@pytest.mark.parametrize(("mish", "outcome"), [(0.99, HOLDS), (0.95, FAILS), (None, UNSHOWN)])
def test_verdicts_follow_the_numbers(mish, outcome):
    ranking = get_experiment("ranking")
    values = {} if mish is None else {"mish": mish}
    claim = Claim(
        "X", "Mish is better", "ranking",
        of_conditions("ranking", "mish", "relu", accuracy_on_originals, "accuracy"),
    )  # fmt: skip
    (verdict,) = judged([claim], results_of(made(ranking, **values)))
    assert verdict.outcome == outcome
    # Of three seeds not even the clearest difference can be shown, by signs.
    (verdict,) = judged([claim], results_of(made(ranking, seeds=3, **values)))
    assert verdict.outcome == UNSHOWN


def test_p_values_are_of_the_whole_family(found):
    judge = of_conditions("ranking", "mish", "relu", accuracy_on_originals, "accuracy")
    alone = judged([Claim("X", "a", "ranking", judge)], found)[0].p
    among = judged([Claim("X", str(n), "ranking", judge) for n in range(4)], found)[0].p
    assert among == pytest.approx(min(1.0, 4 * alone))


def test_mathematics_is_checked(nothing):
    assert (
        judged([Claim("X", "a", MATHEMATICS, proved("so", lambda: False))], nothing)[0].outcome
        == FAILS
    )
    with pytest.raises(AssertionError, match="what stands for a refutation"):
        judged([Claim("X", "a", MATHEMATICS, refuted("so", "not so", lambda: False))], nothing)


def sections(results):
    """The sections of all experiments but the slope sweep."""
    return [
        section
        for experiment in EXPERIMENTS
        if experiment.name != "alpha-sweep"
        for section in index.sections(experiment.name, results)
    ]


def test_every_experiment_has_sections_with_and_without_documents(found, nothing, tmp_path):
    with house_style():
        whole = sections(found)
        empty = sections(nothing)
        for made_section in (*whole, *empty):
            made_section.write(tmp_path)
    assert len(empty) == len(EXPERIMENTS) - 1
    assert all("No documents yet: actbench run " in each.description for each in empty)
    assert all(f"{SEEDS} seeds of " in each.provenance for each in whole)
    assert all("Again: actbench run " in each.provenance for each in whole)
    names = {f"{name}-full" for name in set(found.experiments) - {"alpha-sweep"}}
    assert {name for each in whole for name in each.documents} == names
    assert len({each.title for each in (*whole, *empty)}) == len(whole) + len(empty)
    for each in whole:
        assert each.table is not None
        shown = each.formatted_table()
        assert len(shown) > 0
        assert not shown.isin(["nan", "inf"]).any().any()


def _nan(value):
    if isinstance(value, dict):
        return {name: _nan(each) for name, each in value.items()}
    return [_nan(each) for each in value] if isinstance(value, list) else math.nan


PARTS = {
    "one trial": lambda trials: trials[:1],
    "one condition": lambda trials: [t for t in trials if t.condition == trials[-1].condition],
    "nothing held out": lambda trials: [
        replace(t, curves={k: v for k, v in t.curves.items() if not k.startswith("val_")})
        for t in trials
    ],
    "diverged": lambda trials: [
        replace(t, test_loss=math.nan, curves={k: [math.nan] * 2 for k in t.curves})
        for t in trials
    ],
    "nothing finite": lambda trials: [replace(t, measured=_nan(t.measured)) for t in trials],
    "ragged": lambda trials: [t for n, t in enumerate(trials) if n % 3],
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_a_part_of_the_documents_is_no_error(experiment, part, nothing):
    trials = tuple(PARTS[part](made(experiment, 3).trials))
    some = results_of(ExperimentResults(experiment, trials), costs=COSTS)
    rows = summarise(some)
    asked = rows[(rows["source"] == experiment.name) & (rows["verdict"] == UNTRIED)]
    assert (
        asked["found"].str.contains("in the documents of|no seed has numbers|makes them").all()
    )
    with house_style():
        assert sections(some)


def test_differences_are_those_of_the_seeds(found):
    ranking = found.experiment("ranking")
    rows = compare_with_reference(ranking, ranking.pairs_with("relu")).set_index("condition")
    gaps = [accuracy("mish", seed) - accuracy("relu", seed) for seed in range(SEEDS)]
    assert rows.loc["mish", "mean"] == pytest.approx(np.mean(gaps))
    assert rows.loc["mish", "superiority"] == pytest.approx(np.mean(np.array(gaps) > 0))
    assert (rows["p_holm"] >= rows["p"]).all()
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
def test_what_follows_of_a_difference(scale, shift, conclusion):
    ranking = get_experiment("ranking")
    rng = np.random.default_rng(0)
    noise = scale * rng.standard_normal(SEEDS)
    trials = [
        trial(
            ranking, condition, seed, 0.9 + (condition.name == "mish") * (shift + noise[seed])
        )
        for condition in ranking.conditions
        if condition.name in ("relu", "mish")
        for seed in range(SEEDS)
    ]
    one = ExperimentResults(ranking, tuple(trials))
    (row,) = compare_with_reference(one, one.pairs_with("relu")).to_dict("records")
    assert row["conclusion"] == conclusion


def test_profiles_and_configurations_are_not_mixed(tmp_path):
    experiment = get_experiment("beta")
    first = experiment.conditions[0]
    whole = [trial(experiment, first, seed) for seed in range(3)]
    other = replace(whole[0], seed=7, configuration={"test_images": 3})
    quick = replace(whole[0], seed=8, profile="quick")
    for each in (*whole, other, quick):
        write_trial(tmp_path, each)
    (tmp_path / "beta" / "broken.json").write_text("{")
    chosen = load_experiment(tmp_path, experiment)
    assert [each.seed for each in chosen.trials] == [0, 1, 2]
    assert chosen.profile == "full"
    said = " ".join(map(str, chosen.faults))
    assert "broken.json: unreadable" in said
    assert "seed 7: of another configuration than most" in said
    assert load_experiment(tmp_path, get_experiment("prelu")).trials == ()
    write_trial(tmp_path, replace(whole[0], seed=9, setup={"learning_rate": 1.0}))
    (fault,) = [
        each for each in load_experiment(tmp_path, experiment).faults if "setup" in str(each)
    ]
    assert "seed 9: of another setup than most" in str(fault)


def test_the_share_of_dead_networks_is_the_formulas():
    for width in (2, 3, 5):
        share = exactly_dead(width, 10)
        error = math.sqrt(share * (1 - share) / 20_000)
        assert simulated_dead(width, 10) == pytest.approx(share, abs=5 * error)


def test_the_linear_bound_is_that_of_the_commonest_class():
    labels = np.array([0, 0, 0, 1], np.uint8)
    images = np.zeros((4, 2, 2), np.uint8)
    assert linear_bound(Dataset(images, labels, images, labels)) == (1 + 0.75) / 2


def test_the_front_is_who_nobody_beats_in_both(found):
    del found
    import pandas as pd

    table = pd.DataFrame({"cost": [1, 2, 3, 3], "mean": [0.9, 0.8, 0.95, 0.9]})
    assert front(table).tolist() == [True, False, True, False]


def test_costs_are_those_of_the_benchmark(nothing):
    figures = {"mish": {"ratio": 1.2, "interval": [1.1, 1.3]}}
    entry = {"dtype": "float32", "size": 331_776, "relative_to_relu": figures, "noise": 0.07}
    assert relu_cost_ratios([{"function": "relu"}, entry])["mish"] == Cost(1.2, 1.1, 1.3, 0.07)
    assert relu_cost_ratios([{"function": "relu"}]) == {}
    assert nothing.missing_command(BENCHMARKS) == COST_COMMAND
    assert nothing.missing_command(MATHEMATICS) == nothing.missing_command("data") == ""


@pytest.mark.parametrize(
    ("low", "noise", "outcome"), [(1.1, 0.05, HOLDS), (1.1, 0.2, UNSHOWN), (0.9, 0.05, UNSHOWN)]
)
def test_a_cost_within_the_noise_is_none(low, noise, outcome, nothing):
    (claim,) = [claim for claim in CLAIMS if claim.source == BENCHMARKS]
    measured = {"relu": Cost(1, 1, 1, 0), "mish": Cost(1.2, low, 1.3, noise)}
    (verdict,) = judged([claim], replace(nothing, costs=measured))
    assert verdict.outcome == outcome


@pytest.mark.parametrize(
    ("shifts", "outcome"),
    [
        ((0.02, 0.02), HOLDS),
        ((0.02, -0.02), FAILS),
        # What is clear of the one does not refute the claim of the other.
        ((0.02, -0.0005), UNSHOWN),
        ((0.02, 0.0005), UNSHOWN),
    ],
)
def test_a_claim_of_all_is_of_each(shifts, outcome):
    ranking = get_experiment("ranking")
    shift = dict(zip(("mish", "silu"), shifts, strict=True), relu=0.0)
    rng = np.random.default_rng(1)
    trials = [
        trial(ranking, condition, seed, 0.9 + shift[condition.name] + 0.003 * rng.normal())
        for condition in ranking.conditions
        if condition.name in shift
        for seed in range(SEEDS)
    ]
    results = results_of(ExperimentResults(ranking, tuple(trials)))
    pairs = {"mish": ("mish", "relu"), "silu": ("silu", "relu")}

    def judge(results):
        return of_all(results, "ranking", pairs, accuracy_on_originals, "accuracy")

    (verdict,) = judged([Claim("X", "a", "ranking", judge)], results)
    assert verdict.outcome == outcome


def test_published_runs_and_noisy_scores_are_drawn_in_their_colours(found):
    with house_style():
        deep = next(each for each in sections(found) if each.documents == ("depth-full",))
        (ax,) = deep.figure.axes
        crosses = [line for line in ax.get_lines() if line.get_marker() == "x"]
        assert [line.get_ydata()[0] for line in crosses] == [0.982, 0.984]
        assert [len(line.get_xdata()) for line in crosses] == [11, 11]
        noisy = next(each for each in sections(found) if each.documents == ("noise-full",))
        (ax,) = noisy.figure.axes
        dotted = [line for line in ax.get_lines() if line.get_linestyle() == ":"]
        assert [set(line.get_ydata()) for line in dotted] == [{0.5}] * 3


def verdict_on(text, results):
    """The verdict on the claim that begins so."""
    (claim,) = [claim for claim in CLAIMS if claim.text.startswith(text)]
    (found,) = judged([claim], results)
    return found


@pytest.mark.parametrize(("dead", "outcome"), [(0.0, HOLDS), (0.2, FAILS)])
def test_dying_is_judged_where_most_die(dead, outcome):
    experiment = get_experiment("dying-units")
    found = made(experiment)
    trials = [
        replace(
            each,
            measured={
                "dead": [
                    [0.0] * 10,
                    [dead if each.condition.endswith("rate 0.1") else 0.0] * 10,
                ]
            },
        )
        for each in found.trials
    ]
    results = results_of(ExperimentResults(experiment, tuple(trials)))
    verdict = verdict_on("Units of mish do not die", results)
    assert verdict.outcome == outcome
    assert "rate 0.1" in verdict.statistic or outcome == HOLDS


@pytest.mark.parametrize(
    ("swish", "outcome"),
    # At 80% as many, at 95% none: one is enough to refute it, none of them ever to show it.
    [((0.6, 0.99), UNSHOWN), ((0.96, 0.99), HOLDS), ((0.6, 0.9), FAILS)],
)
def test_robustness_is_judged_at_every_accuracy(swish, outcome):
    # Of ReLU half of the settings have 40% and half 97%.
    experiment = get_experiment("robustness")

    def of(condition):
        worse = condition.name.endswith(("rate 0.0001", "rate 0.001"))
        low, high = swish if condition.name.startswith("swish") else (0.4, 0.97)
        return low if worse else high

    trials = [
        trial(experiment, condition, seed, of(condition))
        for condition in experiment.conditions
        for seed in range(SEEDS)
    ]
    results = results_of(ExperimentResults(experiment, tuple(trials)))
    verdict = verdict_on("Swish is more robust", results)
    assert "50%, 80%, 95%" in verdict.statistic
    assert verdict.outcome == outcome


def without(found, *missing):
    """The documents without those of some conditions and seeds."""
    kept = [each for each in found.trials if (each.condition, each.seed) not in missing]
    return replace(found, trials=tuple(kept))


def test_robustness_is_of_the_seeds_that_both_have():
    found = made(get_experiment("robustness"))
    gone = ("swish, scale 0.1, rate 0.1", 3), ("relu, scale 0.1, rate 0.1", 5)
    verdict = verdict_on("Swish is more robust", results_of(without(found, *gone)))
    assert verdict.statistic.endswith("10 seeds")


def test_shares_are_compared_over_the_settings_that_both_have():
    experiment = get_experiment("robustness")
    trials = [
        trial(experiment, condition, seed, 0.1 if "scale 10" in condition.name else 0.97)
        for condition in experiment.conditions
        for seed in range(SEEDS)
    ]
    kept = [
        each
        for each in trials
        if not (each.condition.startswith("swish") and "scale 10" in each.condition)
    ]
    found = ExperimentResults(experiment, tuple(kept))
    rows = robustness.shares(found, robustness.summarise(found)).set_index("activation")
    assert (rows.loc["swish", "share"] == 1).all()
    assert (rows.loc["swish", "points"] == 0).all()
    assert rows.loc["relu", "points"].isna().all()


def test_few_seeds_say_how_many_could_tell():
    ranking = made(get_experiment("ranking"), seeds=3)
    rows = compare_with_reference(ranking, ranking.pairs_with("relu"))
    assert rows["conclusion"].str.fullmatch("inconclusive: at least 10 seeds are needed").all()


def test_what_a_claim_is_tested_by_says_how_long(found):
    trials = found.experiment("ranking").trials
    asked = {"epochs": 3, "train_images": 55_000, "optimizer": "adam"}
    longer = replace(trials[0], configuration=asked)
    ranking = replace(found.experiment("ranking"), trials=(longer, *trials[1:]))
    rows = summarise(replace(found, experiments={**found.experiments, "ranking": ranking}))
    assert "ranking: 3 epochs, 55,000 images, adam" in set(rows["by"])
