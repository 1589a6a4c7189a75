"""The inputs that a function is looked at on, for each format."""

from functools import lru_cache
from typing import Any

import numpy as np

from actbench.activations import properties
from actbench.activations.record import Activation
from actbench.frameworks.libraries import DTYPES

# Patterns of float32 for each sign and exponent, and where the functions bend.
_PER_EXPONENT, _PER_BENDING_EXPONENT = 256, 8192
_BENDING = range(127 - 8, 127 + 8)

# Numbers of float64, each of which costs three evaluations at 400 digits and more.
_DOUBLES = 120

# How many neighbours of a special point are looked at on either side.
_NEIGHBOURS = 8


@lru_cache(maxsize=8)
def inputs(activation: Activation, dtype: str) -> Any:
    """Return the inputs, an array of one axis, NaN and infinities among them.

    float16 and bfloat16: all 65,536 patterns. float32: a sample of all exponents and both
    signs, dense where functions bend. float64: a small one. Both with the neighbours of kinks
    and of the zeros of f, f' and f'', subnormal numbers, ±0, the largest numbers, ±∞ and NaN.
    """
    if dtype in ("float16", "bfloat16"):
        return np.arange(65536, dtype=np.uint16).view(DTYPES[dtype])
    sample = _floats() if dtype == "float32" else _doubles()
    found = np.concatenate([sample, _neighbours(activation, dtype), _ends(dtype)])
    # By their bits: −0 and +0 are two inputs.
    bits = found.view(np.uint32 if dtype == "float32" else np.uint64)
    return np.unique(bits).view(DTYPES[dtype])


@lru_cache(maxsize=1)
def _floats() -> Any:
    """Draw mantissas for each exponent, those of 0 and NaN left out, and both signs."""
    rng = np.random.default_rng(0)
    parts = []
    for exponent in range(255):
        count = _PER_BENDING_EXPONENT if exponent in _BENDING else _PER_EXPONENT
        mantissas = np.append(rng.integers(0, 2**23, count), [0, 1, 2**23 - 1])
        bits = (np.uint32(exponent) << np.uint32(23)) | mantissas.astype(np.uint32)
        parts += [bits, bits | np.uint32(1 << 31)]
    return np.concatenate(parts).view(np.float32)


@lru_cache(maxsize=1)
def _doubles() -> Any:
    rng = np.random.default_rng(0)
    third = _DOUBLES // 3
    sizes = np.concatenate(
        [
            rng.uniform(0, 8, third),
            rng.uniform(8, 750, third // 2),
            10 ** rng.uniform(-20, 2, third),
            10 ** rng.uniform(-300, 300, third // 2),
        ]
    )
    return np.concatenate([sizes, -sizes])


def _neighbours(activation: Activation, dtype: str) -> Any:
    points = {0.0, *properties.breakpoints(activation)}
    for order in range(3):
        # Oscillations have zeros without end: the first ones are as good as all.
        points |= set(sorted(properties.zeros(activation, order), key=abs)[:12])
    around = []
    for point in points:
        up = down = np.array(point, DTYPES[dtype])
        around.append(up)
        for _ in range(_NEIGHBOURS if dtype == "float32" else 2):
            up, down = np.nextafter(up, np.inf), np.nextafter(down, -np.inf)
            around += [up, down]
    return np.array(around, DTYPES[dtype])


def _ends(dtype: str) -> Any:
    info = np.finfo(DTYPES[dtype])
    sizes = np.array(
        [0, info.smallest_subnormal, info.smallest_normal / 2, info.smallest_normal, info.max],
        DTYPES[dtype],
    )
    return np.concatenate([sizes, -sizes, np.array([np.inf, -np.inf, np.nan], DTYPES[dtype])])
