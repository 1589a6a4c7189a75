"""Values and derivatives for parameters and inputs of all sizes, in every format."""

from dataclasses import fields

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actbench
from actbench.activations.breakpoints import breakpoints
from actbench.activations.catalogue import RECORDS
from actbench.conformance.ball_oracle import true_values
from tests.cases import ORDERS, drawn_from_whole_domain

TINY, LARGEST = np.finfo(np.float64).tiny, np.finfo(np.float64).max

# Each example has many inputs, and each input costs several evaluations by ball arithmetic.
EXAMPLES = settings().max_examples // 8

# Allowed errors in ULP, besides the effect of 16 ULP of x. A gate whose parameter is far from 1
# multiplies the rounding errors of its argument, so this is not the bound of the record.
TOLERANCES = (2.0**8, 2.0**14, 2.0**14)

# The rounding of the argument decides the value of a sine if the argument is larger than this.
LARGEST_ANGLE = 1e8

SIZES = st.floats(-3, 3) | st.floats(-320, 308.25)
"""Decimal exponents of |x|: near 1, or in the whole range of float64."""


@np.errstate(all="ignore")
def inputs(activation, exponents):
    """Return numbers of the given sizes, also in units of parameters and their inverses."""
    sizes = 10.0 ** np.array(exponents)
    scales = [abs(value) for value in activation.parameters.values() if value] or [1.0]
    scaled = [sizes, *(sizes * scale for scale in scales), *(sizes / s for s in scales)]
    x = np.concatenate(scaled)
    x = x[np.isfinite(x)]
    x = np.concatenate([x, -x])
    # The rounding of a breakpoint decides on which side these are.
    points = np.array(breakpoints(activation))
    near = np.abs(x[:, None] - points) <= 4 * np.spacing(np.abs(points))
    return x[~near.any(axis=1)]


def has_known_angle(activation, x):
    """Return where the argument of a sine has correct digits; all other sines pass."""
    if activation.family != "periodic":
        return np.full(x.shape, True)
    frequency = max([1.0, *(abs(value) for value in activation.parameters.values())])
    with np.errstate(over="ignore"):
        return np.abs(x) * frequency < LARGEST_ANGLE


@np.errstate(all="ignore")
def assert_right(activation, x):
    """Assert that no result is NaN, and that results are those at an input nearby."""
    for name in ORDERS.values():
        got = getattr(activation, name)(x)
        assert not np.isnan(got).any(), f"{activation}, {name}: NaN at {x[np.isnan(got)]}"
    x = x[has_known_angle(activation, x)]
    shift = 16 * np.spacing(np.abs(x))
    moved = np.clip([x, x - shift, x + shift], -LARGEST, LARGEST)
    true = true_values(activation, moved.ravel(), tuple(ORDERS))
    for order, name in ORDERS.items():
        exact, *nearby = np.clip(true[order][0].reshape(3, -1), -LARGEST, LARGEST)
        got = np.clip(getattr(activation, name)(x), -LARGEST, LARGEST)
        unit = np.spacing(np.maximum(np.abs(exact), 4 * TINY))
        effect = sum(np.abs(each - exact) for each in nearby)
        # A subnormal result may be 0.
        flushed = np.where(np.abs(exact) < 4 * TINY, TINY, 0.0)
        wrong = np.abs(got - exact) > TOLERANCES[order] * unit + effect + flushed
        found = zip(x[wrong], got[wrong], exact[wrong], strict=True)
        assert not wrong.any(), [str(activation), order, *list(found)[:3]]


@settings(max_examples=EXAMPLES)
@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
@given(data=st.data())
def test_float64_results_are_right_for_parameters_of_all_sizes(kind, data):
    activation = data.draw(drawn_from_whole_domain(kind))
    x = inputs(activation, data.draw(st.lists(SIZES, min_size=3, max_size=3)))
    assert_right(activation, x)


@settings(max_examples=EXAMPLES)
@pytest.mark.parametrize("kind", [k for k in RECORDS if fields(k)], ids=lambda kind: kind.name)
@given(data=st.data())
def test_narrower_results_are_the_rounded_float64_results(kind, data):
    activation = data.draw(drawn_from_whole_domain(kind))
    x = inputs(activation, data.draw(st.lists(SIZES, min_size=8, max_size=8)))
    for dtype in (np.float32, np.float16, ml_dtypes.bfloat16):
        with np.errstate(over="ignore", invalid="ignore"):
            narrow = x.astype(dtype)
            narrow = narrow[np.isfinite(narrow)]
            for order in ORDERS.values():
                got = getattr(activation, order)(narrow).astype(np.float64)
                wide = getattr(activation, order)(narrow.astype(np.float64))
                expected = wide.astype(dtype).astype(np.float64)
                unit = 4 * float(ml_dtypes.finfo(dtype).eps) * np.abs(expected)
                assert ((got == expected) | (np.abs(got - expected) <= unit)).all()


def test_results_that_were_once_wrong():
    erfact = actbench.get("erfact", alpha=1000)
    assert erfact.derivative(0.979) == 1.0
    cases = [
        ("swish", {"beta": 1e40}),
        ("doubled_swish", {"beta": -1e40}),
        ("aptx", {"alpha": 1e40, "beta": 1e40}),
        ("aptx", {"alpha": 0.0, "beta": 1e300, "gamma": 1e300}),
        ("softplus", {"beta": 1e40}),
        ("acon_c", {"p1": -1e300, "p2": 1e106, "beta": 1e-3}),
        ("star_relu", {"scale": 1e-40}),
        ("soft_cap", {"cap": 1e-40}),
        ("pserf", {"gamma": 1e40, "delta": 1e40}),
        ("erfact", {"alpha": 1e40, "beta": 1e-40}),
        ("xielu", {"beta": 2000.0}),
        ("nlrelu", {"beta": 1e34}),
        ("pdelu", {}),
    ]
    sizes = [-300.0, -41.0, -2.0, 0.3, 0.99999, 1.0, 2.7, 30.0, 150.0, 300.0]
    for name, parameters in cases:
        activation = actbench.get(name, **parameters)
        assert_right(activation, inputs(activation, sizes))
