"""The numbers of a format in order, so that neighbours and halves of intervals are integers."""

from collections.abc import Iterable

import numpy as np

from actbench.activations.record import Activation
from actbench.conformance.inputs import Inputs, inputs
from actbench.conformance.ulp import format_of
from actbench.frameworks.libraries import DTYPES

# Inputs of an audit that are searched for hard ones; true values of float64 take the longest.
_SEARCHED = {"float16": 1 << 14, "bfloat16": 1 << 14, "float32": 1 << 14, "float64": 1 << 13}


def sample(activation: Activation, dtype: str) -> Inputs:
    """Return finite inputs of an audit in ascending order, evenly chosen from all of them."""
    with np.errstate(invalid="ignore"):
        x = inputs(activation, dtype)
        x = np.sort(x[np.isfinite(x)])
    chosen = np.linspace(0, x.size - 1, min(x.size, _SEARCHED[dtype])).astype(np.intp)
    return x[chosen]


def place_of(x: float, dtype: str) -> int:
    """Return the place of the number of a format nearest to x; that of 0 is 0.

    Example:
        >>> place_of(1.0, "float16") - place_of(0.9995, "float16")
        1
    """
    kind = DTYPES[dtype]
    with np.errstate(over="ignore"):
        number = np.array(x, np.float64).astype(kind)
    bits: int = int(number.view(np.dtype(f"u{kind.itemsize}")))
    size: int = bits & ((1 << (8 * kind.itemsize - 1)) - 1)
    return size if bits == size else -size


def number_at(place: int, dtype: str) -> float:
    """Return the number of a format at a place, as `place_of` counts.

    Example:
        >>> number_at(1, "float32") == 2.0**-149
        True
    """
    kind = DTYPES[dtype]
    size = np.array(abs(place), np.dtype(f"u{kind.itemsize}")).view(kind).astype(np.float64)
    return -float(size) if place < 0 else float(size)


def around(centres: Iterable[float], dtype: str, neighbours: int) -> list[float]:
    """Return the finite numbers of a format nearest to each centre, and their neighbours."""
    last = place_of(largest(dtype), dtype)
    return [
        number_at(place, dtype)
        for centre in centres
        for middle in [place_of(centre, dtype)]
        for place in range(middle - neighbours, middle + neighbours + 1)
        if abs(place) <= last
    ]


def largest(dtype: str) -> float:
    """Return the largest finite number of a format."""
    digits, _, _, end = format_of(DTYPES[dtype])
    top = 2.0**1023 if np.isinf(end) else end / 2
    return float(top * (2 - 2.0**-digits))


def special_numbers(dtype: str) -> list[float]:
    """Return ±0, the ends of the subnormal and normal numbers with both signs, ±∞ and NaN."""
    numbers = format_of(DTYPES[dtype])
    one = place_of(numbers.tiny, dtype)
    sizes = [0.0, *(number_at(place, dtype) for place in (1, one - 1, one)), largest(dtype)]
    return [*sizes, *(-size for size in sizes), np.inf, -np.inf, np.nan]
