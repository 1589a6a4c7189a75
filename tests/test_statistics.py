import math
import re

import numpy as np
import pytest
from scipy import stats

from actbench.statistics import compare, estimate, paired_ratio


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
