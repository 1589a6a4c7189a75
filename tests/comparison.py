"""Comparison of results with real numbers, in units in the last place (ULP) of their dtype."""

from collections.abc import Callable

import ml_dtypes
import mpmath
import numpy as np
import numpy.typing as npt

from actbench.activations.record import ErrorBound

STRICT = ErrorBound()

# Relative step of x in difference quotients.
_STEP = 2.0**-30

Oracle = Callable[[float, int], mpmath.mpf]
"""(x, order) ↦ the true value of f, f' or f'' at x."""


def ulp_error(got: np.floating, expected: mpmath.mpf) -> float:
    """Return |got − expected| in ULP of `expected` in the dtype of `got`.

    The error of NaN is infinite. The error of an infinite result is 0 if `expected` rounds to
    the same infinity, else infinite.
    """
    dtype = got.dtype
    info = ml_dtypes.finfo(dtype)
    if np.isnan(got):
        return np.inf
    largest = float(info.max)
    exponent = max(mpmath.frexp(expected)[1] if expected else -10_000, int(info.minexp) + 1)
    ulp = mpmath.mpf(2) ** (exponent - 1 - int(info.nmant))
    if np.isinf(got):
        threshold = mpmath.mpf(largest) + ulp / 2
        return 0.0 if expected * np.sign(float(got)) >= threshold else np.inf
    return float(abs(mpmath.mpf(float(got)) - expected) / ulp)


def relative_excess(
    got: np.floating,
    at: float,
    oracle: Oracle,
    order: int = 0,
    accuracy: ErrorBound = STRICT,
    width: float = 0.5,
) -> float:
    """Return the error of a result divided by the allowed error; 1 or less passes.

    The allowed error is `accuracy.ulp`, plus `accuracy.sensitivity` for each unit of
    |x g'(x) / g(x)|. If |g(x)| is smaller than at both points at the distance `width`, x is
    near a zero of g, where no relative accuracy is possible. The error is then measured in ULP
    of the larger of these two values. A subnormal result may be flushed to zero.

    Args:
        got: the result, a NumPy number.
        at: x.
        oracle: the true values.
        order: the order of the derivative g.
        accuracy: the error bound.
        width: the distance for the detection of zeros.
    """
    expected = oracle(at, order)
    error = ulp_error(got, expected)
    tiny = float(ml_dtypes.finfo(got.dtype).smallest_normal)
    if error <= accuracy.ulp or (abs(expected) < tiny and abs(float(got) - expected) <= tiny):
        return error / max(accuracy.ulp, 1e-300) if error <= accuracy.ulp else 0.0
    nearby = [abs(oracle(at + shift, order)) for shift in (-width, width)]
    if min(nearby) > abs(expected):
        error *= float(abs(expected) / max(nearby)) if expected else float(tiny)
    allowed = accuracy.ulp
    if accuracy.sensitivity and expected:
        # The oracle has no third derivative, so x g' is a difference quotient.
        change = oracle(at * (1 + _STEP), order) - expected
        allowed += accuracy.sensitivity * float(abs(change / _STEP / expected))
    return error / allowed if allowed else np.inf


def assert_accurate(
    function: Callable[[npt.NDArray[np.floating]], npt.NDArray[np.floating]],
    oracle: Oracle,
    x: npt.NDArray[np.floating],
    *,
    order: int = 0,
    accuracy: ErrorBound = STRICT,
    width: float = 0.5,
) -> None:
    """Assert that a function keeps shape and dtype and that its errors are within the bound.

    Where the oracle cannot compute the true value, the result must still not be NaN.
    """
    result = function(x)
    assert isinstance(result, np.ndarray)
    assert result.dtype == x.dtype
    assert result.shape == x.shape
    assert not np.isnan(result).any(), f"NaN at {x[np.isnan(result)]}"
    worst = (0.0, "")
    for at, got in zip(x.ravel().tolist(), result.ravel(), strict=True):
        try:
            found = relative_excess(got, at, oracle, order, accuracy, width)
        except ArithmeticError:
            continue
        if found > worst[0]:
            expected = mpmath.nstr(oracle(at, order), 20)
            error = ulp_error(got, oracle(at, order))
            worst = found, f"at {at!r}: expected {expected}, got {got!r}, {error:.3g} ULP"
    assert worst[0] <= 1, f"{worst[0]:.3g} times the allowed error {worst[1]}"
