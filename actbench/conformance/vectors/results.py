"""Correctly rounded results: proved by ball arithmetic, and compared with mpmath.

The precision of the balls is raised until both ends of a ball round to the same number (Ziv's
strategy). mpmath evaluates the formula by other code to 50 digits.
"""

from collections.abc import Sequence

import mpmath
import numpy as np
from flint import arb, ctx

from actbench.activations.record import Activation
from actbench.conformance.accuracy import errors_at
from actbench.conformance.ball_oracle import enclosures
from actbench.conformance.reference import Reference, scale_at
from actbench.conformance.ulp import (
    NEAR_ZERO,
    Doubles,
    FloatFormat,
    Kind,
    breakpoints_of,
    format_of,
    ulp,
)
from actbench.conformance.vectors.rounding import rounded_ball, rounded_mpf
from actbench.conformance.vectors.vector_set import Result, Status
from actbench.formula.symbolic import oracle
from actbench.frameworks.libraries import DTYPES
from actbench.numerics.dispatch import evaluate

# Precisions in bits; the first decides nearly all roundings.
_PRECISIONS = (192, 640, 2560, 5120)

# Digits of the oracle, and the relative error below which it cannot decide a rounding.
_DIGITS, _ORACLE_ERROR = 50, mpmath.mpf(10) ** -48

_ORDERS = (0, 1, 2)

_LARGEST = 1e300  # JSON has no infinite numbers


def results_at(activation: Activation, x: Sequence[float], dtype: str) -> list[list[Result]]:
    """Return for each finite input, a number of the format, the results of f, f' and f''."""
    numbers = format_of(DTYPES[dtype])
    proved, rests = _by_balls(activation, x, numbers)
    made: list[list[Result]] = [[] for _ in x]
    for order in _ORDERS:
        by_oracle = [_by_oracle(activation, order, each, numbers) for each in x]
        found = [
            _combined(known, candidates)
            for known, (candidates, _) in zip(proved[order], by_oracle, strict=True)
        ]
        for at, (_, status) in enumerate(found):
            if status is Status.ORACLE:
                rests[order][at] = by_oracle[at][1]
        expected = np.array([np.nan if each is None else each for each, _ in found])
        measured = _measures(activation, order, np.array(x), expected, rests[order], dtype)
        for at, (known, status) in enumerate(found):
            unit, factor, minimum = (float(each[at]) for each in measured)
            rest = float(rests[order][at]) / unit if np.isfinite(rests[order][at]) else 0.0
            made[at].append(Result(known, rest, unit, factor, minimum, status))
    return made


def limits_at(activation: Activation, x: float, dtype: str) -> list[Result]:
    """Return the results at ±∞ or NaN, which the record states."""
    number = np.array([x], DTYPES[dtype])
    numbers = format_of(number.dtype)
    functions = (activation, activation.derivative, activation.second_derivative)
    with np.errstate(all="ignore"):
        results = [float(function(number)[0]) for function in functions]
    return [
        Result(
            y, 0.0, float(ulp(y if np.isfinite(y) else 0.0, numbers)), 1.0, 0.0, Status.LIMIT
        )
        for y in results
    ]


def _by_balls(
    activation: Activation, x: Sequence[float], numbers: FloatFormat
) -> tuple[list[list[float | None]], list[Doubles]]:
    """Return by order the proved results (None if undecided), and true value − result."""
    proved: list[list[float | None]] = [[None] * len(x) for _ in _ORDERS]
    rests = [np.full(len(x), np.nan) for _ in _ORDERS]
    unknown = list(range(len(x)))
    for precision in _PRECISIONS:
        balls = enclosures(activation, [x[at] for at in unknown], precision=precision)
        with ctx.workprec(precision):
            for at, found in zip(unknown, balls, strict=True):
                for order, ball in enumerate(found):
                    known = rounded_ball(ball, numbers)
                    if proved[order][at] is None and known is not None:
                        proved[order][at] = known
                        if np.isfinite(known):
                            rests[order][at] = float(ball - arb(known))
        unknown = [at for at in unknown if any(each[at] is None for each in proved)]
        if not unknown:
            break
    return proved, rests


def _by_oracle(
    activation: Activation, order: int, x: float, numbers: FloatFormat
) -> tuple[tuple[float, ...], float]:
    """Return the numbers that the oracle's value may round to, and value − the first of them.

    There are none if the oracle has no value.
    """
    try:
        value = oracle(activation, x, order=order, digits=_DIGITS)
    except ArithmeticError:
        return (), np.nan
    with mpmath.workdps(_DIGITS + 10):
        error = abs(value) * _ORACLE_ERROR
        near = (value, value - error, value + error)
        candidates = tuple(dict.fromkeys(rounded_mpf(each, numbers) for each in near))
        rest = float(value - candidates[0]) if np.isfinite(candidates[0]) else 0.0
        return candidates, rest


def _combined(
    proved: float | None, by_oracle: tuple[float, ...]
) -> tuple[float | None, Status]:
    if proved is None:
        return (by_oracle[0], Status.ORACLE) if by_oracle else (None, Status.UNKNOWN)
    if not by_oracle:
        return proved, Status.BALLS
    return proved, Status.CONFIRMED if proved in by_oracle else Status.DISPUTED


@np.errstate(all="ignore")
def _measures(
    activation: Activation, order: int, x: Doubles, expected: Doubles, rest: Doubles, dtype: str
) -> tuple[Doubles, Doubles, Doubles]:
    """Return unit, factor and minimum of each result, by the rules of the audit."""
    kind = DTYPES[dtype]
    numbers = format_of(kind)
    low = np.nan_to_num(rest)
    finite = np.where(np.isfinite(expected), expected, np.copysign(numbers.end, expected))
    scale = scale_at(activation, order, x)
    known = Reference(activation, order, finite, low, scale)
    errors = errors_at(x.astype(kind), finite.astype(kind), known, 1.0)
    size = np.abs(finite)
    subnormal, near = size < numbers.flushed, size < scale
    unit = np.where(subnormal, numbers.tiny, ulp(np.nan_to_num(finite), numbers))
    unit = np.where(near, np.maximum(unit, ulp(np.nan_to_num(scale), numbers)), unit)
    factor = np.where(near & ~subnormal, float(NEAR_ZERO), np.where(subnormal, 0.0, 1.0))
    minimum = np.where(subnormal, np.maximum(size / numbers.tiny, 1.0), 0.0)
    # The audit accepts f(0) for subnormal inputs, and both sides near a breakpoint.
    accepted = [(np.abs(x) < numbers.tiny, float(evaluate(activation, 0.0, order)))]
    for point in breakpoints_of(activation, order, kind):
        close = (np.abs(x - point.x) <= point.reach) & (errors.kind == Kind.NEAR_BREAKPOINT)
        accepted += [(close, point.low), (close, point.high)]
        factor = np.where(close, 1.0, factor)
    for where, result in accepted:
        error = np.abs((result - finite) / unit - low / unit)
        minimum = np.where(where, np.maximum(minimum, error), minimum)
    unit = np.where(np.isfinite(unit) & (unit > 0), unit, numbers.tiny)
    return unit, factor, np.nan_to_num(minimum, nan=0.0, posinf=_LARGEST)
