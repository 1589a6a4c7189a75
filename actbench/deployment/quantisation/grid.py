"""Grids: the real numbers that the integers of a quantised tensor stand for."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actbench.errors import RequestError

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """The numbers (q − zero_point) · scale of all integers q of a format.

    Args:
        scale: the quantisation step, a positive float32 number.
        zero_point: the integer that stands for 0.
        bits: number of bits of the integers.
        signed: whether the integers are signed.
    """

    scale: float
    zero_point: int
    bits: int = 8
    signed: bool = True

    @property
    def lowest(self) -> int:
        """The smallest integer."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        """The largest integer."""
        return self.lowest + (1 << self.bits) - 1

    @property
    def integers(self) -> Integers:
        """All integers, in ascending order."""
        return np.arange(self.lowest, self.highest + 1)

    def numbers(self, integers: Integers | None = None) -> Doubles:
        """Return the numbers of integers, of all by default; they are exact."""
        chosen = self.integers if integers is None else integers
        return np.asarray((chosen - self.zero_point) * self.scale, np.float64)


def grid_of_range(low: float, high: float, *, bits: int = 8, signed: bool = True) -> Grid:
    """Return the grid of a range as runtimes choose it: with 0, and with 2^bits numbers.

    Args:
        low: smallest number.
        high: largest number.
        bits: number of bits, 2 to 16.
        signed: whether the integers are signed.

    Raises:
        RequestError: the range is empty, reversed or not finite in float32.

    Example:
        >>> grid_of_range(-8, 8)
        Grid(scale=0.062745101749897, zero_point=0, bits=8, signed=True)
    """
    check_range(low, high)
    low, high = min(low, 0.0), max(high, 0.0)
    with np.errstate(all="ignore"):
        scale = float(np.float32((high - low) / (2**bits - 1)))
    if not np.finfo(np.float32).tiny <= scale < math.inf:
        raise RequestError(f"range: expected a step that float32 has, got {low:g},{high:g}")
    grid = Grid(scale, 0, bits, signed)
    zero_point = int(min(max(round(grid.lowest - low / scale), grid.lowest), grid.highest))
    return Grid(scale, zero_point, bits, signed)


def check_range(low: float, high: float) -> None:
    """Check that a range is finite and not empty.

    Raises:
        RequestError: it is not.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise RequestError(
            f"range: expected two finite numbers LOW,HIGH with LOW < HIGH, got {low:g},{high:g}"
        )


def parse_range(text: str) -> tuple[float, float]:
    """Return the ends of a range such as "-8,8".

    Raises:
        RequestError: the text has another form, or the range is empty or not finite.

    Example:
        >>> parse_range("-8,8")
        (-8.0, 8.0)
    """
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise RequestError(
            f"range: expected two numbers LOW,HIGH, such as -8,8, got {text!r}"
        ) from None
    check_range(low, high)
    return low, high
