"""The inputs of an audit, for each format."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from actbench.activations import breakpoints, properties
from actbench.activations.record import Activation
from actbench.frameworks.libraries import DTYPES

Inputs = npt.NDArray[np.floating]

# Numbers of float32 for each sign and exponent; more where functions have most of their
# curvature.
_PER_EXPONENT, _PER_CENTRAL_EXPONENT = 256, 8192
_CENTRAL_EXPONENTS = range(127 - 8, 127 + 8)

# Numbers of float64; each costs three evaluations at 400 digits or more.
_DOUBLES = 120

# Neighbours on either side of a breakpoint or zero.
_NEIGHBOURS = {"float32": 8, "float64": 2}

# Zeros nearest to 0 that are included; oscillating functions have infinitely many.
_ZEROS = 12


@lru_cache(maxsize=8)
def inputs(activation: Activation, dtype: str) -> Inputs:
    """Return the inputs of an audit, a one-dimensional array that includes NaN and ±∞.

    float16 and bfloat16 have all 65,536 bit patterns. float32 has a sample of all exponents
    and both signs, denser where functions have most of their curvature. float64 has a small
    sample. Both include the neighbours of breakpoints and of the zeros of f, f' and f'',
    subnormal numbers, ±0, the largest numbers, ±∞ and NaN.

    Args:
        activation: the activation whose breakpoints and zeros are included.
        dtype: name of the format.
    """
    if dtype in ("float16", "bfloat16"):
        return np.arange(65536, dtype=np.uint16).view(DTYPES[dtype])
    sample = _float32_sample() if dtype == "float32" else _float64_sample()
    parts = [sample, _neighbours(activation, dtype), _special_numbers(dtype)]
    # The bit patterns are compared because −0 and +0 are two inputs.
    bits = np.concatenate(parts).view(np.uint32 if dtype == "float32" else np.uint64)
    return np.unique(bits).view(DTYPES[dtype])


@lru_cache(maxsize=1)
def _float32_sample() -> npt.NDArray[np.float32]:
    """Draw mantissas for each finite exponent and both signs; include the extreme mantissas."""
    rng = np.random.default_rng(0)
    parts = []
    for exponent in range(255):
        central = exponent in _CENTRAL_EXPONENTS
        count = _PER_CENTRAL_EXPONENT if central else _PER_EXPONENT
        mantissas = np.append(rng.integers(0, 2**23, count), [0, 1, 2**23 - 1])
        bits = (np.uint32(exponent) << np.uint32(23)) | mantissas.astype(np.uint32)
        parts += [bits, bits | np.uint32(1 << 31)]
    return np.concatenate(parts).view(np.float32)


@lru_cache(maxsize=1)
def _float64_sample() -> npt.NDArray[np.float64]:
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


def _neighbours(activation: Activation, dtype: str) -> Inputs:
    """Return 0, the breakpoints, the zeros of f, f' and f'', and numbers next to these."""
    points = {0.0, *breakpoints.breakpoints(activation)}
    for order in range(3):
        points |= set(sorted(properties.zeros(activation, order), key=abs)[:_ZEROS])
    numbers = []
    for point in points:
        up = down = np.array(point, DTYPES[dtype])
        numbers.append(up)
        for _ in range(_NEIGHBOURS[dtype]):
            up, down = np.nextafter(up, np.inf), np.nextafter(down, -np.inf)
            numbers += [up, down]
    return np.array(numbers, DTYPES[dtype])


def _special_numbers(dtype: str) -> Inputs:
    info = np.finfo(DTYPES[dtype])
    sizes = np.array(
        [0, info.smallest_subnormal, info.smallest_normal / 2, info.smallest_normal, info.max],
        DTYPES[dtype],
    )
    return np.concatenate([sizes, -sizes, np.array([np.inf, -np.inf, np.nan], DTYPES[dtype])])
