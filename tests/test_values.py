"""Value and derivatives of every activation, for every float."""

import math
from dataclasses import fields

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.activations.catalogue import RECORDS
from actbench.formula.symbolic import oracle
from actbench.frameworks.parametric import nudged
from tests.cases import ACTIVATIONS, drawn
from tests.comparison import assert_accurate

# A fifth of the usual examples: each is an evaluation at 400 digits and more.
EXAMPLES = getattr(settings.default, "max_examples", 50) // 5

ORDERS = {0: "__call__", 1: "derivative", 2: "second_derivative"}

# Both signs, all magnitudes that matter: underflow of eˣ at −745, of e²ˣ at −373, the
# rounding of 1 + e⁻ˣ at 37, subnormals, and a dense part where the functions bend.
_MAGNITUDES = np.concatenate(
    [
        [5e-324, 2.3e-308, 1e-100, 1e-17, 1e-8, 36.7, 40.0, 372.6, 709.4, 720.0, 744.4, 750.0],
        np.geomspace(1e-6, 700.0, 25),
        np.linspace(0.05, 6.0, 25),
    ]
)
SAMPLE = np.concatenate([-_MAGNITUDES, _MAGNITUDES])


def assert_right(activation, order, x):
    steepness = max([1.0, *(abs(value) for value in activation.parameters.values())])
    assert_accurate(
        getattr(activation, ORDERS[order]),
        lambda at, order: oracle(activation, at, order=order),
        x,
        order=order,
        accuracy=activation.error_bounds[order],
        width=0.5 / steepness,
    )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_float64_is_as_near_the_textbook_as_the_record_says(activation, order):
    assert_right(activation, order, SAMPLE)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", [k for k in RECORDS if fields(k)], ids=lambda k: k.name)
def test_float64_is_so_for_parameters_that_are_no_powers_of_two(kind, order):
    assert_right(nudged(kind()), order, SAMPLE[::3])


@settings(max_examples=EXAMPLES)
@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
@given(data=st.data())
def test_float64_is_so_for_drawn_inputs_and_parameters(kind, data):
    activation = data.draw(drawn(kind))
    x = data.draw(st.floats(-100, 100) | st.floats(-8, 8))
    for order in ORDERS:
        assert_right(activation, order, np.array([x]))


def test_every_exception_from_4_ulp_is_explained():
    for kind in RECORDS:
        for accuracy in kind.error_bounds:
            assert accuracy.reason or (accuracy.ulp <= 4 and accuracy.sensitivity == 0)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_all_65536_patterns_are_rounded_once_and_nan_comes_only_from_nan(activation, dtype):
    x = np.arange(65536, dtype=np.uint16).view(dtype)
    for order in ORDERS.values():
        result = getattr(activation, order)(x)
        assert result.dtype == dtype
        with np.errstate(invalid="ignore", over="ignore"):  # ml_dtypes warns of both
            wide = getattr(activation, order)(x.astype(np.float64))
            np.testing.assert_array_equal(np.isnan(result), np.isnan(x))
            rounded = wide.astype(dtype).astype(np.float32)
            np.testing.assert_array_equal(result.astype(np.float32), rounded)


# All exponents and both signs: every 1,499th pattern of float32.
FLOAT32 = np.arange(0, 2**32, 1499, dtype=np.uint64).astype(np.uint32).view(np.float32)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_float32_is_within_4_ulp_and_nan_comes_only_from_nan(activation):
    for order in ORDERS.values():
        result = getattr(activation, order)(FLOAT32)
        with np.errstate(over="ignore", invalid="ignore"):
            wide = getattr(activation, order)(FLOAT32.astype(np.float64))
            rounded = wide.astype(np.float32)
        np.testing.assert_array_equal(np.isnan(result), np.isnan(FLOAT32))
        if order != "__call__" or activation.fast_range(np.dtype(np.float32)) is None:
            np.testing.assert_array_equal(result, rounded)
            continue
        finite = np.isfinite(rounded)
        np.testing.assert_array_equal(result[~finite], rounded[~finite])
        spacing = np.spacing(np.abs(rounded[finite])).astype(np.float64)
        assert (np.abs(result[finite] - wide[finite]) / spacing).max() <= 4


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@given(x=st.floats(width=64) | st.floats(width=32))
def test_nan_comes_only_from_nan_for_any_float(activation, x):
    for order in ORDERS.values():
        assert np.isnan(getattr(activation, order)(x)) == np.isnan(x)


EDGES = [0.0, 5e-324, 1e-310, 2.3e-308, 1e-30, 1e30, 1e150, 1e300, 1.7976931348623157e308]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_signed_zeros_are_one_number_and_edges_are_quiet(activation):
    for order in ORDERS.values():
        function = getattr(activation, order)
        assert function(-0.0) == function(0.0)
        for edge in EDGES:
            for x in (edge, -edge):
                assert not math.isnan(function(x))
                assert not math.isnan(function(np.float32(min(max(x, -3.4e38), 3.4e38))))


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_the_result_of_an_element_depends_on_nothing_else(activation):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=150_001) * 3, [np.inf, -np.inf, np.nan, 1e30, -200.0]])
    for dtype in (np.float64, np.float32):
        values = x.astype(dtype)
        whole = activation(values)
        for part in (slice(0, 1), slice(5, 12), slice(65_530, 65_545), slice(-7, None)):
            np.testing.assert_array_equal(activation(values[part]), whole[part])
        np.testing.assert_array_equal(activation(values[::3]), whole[::3])
        alone = [activation(value) for value in values[:5]]
        np.testing.assert_array_equal(alone, whole[:5])
