"""Check special numbers at every position of short arrays, and at the end of vector loops.

Libraries compute most elements of an array by vector instructions and the last ones by other
code. That code must treat NaN, ±∞, ±0, subnormal and huge numbers in the same way.
"""

import timeit
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from ml_dtypes import finfo

from actbench.conformance.accuracy import ORDER_NAMES
from actbench.conformance.elementwise import call, function_of
from actbench.conformance.findings import (
    Finding,
    Tolerance,
    finite_or_none,
    outcome_of,
    point,
)
from actbench.conformance.inputs import Inputs
from actbench.conformance.targets.target import Target
from actbench.conformance.ulp import Doubles, FloatFormat, format_of, ulp
from actbench.frameworks.libraries import DTYPES, BrokenError, Function, NotPossibleError

POSITION_ORDERS = (0, 1)
"""The orders of the derivative that are checked."""

LENGTHS = tuple(range(1, 34))
"""Lengths of the short arrays: all remainders of vectors of up to 32 elements."""

FEW_LENGTHS = (1, 3, 8, 17)
"""The lengths for slow functions, and for libraries that compile a function for every length."""

# The long array has each number at all positions modulo this, a multiple of the number of
# elements of a vector.
_VECTOR = 64

_ORDINARY = (0.5, -0.75)

# A function whose fastest call takes more seconds is slow: ordinary ones take a tenth of it, so
# the lengths that are checked do not depend on the load of the machine.
_SLOW_CALL = 0.02
_TIMED_CALLS = 3


class Deviation(NamedTuple):
    """The largest deviation of results from those of the same numbers in the long array.

    Args:
        ulp: its size.
        number: index of the number.
        got: the result.
        expected: the result in the long array.
        place: position and length of the array.
    """

    ulp: float = 0.0
    number: int = 0
    got: np.floating = np.float32(0)
    expected: float = 0.0
    place: str = ""


def special_and_ordinary_numbers(dtype: str) -> Inputs:
    """Return the numbers; their count has no common divisor with a vector's length."""
    info = finfo(DTYPES[dtype])  # type: ignore[no-untyped-call]
    sub, huge = float(info.smallest_subnormal), float(info.max)
    up, down = _ORDINARY
    numbers = [np.nan, np.inf, up, -np.inf, 0.0, -0.0, sub, -sub, down, huge, -huge]
    return np.array(numbers, DTYPES[dtype])


def check_positions(target: Target, dtype: str, order: int, tolerance: Tolerance) -> Finding:
    """Check that results for special numbers do not depend on position and length.

    Each number is at each position of short arrays of many lengths, alone in an array, and in
    a long array at each position modulo the length of a vector. The results must be those of
    the first elements of the long array, up to the tolerance.

    Args:
        target: a target that has this derivative in this format.
        dtype: the format.
        order: 0 for the value, 1 for the derivative.
        tolerance: allowed errors.
    """
    x = special_and_ordinary_numbers(dtype)
    checked, problem, worst = 0, "", Deviation()
    raised = False
    try:
        function = function_of(target, dtype, order)
        results = call(target, function, np.tile(x, _VECTOR)).results
        lengths = LENGTHS
        if target.compiles_each_length:
            lengths = FEW_LENGTHS
        elif _is_slow(target, function, x):
            lengths, problem = FEW_LENGTHS, "few lengths are checked because the function is slow"
        rows = results.reshape(_VECTOR, -1)
        worst, checked = _deviation(x, rows[0], rows, order, 0, "the long array"), rows.size
        for length in lengths:
            rows = _in_short_arrays(target, function, x, length)
            found = _deviation(x, results, rows, order, 1, f"an array of {length}")
            worst = max(worst, found, key=lambda deviation: deviation.ulp)
            checked += rows.size
    except NotPossibleError as reason:
        problem, raised = f"fails for short arrays ({reason})", True
    failing = worst.ulp > tolerance.of(order)
    text = f"differs by {worst.ulp:.3g} ULP at {worst.place}" if worst.ulp else ""
    return Finding(
        f"{ORDER_NAMES[order]} at each position",
        outcome_of(failing or raised),
        "; ".join(part for part in (text, problem) if part),
        dtype,
        ulp=finite_or_none(worst.ulp),
        failing=int(failing) + int(raised),
        checked=checked,
        worst=point(x[worst.number], worst.got, worst.expected, worst.ulp) if failing else None,
    )


def _is_slow(target: Target, function: Function, x: Inputs) -> bool:
    return _SLOW_CALL < min(
        timeit.repeat(lambda: call(target, function, x), number=1, repeat=_TIMED_CALLS)
    )


def _in_short_arrays(target: Target, function: Function, x: Inputs, length: int) -> Inputs:
    """Return a row of results for each number k: those of the numbers k, k + 1 and so on."""
    cyclic = np.tile(x, length // x.size + 2)
    calls = [
        call(target, function, cyclic[first : first + length].copy()) for first in range(x.size)
    ]
    if any(each.changes_input for each in calls):
        raise BrokenError(f"the function writes to an array of {length}")
    return np.stack([each.results for each in calls])


def _deviation(
    x: Inputs, expected: Inputs, rows: Inputs, order: int, shift: int, place: str
) -> Deviation:
    """Return the largest deviation of rows; element j of row k is of the number shift · k + j.

    A library may flush a subnormal number to zero at one position and not at another.
    Derivatives at NaN may be anything.
    """
    first = shift * np.arange(rows.shape[0])[:, None]
    index = (first + np.arange(rows.shape[1])) % x.size
    wide, wanted = x.astype(np.float64), expected.astype(np.float64)
    numbers, got = format_of(x.dtype), rows.astype(np.float64)
    # A result near a zero of the function has an error relative to the results around it.
    scale = np.where(np.isin(wide, _ORDINARY), np.abs(wide) / 16, 0.0)[index]
    error = _error(got, wanted[index], scale, numbers)
    subnormal = ((wide != 0) & (np.abs(wide) < numbers.tiny))[index]
    for zero in np.flatnonzero(wide == 0):
        flushed = np.minimum(error, _error(got, wanted[zero], scale, numbers))
        error = np.where(subnormal, flushed, error)
    if order > 0:
        error = np.where(np.isnan(wide)[index], 0.0, error)
    row, column = np.unravel_index(np.argmax(error), error.shape)
    at = int(index[row, column])
    return Deviation(
        float(error[row, column]),
        at,
        rows[row, column],
        float(wanted[at]),
        f"element {column + 1} of {place}",
    )


def _error(got: Doubles, expected: Doubles, scale: Doubles, numbers: FloatFormat) -> Doubles:
    """Return the deviations in ULP; 0 for small results, which may be flushed to zero."""
    got, expected = (np.clip(each, -numbers.end, numbers.end) for each in (got, expected))
    size = np.maximum(np.maximum(np.abs(got), np.abs(expected)), scale)
    same: npt.NDArray[np.bool_] = (got == expected) | (np.isnan(got) & np.isnan(expected))
    same |= size < numbers.flushed
    with np.errstate(all="ignore"):
        error = np.abs(got - expected) / ulp(size, numbers)
    return np.where(same, 0.0, np.nan_to_num(error, nan=np.inf))
