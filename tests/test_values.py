"""Value and derivatives of every activation, for every float."""

import math

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.activations.breakpoints import breakpoints
from actbench.activations.catalogue import RECORDS
from actbench.conformance.ball_oracle import true_values
from tests.cases import ACTIVATIONS, ORDERS, SAMPLE, SHIFTED, drawn
from tests.comparison import assert_accurate
from tests.conftest import FULL
from tests.references import reference

# A fifth of the usual examples, because each evaluates the oracle at 400 or more digits.
EXAMPLES = settings().max_examples // 5


def assert_within_error_bound(activation, order, x):
    steepness = max([1.0, *(abs(value) for value in activation.parameters.values())])
    assert_accurate(
        getattr(activation, ORDERS[order]),
        reference(activation),
        x,
        order=order,
        accuracy=activation.error_bounds[order],
        width=0.5 / steepness,
    )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_float64_results_are_within_the_error_bound_of_the_record(activation, order):
    assert_within_error_bound(activation, order, SAMPLE)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("activation", SHIFTED, ids=str)
def test_float64_results_are_within_the_error_bound_for_other_parameters(activation, order):
    assert_within_error_bound(activation, order, SAMPLE[::3])


@settings(max_examples=EXAMPLES)
@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
@given(data=st.data())
def test_float64_results_are_within_the_error_bound_for_random_inputs(kind, data):
    activation = data.draw(drawn(kind))
    x = data.draw(st.floats(-100, 100) | st.floats(-8, 8))
    for order in ORDERS:
        assert_within_error_bound(activation, order, np.array([x]))


def relative_errors(activation, order, x, got):
    """Return the errors divided by the error bounds of the record, near zeros too.

    Errors of subnormal results, and errors within 4 ULP of a breakpoint, count as 0.
    """
    shifted = x * (1 + 2.0**-20)
    with np.errstate(all="ignore"):
        (high, low), (other, _) = (
            true_values(activation, each, [order])[order] for each in (x, shifted)
        )
        error = np.abs((got - high) - low) / np.spacing(np.abs(high))
        bound = activation.error_bounds[order]
        condition = np.nan_to_num(np.abs((other - high) * 2.0**20 / high), nan=np.inf)
        ratio = error / (bound.ulp + (bound.sensitivity and bound.sensitivity * condition))
    ratio = np.where(np.isnan(got) & ~np.isnan(high), np.inf, np.nan_to_num(ratio, nan=0.0))
    points = np.array(breakpoints(activation))
    near = np.abs(x[:, None] - points) <= 4 * np.spacing(np.abs(points))
    tiny = 4 * np.finfo(np.float64).tiny
    return np.where(near.any(axis=1) | (np.abs(high) < tiny), 0.0, ratio)


# Inputs for each record and order: of all exponents, and near 0 where functions bend.
DENSE = 4000 if FULL else 24


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_dense_float64_results_are_within_the_error_bound_of_the_record(kind, order):
    activation = kind()
    rng = np.random.default_rng(order)
    sizes = [
        rng.uniform(0, 8, DENSE),
        rng.uniform(8, 750, DENSE),
        10 ** rng.uniform(-20, 2, DENSE),
    ]
    x = np.concatenate(sizes)
    if activation.family != "periodic":
        x = np.append(x, 10 ** rng.uniform(-300, 300, DENSE))
    x = np.concatenate([x, -x])
    for _ in range(3 if FULL else 2):
        ratio = relative_errors(activation, order, x, getattr(activation, ORDERS[order])(x))
        at = int(np.argmax(ratio))
        assert ratio[at] <= 1, f"{ratio[at]:.3g} times the bound at {x[at]!r}"
        # The next inputs are near those with the largest errors.
        worst = x[np.argsort(-ratio)[:8]]
        x = np.outer(worst, 1 + 0.05 * rng.uniform(-1, 1, DENSE // 4)).ravel()


def test_every_error_bound_above_4_ulp_has_a_reason():
    for kind in RECORDS:
        for bound in kind.error_bounds:
            assert bound.reason or (bound.ulp <= 4 and bound.sensitivity == 0)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_all_16_bit_results_are_rounded_once_and_only_nan_gives_nan(activation, dtype):
    x = np.arange(65536, dtype=np.uint16).view(dtype)
    for order in ORDERS.values():
        result = getattr(activation, order)(x)
        assert result.dtype == dtype
        with np.errstate(invalid="ignore", over="ignore"):  # ml_dtypes warns of both
            wide = getattr(activation, order)(x.astype(np.float64))
            np.testing.assert_array_equal(np.isnan(result), np.isnan(x))
            rounded = wide.astype(dtype).astype(np.float32)
            np.testing.assert_array_equal(result.astype(np.float32), rounded)


# Every 1,499th bit pattern of float32, or every 23,993rd in the short form of the tests. Both
# samples contain all exponents and both signs.
FLOAT32 = (
    np.arange(0, 2**32, 1499 if FULL else 23_993, dtype=np.uint64)
    .astype(np.uint32)
    .view(np.float32)
)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_float32_results_are_within_4_ulp_and_only_nan_gives_nan(activation):
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
def test_only_nan_gives_nan_for_any_float(activation, x):
    for order in ORDERS.values():
        assert np.isnan(getattr(activation, order)(x)) == np.isnan(x)


EDGES = [0.0, 5e-324, 1e-310, 2.3e-308, 1e-30, 1e30, 1e150, 1e300, 1.7976931348623157e308]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_signed_zeros_are_equal_and_edges_give_no_nan_or_warning(activation):
    for order in ORDERS.values():
        function = getattr(activation, order)
        assert function(-0.0) == function(0.0)
        for edge in EDGES:
            for x in (edge, -edge):
                assert not math.isnan(function(x))
                assert not math.isnan(function(np.float32(min(max(x, -3.4e38), 3.4e38))))


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_the_result_of_an_element_does_not_depend_on_the_others(activation):
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
