"""What a function should give: the formula, at 50 digits or by stable code held to that."""

from functools import cache, lru_cache
from typing import Any

import mpmath
import numpy as np

from actbench.activations.record import Activation
from actbench.conformance.inputs import inputs
from actbench.conformance.ulp import Want, scale_nearby
from actbench.errors import RequestError
from actbench.formula.symbolic import oracle
from actbench.numerics.dispatch import evaluate

# Where the stable code is held to the oracle before it is trusted with a narrower format.
_PROBES = np.array(
    [1e-30, 1e-12, 1e-6, 1e-3, 0.1, 0.7, 1.3, 2.9, 5.5, 8.2, 17.0, 60.0, 87.0, 1e4]
)

# float64's own error must not show in ULP of float32: a hundredth of one, about.
_TRUSTED = 2.0**-31


@lru_cache(maxsize=16)
def wanted(activation: Activation, order: int, dtype: str) -> Want:
    """Return the real values at the finite ones of a format's inputs."""
    x = inputs(activation, dtype)
    return real_values(activation, order, x[np.isfinite(x)])


def real_values(activation: Activation, order: int, x: Any) -> Want:
    """Return the real values at finite x.

    float64 is held to the oracle. Narrower formats are held to the stable code in float64,
    if that was found right; else to the oracle too, as a generated code may be as unstable
    as its formula (the oracle is slow: at most a few hundred of the inputs; NaN elsewhere).
    """
    wide = x.astype(np.float64)
    with np.errstate(all="ignore"):
        stable = np.asarray(evaluate(activation, wide, order))
        scale = scale_nearby(lambda x: evaluate(activation, x, order), wide)
    if x.dtype != np.float64 and is_trusted(activation, order):
        return Want(stable, np.zeros(x.shape), scale)
    if activation.formula is None:
        raise RequestError(
            f"{activation}: has no formula to hold it to; --as NAME would be right"
        )
    chosen = np.arange(x.size)
    if x.dtype != np.float64:
        chosen = np.random.default_rng(0).choice(x.size, min(300, x.size), replace=False)
    high, low = np.full(x.shape, np.nan), np.zeros(x.shape)
    high[chosen], low[chosen], _ = oracle_values(activation, order, x[chosen], scale[chosen])
    return Want(high, low, scale)


def oracle_values(activation: Activation, order: int, x: Any, scale: Any) -> Want:
    """Return the oracle's values at finite x."""
    words = [exact(activation, order, float(each)) for each in x]
    high, low = np.array(words).reshape(-1, 2).T
    return Want(high, low, scale)


@cache
def exact(activation: Activation, order: int, x: float) -> tuple[float, float]:
    """Return the oracle's value in two words; NaN where it is out of reach."""
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
    """Return whether the stable code is as near the oracle as narrower formats can tell."""
    if activation.formula is None:
        return False
    for x in np.concatenate([-_PROBES, _PROBES]):
        want, _ = exact(activation, order, float(x))
        if not np.isfinite(want):
            continue
        got = float(evaluate(activation, np.array([x]), order)[0])
        nearby = max(
            abs(float(evaluate(activation, np.array([x * side]), order)[0]))
            for side in (0.9, 1.1)
        )
        if not abs(got - want) <= _TRUSTED * max(abs(want), 1e-3 * nearby, 1e-38):
            return False
    return True
