"""Checks of the function itself: it is elementwise, and the memory of its backward pass."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from actbench.conformance.findings import (
    OK,
    SKIPPED,
    Finding,
    Tolerance,
    finite_or_none,
    outcome_of,
    point,
)
from actbench.conformance.targets.target import Target
from actbench.conformance.ulp import Doubles, format_of, ulp
from actbench.frameworks.libraries import NotPossibleError

Floats = npt.NDArray[np.float32]

_SIZE = 4096 + 13
_FLOAT32 = format_of(np.float32)


class Arrangement(NamedTuple):
    """The same elements in another array.

    Args:
        name: description of the array.
        x: the array; it may contain further elements at its end.
        indices: index in the original array of each of its first elements.
    """

    name: str
    x: Floats
    indices: npt.NDArray[np.intp]


class Deviation(NamedTuple):
    """The largest deviation of a result in one arrangement from the original result."""

    ulp: float
    element: int
    got: np.float32
    arrangement: str


def check_elementwise(target: Target, tolerance: Tolerance) -> Iterator[Finding]:
    """Check that the target leaves its input unchanged and computes each element on its own.

    One float32 array is split, reordered, reshaped and moved. Results may change by the
    tolerance, because libraries compute the last elements of an array by other instructions.
    """
    x = (np.random.default_rng(0).standard_normal(_SIZE) * 4).astype(np.float32)
    try:
        results, input_after = _call(target, x)
    except NotPossibleError:
        return
    yield _input_unchanged(x, input_after)
    largest = Deviation(0.0, 0, results[0], "")
    refused = []
    for arrangement in _arrangements(x):
        try:
            again, _ = _call(target, arrangement.x)
        except NotPossibleError as reason:
            refused.append(f"fails for {arrangement.name} ({reason})")
            continue
        deviation = _deviation(results, again, arrangement)
        if deviation.ulp > largest.ulp:
            largest = deviation
    text = f"differs by {largest.ulp:.3g} ULP in {largest.arrangement}" if largest.ulp else ""
    failing = largest.ulp > tolerance.value
    at = largest.element
    yield Finding(
        "elementwise",
        outcome_of(failing or bool(refused)),
        "; ".join([*([text] if text else []), *refused[:1]]),
        "float32",
        ulp=finite_or_none(largest.ulp),
        failing=int(failing) + len(refused),
        checked=_SIZE,
        worst=point(x[at], largest.got, float(results[at]), largest.ulp) if failing else None,
    )


def check_bytes_kept(target: Target, tolerance: Tolerance) -> Iterator[Finding]:
    """Report the memory that autodiff keeps for the backward pass; it has no tolerance."""
    del tolerance
    check = "bytes kept for backward"
    try:
        with target.library.running("float32"):
            size = target.library.bytes_kept(target.make("float32"), "float32")
    except NotPossibleError as reason:
        yield Finding(check, SKIPPED, str(reason), "float32")
        return
    detail = f"{size:g} bytes per element; the input has 4"
    yield Finding(check, OK, detail, "float32", bytes_per_element=size)


TARGET_CHECKS: tuple[Callable[[Target, Tolerance], Iterator[Finding]], ...] = (
    check_elementwise,
    check_bytes_kept,
)
"""The checks that call the target themselves."""


def _input_unchanged(x: Floats, input_after: Floats) -> Finding:
    changed = np.flatnonzero(input_after.view(np.uint32) != x.view(np.uint32))
    worst = None
    if changed.size:
        at = changed[0]
        worst = point(x[at], input_after[at], float(x[at]))
    return Finding(
        "input unchanged",
        outcome_of(changed.size),
        "the function writes to its input" if changed.size else "",
        "float32",
        failing=int(changed.size > 0),
        checked=_SIZE,
        worst=worst,
    )


def _deviation(results: Floats, again: Floats, arrangement: Arrangement) -> Deviation:
    """Return the largest deviation of the results for an arrangement."""
    indices = arrangement.indices
    got, expected = again.ravel()[: indices.size], results[indices]
    with np.errstate(all="ignore"):
        larger = np.maximum(np.abs(got), np.abs(expected)).astype(np.float64)
        error: Doubles = np.abs(got.astype(np.float64) - expected) / ulp(larger, _FLOAT32)
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    error = np.where(same, 0.0, np.nan_to_num(error, nan=np.inf))
    if not error.size:
        return Deviation(0.0, 0, results[0], arrangement.name)
    at = int(np.argmax(error))
    return Deviation(float(error[at]), int(indices[at]), got[at], arrangement.name)


def _arrangements(x: Floats) -> Iterator[Arrangement]:
    indices = np.arange(x.size)
    yield Arrangement("the same array again", x, indices)
    yield Arrangement("the reversed array", x[::-1].copy(), indices[::-1])
    special = np.array([np.nan, np.inf, -np.inf, 1e30], np.float32)
    yield Arrangement("an array with NaN and ±∞", np.append(x, special), indices)
    yield Arrangement("an unaligned array", x[1:], indices[1:])
    for size in (1, 3, 7, 8, 17):
        yield Arrangement(f"an array of {size}", x[-size:].copy(), indices[-size:])
    half, rows = x.size // 2, x.size // 4
    yield Arrangement("half of the array", x[half:].copy(), indices[half:])
    yield Arrangement("another shape", x[: 4 * rows].reshape(4, -1), indices[: 4 * rows])
    yield Arrangement("a column", x.reshape(-1, 1), indices)


def _copy(x: Floats) -> Floats:
    """Return a copy with the same alignment: a view of a larger array stays unaligned."""
    if x.flags.owndata:
        return x.copy()
    buffer = np.empty(x.size + 1, x.dtype)
    buffer[1:] = x.reshape(-1)
    return buffer[1:].reshape(x.shape)


def _call(target: Target, x: Floats) -> tuple[Floats, Floats]:
    """Return the results of a target, and its input after the call.

    Raises:
        NotPossibleError: the target does not take the array, or changes its shape.
    """
    library = target.library
    with library.running("float32"):
        tensor = library.tensor(_copy(x))
        results = np.array(library.array(target.make("float32")(tensor)))
        input_after = np.array(library.array(tensor))
    if results.shape != x.shape:
        raise NotPossibleError(f"expected shape {x.shape}, got {results.shape}")
    return results, input_after
