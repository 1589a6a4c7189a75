"""Bounds, monotonicity, β limits and identities, at points hypothesis chooses."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import actbench
from actbench.activations.formula import oracle
from tests.cases import ACTIVATIONS

finite = st.floats(allow_nan=False, allow_infinity=False)
moderate = st.floats(-50, 50)
betas = st.floats(1e-3, 1e3)

sigmoid, tanh, softplus, relu, swish, mish = map(
    actbench.get, ["sigmoid", "tanh", "softplus", "relu", "swish", "mish"]
)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@given(x=finite)
def test_values_stay_within_bounds(activation, x):
    lower, upper = activation.bounds
    # A bound that is reached may be rounded either way.
    assert lower - 4e-16 * abs(lower) <= activation(x) <= upper + 4e-16 * abs(upper)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_bounds_are_the_infimum_and_the_supremum(activation):
    far = np.geomspace(1e-4, 1e6, 20_001)
    values = activation(np.concatenate([-far, [0.0], far]))
    for bound, extreme in zip(activation.bounds, [values.min(), values.max()], strict=True):
        if np.isfinite(bound):
            assert extreme == pytest.approx(bound, abs=1e-6)
        else:
            assert extreme * np.sign(bound) > 1e4


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a.monotone], ids=str)
@given(x=finite, y=finite)
def test_monotone_functions_never_fall(activation, x, y):
    x, y = sorted([x, y])
    assert activation(x) <= math.nextafter(activation(y), math.inf)
    assert activation.derivative(x) >= 0


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if not a.monotone], ids=str)
def test_functions_called_not_monotone_fall_somewhere(activation):
    assert activation.derivative(np.linspace(-50, 50, 10_001)).min() < 0


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_kinks_are_where_the_derivative_jumps(activation):
    for x in (*activation.kinks, *np.linspace(-5, 5, 101)):
        jump = activation.derivative(x + 1e-9) - activation.derivative(x - 1e-9)
        assert (abs(jump) > 1e-3) == (x in activation.kinks)
    assert activation.smooth == (activation.kinks == ())


# Swish between the linear function and ReLU


@given(x=moderate)
def test_swish_at_beta_0_is_half_the_identity(x):
    assert actbench.get("swish", beta=0)(x) == x / 2
    assert actbench.get("doubled_swish", beta=0)(x) == x


@given(x=finite, beta=betas)
def test_swish_approaches_relu_as_beta_grows(x, beta):
    # sup |swish_β − ReLU| = W(1/e)/β, reached at |x| = 1.2784645/β
    distance = abs(actbench.get("swish", beta=beta)(x) - relu(x))
    assert distance <= 0.27846454276107380 / beta * (1 + 1e-14) + 1e-15 * abs(x)


@given(x=finite, beta=betas)
def test_doubled_swish_approaches_twice_relu_not_relu(x, beta):
    assume(abs(x) < 1e307)
    distance = abs(actbench.get("doubled_swish", beta=beta)(x) - 2 * relu(x))
    assert distance <= 0.5569290855221476 / beta * (1 + 1e-14) + 2e-15 * abs(x)


def test_the_distance_to_relu_is_reached():
    for beta in (0.25, 1, 40):
        at = -1.2784645427610738 / beta
        assert -actbench.get("swish", beta=beta)(at) == pytest.approx(
            0.27846454276107380 / beta, rel=1e-15
        )


@given(x=finite, beta=betas)
def test_doubled_swish_at_negative_beta_approaches_twice_the_minimum(x, beta):
    assume(abs(x) < 1e307)
    distance = abs(actbench.get("doubled_swish", beta=-beta)(x) - 2 * min(x, 0))
    assert distance <= 0.5569290855221476 / beta * (1 + 1e-14) + 2e-15 * abs(x)


@given(beta=betas)
def test_the_slope_at_0_is_one_half_for_every_beta(beta):
    assert actbench.get("swish", beta=beta).derivative(0.0) == 0.5


# Identities: name, left side, right side; x is moderate so that both sides are exact to a
# few ULP of the largest term.

IDENTITIES: dict[str, tuple[Any, Any]] = {
    "σ(x) + σ(−x) = 1": (lambda x: sigmoid(x) + sigmoid(-x), lambda x: 1 + 0 * x),
    "σ' = σ(1 − σ)": (sigmoid.derivative, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh' = 1 − tanh²": (tanh.derivative, lambda x: 1 - tanh(x) ** 2),
    "tanh(x) = 2σ(2x) − 1": (tanh, lambda x: 2 * sigmoid(2 * x) - 1),
    "softplus' = σ": (softplus.derivative, sigmoid),
    "softplus'' = σ'": (softplus.second_derivative, sigmoid.derivative),
    "softplus(x) − softplus(−x) = x": (lambda x: softplus(x) - softplus(-x), lambda x: x),
    "swish(x) − swish(−x) = x": (lambda x: swish(x) - swish(-x), lambda x: x),
    "swish'(x) + swish'(−x) = 1": (
        lambda x: swish.derivative(x) + swish.derivative(-x),
        lambda x: 1 + 0 * x,
    ),
    "swish' = swish + σ(1 − swish)": (
        swish.derivative,
        lambda x: swish(x) + sigmoid(x) * (1 - swish(x)),
    ),
    "mish' = sech²(softplus) · swish + mish/x": (
        mish.derivative,
        lambda x: swish(x) / np.cosh(softplus(x)) ** 2 + mish(x) / x,
    ),
    "mish' = eˣω/δ²": (mish.derivative, lambda x: _published_mish_derivative(x)),
}


def _published_mish_derivative(x):
    """Misra (2019), arXiv:1908.08681, equation 2."""
    e = np.exp(x)
    omega = 4 * (x + 1) + 4 * e**2 + e**3 + e * (4 * x + 6)
    return e * omega / (2 * e + e**2 + 2) ** 2


@pytest.mark.parametrize("identity", IDENTITIES)
@given(x=moderate)
@example(x=1e-3)
def test_identities(identity, x):
    assume(abs(x) > 1e-12)  # where an identity divides by x, it says nothing at 0
    left, right = IDENTITIES[identity]
    assert left(x) == pytest.approx(right(x), rel=1e-13, abs=1e-14 * (1 + abs(x)))


@given(x=moderate, beta=st.floats(0.01, 100) | st.floats(-100, -0.01))
def test_swish_scales(x, beta):
    scaled = actbench.get("swish", beta=beta)
    assert scaled(x) == pytest.approx(swish(beta * x) / beta, rel=1e-12)
    assert scaled.derivative(x) == pytest.approx(
        beta * scaled(x) + sigmoid(beta * x) * (1 - beta * scaled(x)), rel=1e-9, abs=1e-13
    )


@pytest.mark.parametrize(
    ("activation", "at", "extreme"),
    # Stationary points and values: mpmath.findroot on the oracle's derivative, to 10 digits.
    [
        (swish, -1.2784645428, -0.2784645428),
        (mish, -1.1924312145, -0.3088434130),
    ],
    ids=str,
)
def test_minima(activation, at, extreme):
    root = mpmath.findroot(
        lambda x: oracle(activation, float(x), order=1),
        (at - 0.1, at + 0.1),
        solver="secant",
        tol=1e-24,
    )
    assert float(root) == pytest.approx(at, abs=1e-9)
    assert activation(float(root)) == pytest.approx(extreme, abs=1e-9)
    assert activation.bounds[0] == pytest.approx(activation(float(root)), rel=4e-16)


@pytest.mark.parametrize(
    ("activation", "lowest", "highest"),
    # Extremes of f' at the zeros of f'' (±2.39936 for Swish; −2.25638, 1.49057 for Mish).
    [(swish, -0.0998393, 1.0998393), (mish, -0.1125262, 1.0884982)],
    ids=str,
)
def test_range_of_the_derivative(activation, lowest, highest):
    slopes = activation.derivative(np.linspace(-20, 20, 400_001))
    assert slopes.min() == pytest.approx(lowest, abs=1e-6)
    assert slopes.max() == pytest.approx(highest, abs=1e-6)


def test_the_slope_of_mish_at_0():
    assert mish.derivative(0.0) == pytest.approx(0.6, rel=1e-15)
