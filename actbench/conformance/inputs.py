"""The inputs of an audit, for each format."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from actbench.activations import breakpoints, properties
from actbench.activations.record import Activation
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES

Inputs = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]

Interval = tuple[float, float]
"""The smallest and the largest input."""

# Numbers of float32 for each sign and exponent; more where functions have most of their
# curvature.
_PER_EXPONENT, _PER_CENTRAL_EXPONENT = 256, 8192
_CENTRAL_EXPONENTS = range(127 - 8, 127 + 8)

# The same for float64, for exponents −1022 … 1023 and −6 … 9.
_DOUBLES_PER_EXPONENT, _DOUBLES_PER_CENTRAL_EXPONENT = 6, 1024
_CENTRAL_DOUBLE_EXPONENTS = range(-6, 10)

# Evenly spaced float64 numbers: ends of an interval ↦ their number. Exponentials have their
# curvature in the first interval; they overflow or underflow within the second one.
_EVEN = {40.0: 24_576, 760.0: 12_288}

# Algorithms change at small multiples of these numbers: at integers and halves, and at the
# bounds of range reduction for exponentials and for sines.
_TRANSITIONS = {0.5: 128, math.log(2) / 2: 64, math.pi / 4: 64}

# The same numbers are included as arguments of exponentials: parameter · x and x / parameter.
_SCALED = 4096

# Neighbours on either side of a breakpoint, zero or transition.
_NEIGHBOURS = 8

# Numbers at each relative distance 2⁰, 2⁻¹ … 2⁻⁵² from a breakpoint or zero.
_PER_DISTANCE = 4

# Whole numbers come first.
_PLAIN_SIZES = np.array([*range(1, 11), *np.arange(0.5, 10), 20, 30, 50, 100], dtype=float)

PLAIN_NUMBERS = np.stack([_PLAIN_SIZES, -_PLAIN_SIZES], axis=1).ravel()
"""Numbers at which a reader can judge a result, the plainest first; all formats have them."""

# Zeros nearest to 0 that are included; oscillating functions have infinitely many.
_ZEROS = 12

CHOICE = {
    "float16": "all bit patterns",
    "bfloat16": "all bit patterns",
    "float32": "random numbers of each exponent and sign, most of size 2⁻⁸ to 2⁷, and scaled "
    "by the parameters; neighbours of breakpoints and zeros; then a search of 260,000 "
    "more, most around the largest errors",
    "float64": "random numbers of each exponent and sign, most of size 2⁻⁶ to 2⁹, and evenly "
    "up to 40 and 760, also scaled by the parameters; neighbours of breakpoints, zeros and "
    "transitions of algorithms; then a search of 260,000 more, most around the largest errors",
}
"""Format ↦ how the inputs of an audit are chosen."""


def inputs(activation: Activation, dtype: str, interval: Interval | None = None) -> Inputs:
    """Return the inputs of an audit, a one-dimensional array that includes NaN and ±∞.

    float16 and bfloat16 have all 65,536 bit patterns. float32 has about 400,000 and float64
    about 100,000 numbers, as `CHOICE` says. Both include subnormal numbers, ±0, the largest
    numbers, ±∞ and NaN.

    Args:
        activation: the activation whose breakpoints and zeros are included.
        dtype: name of the format.
        interval: the ends of the interval of the inputs; without one, all numbers are inputs.

    Raises:
        RequestError: the interval has no input.
    """
    every = _all_inputs(activation, dtype)
    if interval is None:
        return every
    low, high = interval
    wide = every.astype(np.float64)
    chosen = every[(wide >= low) & (wide <= high)]
    if not chosen.size:
        raise RequestError(
            f"range: expected an interval with {dtype} numbers, got {low:g} to {high:g}"
        )
    return chosen


@lru_cache(maxsize=8)
def _all_inputs(activation: Activation, dtype: str) -> Inputs:
    if dtype in ("float16", "bfloat16"):
        return np.arange(65536, dtype=np.uint16).view(DTYPES[dtype])
    sample = _float32_sample() if dtype == "float32" else _float64_sample()
    parts = [
        sample,
        _scaled(activation).astype(DTYPES[dtype]),
        _around_points(activation, dtype),
        PLAIN_NUMBERS.astype(DTYPES[dtype]),
        _special_numbers(dtype),
    ]
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
def _float64_sample() -> Doubles:
    """Draw numbers from each exponent and from even intervals; add those at transitions."""
    rng = np.random.default_rng(0)
    exponents = np.concatenate(
        [
            np.repeat(np.arange(-1022, 1024), _DOUBLES_PER_EXPONENT),
            np.repeat(_CENTRAL_DOUBLE_EXPONENTS, _DOUBLES_PER_CENTRAL_EXPONENT),
        ]
    )
    sizes = np.ldexp(rng.uniform(1, 2, exponents.size), exponents)
    signed = np.concatenate([sizes, -np.ldexp(rng.uniform(1, 2, exponents.size), exponents)])
    even = [rng.uniform(-end, end, count) for end, count in _EVEN.items()]
    return np.concatenate([signed, *even, _with_neighbours(_transitions(), _NEIGHBOURS // 4)])


def _transitions() -> Doubles:
    parts = [step * np.arange(-count, count + 1) for step, count in _TRANSITIONS.items()]
    return np.concatenate(parts)


def _scaled(activation: Activation) -> Doubles:
    """Return numbers whose product or quotient with a parameter is in the even intervals."""
    rng = np.random.default_rng(2)
    sizes = {abs(value) for value in activation.parameters.values()} - {0.0, 1.0}
    scales = [scale for scale in sorted(sizes | {1 / size for size in sizes}) if scale < 1e38]
    parts = [np.empty(0)]
    for scale in scales:
        even = [rng.uniform(-end, end, _SCALED) for end in _EVEN]
        parts += [scale * each for each in (*even, _transitions())]
    found = np.concatenate(parts)
    return found[np.isfinite(found)]


def _around_points(activation: Activation, dtype: str) -> Inputs:
    """Return 0, the breakpoints, the zeros of f, f' and f'', and numbers around these."""
    points = {0.0, *breakpoints.breakpoints(activation)}
    for order in range(3):
        points |= set(sorted(properties.zeros(activation, order), key=abs)[:_ZEROS])
    centres: Doubles = np.array(sorted(points))
    rng = np.random.default_rng(1)
    steps = np.repeat(np.ldexp(1.0, -np.arange(53)), _PER_DISTANCE)
    distances = steps * rng.uniform(0.5, 1, (centres.size, 2, steps.size))
    distances *= np.where(centres == 0, 1.0, np.abs(centres))[:, None, None]
    around = centres[:, None, None] + distances * np.array([[-1.0], [1.0]])
    nearest = _with_neighbours(centres.astype(DTYPES[dtype]), _NEIGHBOURS)
    return np.concatenate([nearest, around.ravel().astype(DTYPES[dtype])])


def _with_neighbours(points: Inputs, count: int) -> Inputs:
    """Return points and a number of their neighbours in the format, on both sides."""
    found, up, down = [points], points, points
    for _ in range(count):
        up, down = np.nextafter(up, np.inf), np.nextafter(down, -np.inf)
        found += [up, down]
    return np.concatenate(found)


def _special_numbers(dtype: str) -> Inputs:
    info = np.finfo(DTYPES[dtype])
    sizes = np.array(
        [0, info.smallest_subnormal, info.smallest_normal / 2, info.smallest_normal, info.max],
        DTYPES[dtype],
    )
    return np.concatenate([sizes, -sizes, np.array([np.inf, -np.inf, np.nan], DTYPES[dtype])])
