"""Checks of accuracy: results against true values, and compiled results against eager ones."""

from collections.abc import Iterator
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from actbench.activations.record import ErrorBound
from actbench.conformance.findings import (
    Finding,
    Point,
    Severity,
    Tolerance,
    finite_or_none,
    outcome_of,
    point,
)
from actbench.conformance.inputs import Inputs
from actbench.conformance.measurements import Measurement
from actbench.conformance.reference import Reference, oracle_reference
from actbench.conformance.severity import most_telling, severities, severity_at
from actbench.conformance.ulp import (
    NEAR_ZERO,
    NUMPY,
    Doubles,
    Kind,
    breakpoints_of,
    compute_errors,
    format_of,
    ulp,
)
from actbench.numerics.array import Array
from actbench.numerics.dispatch import evaluate

ORDER_NAMES = ("value", "derivative", "second derivative")
"""The names of orders 0, 1 and 2."""

# The oracle decides on this many of the worst results.
_ORACLE_CHECKS = 16

_REPORTED_KINDS = (
    Kind.SUBNORMAL,
    Kind.SUBNORMAL_INPUT,
    Kind.NEAR_ZERO,
    Kind.NEAR_BREAKPOINT,
)


class Errors(NamedTuple):
    """The errors of results at finite inputs.

    Args:
        x: inputs.
        got: results.
        expected: true values, rounded to float64.
        ulp: errors in ULP, as `ulp.py` defines them; infinite for NaN.
        kind: the `Kind` of each result.
        limit: the largest error that is allowed for each result.
    """

    x: Inputs
    got: Inputs
    expected: Doubles
    ulp: Doubles
    kind: npt.NDArray[np.int8]
    limit: Doubles

    @property
    def failing(self) -> npt.NDArray[np.bool_]:
        """Which results are wrong."""
        return ~(self.ulp <= self.limit)

    @property
    def worst(self) -> int | None:
        """Index of the worst result: a wrong one if there is any, else a normal one."""
        normal = self.kind == Kind.NORMAL
        if self.failing.any():
            return int(np.argmax(np.where(self.failing, self.ulp / self.limit, -1.0)))
        return int(np.argmax(np.where(normal, self.ulp, -1.0))) if normal.any() else None

    def point_at(self, index: int) -> Point:
        """Return one input and its result as text."""
        return point(
            self.x[index],
            self.got[index],
            float(self.expected[index]),
            float(self.ulp[index]),
        )


def errors_at(x: Inputs, got: Inputs, reference: Reference, tolerance: float) -> Errors:
    """Return the errors of results against a reference.

    Args:
        x: finite inputs of a float dtype.
        got: results in the same dtype.
        reference: the true values at x.
        tolerance: allowed error in ULP.
    """
    activation, order = reference.activation, reference.order
    with np.errstate(all="ignore"):
        error, kind, limit = compute_errors(
            NUMPY,
            cast(Array, x.astype(np.float64)),
            cast(Array, got.astype(np.float64)),
            cast(Array, reference.high),
            cast(Array, reference.low),
            scale=cast(Array, reference.scale),
            at_zero=float(evaluate(activation, 0.0, order)),
            breakpoints=breakpoints_of(activation, order, x.dtype),
            numbers=format_of(x.dtype),
            tolerance=tolerance,
        )
    kinds = cast(Doubles, kind).astype(np.int8)
    return Errors(x, got, reference.high, cast(Doubles, error), kinds, cast(Doubles, limit))


@np.errstate(all="ignore")
def measured_errors(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Errors:
    """Return the errors of a measurement at its finite inputs.

    The oracle replaces the reference for the worst results, because an error of the stable
    code must not be reported as an error of the target.
    """
    finite, limit = np.isfinite(measurement.x), tolerance.of(reference.order)
    errors = errors_at(measurement.x[finite], measurement.got[finite], reference, limit)
    if measurement.bound is not None:
        _allow_stated_errors(errors, reference, measurement.bound)
    if reference.activation.formula is None:
        return errors
    worst = np.argsort(np.where(errors.failing, -errors.ulp, 0.0))[:_ORACLE_CHECKS]
    worst = worst[errors.failing[worst]]
    exact = oracle_reference(
        reference.activation, reference.order, errors.x[worst], reference.scale[worst]
    )
    known = ~np.isnan(exact.high)
    worst = worst[known]
    exact = exact._replace(
        high=exact.high[known], low=exact.low[known], scale=exact.scale[known]
    )
    corrected = errors_at(errors.x[worst], errors.got[worst], exact, limit)
    if measurement.bound is not None:
        _allow_stated_errors(corrected, exact, measurement.bound)
    expected = errors.expected.copy()
    expected[worst] = corrected.expected
    errors.ulp[worst], errors.kind[worst] = corrected.ulp, corrected.kind
    errors.limit[worst] = corrected.limit
    return errors._replace(expected=expected)


def _allow_stated_errors(errors: Errors, reference: Reference, bound: ErrorBound) -> None:
    """Raise the limits of wrong normal results to the bound that the record states."""
    at = np.flatnonzero(errors.failing & (errors.kind == Kind.NORMAL))
    x, high = errors.x[at], reference.high[at]
    # The step is far above the rounding errors of g, and far below the distance over which g
    # changes its steepness.
    step = 2.0**-20
    shifted = np.asarray(evaluate(reference.activation, x * (1 + step), reference.order))
    steepness = np.nan_to_num(np.abs((shifted - high) / (step * high)), nan=0.0)
    stated = bound.ulp + bound.sensitivity * steepness
    errors.limit[at] = np.maximum(errors.limit[at], stated)


def check_accuracy(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[Finding]:
    """Compare results at finite inputs with the true values."""
    key = measurement.key
    errors = measured_errors(measurement, reference, tolerance)
    failing, detail, worst = int(errors.failing.sum()), "", None
    severity, example = _severity_and_example(errors) if failing else (None, None)
    at = errors.worst
    if at is not None:
        worst = errors.point_at(at)
        kind = Kind(errors.kind[at])
        detail = "" if kind == Kind.NORMAL else f"largest error: {kind.label}"
    if measurement.result_dtype != key.dtype:
        failing = max(failing, 1)
        detail = f"expected {key.dtype} results, got {measurement.result_dtype}"
    normal = errors.kind == Kind.NORMAL
    if not failing and (errors.ulp[normal] > tolerance.of(key.order)).any():
        detail = f"within the bound of the record: {_as_text(measurement.bound)}"
    plain = np.isin(errors.kind, (Kind.NORMAL, Kind.NEAR_BREAKPOINT))
    yield Finding(
        ORDER_NAMES[key.order],
        outcome_of(failing),
        detail,
        key.dtype,
        key.mode,
        ulp=finite_or_none(errors.ulp[plain].max(initial=0.0)),
        other_errors={
            kind.label: finite_or_none(errors.ulp[errors.kind == kind].max())
            for kind in _REPORTED_KINDS
            if (errors.kind == kind).any()
        },
        failing=failing,
        checked=int((errors.kind != Kind.UNKNOWN).sum()),
        worst=worst,
        severity=severity,
        example=None if example == worst else example,
    )


def _severity_and_example(errors: Errors) -> tuple[Severity, Point]:
    """Return the severity of the wrong results, and the one that shows it best."""
    wrong = np.flatnonzero(errors.failing)
    levels = severities(errors.x, errors.ulp, errors.kind == Kind.SUBNORMAL)
    at = most_telling(errors.x, errors.ulp, levels, wrong)
    return severity_at(int(levels[at])), errors.point_at(at)


def _as_text(bound: ErrorBound | None) -> str:
    """Return an error bound as text, such as "8 + 4 · |x g'(x) / g(x)| ULP (cancellation)"."""
    if bound is None:
        return "none"
    factor = f" + {bound.sensitivity:g} · |x g'(x) / g(x)|" if bound.sensitivity else ""
    return f"{bound.ulp:g}{factor} ULP ({bound.reason})"


def check_compiled(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> Iterator[Finding]:
    """Compare compiled results with eager results at finite inputs."""
    if measurement.eager is None:
        return
    key, numbers = measurement.key, measurement.numbers
    finite = np.isfinite(measurement.x)
    x, compiled = measurement.x[finite], measurement.got[finite]
    got = compiled.astype(np.float64)
    eager = measurement.eager.got[finite].astype(np.float64)
    size = np.maximum(np.maximum(np.abs(eager), np.abs(got)), reference.scale)
    distance = np.abs(np.clip(eager, -numbers.end, numbers.end) - got)
    same = (got == eager) | (np.isnan(got) & np.isnan(eager))
    # Either version may flush subnormal numbers to zero.
    same |= (size < numbers.flushed) | (np.abs(x.astype(np.float64)) < numbers.tiny)
    error = np.where(same, 0.0, np.nan_to_num(distance / ulp(size, numbers), nan=np.inf))
    near_zero = reference.scale > np.abs(eager)
    limit = tolerance.of(key.order) * np.where(near_zero, NEAR_ZERO, 1)
    failing = int((error > limit).sum())
    at = int(np.argmax(error))
    yield Finding(
        f"compiled {ORDER_NAMES[key.order]} = eager",
        outcome_of(failing),
        f"differs by at most {error[at]:.3g} ULP" if error[at] > 0 else "",
        key.dtype,
        key.mode,
        ulp=finite_or_none(error[at]),
        failing=failing,
        checked=x.size,
        worst=point(x[at], compiled[at], float(eager[at]), error[at]) if failing else None,
    )
