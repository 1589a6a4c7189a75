"""The supremum of a formula, proved by interval arithmetic and limits.

Reference: Hansen & Walster (2004), Global Optimization Using Interval Analysis,
doi:10.1201/9780203026922.
"""

from typing import NamedTuple

import numpy as np

from actbench.formula.cover import Cover, bisected
from actbench.formula.enclosure import EnclosedFunction, Enclosure
from actbench.formula.intervals import BoolArray, FloatArray
from actbench.formula.tree import Tree, constant_value, operands

_ROUNDS, _MOST_INTERVALS = 120, 2_500
_RELATIVE, _ROUNDING, _TINY = 1e-10, 1e-14, 1e-300


class Supremum(NamedTuple):
    """The supremum to a relative error of 10⁻⁹, and a place where it is attained."""

    value: float
    interval: tuple[float, float] | None
    """An interval of x with such a value; None if only a limit has it."""


class Tail(NamedTuple):
    """The x beyond a start, so far away that the function is expected to be monotone."""

    start: float

    @property
    def side(self) -> int:
        """−1 for the tail at −∞, 1 for that at ∞."""
        return 1 if self.start > 0 else -1


def start_of_tails(function: EnclosedFunction) -> float:
    """Return 2⁶⁴ times the largest of the sizes in a formula and of their inverses."""
    sizes = [1.0, *map(abs, function.parameters.values()), *_constants(function.tree)]
    inverses = [1 / size for size in sizes if size > 1e-200]
    return float(min(2.0**64 * max(*sizes, *inverses), 2.0**900))


def _constants(tree: Tree) -> list[float]:
    value = constant_value(tree)
    inner = [size for operand in operands(tree) for size in _constants(operand)]
    return inner if value is None or not np.isfinite(value) else [abs(value), *inner]


@np.errstate(all="ignore")
def supremum(
    function: EnclosedFunction,
    cover: Cover,
    limits: list[float],
    points: FloatArray,
    tails: tuple[Tail, ...],
) -> Supremum | None:
    """Return the supremum of a formula over its domain; None if it is not proved.

    Args:
        function: the formula.
        cover: a cover by intervals, except those around the points where `limits` are taken.
        limits: the limits at ±∞ and at the singular points.
        points: values of x, among them those where the largest values are expected.
        tails: the tails of the function whose limits are among `limits`.
    """
    best = Supremum(max(limits, default=-np.inf), None)
    if best.value == np.inf:
        return best
    sample = Cover(points, points, function.on(points, points))
    best = _better(best, sample, sample.enclosure)
    for _ in range(_ROUNDS):
        ends = [function.on(points, points) for points in (cover.lo, cover.hi)]
        inside = cover.enclosure
        for known in (*ends, inside):
            best = _better(best, cover, known)
        allowed = best.value + _RELATIVE * abs(best.value) + _TINY
        monotone = inside.continuous & ((inside.slope.lo >= 0) | (inside.slope.hi <= 0))
        at_ends = np.maximum(ends[0].value.hi, ends[1].value.hi)
        highest = np.where(monotone, np.minimum(at_ends, inside.value.hi), inside.value.hi)
        resolved = (highest <= allowed) | inside.undefined | in_tails(cover, tails)
        if resolved.all():
            return best
        rest = cover.where(~resolved)
        if rest.narrow.any() or rest.lo.size > _MOST_INTERVALS:
            # Rounding errors may hide that a function stays below its limit, which is exact.
            hidden = (highest <= allowed + _ROUNDING * _size(sample)).all(where=~resolved)
            return best if hidden and best.interval is None else None
        cover = bisected(rest, function)
    return None


def _size(sample: Cover) -> float:
    """Return the usual size of a function near 0."""
    chosen = sample.enclosure.defined & (np.abs(sample.lo) <= 8)
    sizes = np.abs(sample.enclosure.value.lo[chosen])
    return float(np.median(sizes)) if sizes.size else 0.0


def _better(best: Supremum, cover: Cover, known: Enclosure) -> Supremum:
    """Return the largest value so far."""
    values = np.where(known.defined & np.isfinite(known.value.lo), known.value.lo, -np.inf)
    if not values.size:
        return best
    at = int(np.argmax(values))
    if values[at] > best.value:
        return Supremum(float(values[at]), (float(cover.lo[at]), float(cover.hi[at])))
    return best


def in_tails(cover: Cover, tails: tuple[Tail, ...]) -> BoolArray:
    """Return which intervals are in a tail, where the limit of the function bounds it."""
    inside = np.zeros(cover.lo.shape, bool)
    for tail in tails:
        inside |= (cover.lo >= tail.start) if tail.start > 0 else (cover.hi <= tail.start)
    return inside
