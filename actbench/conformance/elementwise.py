"""Does a function do nothing but compute, element by element, and what does it keep?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from actbench.conformance.findings import FAILS, OK, SKIPPED, Tolerance, Verdict, point
from actbench.conformance.targets import Target
from actbench.conformance.ulp import format_of, ulp
from actbench.frameworks.libraries import NotPossibleError

_SIZE = 4096 + 13


def purity(target: Target, tolerance: Tolerance) -> Iterator[Verdict]:
    """Call a target on parts, shapes and alignments of one float32 array.

    Results must not change beyond the tolerance: libraries compute the last elements of an
    array by other instructions than the rest, which moves last bits, and is said.
    """
    rng = np.random.default_rng(0)
    x = (rng.standard_normal(_SIZE) * 4).astype(np.float32)
    try:
        whole, changed = _call(target, x)
    except NotPossibleError:
        return
    yield Verdict(
        "input unchanged",
        FAILS if changed is not None else OK,
        "the function writes to its input" if changed is not None else "",
        "float32",
        failing=int(changed is not None),
        checked=_SIZE,
        worst=None
        if changed is None
        else point(x[changed], _call(target, x, after=True)[0][changed], float(x[changed])),
    )
    worst, where, other, refused = 0.0, (0, ""), whole[0], []
    for what, made, place in _arrangements(x):
        try:
            again, _ = _call(target, made)
        except NotPossibleError as reason:
            refused.append(f"not for {what} ({reason})")
            continue
        got, kept = again.ravel()[: place.size], whole[place]
        with np.errstate(all="ignore"):
            larger = np.maximum(np.abs(got), np.abs(kept)).astype(np.float64)
            apart = np.abs(got.astype(np.float64) - kept) / ulp(larger, format_of(np.float32))
        same = (got == kept) | (np.isnan(got) & np.isnan(kept))
        apart = np.where(same, 0.0, np.nan_to_num(apart, nan=np.inf))
        if apart.size and apart.max() > worst:
            worst = float(apart.max())
            where, other = (int(place[np.argmax(apart)]), what), got[np.argmax(apart)]
    text = f"differs by {worst:.3g} ULP in {where[1]}" if worst else ""
    yield Verdict(
        "each element by itself",
        FAILS if worst > tolerance.value or refused else OK,
        "; ".join([*([text] if text else []), *refused[:1]]),
        "float32",
        ulp=worst if np.isfinite(worst) else None,
        failing=int(worst > tolerance.value) + len(refused),
        checked=_SIZE,
        worst=point(x[where[0]], other, float(whole[where[0]]), worst)
        if worst > tolerance.value
        else None,
    )


def kept(target: Target) -> Verdict:
    """Say how many bytes an element autodiff keeps for the backward pass."""
    try:
        with target.library.running("float32"):
            size = target.library.bytes_kept(target.make("float32"), "float32")
    except NotPossibleError as reason:
        return Verdict("kept for backward", SKIPPED, str(reason), "float32")
    text = f"{size:g} bytes an element; the input is 4"
    return Verdict("kept for backward", OK, text, "float32", bytes_per_element=size)


def _arrangements(x: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield what an arrangement is, the array, and which elements of x its first are."""
    places = np.arange(x.size)
    yield "the same array again", x, places
    yield "the reversed array", x[::-1].copy(), places[::-1]
    company = np.array([np.nan, np.inf, -np.inf, 1e30], np.float32)
    yield "an array with NaN and ±∞ in it", np.append(x, company), places
    yield "an unaligned array", x[1:], places[1:]
    for size in (1, 3, 7, 8, 17):
        yield f"an array of {size}", x[-size:].copy(), places[-size:]
    half = x.size // 2
    yield "half of the array", x[half:].copy(), places[half:]
    yield "another shape", x[: 4 * (x.size // 4)].reshape(4, -1), places[: 4 * (x.size // 4)]
    yield "a column", x.reshape(-1, 1), places


def _copy(x: Any) -> Any:
    """Return a copy at the same place beside a cache line, so that it is as unaligned."""
    if x.flags.owndata:
        return x.copy()
    room = np.empty(x.size + 1, x.dtype)
    room[1:] = x.reshape(-1)
    return room[1:].reshape(x.shape)


def _call(target: Target, x: Any, *, after: bool = False) -> tuple[Any, int | None]:
    """Return what a target gives (or its input after the call), and where that changed."""
    library = target.library
    with library.running("float32"):
        tensor = library.tensor(_copy(x))
        result = np.array(library.array(target.make("float32")(tensor)))
        left = np.array(library.array(tensor))
    if result.shape != x.shape:
        raise NotPossibleError(f"gives shape {result.shape} for shape {x.shape}")
    changed = np.flatnonzero(left.view(np.uint32) != x.view(np.uint32))
    return (left if after else result), (int(changed[0]) if changed.size else None)
