"""The part of the real line on which a formula has real values, read off a cover."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from actbench.formula.cover import Cover
from actbench.formula.intervals import BoolArray


class Gap(NamedTuple):
    """An interval, perhaps a single point, on which a function has no real value."""

    lo: float
    hi: float
    with_lo: bool = True
    with_hi: bool = True

    def __str__(self) -> str:
        """Return the gap as a condition on x.

        Example:
            >>> print(Gap(-math.inf, 0.0, False, False), Gap(1.0, 1.0), Gap(0.0, 2.0), sep="; ")
            x < 0; x = 1; 0 ≤ x ≤ 2
        """
        if self.lo == self.hi:
            return f"x = {self.lo:g}"
        if self.hi == math.inf:
            return f"x {'≥' if self.with_lo else '>'} {self.lo:g}"
        above = f"x {'≤' if self.with_hi else '<'} {self.hi:g}"
        below = f"{self.lo:g} {'≤' if self.with_lo else '<'} "
        return above if self.lo == -math.inf else below + above


class Singularity(NamedTuple):
    """A point next to which no narrow bounds of the values are proved."""

    x: float
    sides: tuple[int, ...]
    """−1 if the function is defined on the left of x, 1 if it is on the right."""
    intervals: slice
    """The intervals of the cover around x."""
    bounded: bool
    """Whether wide bounds are proved."""


def gaps(cover: Cover, is_defined: Callable[[float], bool]) -> tuple[Gap, ...] | None:
    """Return where a function has no real value; None if that is not proved everywhere.

    Args:
        cover: intervals, as narrow as necessary for a proof.
        is_defined: x ↦ whether the function has a finite value there.
    """
    found: list[Gap] = []
    for first, last in _runs(~cover.enclosure.defined):
        inside = slice(first, last + 1)
        undefined = np.flatnonzero(cover.enclosure.undefined[inside]) + first
        unproved = ~cover.enclosure.undefined[inside]
        if (unproved & ~cover.narrow[inside]).any():
            return None
        if undefined.size:
            between = np.arange(undefined[0], undefined[-1])
            points = cover.lo[between[~cover.enclosure.undefined[between]]]
            if any(map(is_defined, points.tolist())):
                return None  # such as at the one solution of a comparison with ==
            lo = _simplest(cover.lo[first], cover.lo[undefined[0]])
            hi = _simplest(cover.hi[undefined[-1]], cover.hi[last])
            with_lo, with_hi = (math.isfinite(end) and not is_defined(end) for end in (lo, hi))
            found.append(Gap(lo, hi, with_lo, with_hi))
        elif _is_unbounded(cover, first, last):
            x = _simplest(cover.lo[first], cover.hi[last])
            found.append(Gap(x, x))
        else:
            return None
    return tuple(found)


def singularities(cover: Cover) -> tuple[Singularity, ...]:
    """Return the points around which narrow intervals have no narrow bounds."""
    found = []
    e = cover.enclosure
    known = np.isfinite(e.value.lo) & np.isfinite(e.value.hi)
    with np.errstate(invalid="ignore", over="ignore"):
        known &= e.value.hi - e.value.lo <= 1e-6 * (np.abs(e.value.lo) + np.abs(e.value.hi))
    finite = np.isfinite(cover.lo) & np.isfinite(cover.hi)
    for first, last in _runs(~known & cover.narrow & finite & ~e.defined & ~e.undefined):
        sides = tuple(
            side
            for side, neighbour in ((-1, first - 1), (1, last + 1))
            if 0 <= neighbour < known.size and e.defined[neighbour]
        )
        if sides:
            x = _simplest(float(cover.lo[first]), float(cover.hi[last]))
            bounded = not _is_unbounded(cover, first, last)
            found.append(Singularity(x, sides, slice(first, last + 1), bounded))
    return tuple(found)


def _is_unbounded(cover: Cover, first: int, last: int) -> bool:
    values = cover.enclosure.value
    ends = np.concatenate([values.lo[first : last + 1], values.hi[first : last + 1]])
    return bool(np.isinf(ends).any())


def _runs(chosen: BoolArray) -> Iterator[tuple[int, int]]:
    """Yield first and last index of each run of chosen intervals."""
    indices = np.flatnonzero(chosen)
    if indices.size:
        for run in np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1):
            yield int(run[0]), int(run[-1])


def _simplest(lo: float, hi: float) -> float:
    """Return the number with the fewest decimal digits in [lo, hi]."""
    if lo <= 0 <= hi:
        return 0.0
    if math.isinf(lo) or math.isinf(hi):
        return lo if math.isinf(lo) else hi
    for digits in range(17):
        rounded = float(f"{lo / 2 + hi / 2:.{digits}e}")
        if lo <= rounded <= hi:
            return rounded
    return float(lo)
