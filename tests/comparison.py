"""Compare results with real numbers, in units in the last place of the result's dtype."""

from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import numpy.typing as npt


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


def assert_ulp(
    function: Callable[[Any], Any],
    oracle: Callable[[float], Any],
    x: npt.NDArray[Any],
    *,
    ulp: float,
    ulp_per_x: float = 0.0,
    zeros: Sequence[float] = (),
    width: float = 1.0,
) -> None:
    """Assert that a function is within so many ULP of the oracle and keeps the dtype.

    `ulp_per_x` allows for an argument that was rounded before a steep function of it: so
    many more ULP for each unit of |x|.

    Near the zeros of the true function no relative accuracy is possible; within `width` of
    one, the error is held to the same number of ULP of the largest value half as far away.
    """
    result = function(x)
    assert isinstance(result, np.ndarray)
    assert result.dtype == x.dtype
    assert result.shape == x.shape
    worst = (0.0, "")
    for point, got in zip(x.ravel(), result.ravel(), strict=True):
        at = float(point)
        want = oracle(at)
        error = ulp_error(got, want)
        if want and any(abs(at - zero) < width for zero in zeros):
            nearby = (abs(oracle(at + shift)) for shift in (-width / 2, 0, width / 2))
            error *= float(abs(want) / max(nearby))
        error -= ulp_per_x * abs(at)
        worst = max(worst, (error, f"at {at!r}: {got!r}, not {mpmath.nstr(want, 20)}"))
    assert worst[0] <= ulp, f"{worst[0]:.3g} ULP {worst[1]}"
