"""Features of a function: numbers that may be parameters, found without a formula.

A threshold is the position of a jump or a kink, and slopes and limits are often parameters
themselves. The fit starts from these numbers.
"""

from collections.abc import Callable

import numpy as np

from actbench.conformance.inputs import Doubles

ArrayFunction = Callable[[Doubles], Doubles]

_GRID = np.linspace(-40, 40, 5121)
_STEP = float(_GRID[1] - _GRID[0])

# Points at which slopes and limits are measured.
_FAR = 100.0

# A difference may be a jump, or a kink, if it is this many times those around it.
_JUMP_CONTRAST, _KINK_CONTRAST = 1.5, 8.0
_SMALLEST = 1e-5

_MOST = 6

# Each round of a search divides an interval into so many parts.
_PARTS, _ROUNDS = 32, 14


def features(function: ArrayFunction) -> tuple[float, ...]:
    """Return positions of jumps and kinks, slopes, limits and central values of a function.

    Args:
        function: takes and returns a one-dimensional float64 array.
    """
    y = function(_GRID)
    found = [*_jumps(function, y), *_kinks(y)]
    x = np.array([-_FAR - 1, -_FAR, -1e-3, 0.0, 1e-3, _FAR, _FAR + 1])
    low, left, below, zero, above, right, high = (float(each) for each in function(x))
    found += [left - low, high - right, (zero - below) / 1e-3, (above - zero) / 1e-3]
    found += [left, right, zero]
    finite = {abs(each) for each in found if np.isfinite(each) and 1e-6 < abs(each) < 1e6}
    return tuple(sorted({*finite, *(-each for each in finite)}))


def _jumps(function: ArrayFunction, y: Doubles) -> list[float]:
    """Return the numbers on both sides of each jump, and the values there."""
    steps = np.abs(np.diff(y))
    found: list[float] = []
    for at in _outstanding(steps, 1, _JUMP_CONTRAST):
        low, high = _GRID[at], _GRID[at + 1]
        for _ in range(_ROUNDS):
            x = np.linspace(low, high, _PARTS + 1)
            largest = int(np.argmax(np.nan_to_num(np.abs(np.diff(function(x))))))
            low, high = x[largest], x[largest + 1]
        values = function(np.array([low, high]))
        if abs(values[1] - values[0]) > _SMALLEST:
            found += [float(low), float(high), *map(float, values)]
    return found


def _kinks(y: Doubles) -> list[float]:
    """Return the approximate positions of kinks: the fit finds the exact ones."""
    bends = np.abs(np.diff(y, 2)) / _STEP
    return [float(_GRID[at + 1]) for at in _outstanding(bends, 2, _KINK_CONTRAST)]


def _outstanding(sizes: Doubles, distance: int, contrast: float) -> list[int]:
    """Return the indices of the largest elements that exceed those around them."""
    sizes = np.nan_to_num(sizes, nan=0.0, posinf=0.0)
    around = np.maximum(np.roll(sizes, distance), np.roll(sizes, -distance))
    chosen = np.flatnonzero(sizes > contrast * around + _SMALLEST)
    return [int(each) for each in chosen[np.argsort(-sizes[chosen])][:_MOST]]
