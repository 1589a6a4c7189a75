"""A cover of the real line by intervals on each of which a property of a formula is proved.

Intervals without a proof are bisected until they are as narrow as a few floats or too many. The
work is bounded by numbers of intervals, not by time, so that results are reproducible.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import reduce

import numpy as np

from actbench.formula.enclosure import EnclosedFunction, Enclosure
from actbench.formula.intervals import BoolArray, FloatArray

_LARGEST = float(np.finfo(float).max)

_ROUNDS, _MOST_INTERVALS = 120, 1_200
_NARROW = 8  # floats

# Powers of 2: all near 1, every eighth one far away.
_MAGNITUDES = np.ldexp(1.0, [*range(-1074, -60, 8), *range(-60, 64), *range(64, 1024, 8)])


@dataclass(frozen=True, eq=False)
class Cover:
    """Intervals in ascending order that cover the real line, and what is proved on them."""

    lo: FloatArray
    hi: FloatArray
    enclosure: Enclosure

    def __neg__(self) -> "Cover":
        return Cover(self.lo, self.hi, -self.enclosure)

    @property
    def narrow(self) -> BoolArray:
        """Whether an interval contains a few floats only, or has an infinite end."""
        return _is_narrow(self.lo, self.hi)

    def where(self, chosen: BoolArray) -> "Cover":
        """Return some of the intervals."""
        return Cover(
            self.lo[chosen], self.hi[chosen], _mapped(lambda a: a[chosen], self.enclosure)
        )


Proof = Callable[[Cover], BoolArray]
"""Cover ↦ whether nothing more is to be found out about each of its intervals."""


def first_cover(function: EnclosedFunction, points: Iterable[float]) -> Cover:
    """Return a cover of the real line, with 0, powers of 2 and the given points as ends."""
    ends = np.unique(
        np.concatenate([-_MAGNITUDES, [-np.inf, 0.0, np.inf], _MAGNITUDES, [*points]])
    )
    special = np.unique([0.0, *points])
    lo, hi = np.concatenate([ends[:-1], special]), np.concatenate([ends[1:], special])
    return _sorted(lo, hi, function.on(lo, hi))


def refine(cover: Cover, function: EnclosedFunction, proof: Proof) -> Cover:
    """Bisect the intervals without a proof, until they are narrow or too many."""
    done: list[Cover] = []
    for _ in range(_ROUNDS):
        finished = proof(cover) | cover.narrow
        done.append(cover.where(finished))
        cover = cover.where(~finished)
        if cover.lo.size > _MOST_INTERVALS:
            # An oscillation far away must not prevent proofs near 0.
            near = np.maximum(np.abs(cover.lo), np.abs(cover.hi)) <= 1024
            width = np.where(near, cover.hi - cover.lo, -np.inf)
            chosen = near & (width >= np.sort(width)[-_MOST_INTERVALS // 2])
            done.append(cover.where(~chosen))
            cover = cover.where(chosen)
        if not 0 < cover.lo.size <= _MOST_INTERVALS:
            break
        cover = bisected(cover, function)
    return _joined([*done, cover])


def bisected(cover: Cover, function: EnclosedFunction) -> Cover:
    """Return a cover in which each interval is split into two halves."""
    middle = cover.lo / 2 + cover.hi / 2
    lo = np.concatenate([cover.lo, middle])
    hi = np.concatenate([middle, cover.hi])
    return Cover(lo, hi, function.on(lo, hi))


def _is_narrow(lo: FloatArray, hi: FloatArray) -> BoolArray:
    size = np.minimum(np.maximum(np.abs(lo), np.abs(hi)), _LARGEST / 2)
    # An interval with an infinite end has no middle.
    return (hi - lo <= _NARROW * np.spacing(size)) | np.isinf(lo) | np.isinf(hi)


def _sorted(lo: FloatArray, hi: FloatArray, enclosure: Enclosure) -> Cover:
    order = np.lexsort((hi, lo))
    return Cover(lo[order], hi[order], _mapped(lambda a: a[order], enclosure))


def _joined(covers: list[Cover]) -> Cover:
    lo = np.concatenate([cover.lo for cover in covers])
    hi = np.concatenate([cover.hi for cover in covers])
    return _sorted(lo, hi, reduce(_appended, [cover.enclosure for cover in covers]))


def _mapped(change: Callable[[FloatArray], FloatArray], record: Enclosure) -> Enclosure:
    """Return an enclosure in which a function has changed all arrays."""
    return _combined(change, record)


def _appended(first: Enclosure, second: Enclosure) -> Enclosure:
    return _combined(lambda a, b: np.concatenate([a, b]), first, second)


def _combined(change: Callable[..., FloatArray], *records: Enclosure) -> Enclosure:
    def combine(*parts: object) -> object:
        first = parts[0]
        if is_dataclass(first) and not isinstance(first, type):
            values = [
                combine(*(getattr(part, f.name) for part in parts)) for f in fields(first)
            ]
            return type(first)(*values)
        return change(*parts) if isinstance(first, np.ndarray) else first

    combined = combine(*records)
    assert isinstance(combined, Enclosure)  # noqa: S101 - for the type checker
    return combined
