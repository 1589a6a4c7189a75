"""Elementary functions for float32 and narrower, compiled by XLA, compared with mpmath."""

import mpmath
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.activations.catalogue import RECORDS
from actbench.frameworks.elementary import DOUBLE, SINGLE
from actbench.frameworks.tensorflow import compute_rounded_once
from actbench.frameworks.tensorflow_operations import short_operations
from tests.cases import ORDERS, drawn_from_whole_domain
from tests.conftest import FULL

X = np.concatenate(
    [np.linspace(-103, 88.7, 401), np.linspace(-1, 1, 201), [1e-30, -1e-30, 0.0]]
)
FUNCTIONS = {
    "exp": (mpmath.exp, X),
    "decay": (mpmath.exp, -np.abs(X)),
    "expm1": (mpmath.expm1, X[X < 88]),
    "log": (mpmath.log, np.exp(X[X > -87])),
    "log1p": (mpmath.log1p, np.expm1(X[(X > -15) & (X < 87)])),
    "log1p_up_to_1": (mpmath.log1p, np.exp(-np.abs(X))),
    "tanh": (mpmath.tanh, X),
    "erf": (mpmath.erf, X),
    "scaled_normal_tail": (
        lambda t: mpmath.exp(t * t / 2) * mpmath.erfc(t / mpmath.sqrt(2)) / 2,
        np.linspace(0, 14, 301),
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("working", "ulp"), [(SINGLE, 4.0), (DOUBLE, 0.02)], ids=["single", "double"]
)
def test_elementary_functions_are_within_a_few_ulp_of_float32(name, working, ulp):
    function, inputs = FUNCTIONS[name]
    x = inputs.astype(np.float32).astype(working.dtype)
    compiled = tf.function(
        getattr(short_operations(working).elementary, name), jit_compile=True, autograph=False
    )
    got = compiled(tf.constant(x)).numpy()
    with mpmath.workdps(30):
        expected = np.array([float(function(mpmath.mpf(float(number)))) for number in x])
    # XLA may flush subnormal results to 0.
    normal = np.abs(expected) >= np.finfo(np.float32).tiny
    error = np.abs(got.astype(float) - expected) / np.spacing(
        np.abs(expected).astype(np.float32)
    )
    assert error[normal].max(initial=0) <= ulp
    assert np.abs(got[~normal]).max(initial=0) <= np.finfo(np.float32).tiny


@pytest.mark.parametrize("working", [SINGLE, DOUBLE], ids=["single", "double"])
def test_results_at_infinity_nan_and_0_equal_those_of_numpy(working):
    elementary = short_operations(working).elementary
    x = tf.constant([-np.inf, np.inf, np.nan, 0.0], working.dtype)
    with np.errstate(all="ignore"):
        for name, reference in {"exp": np.exp, "tanh": np.tanh, "log": np.log}.items():
            np.testing.assert_array_equal(getattr(elementary, name)(x), reference(x.numpy()))


SIZES = st.floats(-3, 3) | st.floats(-300, 308.25)
"""Decimal exponents of |x|: near 1, or in the range of normal float64 numbers."""


@settings(max_examples=3 if FULL else 1)
@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
@given(data=st.data())
def test_finite_tensors_give_no_nan_for_parameters_of_all_sizes(kind, data):
    activation = data.draw(drawn_from_whole_domain(kind))
    exponents = np.array(data.draw(st.lists(SIZES, min_size=12, max_size=12)))
    numbers = np.concatenate([10.0**exponents, -(10.0**exponents), [0.0]])
    for dtype in (tf.float64, tf.float32):
        with np.errstate(over="ignore"):
            x = numbers.astype(dtype.as_numpy_dtype)
        x = x[np.isfinite(x)]
        for order in ORDERS:
            got = compute_rounded_once(activation, tf.constant(x), order).numpy()
            assert not np.isnan(got).any(), f"{activation}, {order}: NaN at {x[np.isnan(got)]}"
