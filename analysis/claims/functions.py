"""Part A of the source as far as mathematics decides it: Swish, Mish, ReLU, derivatives."""

import math
from functools import partial
from typing import Any

import numpy as np

import actbench
from analysis.claims.verdict import Claim, proved, refuted
from analysis.results import MATHEMATICS

_X = np.linspace(-6, 6, 2_001)
# Where x = 0 is no divisor.
_NOT_0 = _X[np.abs(_X) > 1e-9]
_SWISH, _MISH = actbench.get("swish"), actbench.get("mish")
_close = partial(np.allclose, rtol=1e-9, atol=1e-12)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _delta(x: Any) -> Any:
    return 1 / np.cosh(np.log1p(np.exp(x))) ** 2


def _swish_derivative() -> bool:
    return bool(_close(_SWISH.derivative(_X), _SWISH(_X) + _sigmoid(_X) * (1 - _SWISH(_X))))


def _mish_derivative() -> bool:
    x = _NOT_0
    return bool(_close(_MISH.derivative(x), _MISH(x) / x + x * _delta(x) * _sigmoid(x)))


def _mish_by_swish() -> bool:
    x = _NOT_0
    return bool(_close(_MISH.derivative(x), _delta(x) * _SWISH(x) + _MISH(x) / x))


def _relu_saturates() -> bool:
    slopes = actbench.get("relu").derivative([1e30, 1e-30, -1e-30, -1e30])
    # Unbounded, and flatter the farther out.
    logarithm = actbench.get("nlrelu").derivative([1e3, 1e6])
    return bool((slopes == [1, 1, 0, 0]).all() and (logarithm < 1e-2).all())


def _swish_saturates() -> bool:
    far = _SWISH.derivative([-20.0, 20.0])
    return bool(-1e-6 < far[0] < 0 and math.isclose(far[1], 1, abs_tol=1e-6))


def _swish_forgets() -> bool:
    values = _SWISH([-10.0, -20.0, -40.0])
    return bool((np.diff(values) > 0).all() and -1e-15 < values[-1] < 0)


def _overflows_as_written() -> bool:
    x = np.float32(100)
    with np.errstate(over="ignore", invalid="ignore"):
        written = np.exp(x) / (1 + np.exp(x))
    return bool(np.isnan(written) and _MISH.derivative(x) == 1 and _SWISH(-x) < 0)


def _mish_shape() -> bool:
    least, most = _MISH.bounds
    right = math.isclose(least, -0.30884341301725043, rel_tol=1e-9) and most == math.inf
    return right and bool(_MISH.smooth) and _MISH.monotone is False


def _swish_shape() -> bool:
    least, most = _SWISH.bounds
    right = math.isclose(least, -0.2784645427610738, rel_tol=1e-9) and most == math.inf
    return right and bool(_SWISH.smooth) and _SWISH.monotone is False


def _doubled_at_0() -> bool:
    return bool((actbench.get("doubled_swish", beta=0)(_X) == _X).all())


def _doubled_far_out() -> bool:
    found = actbench.get("doubled_swish", beta=1e6)(_X)
    return bool(np.allclose(found, 2 * np.maximum(_X, 0), atol=1e-5))


def _between_linear_and_relu() -> bool:
    linear, far = actbench.get("swish", beta=0), actbench.get("swish", beta=1e6)
    return bool(_close(linear(_X), _X / 2) and np.abs(far(_X) - np.maximum(_X, 0)).max() < 3e-7)


def _mish_bends_more() -> bool:
    mish, swish = (np.abs(each.second_derivative(_X)).max() for each in (_MISH, _SWISH))
    return bool(0.6441 < mish < 0.6443 and 0.4999 < swish < 0.5001)


CLAIMS = (
    Claim(
        "A.1",
        "Swish and Mish can be computed as they are written",
        MATHEMATICS,
        refuted(
            "in float32 eˣ overflows at 88.7, and the derivative of ln(1 + eˣ) is then ∞/∞",
            "with n = eˣ(eˣ + 2), tanh(ln(1 + eˣ)) = n/(n + 2), which is 1 for large x",
            _overflows_as_written,
        ),
    ),
    Claim(
        "A.2",
        "swish′ = swish + σ·(1 − swish)",
        MATHEMATICS,
        proved("equal on [−6, 6] to 9 digits", _swish_derivative),
    ),
    Claim(
        "A.2",
        "mish′ = mish/x + x·sech²(softplus(x))·σ(x)",
        MATHEMATICS,
        proved("equal to 9 digits but at 0, where it is 0/0 as written", _mish_derivative),
    ),
    Claim(
        "A.3",
        "ReLU does not saturate, since it is unbounded above",
        MATHEMATICS,
        refuted(
            "its derivative is 1 for all x > 0, and 0 for all x < 0",
            "it does not above 0 and is saturated below; ln(1 + max(x, 0)) is unbounded too, "
            "and saturates",
            _relu_saturates,
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
        "Swish does not saturate, since it is unbounded above",
        MATHEMATICS,
        refuted(
            "its derivative is 1 far above 0 and 0 far below: −4·10⁻⁸ at −20",
            "it does not above 0; below, it saturates as ReLU does",
            _swish_saturates,
        ),
    ),
    Claim(
        "A.4",
        "Swish forgets large negative inputs",
        MATHEMATICS,
        proved("it rises to 0 as x → −∞: −2·10⁻¹⁶ at −40", _swish_forgets),
    ),
    Claim(
        "A.5",
        "Mish is smooth, continuous and not monotone",
        MATHEMATICS,
        proved("bounds −0.3088 and ∞", _mish_shape),
    ),
    Claim("A.6", "2x·σ(βx) is x for β = 0", MATHEMATICS, proved("exactly", _doubled_at_0)),
    Claim(
        "A.6",
        "2x·σ(βx) resembles ReLU as β → ∞",
        MATHEMATICS,
        refuted(
            "for β = 10⁶ it is 2·max(x, 0) to 5 digits",
            "2·ReLU; x·σ(βx), without the 2, becomes ReLU",
            _doubled_far_out,
        ),
    ),
    Claim(
        "A.6",
        "x·σ(βx), without the 2, lies between a linear function and ReLU",
        MATHEMATICS,
        proved(
            "x/2 for β = 0; at most 0.278/β from ReLU, for β = 10⁶ too",
            _between_linear_and_relu,
        ),
    ),
    Claim(
        "A.7",
        "mish′ = Δ·swish + mish/x with Δ = sech²(softplus(x))",
        MATHEMATICS,
        proved("equal on [−6, 6] to 9 digits", _mish_by_swish),
    ),
    Claim(
        "A.7",
        "Mish is a smoother function than Swish",
        MATHEMATICS,
        refuted(
            "max |f″| is 0.644 for Mish and 0.5 for Swish",
            "pointwise Mish bends more",
            _mish_bends_more,
        ),
    ),
)
