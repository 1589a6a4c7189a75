"""Reference: the true values of an activation, from the oracles or from trusted stable code."""

from dataclasses import replace
from functools import cache, lru_cache
from typing import NamedTuple, cast

import mpmath
import numpy as np

from actbench.activations.record import Activation
from actbench.conformance.ball_oracle import true_values
from actbench.conformance.inputs import Inputs, Interval, inputs
from actbench.conformance.ulp import Doubles, scale_nearby
from actbench.errors import RequestError
from actbench.formula.symbolic import oracle
from actbench.numerics.array import Array
from actbench.numerics.dispatch import evaluate
from actbench.numerics.operations import NUMPY

# Sizes of x at which the stable code is compared with the oracle before it is trusted.
_PROBES = np.array(
    [1e-30, 1e-12, 1e-6, 1e-3, 0.1, 0.7, 1.3, 2.9, 5.5, 8.2, 17.0, 60.0, 87.0, 1e4]
)

# Largest relative error of trusted code: about 1/100 ULP of float32, so that the error of the
# reference does not show in errors of float32 results.
_TRUSTED_ERROR = 2.0**-31

# Inputs of each order at which the fast oracle is compared with the oracle, and the largest
# relative difference.
_COMPARED, _AGREEMENT = 8, 2.0**-66

# Inputs that the oracle computes if the fast oracle does not know the true values.
_ORACLE_SAMPLE = 100

# Inputs of a narrow format that have true values if the stable code is not trusted.
_NARROW_SAMPLE = 16_384


# SciPy has no erf of extended precision.
_EXTENDED = replace(NUMPY, erf=lambda x: NUMPY.erf(cast(Array, np.asarray(x, np.float64))))


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


def reference(
    activation: Activation, order: int, dtype: str, interval: Interval | None = None
) -> Reference:
    """Return the reference at the finite inputs of a format; computed once per process.

    An audit needs it for every format and order, and again for the compiled functions.
    """
    return _reference(activation, order, dtype, interval)


@lru_cache(maxsize=24)
def _reference(
    activation: Activation, order: int, dtype: str, interval: Interval | None
) -> Reference:
    x = inputs(activation, dtype, interval)
    x = x[np.isfinite(x)]
    if _uses_stable_code(activation, order, x.dtype):
        return reference_at(activation, order, x)
    return _with_scale(activation, order, x, *_all_orders(activation, dtype, interval)[order])


@lru_cache(maxsize=4)
def _all_orders(
    activation: Activation, dtype: str, interval: Interval | None
) -> dict[int, tuple[Doubles, Doubles]]:
    """Return the true values of all orders, which take little longer than those of one."""
    x = inputs(activation, dtype, interval)
    return _true_values(activation, x[np.isfinite(x)], (0, 1, 2))


def reference_at(activation: Activation, order: int, x: Inputs) -> Reference:
    """Return the reference at finite x.

    The reference of float64 comes from the fast oracle. The reference of narrower formats is
    the stable code in float64 if it is trusted. Otherwise it comes from the fast oracle as
    well, because generated code may be as unstable as its formula; only a sample of the inputs
    has true values then.

    Raises:
        RequestError: the activation has no formula.
    """
    if _uses_stable_code(activation, order, x.dtype):
        with np.errstate(all="ignore"):
            stable = np.asarray(evaluate(activation, x.astype(np.float64), order))
        return _with_scale(activation, order, x, stable, np.zeros(x.shape))
    return _with_scale(activation, order, x, *_true_values(activation, x, (order,))[order])


def approximation_at(activation: Activation, order: int, x: Inputs) -> Reference:
    """Return approximate true values from the stable code, in more precision than x has.

    They take a few per cent of the time of `reference_at` for float64. A search uses them to
    choose inputs whose results are compared with true values. The scale is 0.
    """
    wide = np.longdouble if x.dtype == np.float64 else np.float64
    with np.errstate(all="ignore"):
        values = activation.compute(_EXTENDED, cast(Array, x.astype(wide)), order)
        found = np.broadcast_to(np.asarray(values, wide), x.shape)
        high = found.astype(np.float64)
        low = np.where(np.isfinite(high), found - high, 0).astype(np.float64)
    return Reference(activation, order, high, low, np.zeros(x.shape))


def _uses_stable_code(activation: Activation, order: int, dtype: np.dtype[np.floating]) -> bool:
    """Return whether the reference is the stable code of the activation.

    Raises:
        RequestError: the stable code is not trusted, and the activation has no formula.
    """
    if dtype != np.float64 and is_trusted(activation, order):
        return True
    if activation.formula is None:
        raise RequestError(
            f"{activation}: expected an activation with a formula, got none; try --as NAME"
        )
    return False


def _with_scale(
    activation: Activation, order: int, x: Inputs, high: Doubles, low: Doubles
) -> Reference:
    return Reference(activation, order, high, low, scale_at(activation, order, x))


def scale_at(activation: Activation, order: int, x: Inputs) -> Doubles:
    """Return the scale of a derivative around each input near one of its zeros, else 0."""
    with np.errstate(all="ignore"):
        return scale_nearby(lambda x: evaluate(activation, x, order), x.astype(np.float64))


def _true_values(
    activation: Activation, x: Inputs, orders: tuple[int, ...]
) -> dict[int, tuple[Doubles, Doubles]]:
    """Return the true values of all float64 inputs, or of a sample of narrower ones.

    Values that are not known are NaN.
    """
    if x.dtype == np.float64 or x.size <= _NARROW_SAMPLE:
        return _checked_values(activation, x.astype(np.float64), orders)
    chosen = np.random.default_rng(0).choice(x.size, _NARROW_SAMPLE, replace=False)
    found = _checked_values(activation, x[chosen].astype(np.float64), orders)
    spread = {order: (np.full(x.size, np.nan), np.zeros(x.size)) for order in orders}
    for order, (high, low) in found.items():
        spread[order][0][chosen], spread[order][1][chosen] = high, low
    return spread


def _checked_values(
    activation: Activation, x: Doubles, orders: tuple[int, ...]
) -> dict[int, tuple[Doubles, Doubles]]:
    """Return the true values of the fast oracle, compared with the oracle at random inputs.

    The oracle also computes some of the values that the fast oracle does not know.
    """
    rng = np.random.default_rng(0)
    found = true_values(activation, x, orders)
    for order, (high, low) in found.items():
        known, unknown = np.flatnonzero(~np.isnan(high)), np.flatnonzero(np.isnan(high))
        compared = rng.choice(known, min(_COMPARED, known.size), replace=False)
        if not all(_agrees(activation, order, x[at], high[at], low[at]) for at in compared):
            # The oracle decides, at fewer inputs because it is slow.
            unknown = np.arange(x.size)
            high[:], low[:] = np.nan, np.nan
        for at in rng.choice(unknown, min(_ORACLE_SAMPLE, unknown.size), replace=False):
            high[at], low[at] = oracle_value(activation, order, float(x[at]))
    return found


def _agrees(activation: Activation, order: int, x: float, high: float, low: float) -> bool:
    """Return whether the oracle gives the same sum of two floats, up to its last digits."""
    expected, rest = oracle_value(activation, order, float(x))
    if np.isnan(expected):  # a number that the oracle cannot compute in its time
        return True
    if not np.isfinite(expected):
        return high == expected
    return abs((high - expected) + (low - rest)) <= _AGREEMENT * abs(expected)


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
