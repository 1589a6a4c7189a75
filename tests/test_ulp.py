"""Errors in ULP: each kind of result is measured as it should be, and wrong ones are seen."""

import ml_dtypes
import numpy as np
import pytest

import actbench
from actbench.conformance.checks import Judge
from actbench.conformance.findings import STRICT
from actbench.conformance.inputs import inputs
from actbench.conformance.measurements import Key, observe
from actbench.conformance.reference import exact, is_trusted, wanted
from actbench.conformance.targets import ours
from actbench.conformance.ulp import Want, errors, format_of, scale_nearby, ulp
from actbench.frameworks.libraries import DTYPES

SQUARE, MISH, SHRINK, LEAKY = (
    actbench.get(name) for name in ("square", "mish", "hard_shrink", "leaky_relu")
)


def error(activation, x, got, want, *, order=0, scale=0.0, dtype=np.float32):
    """Return the error of one result, its kind, and whether it fails."""
    x, got = np.array([x], dtype), np.array([got], dtype)
    real = Want(np.array([float(want)]), np.zeros(1), np.array([scale]))
    found = errors(activation, order, x, got, real, 4.0)
    return float(found.ulp[0]), str(found.kind[0]), bool(found.failing[0])


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_ulp_is_the_distance_of_neighbours(dtype):
    numbers = format_of(dtype)
    for x in (1.0, 1.5, 3.0, 0.1, 100.0):
        number = np.array(x, dtype)
        up = np.nextafter(number, dtype.type(np.inf))
        assert float(ulp(float(number), numbers)) == float(up) - float(number)
    assert numbers.tiny == float(ml_dtypes.finfo(dtype).smallest_normal)


def test_a_correctly_rounded_result_is_within_a_half():
    assert error(MISH, 0.3, 0.1, 0.1) == (pytest.approx(0.2, abs=0.3), "normal", False)


def test_five_off_is_five_and_fails():
    near = np.float32(0.1)
    for _ in range(5):
        near = np.nextafter(near, np.float32(1))
    size, kind, fails = error(MISH, 0.3, near, np.float32(0.1))
    assert (size, kind, fails) == (5, "normal", True)


def test_nan_is_infinitely_wrong():
    assert error(MISH, 0.3, np.nan, 0.1) == (np.inf, "normal", True)
    assert error(MISH, -1e-42, np.nan, -1e-43)[2]
    assert error(SHRINK, 0.5000001, np.nan, 0.5, order=1)[2]


def test_overflow_is_right_where_the_result_rounds_to_infinity_and_nowhere_else():
    assert error(SQUARE, 300.0, np.inf, 90_000.0, dtype=np.float16)[2] is False
    assert error(SQUARE, 200.0, np.inf, 40_000.0, dtype=np.float16)[2]
    assert error(SQUARE, 1e200, np.inf, np.inf, dtype=np.float64) == (0, "normal", False)
    assert error(SQUARE, 1e100, np.inf, 1e200, dtype=np.float64)[2]
    assert error(SQUARE, 300.0, -np.inf, 90_000.0, dtype=np.float16)[2]


def test_subnormal_results_may_be_flushed_but_not_be_far_off():
    assert error(MISH, -90.0, 0.0, -1e-39)[1:] == ("subnormal", False)
    assert error(MISH, -90.0, 1e-37, -1e-39)[1:] == ("subnormal", True)


def test_subnormal_inputs_may_be_flushed():
    double = actbench.get("formula:2 * x")
    assert error(double, 1e-38, 0.0, 2e-38) == (0.0, "flushed", False)
    assert error(double, 1e-38, 1.0, 2e-38)[2]


def test_near_a_zero_the_scale_counts_and_far_from_it_does_not():
    assert error(MISH, -1.1924, 1e-8, 2e-8, order=1, scale=0.05)[1:] == ("near a zero", False)
    assert error(MISH, -1.1924, 1e-6, 2e-8, order=1, scale=0.05)[1:] == ("near a zero", True)
    assert error(MISH, -1.1924, 1e-8, 2e-8, order=1, scale=0.0)[2]


def test_beside_a_jump_both_sides_are_right_and_nothing_outside():
    for slope, fails in ((0.2, False), (1.0, False), (0.5, False), (2.0, True), (0.0, True)):
        assert error(LEAKY, 0.0, slope, 0.2, order=1)[1:] == ("beside a joint", fails)


def test_a_jump_of_the_value_at_a_number_of_the_format_leaves_no_choice():
    assert error(SHRINK, 0.5, 0.5, 0.0)[2]
    assert not error(SHRINK, 0.5, 0.0, 0.0)[2]


def test_the_scale_is_felt_at_zeros_and_dips_but_not_at_0_nor_in_tails():
    x = np.array([1.0, -1.0, 0.9, 3.0])
    assert (scale_nearby(lambda x: x**2 - 1, x) > 0).tolist() == [True, True, False, False]
    tiny = 10.0 ** np.arange(-30, 1)
    assert not scale_nearby(lambda x: x - np.sin(x), tiny).any()
    assert not scale_nearby(np.exp, -np.linspace(1, 700, 50)).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_have_every_special_number(dtype):
    x = inputs(MISH, dtype)
    with np.errstate(invalid="ignore"):  # ml_dtypes warns of NaN
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


def test_float32_has_every_exponent_and_both_signs():
    bits = inputs(MISH, "float32").view(np.uint32)
    assert set((bits >> 23).tolist()) >= set(range(511)) - {255}


def test_an_unstable_formula_is_not_trusted_and_the_oracle_takes_its_place():
    naive = actbench.get("formula:x - tanh(x)")
    assert not is_trusted(naive, 0)
    assert is_trusted(actbench.get("tanh_shrink"), 0)
    want = wanted(naive, 0, "float32")
    known = np.flatnonzero(np.isfinite(want.high))
    assert 0 < known.size <= 300
    x = inputs(naive, "float32")
    x = x[np.isfinite(x)][known]
    right = actbench.get("tanh_shrink")(x.astype(np.float64))
    np.testing.assert_allclose(want.high[known], right, rtol=1e-12)


def test_the_oracle_is_in_two_words():
    high, low = exact(MISH, 0, 1.0)
    assert high == pytest.approx(0.8650983882673103, rel=1e-16)
    assert 0 < abs(low) <= np.spacing(high) / 2


def test_the_oracle_decides_where_the_stable_code_is_wrong(monkeypatch):
    """A right function raises no alarm where the code that it is held to is off."""
    target = ours(MISH, "mish")[0]
    x = inputs(MISH, "float32")
    finite = x[np.isfinite(x)]
    right = wanted(MISH, 0, "float32")
    high = right.high.copy()
    high[np.argmin(np.abs(finite - 1.0))] *= 1.001
    off = right._replace(high=high)
    monkeypatch.setattr("actbench.conformance.checks.wanted", lambda *_: off)
    judge = Judge(target, observe(target), STRICT)
    assert judge.accuracy(Key("eager", "float32", 0)).outcome == "ok"
