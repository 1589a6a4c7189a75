import math

import numpy as np
import pytest
from scipy import stats

from actbench.statistics import estimate


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
