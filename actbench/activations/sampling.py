"""Sample points of a function and sign changes on them, for the numerical properties."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isclose
from typing import Protocol

import numpy as np
import numpy.typing as npt

from actbench.numerics.array import Array
from actbench.numerics.operations import NUMPY, Operations

Interval = tuple[float, float]
FloatArray = npt.NDArray[np.float64]

_MAGNITUDES = np.concatenate(
    [np.geomspace(1e-12, 1e-3, 200), np.arange(1, 64 * 64) / 64, np.geomspace(64, 1e6, 500)]
)
_GRID = np.concatenate([-_MAGNITUDES[::-1], [0.0], _MAGNITUDES])


class ScalarFunction(Protocol):
    """The part of `Activation` from which properties are derived.

    It is a protocol because the module of `Activation` imports the modules of the properties.
    """

    @property
    def formula(self) -> str | None:
        """The textbook formula; None if it is unknown."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """The parameters: name ↦ value."""

    @property
    def generated(self) -> bool:
        """Whether the code is generated from the formula."""

    @property
    def limits(self) -> Interval:
        """The limits of f at −∞ and +∞; NaN if there is none."""

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return f(x), elementwise."""

    def derivative(self, x: npt.ArrayLike) -> FloatArray:
        """Return f'(x), elementwise."""

    def compute(self, ops: Operations, x: Array, order: int) -> Array:
        """Compute f, f' or f'' (order 0, 1 or 2) for finite x."""

    def __hash__(self) -> int: ...


@lru_cache(maxsize=4096)
def sample_points(activation: ScalarFunction) -> FloatArray:
    """Return a grid on [−10⁶, 10⁶], also scaled by each parameter and by its inverse."""
    sizes = {abs(value) for value in activation.parameters.values() if value}
    scales = {size for size in sizes | {1 / size for size in sizes} if 1e-12 < size < 1e12}
    return np.unique(np.concatenate([_GRID, *(_GRID * scale for scale in scales)]))


def computed(activation: ScalarFunction, x: FloatArray, order: int) -> FloatArray:
    """Return f, f' or f'' (order 0, 1 or 2) as the record computes it, for finite x."""
    with np.errstate(all="ignore"):
        return np.broadcast_to(np.asarray(activation.compute(NUMPY, x, order)), x.shape)


def sign_changes(function: Callable[[FloatArray], FloatArray], grid: FloatArray) -> list[float]:
    """Return the points where a function is 0 or changes sign, found by bisection.

    A function that is 0 at more than half of the grid points has no isolated zeros; the
    result is then empty.
    """
    signs = np.sign(function(grid))
    zeros = grid[signs == 0]
    if len(zeros) > len(grid) // 2:
        return []
    changes = np.flatnonzero(signs[:-1] * signs[1:] < 0)
    left, right, before = grid[changes], grid[changes + 1], signs[changes]
    # All intervals are bisected together until none contains another float.
    while (inside := (left < (middle := (left + right) / 2)) & (middle < right)).any():
        sign = np.where(inside, np.sign(function(middle)), before)
        left = np.where(inside & ((sign == 0) | (sign == before)), middle, left)
        right = np.where(inside & (sign != before), middle, right)
    return [*zeros.tolist(), *left.tolist()]


def is_close(a: float, b: float) -> bool:
    """Return whether two numbers differ by rounding errors only."""
    return isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)


def peak(activation: ScalarFunction, x: FloatArray, sign: int) -> float:
    """Return where sign · f is largest on a grid, refined by bisection of f'."""
    y = sign * computed(activation, x, 0)
    best = int(np.argmax(np.where(np.isnan(y), -np.inf, y)))
    left, right = float(x[max(best - 1, 0)]), float(x[min(best + 1, len(x) - 1)])

    def rises(place: float) -> bool:
        return bool(sign * computed(activation, np.array([place]), 1)[0] > 0)

    if not rises(left) or rises(right):
        return float(x[best])
    while left < (middle := (left + right) / 2) < right:
        left, right = (middle, right) if rises(middle) else (left, middle)
    places = np.array([x[best], left, right])
    top = sign * computed(activation, places, 0)
    return float(places[np.argmax(np.where(np.isnan(top), -np.inf, top))])
