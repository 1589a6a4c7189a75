"""Errors in ULP: the measure of each kind of result, inputs and references."""

import ml_dtypes
import numpy as np
import pytest

import actbench
from actbench.conformance.accuracy import check_accuracy, errors_at
from actbench.conformance.findings import OK, STRICT
from actbench.conformance.inputs import inputs
from actbench.conformance.measurements import MeasurementKey, measure_one
from actbench.conformance.reference import Reference, is_trusted, oracle_value, reference
from actbench.conformance.targets.target import actbench_targets
from actbench.conformance.ulp import Doubles, Kind, format_of, scale_nearby, ulp
from actbench.frameworks.libraries import DTYPES

SQUARE, MISH, SHRINK, LEAKY = (
    actbench.get(name) for name in ("square", "mish", "hard_shrink", "leaky_relu")
)


def error(activation, x, got, expected, *, order=0, scale=0.0, dtype=np.float32):
    """Return the error of one result in ULP, its kind, and whether it is wrong."""
    x, got = np.array([x], dtype), np.array([got], dtype)
    known = Reference(
        activation, order, np.array([float(expected)]), np.zeros(1), np.array([scale])
    )
    found = errors_at(x, got, known, 4.0)
    return float(found.ulp[0]), Kind(found.kind[0]), bool(found.failing[0])


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_ulp_is_the_distance_of_neighbouring_numbers(dtype):
    numbers = format_of(dtype)
    for x in (1.0, 1.5, 3.0, 0.1, 100.0):
        number = np.array(x, dtype)
        up = np.nextafter(number, dtype.type(np.inf))
        assert float(ulp(float(number), numbers)) == float(up) - float(number)
    assert numbers.tiny == float(ml_dtypes.finfo(dtype).smallest_normal)


def test_a_correctly_rounded_result_has_at_most_half_an_ulp():
    assert error(MISH, 0.3, 0.1, 0.1) == (pytest.approx(0.2, abs=0.3), Kind.NORMAL, False)


def test_a_result_five_numbers_away_has_five_ulp_and_is_wrong():
    near = np.float32(0.1)
    for _ in range(5):
        near = np.nextafter(near, np.float32(1))
    assert error(MISH, 0.3, near, np.float32(0.1)) == (5, Kind.NORMAL, True)


def test_nan_has_an_infinite_error():
    assert error(MISH, 0.3, np.nan, 0.1) == (np.inf, Kind.NORMAL, True)
    assert error(MISH, -1e-42, np.nan, -1e-43)[2]
    assert error(SHRINK, 0.5000001, np.nan, 0.5, order=1)[2]


def test_infinity_is_correct_only_if_the_true_value_rounds_to_it():
    assert error(SQUARE, 300.0, np.inf, 90_000.0, dtype=np.float16)[2] is False
    assert error(SQUARE, 200.0, np.inf, 40_000.0, dtype=np.float16)[2]
    assert error(SQUARE, 1e200, np.inf, np.inf, dtype=np.float64) == (0, Kind.NORMAL, False)
    assert error(SQUARE, 1e100, np.inf, 1e200, dtype=np.float64)[2]
    assert error(SQUARE, 300.0, -np.inf, 90_000.0, dtype=np.float16)[2]


def test_subnormal_results_may_be_flushed_to_zero():
    assert error(MISH, -90.0, 0.0, -1e-39)[1:] == (Kind.SUBNORMAL, False)
    assert error(MISH, -90.0, 1e-37, -1e-39)[1:] == (Kind.SUBNORMAL, True)


def test_subnormal_inputs_may_be_flushed_to_zero():
    double = actbench.get("formula:2 * x")
    assert error(double, 1e-38, 0.0, 2e-38) == (0.0, Kind.SUBNORMAL_INPUT, False)
    assert error(double, 1e-38, 1.0, 2e-38)[2]


def test_errors_near_a_zero_are_relative_to_the_scale_nearby():
    assert error(MISH, -1.1924, 1e-8, 2e-8, order=1, scale=0.05)[1:] == (Kind.NEAR_ZERO, False)
    assert error(MISH, -1.1924, 1e-6, 2e-8, order=1, scale=0.05)[1:] == (Kind.NEAR_ZERO, True)
    assert error(MISH, -1.1924, 1e-8, 2e-8, order=1, scale=0.0)[2]


def test_near_a_jump_results_between_both_sides_are_correct():
    for slope, wrong in ((0.2, False), (1.0, False), (0.5, False), (2.0, True), (0.0, True)):
        assert error(LEAKY, 0.0, slope, 0.2, order=1)[1:] == (Kind.NEAR_BREAKPOINT, wrong)


def test_at_a_jump_of_the_value_the_formula_decides():
    assert error(SHRINK, 0.5, 0.5, 0.0)[2]
    assert not error(SHRINK, 0.5, 0.0, 0.0)[2]


def test_scale_nearby_is_positive_only_near_zeros_other_than_0():
    x = np.array([1.0, -1.0, 0.9, 3.0])
    assert (scale_nearby(lambda x: x**2 - 1, x) > 0).tolist() == [True, True, False, False]
    tiny: Doubles = 10.0 ** np.arange(-30.0, 1.0)
    assert not scale_nearby(lambda x: x - np.sin(x), tiny).any()
    assert not scale_nearby(np.exp, -np.linspace(1, 700, 50)).any()


def test_scale_nearby_finds_zeros_among_numbers_that_are_far_apart():
    """1 + sin x is small at some numbers whose neighbours are many periods away."""
    x = np.random.default_rng(0).uniform(1e90, 1e96, 10_000)
    small = 1 + np.sin(x) < 1e-3
    assert small.any()
    found = scale_nearby(lambda x: 1 + np.sin(x), x)
    assert (found[small] > 0).mean() > 0.9


@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_contain_all_special_numbers(dtype):
    x = inputs(MISH, dtype)
    with np.errstate(invalid="ignore"):  # ml_dtypes warns about NaN
        wide = x.astype(np.float64)
    bits = set(x.view(f"u{x.dtype.itemsize}").tolist())
    assert len(bits) == x.size
    for special in (0.0, -0.0, np.inf, -np.inf):
        at = np.array([special], x.dtype).view(f"u{x.dtype.itemsize}")[0]
        assert int(at) in bits
    assert np.isnan(wide).any()
    assert float(ml_dtypes.finfo(x.dtype).max) in wide
    tiny = float(ml_dtypes.finfo(x.dtype).smallest_normal)
    assert ((np.abs(wide) < tiny) & (wide != 0)).any()
    if x.dtype.itemsize == 2:
        assert x.size == 65536


def test_float32_inputs_contain_all_exponents_and_both_signs():
    bits = inputs(MISH, "float32").view(np.uint32)
    assert set((bits >> 23).tolist()) >= set(range(511)) - {255}


def test_the_oracle_is_the_reference_of_an_unstable_formula():
    naive = actbench.get("formula:x - tanh(x)")
    assert not is_trusted(naive, 0)
    assert is_trusted(actbench.get("tanh_shrink"), 0)
    expected = reference(naive, 0, "float32").high
    known = np.flatnonzero(np.isfinite(expected))
    assert 10_000 < known.size < 20_000
    x = inputs(naive, "float32")
    x = x[np.isfinite(x)][known]
    stable = actbench.get("tanh_shrink")(x.astype(np.float64))
    np.testing.assert_allclose(expected[known], stable, rtol=1e-12)


def test_the_oracle_value_is_a_sum_of_two_floats():
    high, low = oracle_value(MISH, 0, 1.0)
    assert high == pytest.approx(0.8650983882673103, rel=1e-16)
    assert 0 < abs(low) <= np.spacing(high) / 2


def test_the_oracle_corrects_a_wrong_reference():
    """An error of the stable code is not reported as an error of a correct function."""
    target = actbench_targets(MISH, "mish")[0]
    x = inputs(MISH, "float32")
    measurement = measure_one(target, MeasurementKey("eager", "float32", 0), x)
    correct = reference(MISH, 0, "float32")
    high = correct.high.copy()
    high[np.argmin(np.abs(x[np.isfinite(x)] - 1.0))] *= 1.001
    (finding,) = check_accuracy(measurement, correct._replace(high=high), STRICT)
    assert finding.outcome == OK
