"""Interval arithmetic on arrays: each operation encloses all results of real arguments.

Ends are rounded outwards, so an enclosure is a proof as far as NumPy's functions have errors of
at most 4 ULP. An infinite end means that no bound is known.

Reference: Moore, Kearfott & Cloud (2009), Introduction to Interval Analysis,
doi:10.1137/1.9780898717716.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IndexArray = npt.NDArray[np.intp]

_ULPS = 4 * np.finfo(float).eps
_LARGEST = np.finfo(float).max


@dataclass(frozen=True, eq=False)
class Interval:
    """Arrays of closed intervals [lo, hi]."""

    lo: FloatArray
    hi: FloatArray

    def __neg__(self) -> "Interval":
        return Interval(-self.hi, -self.lo)

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(_sum(self.lo, other.lo, -1), _sum(self.hi, other.hi, 1))

    def __sub__(self, other: "Interval") -> "Interval":
        return self + -other

    def __mul__(self, other: "Interval") -> "Interval":
        a, b, c, d = self.lo, self.hi, other.lo, other.hi
        # An infinite end stands for large numbers, so its product with 0 is 0.
        pairs = [(p, q) for p in (a, b) for q in (c, d)]
        ends = [np.where((p == 0) | (q == 0), 0.0, p * q) for p, q in pairs]
        lo, hi = np.minimum.reduce(ends), np.maximum.reduce(ends)
        exact = self._is_simple() | other._is_simple()
        exact |= _are_integers(a, b, c, d, lo, hi)
        lo = np.where(exact | (lo == 0) & _same_signs(self, other), lo, _down(lo))
        hi = np.where(exact | (hi == 0) & _same_signs(self, -other), hi, _up(hi))
        return Interval(lo, hi)

    def __truediv__(self, other: "Interval") -> "Interval":
        return self * other.reciprocal()

    def _is_simple(self) -> BoolArray:
        """Return whether the factor is 0, 1 or −1, so that products are exact."""
        simple: BoolArray = (self.lo == self.hi) & ((self.lo == 0) | (np.abs(self.lo) == 1))
        return simple

    def reciprocal(self) -> "Interval":
        """Return 1 / self; it is unbounded if self contains 0."""
        lo, hi = self.lo, self.hi
        inside = (lo < 0) & (hi > 0) | (lo == 0) & (hi == 0)
        low = np.where(inside | (hi == 0), -np.inf, _down(1 / hi))
        high = np.where(inside | (lo == 0), np.inf, _up(1 / lo))
        # 1/∞ is a positive number that may be as small as 0.
        low = np.where((lo >= 0) & ~inside, np.maximum(low, 0), low)
        high = np.where((hi <= 0) & ~inside, np.minimum(high, 0), high)
        return Interval(low, high)

    def hull(self, other: "Interval") -> "Interval":
        """Return the smallest intervals that contain both."""
        return Interval(np.minimum(self.lo, other.lo), np.maximum(self.hi, other.hi))

    def contains_zero(self) -> BoolArray:
        """Return whether 0 is in the intervals."""
        return (self.lo <= 0) & (self.hi >= 0)

    def power(self, exponent: float) -> "Interval":
        """Return self to a constant power; self must not be negative for broken exponents."""
        if exponent == 0:
            return constant(1.0)
        if exponent < 0:
            return self.power(-exponent).reciprocal()
        if exponent == 1:
            return self
        base = self
        if exponent % 2 == 0:
            base = absolute(self)
        elif exponent % 1 != 0:
            base = Interval(np.maximum(self.lo, 0), np.maximum(self.hi, 0))
        ends = base.lo**exponent, base.hi**exponent
        lo, hi = _widened(*ends)
        lo = np.where(base.lo >= 0, np.maximum(lo, 0), lo)
        exact = _are_integers(base.lo, base.hi, *ends) & (exponent % 1 == 0)
        lo = np.where(exact | (base.lo == 0), ends[0], lo)
        return Interval(lo, np.where(exact | (base.hi == 0), ends[1], hi))


def constant(value: float) -> Interval:
    """Return the interval that contains one number."""
    return Interval(np.asarray(value, float), np.asarray(value, float))


def monotone(
    function: Callable[[FloatArray], FloatArray], least: float, largest: float
) -> Callable[[Interval], Interval]:
    """Return the enclosure of an increasing function with values in [least, largest]."""

    def enclose(u: Interval) -> Interval:
        ends = np.asarray(function(u.lo)), np.asarray(function(u.hi))
        lo, hi = _widened(*ends)
        # A function that is 0 at 0 has no rounding error there.
        lo = np.where((u.lo == 0) & (ends[0] == 0), 0.0, lo)
        hi = np.where((u.hi == 0) & (ends[1] == 0), 0.0, hi)
        return Interval(np.clip(lo, least, largest), np.clip(hi, least, largest))

    return enclose


def absolute(u: Interval) -> Interval:
    """Return |u|."""
    ends = np.minimum(np.abs(u.lo), np.abs(u.hi)), np.maximum(np.abs(u.lo), np.abs(u.hi))
    return Interval(np.where(u.contains_zero(), 0.0, ends[0]), ends[1])


def cosine(u: Interval) -> Interval:
    """Return cos(u)."""
    lo, hi = _widened(np.cos(u.lo), np.cos(u.hi))
    low, high = np.minimum(lo, hi), np.maximum(lo, hi)
    unknown = ~(np.maximum(np.abs(u.lo), np.abs(u.hi)) < 2.0**30)
    low = np.where(unknown | _contains_multiple(u, math.pi), -1.0, low)
    high = np.where(unknown | _contains_multiple(u, 0.0), 1.0, high)
    return Interval(np.maximum(low, -1.0), np.minimum(high, 1.0))


def sine(u: Interval) -> Interval:
    """Return sin(u)."""
    lo, hi = _widened(np.sin(u.lo), np.sin(u.hi))
    low, high = np.minimum(lo, hi), np.maximum(lo, hi)
    unknown = ~(np.maximum(np.abs(u.lo), np.abs(u.hi)) < 2.0**30)
    low = np.where(unknown | _contains_multiple(u, -math.pi / 2), -1.0, low)
    high = np.where(unknown | _contains_multiple(u, math.pi / 2), 1.0, high)
    return Interval(np.maximum(low, -1.0), np.minimum(high, 1.0))


def _contains_multiple(u: Interval, offset: float) -> BoolArray:
    """Return whether offset + 2πk may be in the intervals for an integer k."""
    slack = 1e-15 * (1 + np.maximum(np.abs(u.lo), np.abs(u.hi)))
    first = np.ceil((u.lo - offset - slack) / (2 * math.pi))
    return offset + 2 * math.pi * first <= u.hi + slack


def _are_integers(*numbers: FloatArray) -> BoolArray:
    """Return whether all numbers are integers below 2⁵³, whose products are exact."""
    whole = [(np.abs(n) < 2.0**53) & (n == np.rint(n)) for n in numbers]
    together: BoolArray = np.logical_and.reduce(np.broadcast_arrays(*whole))
    return together


def _same_signs(a: Interval, b: Interval) -> BoolArray:
    """Return whether all products of two numbers of a and b are 0 or positive."""
    return (a.lo >= 0) & (b.lo >= 0) | (a.hi <= 0) & (b.hi <= 0)


def _sum(a: FloatArray, b: FloatArray, direction: int) -> FloatArray:
    """Return a + b, rounded down (−1) or up (1); an exact sum stays exact."""
    total = a + b
    # The rounding error of the sum (Knuth's TwoSum).
    part = total - a
    error = (a - (total - part)) + (b - part)
    # Infinite ends: there is no rounding error, and ∞ − ∞ is unbounded.
    unbounded = direction * np.inf
    total = np.where(np.isnan(total), unbounded, total)
    exact = (error == 0) | np.isinf(a) | np.isinf(b)
    return np.where(exact, total, _up(total) if direction > 0 else _down(total))


def _up(x: FloatArray) -> FloatArray:
    # An overflow of finite numbers to −∞ is a finite number below the smallest float.
    return np.where(np.isneginf(x), -_LARGEST, np.nextafter(x, np.inf))


def _down(x: FloatArray) -> FloatArray:
    return np.where(np.isposinf(x), _LARGEST, np.nextafter(x, -np.inf))


def _widened(lo: FloatArray, hi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two ends, moved outwards by 4 ULP."""
    tiny = np.finfo(float).smallest_subnormal
    low, high = lo - _ULPS * np.abs(lo) - tiny, hi + _ULPS * np.abs(hi) + tiny
    low = np.where(np.isposinf(lo), _LARGEST, np.where(np.isneginf(lo), lo, low))
    high = np.where(np.isneginf(hi), -_LARGEST, np.where(np.isposinf(hi), hi, high))
    return low, high
