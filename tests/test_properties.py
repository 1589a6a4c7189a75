"""Properties of every record (limits, bounds, kinks, symmetry) compared with its formula."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import actbench
from actbench.activations.breakpoints import nonsmooth_points
from actbench.activations.catalogue import RECORDS
from actbench.activations.properties import zeros
from actbench.formula.symbolic import oracle
from tests.cases import ACTIVATIONS

finite = st.floats(allow_nan=False, allow_infinity=False)
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)


def real(activation, x, order=0):
    """Return the oracle's result as a float, infinite if it is too large to compute."""
    try:
        return float(oracle(activation, x, order=order))
    except ArithmeticError:
        return math.inf


@every_activation
@pytest.mark.parametrize("order", [0, 1])
def test_limits_agree_with_the_formula(activation, order):
    limits = activation.limits if order == 0 else activation.slope_limits
    for sign, limit in zip((-1.0, 1.0), limits, strict=True):
        near, far = (real(activation, sign * x, order) for x in (300.0, 3000.0))
        if math.isnan(limit):
            around = [real(activation, sign * (3000 + step), order) for step in range(7)]
            assert max(around) - min(around) > 0.5
        elif math.isinf(limit):
            assert abs(far) > abs(near) > 1 or abs(far) == math.inf
            assert np.sign(far) == np.sign(limit)
        else:
            assert far == pytest.approx(limit, abs=1e-3)


@every_activation
def test_infinite_arguments_give_the_limits(activation):
    infinities = np.array([-np.inf, np.inf])
    for order, function in enumerate((activation, activation.derivative)):
        limits = (activation.limits, activation.slope_limits)[order]
        for got, limit in zip(function(infinities), limits, strict=True):
            assert got == limit or math.isnan(limit)
            assert not math.isnan(got)


@every_activation
@given(x=finite)
def test_values_stay_within_bounds(activation, x):
    lower, upper = activation.bounds
    value = activation(x)
    # A value at a bound may be rounded in both directions.
    assert lower - 1e-15 * abs(lower) <= value <= upper + 1e-15 * abs(upper)


@every_activation
def test_values_approach_the_bounds(activation):
    far = np.concatenate([np.geomspace(1e-4, 1e6, 20_001), [1e300]])
    values = activation(np.concatenate([-far, [0.0], far]))
    for bound, extreme in zip(activation.bounds, [values.min(), values.max()], strict=True):
        if np.isfinite(bound):
            assert extreme == pytest.approx(bound, abs=1e-6)
        else:
            assert extreme * np.sign(bound) > 600  # the logarithm of 1e300 is 691


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a.monotone], ids=str)
@given(x=finite, y=finite)
def test_monotone_functions_do_not_decrease(activation, x, y):
    x, y = sorted([x, y])
    low, high = float(activation(x)), float(activation(y))
    assert low <= high or low - high <= 1e-15 * abs(high)
    assert activation.derivative(x) >= 0


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if not a.monotone], ids=str)
def test_functions_that_are_not_monotone_decrease_somewhere(activation):
    x = np.linspace(-50, 50, 1001)
    at = float(x[activation.derivative(x).argmin()])
    assert real(activation, at, 1) < 0


@every_activation
def test_kinks_are_the_points_with_two_one_sided_derivatives(activation):
    for kink in activation.kinks:
        low, high = kink.interval
        assert low <= kink.derivative <= high
        assert activation.derivative(kink.x) == kink.derivative
        assert real(activation, kink.x, 1) == pytest.approx(kink.derivative, rel=1e-14)
        sides = [real(activation, kink.x + away, 1) for away in (-1e-9, 1e-9)]
        assert sorted(sides) == pytest.approx([low, high], rel=1e-6, abs=1e-7)
    points = [
        x for x in np.linspace(-5, 5, 41) if all(abs(x - k.x) > 1e-6 for k in activation.kinks)
    ]
    for x in points:
        left, right = (real(activation, x + away, 1) for away in (-1e-9, 1e-9))
        assert left == pytest.approx(right, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a.smooth], ids=str)
def test_smooth_functions_have_a_continuous_second_derivative(activation):
    for x in np.linspace(-5, 5, 41):
        left, right = (real(activation, x + away, 2) for away in (-1e-9, 1e-9))
        assert left == pytest.approx(right, rel=1e-4, abs=1e-4)
    assert activation.kinks == ()


@every_activation
def test_zero_at_zero_and_sign_preserving_agree_with_the_formula(activation):
    assert activation.zero_at_zero == (real(activation, 0.0) == 0)
    keeps = all(np.sign(real(activation, x)) == np.sign(x) for x in np.linspace(-8, 8, 65))
    assert activation.sign_preserving == keeps


@every_activation
def test_the_gain_preserves_the_second_moment(activation):
    z = np.random.default_rng(0).standard_normal(400_000)
    moments = (activation.gain * activation(z)) ** 2
    tolerance = 5 * moments.std() / math.sqrt(z.size)
    assert moments.mean() == pytest.approx(1, abs=tolerance)


@pytest.mark.parametrize(
    ("name", "gain"),
    # He et al. (2015), arXiv:1502.01852: √(2 / (1 + a²)).
    [("relu", 2**0.5), ("leaky_relu", (2 / 1.04) ** 0.5), ("linear", 1.0)],
)
def test_gains_equal_closed_forms(name, gain):
    activation = next(a for a in ACTIVATIONS if a.name == name)
    assert activation.gain == pytest.approx(gain, rel=1e-9)


@pytest.mark.parametrize("beta", [1e-7, 1e-3, 50.0, 1e5])
def test_properties_do_not_depend_on_the_scale_of_parameters(beta):
    swish = actbench.get("swish", beta=beta)
    assert not swish.monotone
    assert swish.sign_preserving
    assert swish.bounds[0] == pytest.approx(-0.2784645427610738 / beta, rel=1e-12)
    for name, parameters, breakpoint_ in [
        ("clipped_relu", {"max_value": 1 / beta}, 1 / beta),
        ("threshold", {"threshold": 1 / beta}, 1 / beta),
        ("smelu", {"beta": 1 / beta}, 1 / beta),
        ("leaky_relu", {"negative_slope": 0.9999999}, 0.0),
    ]:
        activation = actbench.get(name, **parameters)
        assert activation.smooth is False
        assert breakpoint_ in [pytest.approx(x) for x in nonsmooth_points(activation)]


def test_a_sine_without_frequency_or_amplitude_has_limits():
    assert actbench.get("sine", omega=0).limits == (0, 0)
    assert actbench.get("sinlu", a=0).slope_limits == (0, 1)
    assert actbench.get("sine", omega=1e4).bounds == pytest.approx((-1, 1), abs=1e-8)


@every_activation
def test_the_largest_numbers_lie_on_the_asymptote(activation):
    largest = np.finfo(np.float64).max
    for sign, slope in zip((-1, 1), activation.slope_limits, strict=True):
        if 0 < abs(slope) <= 1:
            value = activation(sign * largest)
            assert value / largest == pytest.approx(sign * slope, rel=1e-14)


# The paper appeared in 2015, and its arXiv number is of 2016.
LATER_PREPRINTS = {"soft_exponential"}


def test_the_year_of_a_record_is_that_of_its_source():
    for record in RECORDS:
        assert 1943 <= record.year <= 2026, record.name
        printed = re.findall(r"\((\d{4})\)", record.source)
        preprint = re.findall(r"arXiv:(\d\d)\d\d\.\d{4,5}", record.source)
        if record.name not in LATER_PREPRINTS:
            printed += [f"20{year}" for year in preprint]
        assert set(printed) <= {str(record.year)}, record.name


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_symmetry_agrees_with_the_formula(activation):
    points = [0.3, 1.7, 5.2]
    pairs = [(oracle(activation, x), oracle(activation, -x)) for x in points]
    odd, even = all(a + b == 0 for a, b in pairs), all(a == b for a, b in pairs)
    assert activation.symmetry == ("odd" if odd else "even" if even else None)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_the_formula_changes_sign_at_zeros(activation):
    for order in range(3):
        for zero in zeros(activation, order)[:4]:
            sides = [oracle(activation, zero * (1 + s * 1e-9), order=order) for s in (-1, 1)]
            assert sides[0] * sides[1] < 0


def test_zeros_of_a_formula_that_divides_by_a_zero_parameter_are_found():
    text = "x if a == 0 else (exp(a * x) - 1) / a"
    for order in range(3):
        assert zeros(actbench.from_formula(text, a=0), order) == ()
