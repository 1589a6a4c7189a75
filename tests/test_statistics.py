"""Statistics: tests with known true values, published tables and independent definitions.

Simulated error rates and coverages have a fixed seed. Their limits are binomial: a correct
implementation leaves them with probability 10⁻⁶ at most, whatever the number of repeats.
"""

import itertools
import math
import re
from fractions import Fraction
from operator import mul
from typing import cast

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from actbench.statistics import (
    compare_times,
    difference,
    equivalence_test,
    estimate,
    from_moments,
    mcnemar,
    mean_interval,
    minimum_detectable_difference,
    paired_ratio,
    q_values,
    ranks,
    required_seeds,
    sign_flip,
)
from actbench.statistics.sign_flip import Alternative
from analysis.methods.section import path_of
from analysis.methods.shapes import SHAPES
from analysis.methods.simulation import COUNTS, interval_row
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


# A list of differences that training produced, or that broke the bootstrap.
DIFFERENCES = {
    "one outlier": [0.1] * 11 + [0.4],
    "two larger": [1 / 3] * 8 + [0.5, 0.6],
    "all equal": [0.5] * 8,
    "zeros": [0.0] * 8,
    "ties around 0": [-1, 0, 1, -1, 0, 1, 1, 1],
    "one sign": [
        -11.3,
        -11.2,
        -11.1,
        -11,
        -10.9,
        -10.8,
        -10.7,
        -10.6,
        -10.5,
        -10.4,
        -10,
        -0.08,
    ],
}


@pytest.mark.parametrize("draw", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("n", [6, 12, 20])
def test_the_interval_excludes_0_if_and_only_if_p_is_small(draw, n):
    for d in draw(np.random.default_rng(n), (REPEATS if n < 20 else REPEATS // 20, n)) + 0.5:
        for level in (0.05, 0.1, 0.05 / 3):
            low, high = mean_interval(d, 1 - level)
            assert (low > 0 or high < 0) == (sign_flip(d) <= level)


@pytest.mark.parametrize("d", DIFFERENCES.values(), ids=DIFFERENCES)
def test_the_interval_of_unusual_differences_lies_within_them(d):
    low, high = mean_interval(d)
    assert min(d) - 1e-12 <= low <= np.mean(d) <= high <= max(d) + 1e-12
    assert (low > 0 or high < 0) == (sign_flip(d) <= 0.05)


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("n", [6, 12])
def test_the_interval_covers_the_mean_of_symmetric_differences(n, confidence):
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(REPEATS):
        low, high = mean_interval(heavy_tailed(rng, n), confidence)
        hits += low <= 0 <= high
    # Few seeds have few possible p values, so the coverage is above the confidence.
    assert hits / REPEATS >= share_limits(confidence, confidence, REPEATS)[0]


def test_the_interval_equals_its_definition():
    d = np.random.default_rng(0).normal(1, 1, 8)
    low, high = mean_interval(d)
    step = 1e-9
    assert sign_flip(d - (low - step)) <= 0.05 < sign_flip(d - (low + step))
    assert sign_flip(d - (high + step)) <= 0.05 < sign_flip(d - (high - step))


@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, 2.0, 4.0], [1.0, 1.0, 1.0, 1.0, 0.0]])
def test_fewer_than_six_differences_have_students_interval_and_test(values):
    found = stats.ttest_1samp(values, 0)
    assert mean_interval(values) == pytest.approx(tuple(found.confidence_interval()))
    assert sign_flip(values) == pytest.approx(found.pvalue)


def test_too_few_differences_for_a_confidence_have_no_bounds():
    assert mean_interval(np.arange(6.0), 1 - 0.05 / 3) == (-math.inf, math.inf)
    assert all(map(math.isnan, mean_interval([1.0])))


@pytest.mark.parametrize("draw", [normal, heavy_tailed])
@pytest.mark.parametrize("n", [6, 10])
def test_sign_flip_rejects_a_true_null_hypothesis_at_most_at_its_level(draw, n):
    rng = np.random.default_rng(3)
    rejected = sum(sign_flip(draw(rng, n)) <= 0.05 for _ in range(REPEATS))
    assert_share_at_most(rejected, 0.05)


@pytest.mark.parametrize("d", DIFFERENCES.values(), ids=DIFFERENCES)
def test_sign_flip_equals_its_definition(d):
    # Rational numbers have no rounding errors.
    exact = [Fraction(each).limit_denominator(1_000) for each in d[:8]]
    means = [sum(map(mul, exact, s)) for s in itertools.product((1, -1), repeat=len(exact))]
    total = sum(exact)
    shares = {
        "two-sided": np.mean([abs(mean) >= abs(total) for mean in means]),
        "greater": np.mean([mean >= total for mean in means]),
        "less": np.mean([mean <= total for mean in means]),
    }
    for alternative, share in shares.items():
        p = sign_flip(d[:8], cast("Alternative", alternative))
        assert p == pytest.approx(share)


def test_sampled_sign_choices_agree_with_all_of_them():
    d = np.random.default_rng(2).normal(0.4, 1, 17)
    signs = 1 - 2 * ((np.arange(2**17)[:, None] >> np.arange(17)) & 1)
    expected = np.mean(np.abs(signs @ d) >= abs(d.sum()) * (1 - 1e-12))
    assert sign_flip(d) == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize("number", range(0, 15, 1 if FULL else 7))
def test_committed_simulations_are_repeated_by_their_command(number):
    # The first rows of each shape and number of seeds; 45 rows have three methods each.
    committed = pd.read_csv(path_of("intervals"))
    shape, n = list(itertools.product(SHAPES, COUNTS))[number]
    for method in ("sign flips", "Student's t"):
        row = interval_row(shape, SHAPES[shape], n, method, 2_000 if FULL else 200)
        is_row = (committed["shape"] == shape) & (committed["seeds"] == n)
        (expected,) = committed[is_row & (committed["method"] == method)].to_dict("records")
        repeats = 2_000 if FULL else 200
        low, high = share_limits(expected["coverage"], expected["coverage"], repeats)
        assert low <= row["coverage"] <= high
        if method == "sign flips":
            assert row["agreement"] == expected["agreement"] == 1
        if FULL:
            assert row["width"] == pytest.approx(expected["width"], abs=1e-4)


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


def test_q_values_have_the_false_discovery_rate():
    rng = np.random.default_rng(7)
    repeats, true, false = 1_000, 5, 15
    shares = []
    for _ in range(repeats):
        p = [*stats.norm.sf(rng.normal(3, 1, true)), *rng.uniform(size=false)]
        found = np.array(q_values(p)) <= 0.05
        shares.append(found[true:].sum() / max(1, found.sum()))
    assert np.mean(shares) <= 0.05


def test_q_values_do_not_count_nan():
    assert q_values([0.02, math.nan, 0.03])[0] == pytest.approx(0.03)
    assert math.isnan(q_values([0.02, math.nan])[1])
    assert q_values([]) == []


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
