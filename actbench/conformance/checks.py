"""The table of checks, and the checks of special values, shape properties and kinks.

A check is a pure function (measurement, reference, tolerance) ↦ findings.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from actbench.activations import breakpoints
from actbench.activations.breakpoints import Kink
from actbench.conformance.accuracy import ORDER_NAMES, check_accuracy, check_compiled
from actbench.conformance.elementwise import changed_inputs
from actbench.conformance.findings import (
    Finding,
    Point,
    Tolerance,
    decimal,
    outcome_of,
    point,
)
from actbench.conformance.measurements import COMPILED, EAGER, Measurement
from actbench.conformance.reference import Reference, reference_at
from actbench.conformance.ulp import ulp


class Check(NamedTuple):
    """One check, and the measurements that it is made for.

    Args:
        function: returns the findings of a measurement.
        orders: orders of the derivative.
        modes: eager, compiled or both.
    """

    function: Callable[[Measurement, Reference, Tolerance], Iterator[Finding]]
    orders: tuple[int, ...]
    modes: tuple[str, ...] = (EAGER, COMPILED)

    def applies_to(self, measurement: Measurement) -> bool:
        """Return whether the check is made for a measurement."""
        return measurement.key.order in self.orders and measurement.key.mode in self.modes


def check_input(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[Finding]:
    """Check that the function does not write to its input, at any input of the format."""
    del reference, tolerance
    x, x_after = measurement.x, measurement.x_after
    changed = changed_inputs(x, x_after)
    at = changed[0] if changed.size else 0
    yield Finding(
        "input unchanged",
        outcome_of(changed.size),
        "the function writes to its input" if changed.size else "",
        measurement.key.dtype,
        failing=changed.size,
        checked=x.size,
        worst=point(x[at], x_after[at], float(x[at])) if changed.size else None,
    )


def check_kinks(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[Finding]:
    """Check that the derivative at each kink lies between the one-sided derivatives."""
    texts, wrong = [], None
    for kink in reference.activation.kinks:
        at_kink = np.flatnonzero(measurement.x.astype(np.float64) == kink.x)
        if not at_kink.size:  # the format has no such number
            continue
        low, high = kink.interval
        size = ulp(max(abs(low), abs(high)), measurement.numbers)
        allowed = tolerance.derivative * float(size)
        for at in at_kink:
            got = float(measurement.got[at])
            if not low - allowed <= got <= high + allowed:
                wrong = wrong or point(measurement.x[at], measurement.got[at], kink.derivative)
        choice = _choice_at(reference, kink, got, allowed)
        texts.append(f"f'({kink.x:g}) = {got:.5g}, {choice} in [{low:.5g}, {high:.5g}]")
    if not texts:
        return
    yield Finding(
        "kinks",
        outcome_of(wrong is not None),
        "; ".join(texts),
        measurement.key.dtype,
        measurement.key.mode,
        failing=int(wrong is not None),
        checked=len(texts),
        worst=wrong,
    )


def _choice_at(reference: Reference, kink: Kink, got: float, allowed: float) -> str:
    """Return which of the possible derivatives at a kink was chosen."""
    left, right = breakpoints.one_sided_limits(reference.activation, kink.x, 1)
    choices = {
        "the left derivative": left,
        "the right derivative": right,
        "the mean of both derivatives": (left + right) / 2,
    }
    near = [name for name, value in choices.items() if abs(got - value) <= allowed]
    low, high = kink.interval
    return near[0] if near else "another number" if low <= got <= high else "a number not"


def check_special_values(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[Finding]:
    """Check results at NaN, ±∞ and ±0, and that finite inputs do not give NaN."""
    x = measurement.x.astype(np.float64)
    wrong = [
        *_wrong_at_nan(measurement, reference),
        *_wrong_nan(measurement, reference),
        *_wrong_at_infinity(measurement, reference, tolerance),
        *_wrong_at_zero(measurement, reference),
    ]
    yield Finding(
        f"special values of the {ORDER_NAMES[reference.order]}",
        outcome_of(len(wrong)),
        "; ".join(text for text, _ in wrong),
        measurement.key.dtype,
        measurement.key.mode,
        failing=len(wrong),
        checked=int((~np.isfinite(x) | (x == 0)).sum()),
        worst=wrong[0][1] if wrong else None,
    )


def _wrong_at_nan(
    measurement: Measurement, reference: Reference
) -> Iterator[tuple[str, Point]]:
    if reference.order > 0:  # derivatives at NaN may be anything
        return
    wrong = np.flatnonzero(np.isnan(measurement.x) & ~np.isnan(measurement.got))
    if wrong.size:
        at = wrong[0]
        yield "NaN gives a number", point(measurement.x[at], measurement.got[at], np.nan)


def _wrong_nan(measurement: Measurement, reference: Reference) -> Iterator[tuple[str, Point]]:
    wrong = np.flatnonzero(np.isnan(measurement.got) & np.isfinite(measurement.x))
    if wrong.size:
        at = wrong[:1]
        expected = reference_at(reference.activation, reference.order, measurement.x[at])
        worst = point(measurement.x[at[0]], measurement.got[at[0]], float(expected.high[0]))
        yield f"NaN from {wrong.size} finite numbers", worst


def _wrong_at_infinity(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[tuple[str, Point]]:
    limits = reference.activation.limits_of(reference.order)
    for sign, end, limit in zip("−+", (-np.inf, np.inf), limits, strict=True):
        if np.isnan(limit):
            continue
        allowed = 0.0
        if np.isfinite(limit):
            allowed = tolerance.of(reference.order) * float(ulp(limit, measurement.numbers))
        for at in np.flatnonzero(measurement.x.astype(np.float64) == end):
            got = float(measurement.got[at])
            if got != limit and not abs(got - limit) <= allowed:
                worst = point(measurement.x[at], measurement.got[at], limit)
                yield f"wrong at {sign}∞", worst


def _wrong_at_zero(
    measurement: Measurement, reference: Reference
) -> Iterator[tuple[str, Point]]:
    """Compare the results at −0 and +0, unless the function jumps there."""
    zeros = np.flatnonzero(measurement.x.astype(np.float64) == 0)
    got = measurement.got[zeros].astype(np.float64)
    if breakpoints.has_jump(reference.activation, 0.0, reference.order):
        return
    if got.size and (got != got[0]).any() and not np.isnan(got).all():
        at = zeros[0]
        worst = point(measurement.x[at], measurement.got[at], float(got[-1]))
        yield "−0 and +0 differ", worst


def check_bounds(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[Finding]:
    """Check that values lie within the bounds of the function."""
    finite = np.isfinite(measurement.x)
    x, results = measurement.x[finite], measurement.got[finite]
    got = results.astype(np.float64)
    signs = {"lower": -1.0, "upper": 1.0}
    for (side, sign), bound in zip(signs.items(), reference.activation.bounds, strict=True):
        if not np.isfinite(bound):
            continue
        # A bound such as 0 or 1 is exact in all formats. Another bound is rounded, in float64
        # as well, so results may exceed it by the tolerance.
        exact = float(np.float16(bound)) == bound
        unit = float(ulp(bound, measurement.numbers))
        excess = np.nan_to_num(sign * (got - bound) / unit, nan=-np.inf)
        at = int(np.argmax(excess))
        failing = int((excess > (0 if exact else tolerance.value)).sum())
        yield Finding(
            f"{side} bound",
            outcome_of(failing),
            f"exceeds {bound:.6g} by {excess[at]:.3g} ULP" if failing else "",
            measurement.key.dtype,
            measurement.key.mode,
            failing=failing,
            checked=x.size,
            worst=point(x[at], results[at], bound) if failing else None,
        )


def check_monotonicity(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[Finding]:
    """Check that a nondecreasing function does not decrease from one input to the next."""
    if not reference.activation.monotone:
        return
    numbers = measurement.numbers
    known = np.isfinite(measurement.x) & ~np.isnan(measurement.got)
    order = np.argsort(measurement.x[known].astype(np.float64), kind="stable")
    x, results = measurement.x[known][order], measurement.got[known][order]
    got = np.clip(results.astype(np.float64), -numbers.end, numbers.end)
    larger = np.maximum(np.abs(got[:-1]), np.abs(got[1:]))
    if got.size < 2:  # all other results are NaN
        return
    decrease = np.nan_to_num((got[:-1] - got[1:]) / ulp(larger, numbers), nan=0.0)
    # A subnormal result may be flushed to zero for one input and not for the next.
    decrease = np.where(larger < numbers.tiny, 0.0, decrease)
    at = int(np.argmax(decrease))
    failing = int((decrease > tolerance.value).sum())
    yield Finding(
        "monotone",
        outcome_of(failing),
        f"decreases by {decrease[at]:.3g} ULP after x = {decimal(x[at])}"
        if decrease[at] > 0
        else "",
        measurement.key.dtype,
        measurement.key.mode,
        failing=failing,
        checked=x.size,
        worst=point(x[at + 1], results[at + 1], got[at]) if failing else None,
    )


def check_symmetry(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[Finding]:
    """Check that f(−x) = −f(x) for an odd function, and f(−x) = f(x) for an even one."""
    symmetry = reference.activation.symmetry
    if symmetry is None:
        return
    known = np.isfinite(measurement.x) & (measurement.x != 0)
    x, results = measurement.x[known], measurement.got[known]
    order = np.argsort(x.astype(np.float64), kind="stable")
    x, results = x[order], results[order]
    mirrored = np.searchsorted(x.astype(np.float64), -x.astype(np.float64))
    mirrored = np.minimum(mirrored, x.size - 1)
    paired = x[mirrored] == -x
    got = results.astype(np.float64)
    expected = got[mirrored] * (-1 if symmetry == "odd" else 1)
    error = np.abs(got - expected) / ulp(got, measurement.numbers)
    error = np.where(got == expected, 0, error)
    error = np.where(paired, np.nan_to_num(error, nan=np.inf), 0)
    at = int(np.argmax(error))
    failing = int((error > tolerance.value).sum())
    yield Finding(
        symmetry,
        outcome_of(failing),
        f"f(−x) is off by {error[at]:.3g} ULP at x = {decimal(x[at])}" if error[at] > 0 else "",
        measurement.key.dtype,
        measurement.key.mode,
        failing=failing,
        checked=int(paired.sum()),
        worst=point(x[at], results[at], expected[at]) if failing else None,
    )


ACCURACY = Check(check_accuracy, orders=(0, 1, 2))
"""The check of every measurement; its findings come first."""

MEASUREMENT_CHECKS = (
    Check(check_kinks, orders=(1,)),
    Check(check_special_values, orders=(0, 1)),
    Check(check_bounds, orders=(0,)),
    Check(check_monotonicity, orders=(0,)),
    Check(check_symmetry, orders=(0,)),
    Check(check_input, orders=(0,), modes=(EAGER,)),
    Check(check_compiled, orders=(0, 1), modes=(COMPILED,)),
)
"""All other checks of measurements, in the order of their findings."""
