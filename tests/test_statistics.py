"""Statistics: tests with known true values, published tables and independent definitions.

Simulated error rates and coverages have a fixed seed. Their limits are binomial: a correct
implementation leaves them with probability 10⁻⁶ at most, whatever the number of repeats.
"""

import itertools
import math
import re

import numpy as np
import pytest
from scipy import stats

from actbench.statistics import (
    compare_times,
    difference,
    equivalence_test,
    estimate,
    from_moments,
    holm,
    joint_sign_flip,
    mcnemar,
    mean_interval,
    minimum_detectable_difference,
    minimum_seeds,
    paired_ratio,
    ranks,
    required_seeds,
    sign_flip,
)
from tests.conftest import FULL

REPEATS = 1_000 if FULL else 200


def share_limits(lowest, highest, repeats, risk=1e-6):
    """Limits of a share of repeats if its true value lies between two probabilities."""
    low = stats.binom.ppf(risk / 2, repeats, lowest)
    high = stats.binom.isf(risk / 2, repeats, highest)
    return low / repeats, high / repeats


def assert_share(count, probability, repeats=REPEATS):
    low, high = share_limits(probability, probability, repeats)
    assert low <= count / repeats <= high


def assert_share_at_most(count, probability, repeats=REPEATS):
    assert count / repeats <= share_limits(probability, probability, repeats)[1]


def test_binomial_limits_reject_a_wrong_share():
    low, high = share_limits(0.05, 0.05, 1_000)
    # Five standard errors are 0.034.
    assert 0.01 < low < 0.05 < high < 0.05 + 0.04
    with pytest.raises(AssertionError):
        assert_share(100, 0.05, 1_000)
    with pytest.raises(AssertionError):
        assert_share_at_most(100, 0.05, 1_000)


# Mean and Student t intervals.


def test_confidence_interval_equals_that_of_scipys_t_test():
    values = [0.981, 0.984, 0.979, 0.985, 0.983]
    found = estimate(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert found.interval == pytest.approx((low, high), rel=1e-12)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.count == 5


def test_prediction_interval_has_the_factor_of_hahn_and_meeker():
    values = [50.0, 51.0, 49.0, 52.0, 48.0]
    low, high = estimate(values).prediction
    # Table A.12: t(0.975, 4) · √(1 + 1/5) = 3.04.
    assert (high - low) / 2 / np.std(values, ddof=1) == pytest.approx(3.04, abs=0.005)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_t_intervals_have_the_stated_coverage(confidence):
    rng = np.random.default_rng(0)
    repeats = 4_000
    hits = np.zeros(2)
    for sample in rng.normal(10, 2, (repeats, 4)):
        found = estimate(sample[:3], confidence=confidence)
        hits += [
            found.interval[0] <= 10 <= found.interval[1],
            found.prediction[0] <= sample[3] <= found.prediction[1],
        ]
    for count in hits:
        assert_share(count, confidence, repeats)


def test_intervals_of_one_value_are_nan():
    found = estimate([0.98])
    assert found.mean == 0.98
    assert all(map(math.isnan, [*found.interval, *found.prediction]))


def test_intervals_are_clipped_to_the_possible_values():
    assert estimate([0.5, 0.99], upper=1.0).interval == (0.0, 1.0)


def test_prediction_interval_of_equal_values_is_one_point():
    assert estimate([0.5, 0.5]).prediction == (0.5, 0.5)


def test_estimate_of_no_values_raises():
    with pytest.raises(ValueError, match="at least one"):
        estimate([])


# Ratios of times, under the load that a shared machine adds to each round as a factor.

LOADS = {
    "constant": lambda _, n: np.ones(n),
    "drift": lambda _, n: np.linspace(1, 1.4, n),
    "step": lambda rng, n: np.where(np.arange(n) < rng.integers(n), 1.0, 2.0),
    "wave": lambda rng, n: 1.3 + 0.3 * np.sin(np.arange(n) / 3 + rng.uniform(0, 6)),
}


def timing_series(rng, true_ratio, load, n=30):
    """Times of an implementation, of one that takes `true_ratio` as long, and an A/A repeat."""
    slowdown = LOADS[load](rng, n)

    def noisy():
        spikes = np.where(rng.random(n) < 0.05, 10.0, 1.0)
        return slowdown * spikes * rng.lognormal(0, 0.05, n)

    return noisy(), true_ratio * noisy(), noisy()


@pytest.mark.parametrize("load", LOADS)
def test_interval_of_a_time_ratio_contains_the_true_ratio(load):
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        low, high = compare_times(*timing_series(rng, 1.5, load)).interval
        hits += low <= 1.5 <= high
    assert hits / 200 > 0.92


@pytest.mark.parametrize("load", LOADS)
def test_equal_times_are_rarely_called_different(load):
    rng = np.random.default_rng(1)
    conclusions = [compare_times(*timing_series(rng, 1.0, load)).conclusion for _ in range(200)]
    assert sum(each in {"faster", "slower"} for each in conclusions) / 200 < 0.02


@pytest.mark.parametrize("load", LOADS)
def test_a_time_difference_of_20_percent_is_found(load):
    rng = np.random.default_rng(2)
    for true_ratio, expected in ((1.2, "faster"), (1 / 1.2, "slower")):
        found = [
            compare_times(*timing_series(rng, true_ratio, load)).conclusion for _ in range(100)
        ]
        assert found.count(expected) / 100 > 0.95


def test_a_time_difference_below_the_noise_is_reported_as_noise():
    rng = np.random.default_rng(3)
    found = compare_times(*timing_series(rng, 1.01, "constant"))
    assert re.fullmatch(r"within the noise floor of \d+%", found.conclusion)


@pytest.mark.parametrize(
    ("numerators", "denominators"), [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([], [])]
)
def test_too_few_or_unpaired_times_raise(numerators, denominators):
    with pytest.raises(ValueError, match="expected two series of the same length, at least 2"):
        paired_ratio(numerators, denominators)


# Paired differences whose distribution is known.


def normal(rng, n):
    return rng.normal(0, 1, n)


def skewed(rng, n):
    return rng.exponential(1, n) - 1


def heavy_tailed(rng, n):
    return rng.standard_t(2, n)


@pytest.mark.parametrize("n", [5, 10, 30])
def test_bootstrap_interval_of_a_mean_contains_the_true_mean(n):
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(REPEATS):
        low, high = mean_interval(normal(rng, n))
        hits += low <= 0 <= high
    # The bootstrap is approximate: at 1,000 repeats its coverage itself is limited.
    least, most = (0.93, 0.985) if FULL else share_limits(0.93, 0.985, REPEATS, risk=1e-3)
    assert least <= hits / REPEATS <= most


def test_bootstrap_t_covers_a_skewed_mean_more_often_than_the_percentile_bootstrap():
    rng = np.random.default_rng(2)
    studentised = percentile = 0
    for _ in range(300):
        d = skewed(rng, 10)
        low, high = mean_interval(d)
        studentised += low <= 0 <= high
        plain = stats.bootstrap((d,), np.mean, method="percentile", n_resamples=999, rng=0)
        percentile += plain.confidence_interval.low <= 0 <= plain.confidence_interval.high
    assert studentised / 300 >= 0.91
    assert percentile < studentised


@pytest.mark.parametrize(
    "values", [[1.0, 2.0], [1.0, 2.0, 4.0], [1, 1, 1, 1, 0, 1, 1, 1, 1, 1]]
)
def test_bootstrap_interval_of_few_or_tied_values_is_finite(values):
    low, high = mean_interval(values)
    assert -np.inf < low < np.mean(values) < high < np.inf


def test_bootstrap_interval_of_equal_values_is_one_point():
    assert mean_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)


@pytest.mark.parametrize("draw", [normal, heavy_tailed])
@pytest.mark.parametrize("n", [6, 10])
def test_sign_flip_rejects_a_true_null_hypothesis_at_most_at_its_level(draw, n):
    rng = np.random.default_rng(3)
    rejected = sum(sign_flip(draw(rng, n)) <= 0.05 for _ in range(REPEATS))
    assert_share_at_most(rejected, 0.05)


def test_sign_flip_equals_its_definition():
    d = np.array([0.3, -0.1, 0.2, 0.5, 0.4])
    means = [abs(np.mean(d * signs)) for signs in itertools.product((1, -1), repeat=5)]
    expected = np.mean([mean >= abs(d.mean()) - 1e-12 for mean in means])
    assert sign_flip(d) == pytest.approx(expected)


@pytest.mark.parametrize(("level", "seeds"), [(0.05, 6), (0.05 / 40, 11), (0.5, 2)])
def test_minimum_seeds_is_the_first_number_that_reaches_the_level(level, seeds):
    assert minimum_seeds(level) == seeds
    assert sign_flip(np.ones(seeds)) <= level < sign_flip(np.ones(seeds - 1))


def test_joint_sign_flip_of_one_row_equals_sign_flip():
    row = np.random.default_rng(0).normal(0.5, 1, 10)
    assert joint_sign_flip([row]) == [sign_flip(row)]


def test_joint_sign_flip_of_one_seed_or_of_zeros_is_1():
    assert joint_sign_flip([[1.0], [2.0]]) == [1.0, 1.0]
    assert joint_sign_flip([np.zeros(8), np.ones(8)]) == [1.0, 2 / 2**8]


@pytest.mark.parametrize(("n", "repeats"), [(10, 400), (20, 400 if FULL else 100)])
def test_joint_sign_flip_of_eight_rows_has_the_family_wise_error_rate(n, repeats):
    rng = np.random.default_rng(8)
    # The rows of a seed are correlated, as those of several batch sizes are.
    samples = [rng.normal(size=(8, n)) + rng.normal(size=n) for _ in range(repeats)]
    rejected = sum(min(joint_sign_flip(each)) <= 0.05 for each in samples)
    assert stats.binomtest(rejected, repeats, 0.05).pvalue > 1e-3


# The exact power of a t test needs n differences whose standard deviation is exactly known.


def differences_with(standard_deviation, n):
    values = np.arange(n, dtype=float)
    return values / values.std(ddof=1) * standard_deviation


@pytest.mark.parametrize("n", [5, 12])
def test_minimum_detectable_difference_is_detected_with_80_percent_power(n):
    rng = np.random.default_rng(4)
    repeats = 1_000
    effect = minimum_detectable_difference(differences_with(1.0, n))
    samples = rng.normal(effect, 1, (repeats, n))
    assert_share((stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05).sum(), 0.8, repeats)


def test_required_seeds_equals_published_values():
    # Cohen (1988), table 2.4.1: 34 pairs for d = 0.5 at 80% power.
    assert required_seeds(0.5, 1.0) == 34
    # G*Power 3.1, two-sided one-sample t test with level 0.01.
    assert required_seeds(0.5, 1.0, level=0.01) == 51


def test_required_seeds_is_the_first_number_with_the_power():
    n = required_seeds(0.5, 1.0)
    assert n is not None
    with_n, with_fewer = (
        minimum_detectable_difference(differences_with(1.0, count)) for count in (n, n - 1)
    )
    assert with_n <= 0.5 < with_fewer


@pytest.mark.parametrize(
    ("mean", "standard_deviation", "expected"),
    [(0.0, 1.0, None), (0.1, 0.0, 2), (1e-9, 1.0, None), (0.1, math.nan, None)],
)
def test_required_seeds_of_degenerate_differences(mean, standard_deviation, expected):
    assert required_seeds(mean, standard_deviation) == expected


def test_equivalence_test_at_the_margin_rejects_at_its_level():
    rng = np.random.default_rng(5)
    rejected = sum(equivalence_test(rng.normal(1.0, 1, 10), 1.0) < 0.05 for _ in range(REPEATS))
    assert_share(rejected, 0.05)


def test_equivalence_test_finds_equivalence():
    rng = np.random.default_rng(5)
    assert all(equivalence_test(rng.normal(0.0, 0.3, 10), 1.0) < 0.05 for _ in range(100))


def test_equivalence_test_of_equal_differences_compares_them_with_the_margin():
    assert equivalence_test([0.1, 0.1], 0.2) == 0.0
    assert equivalence_test([0.3, 0.3], 0.2) == 1.0
    assert math.isnan(equivalence_test([0.1], 1.0))


@pytest.mark.parametrize("truth", [0.5, stats.norm.cdf(0.5), 0.9])
def test_superiority_interval_has_95_percent_coverage(truth):
    n = 20
    intervals = [
        difference([1.0] * wins + [-1.0] * (n - wins), [0.0] * n).superiority_interval
        for wins in range(n + 1)
    ]
    covered = [low <= truth <= high for low, high in intervals]
    # The exact coverage: the number of seeds in which a is larger is binomial.
    coverage = stats.binom.pmf(np.arange(n + 1), n, truth) @ covered
    assert 0.92 <= coverage <= 0.985


def test_ties_count_half_in_the_probability_of_superiority():
    assert difference([1.0, 2.0], [1.0, 1.0]).superiority == 0.75


def test_difference_of_one_seed_has_no_uncertainty():
    found = difference([0.9], [0.8])
    assert found.mean == pytest.approx(0.1)
    unknown = [
        *found.interval, found.standard_deviation, found.minimum_detectable_difference,
    ]  # fmt: skip
    assert all(map(math.isnan, unknown))
    assert found.p == 1.0


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([], [], "expected one of each condition per seed, got 0 and 0"),
        ([1.0], [1.0, 2.0], "expected one of each condition per seed, got 1 and 2"),
        ([math.nan], [1.0], "expected finite numbers"),
    ],
)
def test_unpaired_or_infinite_values_raise(a, b, message):
    with pytest.raises(ValueError, match=message):
        difference(a, b)


# Multiple comparisons, images and published tables.


def test_holm_has_the_family_wise_error_rate():
    rng = np.random.default_rng(7)
    repeats = 1_000
    rejected = sum(min(holm(rng.uniform(size=8).tolist())) <= 0.05 for _ in range(repeats))
    assert_share_at_most(rejected, 0.05, repeats)


def test_holm_does_not_count_nan():
    assert holm([0.02, math.nan, 0.03])[0] == pytest.approx(0.04)
    assert math.isnan(holm([0.02, math.nan])[1])
    assert holm([]) == []


def test_ranks_average_ties_and_put_nan_last():
    found = ranks({"a": [0.9, 0.9], "b": [0.9, 0.8], "c": [math.nan, 0.7]})
    assert [found[name].mean for name in "abc"] == [1.25, 1.75, 3.0]
    assert [found[name].best_share for name in "abc"] == [0.75, 0.25, 0.0]


def test_mcnemar_rejects_a_true_null_hypothesis_at_most_at_its_level():
    rng = np.random.default_rng(8)
    rejected = 0
    for _ in range(REPEATS):
        a, b = rng.uniform(size=(2, 400)) < 0.9
        rejected += mcnemar(a, b).p <= 0.05
    assert_share_at_most(rejected, 0.05)


def test_mcnemar_of_models_that_agree_is_1():
    assert mcnemar([True], [True]).p == 1.0


def test_mcnemar_of_different_numbers_of_images_raises():
    with pytest.raises(
        ValueError, match="expected the same number for both models, got 1 and 2"
    ):
        mcnemar([True], [True, False])


def test_recomputed_table_equals_scipys_welch_test():
    rng = np.random.default_rng(9)
    a, b = rng.normal(1, 1, 7), rng.normal(0, 2, 9)
    found = from_moments(a.mean(), a.std(ddof=1), 7, b.mean(), b.std(ddof=1), 9)
    expected = stats.ttest_ind(a, b, equal_var=False)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))
    assert found.difference == pytest.approx(a.mean() - b.mean())


def test_recomputed_table_without_a_standard_deviation_raises():
    with pytest.raises(ValueError, match="expected at least 2 runs"):
        from_moments(1, 0, 5, 1, 1, 5)
