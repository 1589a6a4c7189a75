import itertools
import math
import re

import numpy as np
import pytest
from scipy import stats

from actbench.statistics import (
    compare,
    detectable,
    difference,
    equivalent,
    estimate,
    from_moments,
    holm,
    joint_sign_flip,
    mcnemar,
    mean_interval,
    paired_ratio,
    ranks,
    required_seeds,
    sign_flip,
)  # fmt: skip


def test_the_interval_is_the_one_of_the_t_test():
    values = [0.981, 0.984, 0.979, 0.985, 0.983]
    found = estimate(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert found.interval == pytest.approx((low, high), rel=1e-12)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.count == 5


# Hahn & Meeker's factor for one future value: t(0.975, 4) · √(1 + 1/5) = 3.04 (table A.12).
def test_the_prediction_interval_has_the_tabulated_factor():
    values = [50.0, 51.0, 49.0, 52.0, 48.0]
    low, high = estimate(values).prediction
    assert (high - low) / 2 / np.std(values, ddof=1) == pytest.approx(3.04, abs=0.005)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_cover_as_often_as_they_say(confidence):
    rng = np.random.default_rng(0)
    repeats = 4000
    hits = np.zeros(2)
    for sample in rng.normal(10, 2, (repeats, 4)):
        found = estimate(sample[:3], confidence=confidence)
        hits += [
            found.interval[0] <= 10 <= found.interval[1],
            found.prediction[0] <= sample[3] <= found.prediction[1],
        ]
    # Five standard errors of a proportion.
    margin = 5 * math.sqrt(confidence * (1 - confidence) / repeats)
    np.testing.assert_allclose(hits / repeats, confidence, atol=margin)


def test_one_value_says_nothing_of_the_spread():
    found = estimate([0.98])
    assert found.mean == 0.98
    assert all(map(math.isnan, [*found.interval, *found.prediction]))


def test_intervals_end_where_values_do():
    assert estimate([0.5, 0.99], upper=1.0).interval == (0.0, 1.0)


def test_equal_values_have_no_spread():
    assert estimate([0.5, 0.5]).prediction == (0.5, 0.5)


def test_no_values_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        estimate([])


# What a shared machine does to times, as factors by round.
DISTURBANCES = {
    "nothing": lambda _, n: np.ones(n),
    "drift": lambda _, n: np.linspace(1, 1.4, n),
    "a step": lambda rng, n: np.where(np.arange(n) < rng.integers(n), 1.0, 2.0),
    "a wave": lambda rng, n: 1.3 + 0.3 * np.sin(np.arange(n) / 3 + rng.uniform(0, 6)),
}


def series(rng, truth, disturbance, n=30):
    """Return times of a thing, of one that takes `truth` times as long, and of it again."""
    slow = DISTURBANCES[disturbance](rng, n)

    def noisy():
        spikes = np.where(rng.random(n) < 0.05, 10.0, 1.0)
        return slow * spikes * rng.lognormal(0, 0.05, n)

    return noisy(), truth * noisy(), noisy()


@pytest.mark.parametrize("disturbance", DISTURBANCES)
def test_intervals_of_ratios_hold_the_truth_under(disturbance):
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        times, others, again = series(rng, 1.5, disturbance)
        low, high = compare(times, others, again).interval
        held += low <= 1.5 <= high
    assert held / 200 > 0.92


@pytest.mark.parametrize("disturbance", DISTURBANCES)
def test_no_difference_is_hardly_ever_taken_for_one_under(disturbance):
    rng = np.random.default_rng(1)
    verdicts = [compare(*series(rng, 1.0, disturbance)).verdict for _ in range(200)]
    assert sum(verdict in {"faster", "slower"} for verdict in verdicts) / 200 < 0.02


@pytest.mark.parametrize("disturbance", DISTURBANCES)
def test_a_difference_of_a_fifth_is_found_under(disturbance):
    rng = np.random.default_rng(2)
    for truth, verdict in ((1.2, "faster"), (1 / 1.2, "slower")):
        found = [compare(*series(rng, truth, disturbance)).verdict for _ in range(100)]
        assert found.count(verdict) / 100 > 0.95


def test_a_difference_below_the_noise_is_told_as_such():
    rng = np.random.default_rng(3)
    found = compare(*series(rng, 1.01, "nothing"))
    assert re.fullmatch(r"within the noise floor of \d+%", found.verdict)


@pytest.mark.parametrize(("above", "below"), [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([], [])])
def test_too_few_pairs_are_refused(above, below):
    with pytest.raises(ValueError, match="two series of one length, 2 at least"):
        paired_ratio(above, below)


# Paired comparisons, on differences whose truth is known. Errors allowed are five standard
# errors of a share of so many repeats.
REPEATS = 1_000


def normal(rng, n):
    return rng.normal(0, 1, n)


def skewed(rng, n):
    return rng.exponential(1, n) - 1


@pytest.mark.parametrize(("n", "least"), [(5, 0.93), (10, 0.93), (30, 0.93)])
def test_intervals_of_a_mean_cover_the_truth(n, least):
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(REPEATS):
        low, high = mean_interval(normal(rng, n))
        hits += low <= 0 <= high
    assert least <= hits / REPEATS <= 0.985


def test_intervals_of_a_skewed_mean_cover_more_often_than_the_percentile_bootstrap():
    rng = np.random.default_rng(2)
    ours = percentile = 0
    for _ in range(300):
        d = skewed(rng, 10)
        low, high = mean_interval(d)
        ours += low <= 0 <= high
        plain = stats.bootstrap((d,), np.mean, method="percentile", n_resamples=999, rng=0)
        percentile += plain.confidence_interval.low <= 0 <= plain.confidence_interval.high
    assert ours / 300 >= 0.91
    assert percentile < ours


@pytest.mark.parametrize("draw", [normal, lambda rng, n: rng.standard_t(2, n)])
@pytest.mark.parametrize("n", [6, 10])
def test_signs_find_a_difference_that_is_none_five_times_in_a_hundred(draw, n):
    rng = np.random.default_rng(3)
    found = sum(sign_flip(draw(rng, n)) <= 0.05 for _ in range(REPEATS))
    assert found / REPEATS <= 0.05 + 5 * math.sqrt(0.05 * 0.95 / REPEATS)


def test_the_p_of_all_signs_is_the_definition():
    d = np.array([0.3, -0.1, 0.2, 0.5, 0.4])
    means = [abs(np.mean(d * signs)) for signs in itertools.product((1, -1), repeat=5)]
    wanted = np.mean([mean >= abs(d.mean()) - 1e-12 for mean in means])
    assert sign_flip(d) == pytest.approx(wanted)


@pytest.mark.parametrize("n", [5, 12])
def test_what_is_detectable_is_found_four_times_in_five(n):
    rng = np.random.default_rng(4)
    # The spread is known here: of a sample that has exactly that one.
    exact = np.sqrt(n - 1) * np.array([1, -1, *[0] * (n - 2)]) / np.sqrt(2)
    effect = detectable(exact)
    found = sum(
        stats.ttest_1samp(rng.normal(effect, 1, n), 0).pvalue < 0.05 for _ in range(REPEATS)
    )
    assert found / REPEATS == pytest.approx(0.8, abs=5 * math.sqrt(0.16 / REPEATS))


def test_so_many_seeds_as_are_needed_have_the_power_and_one_less_has_not():
    n = required_seeds(0.5, 1.0)
    # Cohen (1988), table 2.4.1, gives 34 pairs for d = 0.5 at 80%.
    assert n == 34
    assert detectable(_with_spread(n, 1.0)) <= 0.5 < detectable(_with_spread(n - 1, 1.0))
    # Of the noncentral t distribution, as G*Power has it too.
    assert required_seeds(0.5, 1.0, level=0.01) == 51
    assert required_seeds(0.0, 1.0) is None
    assert required_seeds(0.1, 0.0) == 2
    assert required_seeds(1e-9, 1.0) is None
    assert required_seeds(0.1, math.nan) is None


def _with_spread(n, spread):
    values = np.arange(n, dtype=float)
    return values / values.std(ddof=1) * spread


def test_a_joint_test_of_one_row_is_the_test_of_its_signs():
    row = np.random.default_rng(0).normal(0.5, 1, 10)
    assert joint_sign_flip([row]) == [sign_flip(row)]
    assert joint_sign_flip([[1.0], [2.0]]) == [1.0, 1.0]
    assert joint_sign_flip([np.zeros(8), np.ones(8)]) == [1.0, 2 / 2**8]


@pytest.mark.parametrize("n", [10, 20])
def test_a_joint_test_of_eight_rows_is_wrong_five_times_in_a_hundred(n):
    rng = np.random.default_rng(8)
    # Rows of a seed go together, as those of batch sizes do.
    drawn = [rng.normal(size=(8, n)) + rng.normal(size=n) for _ in range(400)]
    found = sum(min(joint_sign_flip(each)) <= 0.05 for each in drawn)
    assert stats.binomtest(found, 400, 0.05).pvalue > 1e-3


@pytest.mark.parametrize(
    "values", [[1.0, 2.0], [1.0, 2.0, 4.0], [1, 1, 1, 1, 0, 1, 1, 1, 1, 1]]
)
def test_an_interval_of_few_or_tied_values_has_ends(values):
    low, high = mean_interval(values)
    assert -np.inf < low < np.mean(values) < high < np.inf


def test_equivalence_is_claimed_wrongly_five_times_in_a_hundred_at_the_margin():
    rng = np.random.default_rng(5)
    found = sum(equivalent(rng.normal(1.0, 1, 10), 1.0) < 0.05 for _ in range(REPEATS))
    assert found / REPEATS == pytest.approx(0.05, abs=5 * math.sqrt(0.05 * 0.95 / REPEATS))
    found = sum(equivalent(rng.normal(0.0, 0.3, 10), 1.0) < 0.05 for _ in range(100))
    assert found == 100
    assert equivalent([0.1, 0.1], 0.2) == 0.0
    assert equivalent([0.3, 0.3], 0.2) == 1.0
    assert math.isnan(equivalent([0.1], 1.0))


def test_wins_cover_the_truth_and_ties_are_halves():
    rng = np.random.default_rng(6)
    a = rng.normal(0.5, 1, (REPEATS, 20))
    truth = stats.norm.cdf(0.5)
    hits = 0
    for row in a:
        low, high = difference(row, [0.0] * 20).wins_interval
        hits += low <= truth <= high
    assert 0.92 <= hits / REPEATS <= 0.985
    assert difference([1.0, 2.0], [1.0, 1.0]).wins == 0.75


def test_one_seed_says_nothing_and_bad_values_are_refused():
    found = difference([0.9], [0.8])
    assert found.mean == pytest.approx(0.1)
    assert all(map(math.isnan, [*found.interval, found.spread, found.detectable]))
    assert found.p == 1.0
    for a, b in (([], []), ([1.0], [1.0, 2.0]), ([math.nan], [1.0])):
        with pytest.raises(ValueError, match=r"right|no number"):
            difference(a, b)


def test_equal_differences_have_an_interval_of_one_point():
    assert mean_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)


def test_families_err_once_in_twenty():
    rng = np.random.default_rng(7)
    wrong = sum(min(holm(rng.uniform(size=8).tolist())) <= 0.05 for _ in range(REPEATS))
    assert wrong / REPEATS <= 0.05 + 5 * math.sqrt(0.05 * 0.95 / REPEATS)
    assert holm([0.02, math.nan, 0.03])[0] == pytest.approx(0.04)
    assert math.isnan(holm([0.02, math.nan])[1])
    assert holm([]) == []


def test_ranks_count_ties_and_put_what_diverged_last():
    found = ranks({"a": [0.9, 0.9], "b": [0.9, 0.8], "c": [math.nan, 0.7]})
    assert [found[name].mean for name in "abc"] == [1.25, 1.75, 3.0]
    assert [found[name].first for name in "abc"] == [0.75, 0.25, 0.0]


def test_mcnemar_is_the_binomial_test():
    rng = np.random.default_rng(8)
    wrong = 0
    for _ in range(REPEATS):
        a, b = rng.uniform(size=(2, 400)) < 0.9
        wrong += mcnemar(a, b).p <= 0.05
    assert wrong / REPEATS <= 0.05 + 5 * math.sqrt(0.05 * 0.95 / REPEATS)
    assert mcnemar([True], [True]).p == 1.0
    with pytest.raises(ValueError, match="the same ones"):
        mcnemar([True], [True, False])


def test_published_tables_are_welchs_test():
    rng = np.random.default_rng(9)
    a, b = rng.normal(1, 1, 7), rng.normal(0, 2, 9)
    found = from_moments(a.mean(), a.std(ddof=1), 7, b.mean(), b.std(ddof=1), 9)
    wanted = stats.ttest_ind(a, b, equal_var=False)
    assert found.p == pytest.approx(wanted.pvalue)
    assert found.interval == pytest.approx(tuple(wanted.confidence_interval()))
    assert found.difference == pytest.approx(a.mean() - b.mean())
    with pytest.raises(ValueError, match="two runs or more"):
        from_moments(1, 0, 5, 1, 1, 5)
