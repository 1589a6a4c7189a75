"""The differences between a function and a record, for numbers of all sizes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
from ml_dtypes import finfo

from actbench.activations.record import Activation
from actbench.conformance.identification.sampled import Sampled, rounding_of
from actbench.conformance.inputs import Doubles, Inputs, inputs
from actbench.frameworks.libraries import DTYPES
from actbench.numerics.dispatch import evaluate

Booleans = npt.NDArray[np.bool_]

ORDINARY = 8.0
"""Inputs of at most this size are ordinary; the others are the tails."""

# A function and a record agree if they differ by at most so many units of rounding of the
# numbers in a formula: the input, the result, and the effect of a rounded input.
_UNITS = 64

# Results closer to overflow than this factor may be infinite.
_NEAR_OVERFLOW = 1024


@dataclass(frozen=True)
class Difference:
    """A difference between a function and a record.

    Args:
        size: its absolute value; infinity if only one of the results is a number.
        x: the input.
        got: the result of the function.
        expected: the value of the record.
    """

    size: float
    x: float
    got: float
    expected: float


@dataclass(frozen=True)
class Agreement:
    """How far a function and a record agree in one format.

    Args:
        dtype: name of the format.
        count: number of inputs, finite numbers of all sizes.
        failing: number of inputs with a difference beyond rounding.
        largest: the largest difference; among those beyond rounding, if there are any.
        ordinary: whether `largest` is that of |x| ≤ 8, because they differ there.
        interval: the longest interval around 0 in which they agree; None without one.
    """

    dtype: str
    count: int
    failing: int
    largest: Difference
    ordinary: bool
    interval: tuple[float, float] | None

    @property
    def agrees(self) -> bool:
        """Whether all differences are within rounding."""
        return self.failing == 0


def agreement(function: Sampled, activation: Activation, dtype: str) -> Agreement:
    """Compare a function with a record at the finite inputs of an audit.

    Args:
        function: the function.
        activation: the record at its parameters.
        dtype: name of the format.
    """
    # The function may have rounded its parameters to the format.
    variants = list(dict.fromkeys([activation, rounded_to(activation, dtype)]))
    x = _finite_inputs(variants, dtype)
    wide = x.astype(np.float64)
    with np.errstate(all="ignore"):
        got = function(x, dtype)
        values = np.stack([evaluate(each, wide, 0) for each in variants])
        errors = np.where(got == values, 0.0, np.abs(got - values))
    nearest = np.argmin(np.nan_to_num(errors, nan=np.inf, posinf=np.inf), axis=0)[None]
    expected = np.take_along_axis(values, nearest, axis=0)[0]
    differences = np.take_along_axis(errors, nearest, axis=0)[0]
    beyond = _beyond_rounding(activation, wide, got, expected, differences, dtype)
    shown = beyond if beyond.any() else np.ones_like(beyond)
    ordinary = bool((shown & beyond & (np.abs(wide) <= ORDINARY)).any())
    if ordinary:
        shown = shown & (np.abs(wide) <= ORDINARY)
    # A difference within rounding is infinite only near overflow.
    finite = np.where(beyond | np.isfinite(differences), differences, 0.0)
    sizes = np.where(shown, np.nan_to_num(finite, nan=np.inf, posinf=np.inf), -1.0)
    at = int(np.argmax(sizes))
    return Agreement(
        dtype,
        x.size,
        int(beyond.sum()),
        Difference(float(sizes[at]), float(wide[at]), float(got[at]), float(expected[at])),
        ordinary,
        _interval(wide, beyond),
    )


def _finite_inputs(activations: Sequence[Activation], dtype: str) -> Inputs:
    """Return the finite inputs in ascending order, with the breakpoints of all activations."""
    x: Inputs = np.unique(np.concatenate([inputs(each, dtype) for each in activations]))
    return x[np.isfinite(x)]


def rounded_to(activation: Activation, dtype: str) -> Activation:
    """Return a record with its parameters rounded to a format."""
    number = DTYPES[dtype].type
    given = {f.name: float(number(getattr(activation, f.name))) for f in fields(activation)}
    return replace(activation, **given)


def _beyond_rounding(
    activation: Activation,
    x: Doubles,
    got: Doubles,
    expected: Doubles,
    differences: Doubles,
    dtype: str,
) -> Booleans:
    """Return where the results differ by more than rounding."""
    with np.errstate(all="ignore"):
        sensitivity = np.abs(x * evaluate(activation, x, 1))
    scale = np.maximum(np.maximum(np.abs(expected), 1.0), np.nan_to_num(sensitivity))
    if not all(map(math.isfinite, activation.bounds)):
        # Formulas such as (x + √(x² + b)) / 2 round the sum of large numbers.
        scale = np.maximum(scale, np.abs(x))
    within: Booleans = differences <= _UNITS * rounding_of(dtype) * scale
    end = float(finfo(DTYPES[dtype]).max)  # type: ignore[no-untyped-call]
    overflows = np.abs(expected) > end / _NEAR_OVERFLOW
    within |= overflows & (got == np.copysign(np.inf, expected))
    return ~within


def _interval(x: Doubles, beyond: Booleans) -> tuple[float, float] | None:
    """Return the ends of the inputs around 0 that have no difference beyond rounding."""
    middle = int(np.searchsorted(x, 0.0))
    if beyond[middle]:
        return None
    failing = np.flatnonzero(beyond)
    before, after = failing[failing < middle], failing[failing > middle]
    first = int(before[-1]) + 1 if before.size else 0
    last = int(after[0]) - 1 if after.size else x.size - 1
    return float(x[first]), float(x[last])
