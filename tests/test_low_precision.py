"""Elementary functions for float32 and narrower, compiled by XLA, compared with mpmath."""

import mpmath
import numpy as np
import pytest
import tensorflow as tf

from actbench.frameworks.elementary import DOUBLE, SINGLE, Elementary

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
    x = inputs.astype(np.float32).astype(working.dtype.as_numpy_dtype)
    compiled = tf.function(
        getattr(Elementary(working), name), jit_compile=True, autograph=False
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
    elementary = Elementary(working)
    x = tf.constant([-np.inf, np.inf, np.nan, 0.0], working.dtype)
    with np.errstate(all="ignore"):
        for name, reference in {"exp": np.exp, "tanh": np.tanh, "log": np.log}.items():
            np.testing.assert_array_equal(getattr(elementary, name)(x), reference(x.numpy()))
