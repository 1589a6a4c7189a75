"""Section A of the source: claims about Swish, Mish and ReLU that mathematics decides."""

import math
from functools import partial

import numpy as np
import numpy.typing as npt

import actbench
from analysis.claims.claim import Claim
from analysis.claims.claim_tests import proved, refuted
from analysis.results import MATHEMATICS

_Floats = npt.NDArray[np.float64]

_X = np.linspace(-6, 6, 2_001)
# Some formulas divide by x.
_NONZERO_X = _X[np.abs(_X) > 1e-9]
_SWISH, _MISH = actbench.get("swish"), actbench.get("mish")
_close = partial(np.allclose, rtol=1e-9, atol=1e-12)


def _sigmoid(x: _Floats) -> _Floats:
    result: _Floats = 1 / (1 + np.exp(-x))
    return result


def _delta(x: _Floats) -> _Floats:
    result: _Floats = 1 / np.cosh(np.log1p(np.exp(x))) ** 2
    return result


def _swish_derivative() -> bool:
    return bool(_close(_SWISH.derivative(_X), _SWISH(_X) + _sigmoid(_X) * (1 - _SWISH(_X))))


def _mish_derivative() -> bool:
    x = _NONZERO_X
    return bool(_close(_MISH.derivative(x), _MISH(x) / x + x * _delta(x) * _sigmoid(x)))


def _mish_derivative_from_swish() -> bool:
    x = _NONZERO_X
    return bool(_close(_MISH.derivative(x), _delta(x) * _SWISH(x) + _MISH(x) / x))


def _relu_does_not_saturate_for_positive_inputs() -> bool:
    slopes = actbench.get("relu").derivative([1e30, 1.0, 1e-30, -1e-30])
    return bool((slopes == [1, 1, 1, 0]).all())


def _swish_does_not_saturate_for_positive_inputs() -> bool:
    positive, negative = _SWISH.derivative(np.linspace(0, 700, 7_001)), _SWISH.derivative(-20.0)
    return bool((positive >= 0.5).all() and -1e-6 < negative < 0)


def _unbounded_function_saturates() -> bool:
    # ln(1 + max(x, 0)) is unbounded, and its derivative falls to 0.
    return bool((actbench.get("nlrelu").derivative([1e3, 1e6]) < 1e-2).all())


def _swish_vanishes_at_minus_infinity() -> bool:
    values = _SWISH([-10.0, -20.0, -40.0])
    return bool((np.diff(values) > 0).all() and -1e-15 < values[-1] < 0)


def _textbook_mish(x: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    with np.errstate(over="ignore"):
        result: npt.NDArray[np.floating] = x * np.tanh(np.log(1 + np.exp(x)))
    return result


def _textbook_forms_are_finite() -> bool:
    x = np.array([-1000.0, 1000.0])
    with np.errstate(over="ignore"):
        swish = x * _sigmoid(x)
    return bool((swish == [0, 1000]).all() and (_textbook_mish(x) == [0, 1000]).all())


def _textbook_mish_loses_all_digits() -> bool:
    x = np.array([-20.0], np.float32)
    return bool(_textbook_mish(x)[0] == 0 and -5e-8 < _MISH(x)[0] < -4e-8)


def _mish_shape() -> bool:
    least, most = _MISH.bounds
    has_bounds = math.isclose(least, -0.30884341301725043, rel_tol=1e-9) and most == math.inf
    return has_bounds and bool(_MISH.smooth) and _MISH.monotone is False


def _swish_shape() -> bool:
    least, most = _SWISH.bounds
    has_bounds = math.isclose(least, -0.2784645427610738, rel_tol=1e-9) and most == math.inf
    return has_bounds and bool(_SWISH.smooth) and _SWISH.monotone is False


def _doubled_swish_is_linear_at_0() -> bool:
    return bool((actbench.get("doubled_swish", beta=0)(_X) == _X).all())


def _doubled_swish_becomes_doubled_relu() -> bool:
    values = actbench.get("doubled_swish", beta=1e6)(_X)
    return bool(np.allclose(values, 2 * np.maximum(_X, 0), atol=1e-5))


def _swish_is_between_linear_and_relu() -> bool:
    linear, far = actbench.get("swish", beta=0), actbench.get("swish", beta=1e6)
    return bool(_close(linear(_X), _X / 2) and np.abs(far(_X) - np.maximum(_X, 0)).max() < 3e-7)


def _mish_has_more_curvature() -> bool:
    mish, swish = (np.abs(each.second_derivative(_X)).max() for each in (_MISH, _SWISH))
    return bool(0.6441 < mish < 0.6443 and 0.4999 < swish < 0.5001)


CLAIMS = (
    Claim(
        "A.1",
        "x·σ(x) and x·tanh(ln(1 + eˣ)), computed as they are written, are finite for large |x|",
        MATHEMATICS,
        proved(
            "0 and 1,000 at ∓1,000 in NumPy: eˣ overflows there, but 1/∞ is 0 and tanh(∞) is 1",
            _textbook_forms_are_finite,
        ),
    ),
    Claim(
        "added",
        "x·tanh(ln(1 + eˣ)), computed as it is written, is accurate",
        MATHEMATICS,
        refuted(
            "in float32 it is 0 at −20, because 1 + eˣ is rounded to 1; Mish is −4.1·10⁻⁸",
            "with n = eˣ(eˣ + 2), tanh(ln(1 + eˣ)) = n/(n + 2) is accurate",
            _textbook_mish_loses_all_digits,
        ),
    ),
    Claim(
        "A.2",
        "swish′ = swish + σ·(1 − swish)",
        MATHEMATICS,
        proved("equal to 9 digits on [−6, 6]", _swish_derivative),
    ),
    Claim(
        "A.2",
        "mish′ = mish/x + x·sech²(softplus(x))·σ(x)",
        MATHEMATICS,
        proved("equal to 9 digits except at x = 0, where this form is 0/0", _mish_derivative),
    ),
    Claim(
        "A.3",
        "ReLU does not saturate for positive inputs",
        MATHEMATICS,
        proved(
            "its derivative is 1 for all x > 0; it is 0 for all x < 0",
            _relu_does_not_saturate_for_positive_inputs,
        ),
    ),
    Claim(
        "A.3",
        "A function that is unbounded above does not saturate for positive inputs",
        MATHEMATICS,
        refuted(
            "ln(1 + max(x, 0)) is unbounded, and its derivative is 0.001 at 1,000",
            "a function with a slope that stays away from 0 does not saturate",
            _unbounded_function_saturates,
        ),
    ),
    Claim(
        "A.4",
        "Swish is unbounded above, bounded below, smooth and not monotone",
        MATHEMATICS,
        proved("bounds −0.2785 and ∞", _swish_shape),
    ),
    Claim(
        "A.4",
        "Swish does not saturate for positive inputs",
        MATHEMATICS,
        proved(
            "its derivative is ½ or more for all x ≥ 0; it is near 0 for large negative x, "
            "−4·10⁻⁸ at −20",
            _swish_does_not_saturate_for_positive_inputs,
        ),
    ),
    Claim(
        "A.4",
        "Swish forgets large negative inputs",
        MATHEMATICS,
        proved("it rises to 0 as x → −∞: −2·10⁻¹⁶ at −40", _swish_vanishes_at_minus_infinity),
    ),
    Claim(
        "A.5",
        "Mish is smooth, continuous and not monotone",
        MATHEMATICS,
        proved("bounds −0.3088 and ∞", _mish_shape),
    ),
    Claim(
        "A.6",
        "2x·σ(βx) is x for β = 0",
        MATHEMATICS,
        proved("exactly equal", _doubled_swish_is_linear_at_0),
    ),
    Claim(
        "A.6",
        "2x·σ(βx) approaches ReLU as β → ∞",
        MATHEMATICS,
        refuted(
            "for β = 10⁶ it is 2·max(x, 0) to 5 digits",
            "it approaches 2·ReLU; x·σ(βx), without the 2, approaches ReLU",
            _doubled_swish_becomes_doubled_relu,
        ),
    ),
    Claim(
        "A.6",
        "x·σ(βx), without the 2, lies between a linear function and ReLU",
        MATHEMATICS,
        proved(
            "x/2 for β = 0; at most 0.278/β from ReLU, also for β = 10⁶",
            _swish_is_between_linear_and_relu,
        ),
    ),
    Claim(
        "A.7",
        "mish′ = Δ·swish + mish/x with Δ = sech²(softplus(x))",
        MATHEMATICS,
        proved("equal to 9 digits on [−6, 6]", _mish_derivative_from_swish),
    ),
    Claim(
        "A.7",
        "Mish is a smoother function than Swish",
        MATHEMATICS,
        refuted(
            "max |f″| is 0.644 for Mish and 0.5 for Swish",
            "the largest curvature of Mish is larger",
            _mish_has_more_curvature,
        ),
    ),
)
