"""Identities between values and derivatives, and limits in β, at random points."""

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import actbench
from actbench.formula.symbolic import oracle

finite = st.floats(allow_nan=False, allow_infinity=False)
moderate = st.floats(-50, 50)
betas = st.floats(1e-3, 1e3)

sigmoid, tanh, softplus, relu, swish, mish, gelu = map(
    actbench.get, ["sigmoid", "tanh", "softplus", "relu", "swish", "mish", "gelu"]
)


# Swish between the identity and ReLU


@given(x=moderate)
def test_swish_at_beta_0_is_x_over_2_and_doubled_swish_is_x(x):
    assume(x == 0 or abs(x) > 1e-300)  # x / 2 is rounded if it is subnormal
    assert actbench.get("swish", beta=0)(x) == x / 2
    assert actbench.get("doubled_swish", beta=0)(x) == x


@given(x=finite, beta=betas)
def test_swish_approaches_relu_as_beta_grows(x, beta):
    # sup |swish_β − ReLU| = W(1/e)/β, attained at |x| = 1.2784645/β.
    distance = abs(actbench.get("swish", beta=beta)(x) - relu(x))
    assert distance <= 0.27846454276107380 / beta * (1 + 1e-14) + 1e-15 * abs(x)


@given(x=finite, beta=betas)
def test_doubled_swish_approaches_2_relu_as_beta_grows(x, beta):
    assume(abs(x) < 1e307)
    distance = abs(actbench.get("doubled_swish", beta=beta)(x) - 2 * relu(x))
    assert distance <= 0.5569290855221476 / beta * (1 + 1e-14) + 2e-15 * abs(x)


def test_the_distance_of_swish_to_relu_attains_its_bound():
    for beta in (0.25, 1, 40):
        at = -1.2784645427610738 / beta
        assert -actbench.get("swish", beta=beta)(at) == pytest.approx(
            0.27846454276107380 / beta, rel=1e-15
        )


@given(x=finite, beta=betas)
def test_doubled_swish_at_negative_beta_approaches_2_min_x_0(x, beta):
    assume(abs(x) < 1e307)
    distance = abs(actbench.get("doubled_swish", beta=-beta)(x) - 2 * min(x, 0))
    assert distance <= 0.5569290855221476 / beta * (1 + 1e-14) + 2e-15 * abs(x)


@given(beta=betas)
def test_the_derivative_of_swish_at_0_is_one_half_for_every_beta(beta):
    assert actbench.get("swish", beta=beta).derivative(0.0) == 0.5


Function = Callable[[float], object]

# Name of an identity ↦ its left and right sides. x is moderate, so that both sides are exact to
# a few ULP of the largest term.
IDENTITIES: dict[str, tuple[Function, Function]] = {
    "σ(x) + σ(−x) = 1": (lambda x: sigmoid(x) + sigmoid(-x), lambda x: 1 + 0 * x),
    "σ' = σ(1 − σ)": (sigmoid.derivative, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh' = 1 − tanh²": (tanh.derivative, lambda x: 1 - tanh(x) ** 2),
    "tanh(x) = 2σ(2x) − 1": (tanh, lambda x: 2 * sigmoid(2 * x) - 1),
    "softplus' = σ": (softplus.derivative, sigmoid),
    "softplus'' = σ'": (softplus.second_derivative, sigmoid.derivative),
    "softplus(x) − softplus(−x) = x": (lambda x: softplus(x) - softplus(-x), lambda x: x),
    "gelu(x) − gelu(−x) = x": (lambda x: gelu(x) - gelu(-x), lambda x: x),
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
def test_both_sides_of_an_identity_are_equal(identity, x):
    assume(abs(x) > 1e-12)  # some identities divide by x
    left, right = IDENTITIES[identity]
    assert left(x) == pytest.approx(right(x), rel=1e-13, abs=1e-14 * (1 + abs(x)))


@given(x=moderate, beta=st.floats(0.01, 100) | st.floats(-100, -0.01))
def test_swish_with_beta_is_swish_of_beta_x_over_beta(x, beta):
    scaled = actbench.get("swish", beta=beta)
    assert scaled(x) == pytest.approx(swish(beta * x) / beta, rel=1e-12)
    assert scaled.derivative(x) == pytest.approx(
        beta * scaled(x) + sigmoid(beta * x) * (1 - beta * scaled(x)), rel=1e-9, abs=1e-13
    )


@pytest.mark.parametrize(
    ("activation", "at", "extreme"),
    # Points and values from mpmath.findroot on the derivative of the oracle, to 10 digits.
    [
        (swish, -1.2784645428, -0.2784645428),
        (mish, -1.1924312145, -0.3088434130),
    ],
    ids=str,
)
def test_the_minimum_is_at_the_zero_of_the_derivative(activation, at, extreme):
    root = mpmath.findroot(
        lambda x: oracle(activation, float(x), order=1),
        (at - 0.1, at + 0.1),
        solver="secant",
        tol=1e-24,
    )
    assert float(root) == pytest.approx(at, abs=1e-9)
    assert activation(float(root)) == pytest.approx(extreme, abs=1e-9)
    assert activation.bounds[0] == pytest.approx(activation(float(root)), rel=1e-15)


@pytest.mark.parametrize(
    ("activation", "lowest", "highest"),
    # Extremes of f' at the zeros of f'' (±2.39936 for Swish; −2.25638, 1.49057 for Mish).
    [(swish, -0.0998393, 1.0998393), (mish, -0.1125262, 1.0884982)],
    ids=str,
)
def test_the_derivative_has_the_known_range(activation, lowest, highest):
    slopes = activation.derivative(np.linspace(-20, 20, 400_001))
    assert slopes.min() == pytest.approx(lowest, abs=1e-6)
    assert slopes.max() == pytest.approx(highest, abs=1e-6)


def test_the_derivative_of_mish_at_0_is_0_6():
    assert mish.derivative(0.0) == pytest.approx(0.6, rel=1e-15)


@given(x=moderate)
def test_leaky_relu_is_a_sum_of_x_and_absolute_x(x):
    for slope in (-1.0, -0.5, 0.0, 0.5, 1.0):
        value = actbench.get("leaky_relu", negative_slope=slope)(x)
        parts = (1 + slope) / 2 * x + (1 - slope) / 2 * abs(x)
        assert value == pytest.approx(parts, rel=1e-15, abs=1e-300)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("silu", {}), ("swish", {"beta": 1.0})),
        (("hard_swish", {}), ("hard_silu", {})),
        (("telu", {}), ("tanhexp", {})),
    ],
)
def test_aliases_are_the_same_function(one, other):
    assert actbench.get(one[0], **one[1]) == actbench.get(other[0], **other[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("celu", {"alpha": 1.0}), ("elu", {"alpha": 1.0})),
        (("smelu", {"beta": 1.0}), ("sparse_plus", {})),
        (("clipped_relu", {"max_value": 6.0}), ("relu6", {})),
        (("threshold", {"threshold": 0.0}), ("relu", {})),
        (("acon_c", {"p2": 0.0}), ("swish", {})),
        (("doubled_swish", {"beta": 1.702}), ("quick_gelu", {})),
        (("soft_exponential", {"alpha": 1.0}), ("exponential", {})),
        (("srelu", {"t_left": 0.0, "a_right": 1.0}), ("leaky_relu", {})),
    ],
)
@given(x=moderate)
def test_functions_are_equal_for_special_parameters(one, other, x):
    factor = 2.0 if one[0] == "doubled_swish" else 1.0
    left, right = (actbench.get(name, **parameters) for name, parameters in (one, other))
    assert left(x) == pytest.approx(factor * right(x), rel=1e-14)
