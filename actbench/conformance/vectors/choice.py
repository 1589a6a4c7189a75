"""The choice of the inputs of a set of vectors: those at which implementations go wrong.

True values and committed audits decide the choice, so that it is the same on every machine.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from flint import arb

from actbench.activations import properties
from actbench.activations.record import Activation
from actbench.conformance.ball_oracle import enclosures
from actbench.conformance.reference import approximation_at, reference_at
from actbench.conformance.ulp import Doubles, FloatFormat, format_of, ulp
from actbench.conformance.vectors.audited_inputs import audited_inputs
from actbench.conformance.vectors.limits import nearest_breakpoints
from actbench.conformance.vectors.numbers import (
    around,
    number_at,
    place_of,
    sample,
    special_numbers,
)
from actbench.conformance.vectors.rounding import approximately_rounded
from actbench.conformance.vectors.vector_set import InputKind
from actbench.frameworks.libraries import DTYPES

_ORDERS = (0, 1, 2)

# Inputs of each kind, for each order.
_HARD, _ZEROS, _RANGES = 8, 4, 8

# A true value is hard to round if it is this close to the middle of two numbers, in ULP.
_CLOSE = 0.01

# Candidates from the stable code for each input that is chosen by its true value.
_CANDIDATES = 8

# Neighbours of a zero of the stable code among which the zero of the formula is looked for.
_WINDOW = 8

_PRECISION = 192


def chosen_inputs(activation: Activation, dtype: str) -> dict[float, tuple[InputKind, ...]]:
    """Return the finite inputs in ascending order, with the reasons for each; +0 is 0 too."""
    groups: dict[InputKind, Iterable[float]] = {
        InputKind.SPECIAL: special_numbers(dtype),
        InputKind.ORDINARY: (np.arange(-20, 21) / 2).tolist(),
        InputKind.BREAKPOINT: around(nearest_breakpoints(activation), dtype, 2),
        InputKind.ZERO: _around_zeros(activation, dtype),
        InputKind.RANGE: _ends_of_ranges(activation, dtype),
        InputKind.HARD_TO_ROUND: _hard_to_round(activation, dtype),
        InputKind.AUDITED: audited_inputs(activation.name, dtype),
    }
    kinds: dict[float, list[InputKind]] = {}
    for kind, numbers in groups.items():
        for x in numbers:
            if np.isfinite(x) and kind not in kinds.setdefault(x + 0.0, []):
                kinds[x + 0.0].append(kind)
    return {x: tuple(kinds[x]) for x in sorted(kinds)}


def _around_zeros(activation: Activation, dtype: str) -> Iterator[float]:
    """Yield the numbers on both sides of zeros of f, f' and f'', and their neighbours."""
    for order in _ORDERS:
        zeros = sorted(properties.zeros(activation, order), key=lambda x: (abs(x), x))[:_ZEROS]
        for zero in zeros:
            near = around([zero], dtype, _WINDOW)
            balls = enclosures(activation, near, precision=_PRECISION)
            positive = [ball[order] > 0 for ball in balls]
            at = next(
                (n for n, _ in enumerate(near[1:]) if positive[n] != positive[n + 1]), None
            )
            if at is not None:
                yield from near[max(at - 1, 0) : at + 3]


def _hard_to_round(activation: Activation, dtype: str) -> Iterator[float]:
    """Yield inputs with a normal result that is almost halfway between two numbers."""
    x = sample(activation, dtype)
    numbers = format_of(DTYPES[dtype])
    for order in _ORDERS:
        known = (
            reference_at(activation, order, x)
            if dtype == "float64"
            else approximation_at(activation, order, x)
        )
        distance = _distance_from_middle(known.high, known.low, numbers)
        candidates = np.argsort(distance, kind="stable")[: _CANDIDATES * _HARD]
        balls = enclosures(
            activation, x[candidates].astype(np.float64).tolist(), precision=_PRECISION
        )
        exact = [_two_floats(ball[order]) for ball in balls]
        high, low = np.array(exact).reshape(-1, 2).T
        distance = _distance_from_middle(high, low, numbers)
        for at in np.argsort(distance, kind="stable")[:_HARD]:
            if distance[at] < _CLOSE:
                yield float(x[candidates[at]])


def _two_floats(ball: arb) -> tuple[float, float]:
    high = float(ball)
    return (high, float(ball - high)) if np.isfinite(high) else (high, 0.0)


def _distance_from_middle(high: Doubles, low: Doubles, numbers: FloatFormat) -> Doubles:
    """Return the distance of true values from the middle of two numbers, else ∞."""
    size = np.abs(high)
    with np.errstate(all="ignore"):
        unit = ulp(np.nan_to_num(high), numbers)
        units = high / unit
        distance: Doubles = np.abs(np.abs(units - np.rint(units) + low / unit) - 0.5)
    usual = (size >= numbers.tiny) & (size < numbers.end) & np.isfinite(high)
    return np.where(usual, distance, np.inf)


def _ends_of_ranges(activation: Activation, dtype: str) -> Iterator[float]:
    """Yield neighbours between which the result becomes 0, subnormal, infinite or a limit."""
    x = sample(activation, dtype).astype(np.float64)
    numbers = format_of(DTYPES[dtype])
    for order in _ORDERS:
        known = approximation_at(activation, order, x.astype(DTYPES[dtype])).high
        limits = [
            limit for limit in activation.limits_of(order) if np.isfinite(limit) and limit
        ]
        with np.errstate(over="ignore", invalid="ignore"):
            results = known.astype(DTYPES[dtype]).astype(np.float64)
        labels = _labels(results, limits, numbers)
        is_change = (labels[1:] != labels[:-1]) & ~np.isnan(known[1:]) & ~np.isnan(known[:-1])
        changes = np.flatnonzero(is_change)
        chosen = changes[
            np.linspace(0, changes.size - 1, min(changes.size, _RANGES)).astype(int)
        ]
        low = [place_of(each, dtype) for each in x[chosen]]
        high = [place_of(each, dtype) for each in x[chosen + 1]]
        target = labels[chosen]
        while any(b - a > 1 for a, b in zip(low, high, strict=True)):
            middle = [(a + b) // 2 for a, b in zip(low, high, strict=True)]
            points = [number_at(place, dtype) for place in middle]
            balls = enclosures(activation, points, precision=_PRECISION)
            got = np.array([approximately_rounded(ball[order], numbers) for ball in balls])
            for n, label in enumerate(_labels(got, limits, numbers)):
                if high[n] - low[n] > 1:
                    low[n], high[n] = (
                        (middle[n], high[n]) if label == target[n] else (low[n], middle[n])
                    )
        yield from (number_at(place, dtype) for place in (*low, *high))


def _labels(
    results: Doubles, limits: list[float], numbers: FloatFormat
) -> npt.NDArray[np.int_]:
    """Return the range of each result: zero, subnormal, a limit, infinite or another."""
    size = np.abs(results)
    labels = np.where(size == 0, 0, np.where(size < numbers.tiny, 1, 2))
    for limit in limits:
        labels[np.abs(results - limit) < ulp(limit, numbers) / 2] = 3
    labels[np.isinf(results)] = 4
    return labels
