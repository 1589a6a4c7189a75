"""Reference: the true values of an activation, from the oracle or from trusted stable code."""

from functools import cache, lru_cache
from typing import NamedTuple

import mpmath
import numpy as np

from actbench.activations.record import Activation
from actbench.conformance.inputs import Inputs, inputs
from actbench.conformance.ulp import Doubles, scale_nearby
from actbench.errors import RequestError
from actbench.formula.symbolic import oracle
from actbench.numerics.dispatch import evaluate

# Sizes of x at which the stable code is compared with the oracle before it is trusted.
_PROBES = np.array(
    [1e-30, 1e-12, 1e-6, 1e-3, 0.1, 0.7, 1.3, 2.9, 5.5, 8.2, 17.0, 60.0, 87.0, 1e4]
)

# Largest relative error of trusted code: about 1/100 ULP of float32, so that the error of the
# reference does not show in errors of float32 results.
_TRUSTED_ERROR = 2.0**-31

# Inputs of a narrow format that are compared with the slow oracle if the stable code is not
# trusted.
_ORACLE_SAMPLE = 300


class Reference(NamedTuple):
    """True values of an activation or derivative at given inputs.

    Args:
        activation: the activation.
        order: 0 for the value, 1 and 2 for the derivatives.
        high: true values, rounded to float64; NaN where they are not known.
        low: true values minus `high`.
        scale: result of `scale_nearby` at the inputs.
    """

    activation: Activation
    order: int
    high: Doubles
    low: Doubles
    scale: Doubles


@lru_cache(maxsize=24)
def reference(activation: Activation, order: int, dtype: str) -> Reference:
    """Return the reference at the finite inputs of a format; computed once per process.

    An audit needs it for every format and order, and again for the compiled functions.
    """
    x = inputs(activation, dtype)
    return reference_at(activation, order, x[np.isfinite(x)])


def reference_at(activation: Activation, order: int, x: Inputs) -> Reference:
    """Return the reference at finite x.

    The reference of float64 is the oracle. The reference of narrower formats is the stable
    code in float64 if it is trusted. Otherwise it is the oracle as well, because generated
    code may be as unstable as its formula; the oracle is slow, so only a sample of the inputs
    has true values then.

    Raises:
        RequestError: the activation has no formula.
    """
    wide = x.astype(np.float64)
    with np.errstate(all="ignore"):
        stable = np.asarray(evaluate(activation, wide, order))
        scale = scale_nearby(lambda x: evaluate(activation, x, order), wide)
    if x.dtype != np.float64 and is_trusted(activation, order):
        return Reference(activation, order, stable, np.zeros(x.shape), scale)
    if activation.formula is None:
        raise RequestError(
            f"{activation}: expected an activation with a formula, got none; try --as NAME"
        )
    chosen = np.arange(x.size)
    if x.dtype != np.float64:
        size = min(_ORACLE_SAMPLE, x.size)
        chosen = np.random.default_rng(0).choice(x.size, size, replace=False)
    high, low = np.full(x.shape, np.nan), np.zeros(x.shape)
    exact = oracle_reference(activation, order, x[chosen], scale[chosen])
    high[chosen], low[chosen] = exact.high, exact.low
    return Reference(activation, order, high, low, scale)


def oracle_reference(
    activation: Activation, order: int, x: Inputs, scale: Doubles
) -> Reference:
    """Return the reference of the oracle at finite x."""
    parts = [oracle_value(activation, order, float(each)) for each in x]
    high, low = np.array(parts).reshape(-1, 2).T
    return Reference(activation, order, high, low, scale)


@cache
def oracle_value(activation: Activation, order: int, x: float) -> tuple[float, float]:
    """Return the oracle's value as a sum of two floats; NaN if the oracle cannot compute it."""
    try:
        value = oracle(activation, x, order=order)
    except ArithmeticError:
        return np.nan, 0.0
    high = float(value)
    if not np.isfinite(high):
        return high, 0.0
    with mpmath.workdps(60):
        return high, float(value - mpmath.mpf(high))


@lru_cache(maxsize=1024)
def is_trusted(activation: Activation, order: int) -> bool:
    """Return whether the stable code is accurate enough to be the reference of float32."""
    probes = np.concatenate([-_PROBES, _PROBES]).tolist()
    return activation.formula is not None and all(
        _is_accurate_at(activation, order, x) for x in probes
    )


def _is_accurate_at(activation: Activation, order: int, x: float) -> bool:
    """Return whether the error at x is small; True where the true value is not finite."""
    expected, _ = oracle_value(activation, order, x)
    got, left, right = (
        float(evaluate(activation, np.array([point]), order)[0])
        for point in (x, 0.9 * x, 1.1 * x)
    )
    scale = max(abs(left), abs(right))
    allowed = _TRUSTED_ERROR * max(abs(expected), 1e-3 * scale, 1e-38)
    return not np.isfinite(expected) or abs(got - expected) <= allowed
