"""Facts about a function that is given by a formula: proved, refuted or unknown.

Interval arithmetic proves facts about all floats, SymPy proves limits and symmetries, and the
50-digit oracle refutes them. A fact without a proof and without a counterexample is unknown. At
breakpoints, the two sides are compared numerically.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from itertools import pairwise
from typing import TypeAlias, TypeVar

import numpy as np

from actbench.activations import breakpoints
from actbench.activations.sampling import ScalarFunction, computed, peak, sample_points
from actbench.formula.branches import UndecidedError, branch_on, places_of_singularities
from actbench.formula.cover import Cover, first_cover, refine
from actbench.formula.domain import Gap, Singularity, gaps, singularities
from actbench.formula.enclosure import EnclosedFunction, Slope
from actbench.formula.extremes import Tail, in_tails, start_of_tails, supremum
from actbench.formula.intervals import BoolArray
from actbench.formula.limits import (
    LimitAnswer,
    LimitQuestion,
    SlopeQuestion,
    SymmetryQuestion,
    is_symmetric,
    limit,
    slope,
)
from actbench.formula.oracle import NotRealError, oracle
from actbench.formula.parse import parse
from actbench.formula.tree import Tree, has_isolated_values

Limit: TypeAlias = float | None
"""A limit; NaN if it is proved that there is none, None if it is unknown."""

# More breakpoints or singular points take too much time.
_MOST_POINTS = 200
_MOST_SINGULARITIES = 12
_MOST_PIECES = 8

# Points for counterexamples to a symmetry, and a far point for those to a limit.
_SYMMETRY_POINTS = (0.37, 1.93, 0.041, 7.3, 29.0, 1e-5, 173.0)
_FAR_POINT = 1e300

# Quadrature of the gain.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_MOST_EDGES = 20_000

# Smaller values are next to an underflow.
_TINY = 1e-290

# Far numbers, four in each octave.
_MAGNITUDES = 2.0 ** np.arange(64, 1000, 0.25)


T = TypeVar("T")


def _fact(compute: Callable[["FormulaFacts"], T | None]) -> "cached_property[T | None]":
    """Return a fact that is found once; None, unknown, if f has values at single numbers."""

    @wraps(compute)
    @np.errstate(all="ignore")
    def fact(facts: "FormulaFacts") -> T | None:
        return None if facts.has_single_values else compute(facts)

    return cached_property(fact)


@dataclass(frozen=True)
class FormulaFacts:
    """The facts about one function; each is found when it is first read."""

    activation: ScalarFunction

    @property
    def has_single_values(self) -> bool:
        """Whether a condition may hold at single numbers only, where f may have any value."""
        return has_isolated_values(self._tree)

    @_fact
    def gaps(self) -> tuple[Gap, ...] | None:
        """The parts of the real line on which f has no real value; None if unknown."""

        def is_defined(x: float) -> bool:
            return bool(np.isfinite(self.activation(np.array([x]))[0]))

        e = self._cover.enclosure
        # An overflow far away prevents a proof.
        hidden = in_tails(self._cover, self._both_tails) & ~e.defined & ~e.undefined
        return gaps(self._cover.where(~hidden), is_defined)

    @cached_property
    def limits(self) -> tuple[Limit, Limit]:
        """The limits of f at −∞ and ∞."""
        return self.limits_of(0)

    @np.errstate(all="ignore")
    def limits_of(self, order: int) -> tuple[Limit, Limit]:
        """Return the limits of f, f' or f'' (order 0, 1 or 2) at −∞ and ∞."""
        return self._limit_at_infinity(order, -1), self._limit_at_infinity(order, 1)

    @cached_property
    @np.errstate(all="ignore")
    def bounds(self) -> tuple[float | None, float | None]:
        """The infimum and the supremum of f on its domain; None if unknown."""
        if self.has_single_values:
            return None, None
        e = self._cover.enclosure
        if (e.continuous & (e.slope.lo == 0) & (e.slope.hi == 0)).all():
            # A constant such as sin(π) may be 0, and its float64 value is not.
            value = self._exact(0.0)
            return (None, None) if value is None or math.isnan(value) else (value, value)
        lower = self._supremum(-1)
        return None if lower is None else -lower + 0.0, self._supremum(1)

    @_fact
    def monotone(self) -> bool | None:
        """Whether f is non-decreasing on its domain; None if unknown."""
        known = self._cover
        if _decreases(known):
            return False
        known = refine(known, self._function, _slope_has_a_sign)
        if _decreases(known):
            return False
        e = known.enclosure
        rising = (
            e.undefined
            | e.continuous & (e.slope.lo >= -_TINY)
            | in_tails(known, self._tails_with_limits())
        )
        rest = np.flatnonzero(~rising)
        if not known.narrow[rest].all() or rest.size > _MOST_POINTS:
            return None
        return True if all(self._rises_through(known, i) for i in rest.tolist()) else None

    @_fact
    def symmetry(self) -> str | None:
        """One of "odd", "even" and "none"; None if unknown."""
        possible = {"odd": -1, "even": 1}
        tops = [peak(self.activation, sample_points(self.activation), s) for s in (-1, 1)]
        for x in (*_SYMMETRY_POINTS, *tops):
            left, right = (self._exact(sign * x) for sign in (-1, 1))
            if left is None or right is None:
                continue
            for kind, sign in list(possible.items()):
                if math.isnan(left) != math.isnan(right) or (
                    abs(left - sign * right) > 1e-14 * abs(right)
                ):
                    del possible[kind]
        if not possible:
            return "none"
        if self._has_lopsided_gaps():
            return "none"
        for kind, sign in possible.items():
            whole = SymmetryQuestion(self._tree, self._tree, self._parameters, sign)
            if self._pieces_are_symmetric(sign) or is_symmetric(whole):
                return kind
        return None

    def _pieces_are_symmetric(self, sign: int) -> bool:
        """Return whether f(−x) = sign · f(x) is proved between any two breakpoints."""
        edges = sorted({0.0, *map(abs, self._breakpoints()), math.inf})
        for lo, hi in pairwise(edges):
            trees = [self._branch(lo, hi), self._branch(-hi, -lo)]
            if len(edges) > _MOST_PIECES or None in trees:
                return False
            f, g = (tree for tree in trees if tree is not None)
            if not is_symmetric(SymmetryQuestion(f, g, self._parameters, sign)):
                return False
        return True

    def _branch(self, lo: float, hi: float) -> Tree | None:
        """Return the formula between two breakpoints without conditions; None if unknown."""
        inside = (self._cover.lo >= lo) & (self._cover.hi <= hi) & ~self._cover.narrow
        part = self._cover.where(inside)
        try:
            return branch_on(self._tree, self.activation.parameters, part.lo, part.hi)
        except UndecidedError:
            return None

    @_fact
    def smooth(self) -> bool | None:
        """Whether f has derivatives of all orders at every x; None if unknown."""
        if (self._cover.enclosure.analytic | in_tails(self._cover, self._both_tails)).all():
            return True
        has_gaps = self._cover.enclosure.undefined.any() or bool(self.gaps)
        nonsmooth = has_gaps or breakpoints.nonsmooth_points(self.activation)
        return False if nonsmooth else None

    @cached_property
    def kinks_are_complete(self) -> bool:
        """Whether it is proved that f has no kinks except those at breakpoints."""
        known = self._cover
        e = known.enclosure
        smooth = e.analytic | e.undefined | in_tails(known, self._both_tails)
        rest = known.where(~smooth)
        if not rest.narrow.all():
            return False
        edges = np.array(
            [
                *self._breakpoints(),
                *(point.x for point in singularities(known)),
                *(end for gap in self.gaps or () for end in (gap.lo, gap.hi)),
            ]
        )
        return all(
            (np.abs(edges - x) <= 1e-12 * max(abs(x), 1e-300)).any() for x in rest.lo.tolist()
        )

    @_fact
    def sign_preserving(self) -> bool | None:
        """Whether f(x) has the sign of x for every x; None if unknown.

        A value that underflows to 0 counts as having the right sign.
        """
        known = refine(self._cover, self._function, _value_has_a_sign)
        e = known.enclosure
        side = np.sign(known.lo + known.hi)
        least = np.where(side < 0, -e.value.hi, e.value.lo)
        largest = np.where(side < 0, -e.value.lo, e.value.hi)
        if e.undefined.any() or (e.defined & (side != 0) & (largest <= 0)).any():
            return False
        if float(self.activation(0.0)) != 0:
            return False
        if self.smooth and self.monotone and not (e.value.lo == e.value.hi).any():
            return True
        # Next to 0, and where f underflows, the sign of a computed value decides.
        tiny = np.maximum(np.abs(e.value.lo), np.abs(e.value.hi)) < _TINY
        near = (known.lo == 0) | (known.hi == 0) | tiny
        signs = np.sign(computed(self.activation, known.lo / 2 + known.hi / 2, 0))
        right = (least > 0) | (side == 0) | near & (signs * side >= 0)
        return True if (right | in_tails(known, self._tails_with_limits())).all() else None

    @cached_property
    @np.errstate(all="ignore")
    def gain(self) -> float | None:
        """1 / √E[f(z)²], z ~ N(0, 1); NaN if f is undefined on an interval, None if unknown."""
        if self.gaps is None or any(gap.lo == gap.hi for gap in self.gaps):
            return None
        moment = math.nan if self.gaps else self._second_moment()
        if moment is None or math.isnan(moment):
            return moment
        return 1 / math.sqrt(moment) if moment else math.inf

    def _second_moment(self) -> float | None:
        """Return E[f(z)²] by Gauss–Legendre quadrature between the nonsmooth points."""
        points = breakpoints.nonsmooth_points(self.activation)
        edges = np.unique([*range(-12, 13), *(x for x in points if abs(x) < 12)])
        previous = math.nan
        while edges.size < _MOST_EDGES:
            with np.errstate(all="ignore"):
                z = edges[:-1, None] + np.diff(edges)[:, None] * (_NODES + 1) / 2
                density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
                values = computed(self.activation, z.ravel(), 0).reshape(z.shape) ** 2
                parts = ((values * density) @ _WEIGHTS) * np.diff(edges) / 2
                moment = float(parts.sum())
            if parts[0] + parts[-1] > 1e-9 * moment:
                return None  # it may not converge
            if not math.isfinite(moment):
                return None if math.isnan(moment) else math.inf
            if abs(moment - previous) <= 1e-10 * abs(moment):
                return moment
            previous = moment
            edges = np.sort(np.append(edges, (edges[:-1] + edges[1:]) / 2))
        return None

    @cached_property
    def _tree(self) -> Tree:
        return parse(self.activation.formula or "", ("x", *self.activation.parameters))

    @property
    def _parameters(self) -> tuple[tuple[str, float], ...]:
        return tuple(self.activation.parameters.items())

    @cached_property
    def _cover(self) -> Cover:
        """Intervals on which f is analytic or undefined, as far as that can be proved."""
        plain = self._function_without_slopes
        return refine(
            first_cover(plain, self._breakpoints()),
            plain,
            lambda cover: cover.enclosure.analytic | cover.enclosure.undefined,
        )

    @property
    def _function_without_slopes(self) -> EnclosedFunction:
        return EnclosedFunction(self._tree, self.activation.parameters)

    @cached_property
    def _function(self) -> EnclosedFunction:
        """The formula with simpler formulas of its derivative between the breakpoints."""
        edges = [-math.inf, *self._breakpoints(), math.inf]
        slopes = []
        for lo, hi in pairwise(edges if len(edges) <= _MOST_PIECES else []):
            tree = self._branch(lo, hi)
            found = None if tree is None else slope(SlopeQuestion(tree, self._parameters))
            slopes += [] if found is None else [Slope(lo, hi, found)]
        return EnclosedFunction(self._tree, self.activation.parameters, tuple(slopes))

    def _breakpoints(self) -> tuple[float, ...]:
        """Return the breakpoints, those next to 0 if there are many."""
        found = sorted(breakpoints.breakpoints(self.activation), key=abs)
        return tuple(sorted(found[:_MOST_POINTS]))

    def _exact(self, x: float, order: int = 0) -> float | None:
        """Return a true value; NaN if there is no real one, None if it cannot be computed."""
        try:
            return float(oracle(self.activation, x, order=order))
        except NotRealError:
            return math.nan
        except ArithmeticError:
            return None

    def _limit_at_infinity(self, order: int, side: int) -> Limit:
        far = self._cover.where(hidden := in_tails(self._cover, (self._tail(side),)))
        if hidden.any() and far.enclosure.undefined.all():
            return math.nan
        found = self._accumulation(order, side)
        if found is None:
            return None
        if found.lo == found.hi:
            return None if self._contradicts(found.lo, order, side) else found.lo + 0.0
        return math.nan if self._varies(order, side) else None

    def _accumulation(self, order: int, side: int) -> LimitAnswer | None:
        """Return an interval that contains the accumulation points at ±∞."""
        ends = side * _MAGNITUDES[abs(self._tail(side).start) <= _MAGNITUDES]
        lo, hi = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
        try:
            tree = branch_on(self._tree, self.activation.parameters, lo, hi)
        except UndecidedError:
            tree = self._tree
        return limit(LimitQuestion(tree, self._parameters, side * math.inf, side, order))

    def _limit_next_to(self, x: float, side: int) -> Limit:
        """Return the limit of f at a singular point from one side."""
        distances = max(abs(x), 1e-3) * np.ldexp(1.0, range(-44, -20))
        ends = x + side * distances
        lo, hi = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
        try:
            tree = branch_on(self._tree, self.activation.parameters, lo, hi)
        except UndecidedError:
            return None
        zeros = places_of_singularities(self._tree)
        found = limit(LimitQuestion(tree, self._parameters, x, side, 0, zeros))
        if found is None or found.lo != found.hi:
            return None
        return found.lo + 0.0

    def _contradicts(self, supposed: float, order: int, side: int) -> bool:
        """Return whether the value at a far point excludes a limit."""
        value = self._exact(side * _FAR_POINT, order)
        if value is None:  # too large or too small to compute
            return False
        if math.isinf(supposed):
            return not (abs(value) > 4 and np.sign(value) == np.sign(supposed))
        return not abs(value - supposed) <= 0.01 * max(1, abs(supposed))

    def _varies(self, order: int, side: int) -> bool:
        """Return whether f or f' oscillates at two distances."""
        for distance in (1e3, 1e6):
            x = side * (distance + np.linspace(0, 100, 501))
            y = computed(self.activation, x, order)
            turns = np.diff(np.sign(np.diff(y)))
            steady = np.ptp(y) < 1e-3 * np.abs(y).max() or np.count_nonzero(turns) < 2
            if steady or not np.isfinite(y).all():
                return False
        return True

    def _grows(self, sign: int, side: int) -> bool:
        """Return whether an oscillation of sign · f grows without bound."""
        found = self._accumulation(0, side)
        if found is None or (found.hi if sign > 0 else -found.lo) < math.inf:
            return False
        largest = [
            (sign * computed(self.activation, side * (d + np.linspace(0, 100, 501)), 0)).max()
            for d in (1e3, 1e6, 1e9)
        ]
        return bool(largest[0] > 0 and (np.diff(np.log10(largest)) > 1).all())

    @cached_property
    def _singularities(self) -> list[tuple[Singularity, tuple[Limit, ...]]]:
        """The first singular points, with the limits of f from their sides."""
        return [
            (point, tuple(self._limit_next_to(point.x, side) for side in point.sides))
            for point in singularities(self._cover)[:_MOST_SINGULARITIES]
        ]

    def _supremum(self, sign: int) -> float | None:
        """Return the supremum of sign · f; None if it is unknown."""
        if self._cover.enclosure.undefined.all():
            return None
        ends = [None if end is None else sign * end for end in self.limits]
        if math.inf in ends or any(
            end is not None and math.isnan(end) and self._grows(sign, side)
            for side, end in zip((-1, 1), ends, strict=True)
        ):
            return math.inf
        limits = [end for end in ends if end is not None and not math.isnan(end)]
        regular = np.ones(self._cover.lo.shape, bool)
        unknown = False
        for point, near in self._singularities:
            known = [sign * each for each in near if each is not None]
            limits += known
            # Wide bounds may suffice where a limit is unknown.
            regular[point.intervals] = len(known) < len(near) and point.bounded
            unknown |= len(known) < len(near) and not point.bounded
        if math.inf in limits:
            return math.inf
        if unknown or len(self._singularities) == _MOST_SINGULARITIES:
            return None
        cover = self._cover.where(regular)
        places = sample_points(self.activation)
        top = peak(self.activation, places, sign)
        best = supremum(
            self._function if sign > 0 else -self._function,
            cover if sign > 0 else -cover,
            limits,
            np.append(places, top),
            self._tails_with_limits(),
        )
        if best is None or best.interval is None:
            return None if best is None else best.value
        return self._exact_near(sign, best.value, (top, sum(best.interval) / 2))

    def _exact_near(self, sign: int, value: float, places: tuple[float, ...]) -> float:
        """Return the largest true value at some places, if it equals a value to 9 digits."""
        exact = [self._exact(x) for x in places]
        close = [
            sign * y
            for y in exact
            if y is not None and abs(sign * y - value) <= 1e-9 * abs(value) + _TINY
        ]
        return max(close, default=value if abs(value) > _TINY else 0.0)

    def _tail(self, side: int) -> Tail:
        return Tail(side * start_of_tails(self._function_without_slopes))

    @property
    def _both_tails(self) -> tuple[Tail, Tail]:
        return self._tail(-1), self._tail(1)

    def _tails_with_limits(self) -> tuple[Tail, ...]:
        """Return the tails in which the limit of f bounds it."""
        return tuple(
            self._tail(side)
            for side, end in zip((-1, 1), self.limits, strict=True)
            if end is not None and not math.isnan(end)
        )

    def _has_lopsided_gaps(self) -> bool:
        """Return whether the domain is not symmetric about 0."""
        if self.gaps is None:
            return False
        parts = {(gap.lo, gap.hi) for gap in self.gaps}
        return parts != {(-hi, -lo) for lo, hi in parts}

    def _rises_through(self, known: Cover, index: int) -> bool:
        """Return whether f does not fall at a narrow interval without a proof."""
        undefined = known.enclosure.undefined
        if undefined[max(index - 1, 0)] or undefined[min(index + 1, undefined.size - 1)]:
            return True  # an end of the domain
        x = float(known.lo[index] / 2 + known.hi[index] / 2)
        left, right = breakpoints.one_sided_limits(self.activation, x, 0)
        return left <= right or not breakpoints.has_jump(self.activation, x, 0)


def _decreases(cover: Cover) -> bool:
    """Return whether f is proved to decrease somewhere on its domain."""
    e = cover.enclosure
    falling = e.continuous & (e.slope.hi < -_TINY) & (cover.lo < cover.hi)
    largest = np.maximum.accumulate(np.where(e.defined, e.value.lo, -np.inf))
    lower = np.where(e.defined, e.value.hi, np.inf)[1:] < largest[:-1]
    return bool(falling.any() or lower.any())


def _slope_has_a_sign(cover: Cover) -> BoolArray:
    e = cover.enclosure
    return e.undefined | e.continuous & ((e.slope.lo >= -_TINY) | (e.slope.hi <= _TINY))


def _value_has_a_sign(cover: Cover) -> BoolArray:
    e = cover.enclosure
    tiny = np.maximum(np.abs(e.value.lo), np.abs(e.value.hi)) < _TINY
    return e.undefined | (e.value.lo > 0) | (e.value.hi < 0) | tiny
