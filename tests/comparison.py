"""Compare results with real numbers, in units in the last place of the result's dtype."""

from collections.abc import Callable
from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import numpy.typing as npt

from actbench.activations.record import ErrorBound

STRICT = ErrorBound()

Oracle = Callable[[float, int], Any]


def ulp_error(got: Any, want: Any) -> float:
    """Return |got − want| in ULP of want in got's dtype; NaN counts as infinitely wrong.

    An infinite result is right where want rounds to infinity.
    """
    dtype = got.dtype
    info = ml_dtypes.finfo(dtype)
    if np.isnan(got):
        return np.inf
    largest = float(info.max)
    exponent = max(mpmath.frexp(want)[1] if want else -10_000, int(info.minexp) + 1)
    ulp = mpmath.mpf(2) ** (exponent - 1 - int(info.nmant))
    if np.isinf(got):
        threshold = mpmath.mpf(largest) + ulp / 2
        return 0.0 if want * np.sign(float(got)) >= threshold else np.inf
    return float(abs(mpmath.mpf(float(got)) - want) / ulp)


def excess(
    got: Any,
    at: float,
    oracle: Oracle,
    order: int = 0,
    accuracy: ErrorBound = STRICT,
    width: float = 0.5,
) -> float:
    """Return the error of a result as a multiple of what is allowed, 1 or less being right.

    Allowed are `accuracy.ulp`, and `accuracy.sensitivity` more for each unit of |x g'/g|.
    Where |g| is smaller than at both points `width` away, g is near a zero, where no relative
    accuracy is possible: the error is held to ULP of the larger of those. A subnormal result
    may be flushed to zero.

    Args:
        got: the result, a NumPy number.
        at: x.
        oracle: (x, order) ↦ the real number.
        order: of the derivative that the result is.
        accuracy: what is allowed.
        width: how far a zero is felt.
    """
    want = oracle(at, order)
    error = ulp_error(got, want)
    tiny = float(ml_dtypes.finfo(got.dtype).smallest_normal)
    if error <= accuracy.ulp or (abs(want) < tiny and abs(float(got) - want) <= tiny):
        return error / max(accuracy.ulp, 1e-300) if error <= accuracy.ulp else 0.0
    nearby = [abs(oracle(at + shift, order)) for shift in (-width, width)]
    if min(nearby) > abs(want):
        error *= float(abs(want) / max(nearby)) if want else float(tiny)
    allowed = accuracy.ulp
    if accuracy.sensitivity and want:
        allowed += accuracy.sensitivity * float(abs(at * oracle(at, order + 1) / want))
    return error / allowed if allowed else np.inf


def assert_accurate(
    function: Callable[[Any], Any],
    oracle: Oracle,
    x: npt.NDArray[Any],
    *,
    order: int = 0,
    accuracy: ErrorBound = STRICT,
    width: float = 0.5,
) -> None:
    """Assert that a function keeps shape and dtype and is as accurate as it should be.

    Where a real number is out of the oracle's reach the result must still not be NaN.
    """
    result = function(x)
    assert isinstance(result, np.ndarray)
    assert result.dtype == x.dtype
    assert result.shape == x.shape
    assert not np.isnan(result).any(), f"NaN at {x[np.isnan(result)]}"
    worst = (0.0, "")
    for at, got in zip(x.ravel().tolist(), result.ravel(), strict=True):
        try:
            found = excess(got, at, oracle, order, accuracy, width)
        except ArithmeticError:
            continue
        if found > worst[0]:
            want = mpmath.nstr(oracle(at, order), 20)
            error = ulp_error(got, oracle(at, order))
            worst = found, f"at {at!r}: {got!r}, not {want}, {error:.3g} ULP"
    assert worst[0] <= 1, f"{worst[0]:.3g} times the error that is allowed {worst[1]}"
