"""Value and derivatives of every activation, for every float."""

import math

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from actbench.activations.formula import oracle
from tests.cases import ACTIVATIONS
from tests.comparison import assert_ulp

ORDERS = {0: "__call__", 1: "derivative", 2: "second_derivative"}

# Both signs, all magnitudes that matter: underflow of eˣ at −745, of e²ˣ at −373, the
# rounding of 1 + e⁻ˣ at 37, subnormals, and a dense part where the functions bend.
_MAGNITUDES = np.concatenate(
    [
        [5e-324, 2.3e-308, 1e-100, 1e-17, 1e-8, 36.7, 372.6, 709.4, 720.0, 744.4, 750.0],
        np.geomspace(1e-6, 700.0, 40),
        np.linspace(0.05, 6.0, 40),
    ]
)
SAMPLE = np.concatenate([-_MAGNITUDES, _MAGNITUDES])


def zeros(function):
    """Where the function changes sign within [−40, 40]."""
    grid = np.linspace(-40.005, 40.0, 8001)
    values = function(grid)
    crossings = np.flatnonzero(values[:-1] * values[1:] < 0)
    return [brentq(function, grid[i], grid[i + 1]) for i in crossings]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_float64_is_within_8_ulp_of_the_textbook(activation, order):
    """Plus |βx| ULP where the product βx has to be rounded before its exponential."""
    function = getattr(activation, ORDERS[order])
    beta = abs(activation.parameters.get("beta", 0.0))
    steepness = max(1.0, beta)
    # Where β·x is far beyond −745 every function is at its limit; that is tested apart.
    sample = SAMPLE[np.abs(SAMPLE) * steepness < 800]
    assert_ulp(
        function,
        lambda x: oracle(activation, x, order=order),
        sample,
        ulp=8,
        ulp_per_x=beta if math.frexp(beta)[0] not in (0.0, 0.5) else 0.0,
        zeros=zeros(function) if order else [],
        width=1 / steepness,
    )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32])
def test_narrow_floats_are_rounded_once(activation, order, dtype):
    sample = np.concatenate([-np.geomspace(1e-4, 88, 30), np.geomspace(1e-4, 88, 30)])
    assert_ulp(
        getattr(activation, ORDERS[order]),
        lambda x: oracle(activation, x, order=order),
        sample.astype(dtype),
        ulp=0.51,
    )


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_nan_comes_only_from_nan_for_all_65536_patterns(activation, dtype):
    x = np.arange(65536, dtype=np.uint16).view(dtype)
    for order in ORDERS.values():
        result = getattr(activation, order)(x)
        assert result.dtype == dtype
        with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaNs
            np.testing.assert_array_equal(np.isnan(result), np.isnan(x))


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@given(x=st.floats(width=64) | st.floats(width=32))
def test_nan_comes_only_from_nan_for_any_float(activation, x):
    for order in ORDERS.values():
        assert np.isnan(getattr(activation, order)(x)) == np.isnan(x)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_limits_are_reached(activation):
    infinities = np.array([-np.inf, np.inf])
    np.testing.assert_array_equal(activation(infinities), activation.limits)
    largest = np.finfo(np.float64).max
    for at, limit in zip([-largest, largest], activation.limits, strict=True):
        value = activation(at)
        assert value == limit if np.isfinite(limit) else abs(value) > 1e300


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_derivatives_far_out_are_the_slopes_of_the_asymptotes(activation):
    for sign in (-1, 1):
        # All are straight lines beyond 1e5; the slope of one follows from two points.
        slope = (activation(sign * 2e5) - activation(sign * 1e5)) / (sign * 1e5)
        for x in (sign * 1e5, sign * 1e300, sign * np.inf):
            assert activation.derivative(x) == pytest.approx(slope, rel=1e-12)
            assert activation.second_derivative(x) == 0


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_the_derivative_at_a_kink_is_the_one_from_the_left(activation):
    for kink in activation.kinks:
        from_left = (activation(kink) - activation(kink - 0.5)) / 0.5
        assert activation.derivative(kink) == from_left
