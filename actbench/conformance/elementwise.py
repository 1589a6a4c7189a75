"""Checks of the function itself: it is elementwise, and the memory of its backward pass."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from ml_dtypes import finfo

from actbench.conformance.findings import (
    OK,
    SKIPPED,
    Finding,
    Tolerance,
    finite_or_none,
    outcome_of,
    point,
)
from actbench.conformance.inputs import Inputs
from actbench.conformance.targets.target import Target
from actbench.conformance.ulp import Doubles, format_of, ulp
from actbench.frameworks.libraries import DTYPES, Function, NotPossibleError

_SIZE = 4096 + 13


class Arrangement(NamedTuple):
    """The same elements in another array.

    Args:
        name: description of the array.
        x: the array; it may contain further elements at its end.
        indices: index in the original array of each of its first elements.
    """

    name: str
    x: Inputs
    indices: npt.NDArray[np.intp]


class Deviation(NamedTuple):
    """The largest deviation of a result in one arrangement from the original result."""

    ulp: float
    element: int
    got: np.floating
    arrangement: str


def check_elementwise(target: Target, tolerance: Tolerance) -> Iterator[Finding]:
    """Check that the target computes each element on its own, and leaves its input unchanged.

    One array is split, reordered, reshaped and moved. Results may change by the tolerance,
    because libraries compute the last elements of an array by other instructions.
    """
    dtype = target.usual_format
    x = (np.random.default_rng(0).standard_normal(_SIZE) * 4).astype(DTYPES[dtype])
    try:
        results = call(target, function_of(target, dtype), x).results
    except NotPossibleError:  # the measurement reports it
        return
    largest = Deviation(0.0, 0, results[0], "")
    refused, changed = [], []
    for arrangement in _arrangements(x):
        try:
            again = call(target, function_of(target, dtype), arrangement.x)
        except NotPossibleError as reason:
            refused.append(f"fails for {arrangement.name} ({reason})")
            continue
        if again.changes_input:
            changed.append(f"writes to {arrangement.name}")
        deviation = _deviation(results, again.results, arrangement)
        if deviation.ulp > largest.ulp:
            largest = deviation
    text = f"differs by {largest.ulp:.3g} ULP in {largest.arrangement}" if largest.ulp else ""
    failing = largest.ulp > tolerance.value
    at = largest.element
    yield Finding(
        "elementwise",
        outcome_of(failing or bool(refused) or bool(changed)),
        "; ".join([*([text] if text else []), *refused[:1], *changed[:1]]),
        dtype,
        ulp=finite_or_none(largest.ulp),
        failing=int(failing) + len(refused) + len(changed),
        checked=_SIZE,
        worst=point(x[at], largest.got, float(results[at]), largest.ulp) if failing else None,
    )


def check_bytes_kept(target: Target, tolerance: Tolerance) -> Iterator[Finding]:
    """Report the memory that autodiff keeps for the backward pass; it has no tolerance."""
    del tolerance
    check, dtype = "bytes kept for backward", target.usual_format
    try:
        with target.library.running(dtype):
            size = target.library.bytes_kept(target.make(dtype), dtype)
    except NotPossibleError as reason:
        yield Finding(check, SKIPPED, str(reason), dtype)
        return
    detail = f"{size:g} bytes per element; the input has {DTYPES[dtype].itemsize}"
    yield Finding(check, OK, detail, dtype, bytes_per_element=size)


TARGET_CHECKS: tuple[Callable[[Target, Tolerance], Iterator[Finding]], ...] = (
    check_elementwise,
    check_bytes_kept,
)
"""The checks that call the target themselves."""


def _deviation(results: Inputs, again: Inputs, arrangement: Arrangement) -> Deviation:
    """Return the largest deviation of the results for an arrangement."""
    indices = arrangement.indices
    numbers = format_of(results.dtype)
    got, expected = again.ravel()[: indices.size], results[indices]
    with np.errstate(all="ignore"):
        larger = np.maximum(np.abs(got), np.abs(expected)).astype(np.float64)
        error: Doubles = np.abs(got.astype(np.float64) - expected) / ulp(larger, numbers)
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    error = np.where(same, 0.0, np.nan_to_num(error, nan=np.inf))
    if not error.size:
        return Deviation(0.0, 0, results[0], arrangement.name)
    at = int(np.argmax(error))
    return Deviation(float(error[at]), int(indices[at]), got[at], arrangement.name)


def _arrangements(x: Inputs) -> Iterator[Arrangement]:
    indices = np.arange(x.size)
    yield Arrangement("the same array again", x, indices)
    yield Arrangement("the reversed array", x[::-1].copy(), indices[::-1])
    largest = finfo(x.dtype).max  # type: ignore[no-untyped-call]
    special = np.array([np.nan, np.inf, -np.inf, largest], x.dtype)
    yield Arrangement("an array with NaN and ±∞", np.append(x, special), indices)
    yield Arrangement("an unaligned array", x[1:], indices[1:])
    for size in (1, 3, 7, 8, 17):
        yield Arrangement(f"an array of {size}", x[-size:].copy(), indices[-size:])
    half, rows = x.size // 2, x.size // 4
    yield Arrangement("half of the array", x[half:].copy(), indices[half:])
    yield Arrangement("another shape", x[: 4 * rows].reshape(4, -1), indices[: 4 * rows])
    yield Arrangement("a column", x.reshape(-1, 1), indices)


def _copy(x: Inputs) -> Inputs:
    """Return a copy with the same alignment: a view of a larger array stays unaligned."""
    if x.flags.owndata:
        return x.copy()
    buffer = np.empty(x.size + 1, x.dtype)
    buffer[1:] = x.reshape(-1)
    return buffer[1:].reshape(x.shape)


class Call(NamedTuple):
    """The results of one call, and whether it changed its input."""

    results: Inputs
    changes_input: bool


def function_of(target: Target, dtype: str, order: int = 0) -> Function:
    """Return the function of a target in a format, or its derivative.

    Raises:
        NotPossibleError: it has no such derivative.
    """
    with target.library.running(dtype):
        return target.library.derivative(target.make(dtype), order)


def call(target: Target, function: Function, x: Inputs) -> Call:
    """Call a function of a target.

    Raises:
        NotPossibleError: the function does not take the array, or changes its shape.
    """
    library = target.library
    with library.running(x.dtype.name):
        tensor = library.tensor(_copy(x))
        result = function(tensor)
        library.check_result(result, x.shape)
        results = np.array(library.array(result)).astype(x.dtype, copy=False)
        return Call(results, bool(changed_inputs(x, library.array(tensor)).size))


def changed_inputs(x: Inputs, x_after: Inputs) -> npt.NDArray[np.intp]:
    """Return the indices of the elements whose bits differ after a call."""
    bits = np.dtype(f"u{x.dtype.itemsize}")
    before, after = (np.ascontiguousarray(each).view(bits).ravel() for each in (x, x_after))
    return np.flatnonzero(before != after)
