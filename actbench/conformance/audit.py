"""Audit one target: measure it, check the measurements, and collect the findings."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from actbench import provenance
from actbench.activations.record import Activation
from actbench.conformance.accuracy import ORDER_NAMES
from actbench.conformance.audited_code import hashes_of
from actbench.conformance.checks import ACCURACY, MEASUREMENT_CHECKS, Check
from actbench.conformance.elementwise import TARGET_CHECKS
from actbench.conformance.findings import (
    FAIL,
    SKIPPED,
    STRICT,
    Audit,
    Coverage,
    Finding,
    Tolerance,
)
from actbench.conformance.inputs import CHOICE, Interval, inputs
from actbench.conformance.measurements import (
    COMPILED,
    EAGER,
    Measurement,
    MeasurementKey,
    Measurements,
    measure,
    quiet,
)
from actbench.conformance.positions import POSITION_ORDERS, check_positions
from actbench.conformance.reference import reference
from actbench.conformance.scope import EVERYTHING, Scope
from actbench.conformance.search import with_search
from actbench.conformance.severity import severity_of
from actbench.conformance.targets.target import Target
from actbench.frameworks.libraries import BrokenError, NoGradientError, NotPossibleError


def audit(
    target: Target,
    tolerance: Tolerance = STRICT,
    *,
    measurements: Measurements | None = None,
    scope: Scope = EVERYTHING,
) -> Audit:
    """Compare a target with its reference.

    Args:
        target: the target.
        tolerance: allowed errors.
        measurements: the result of `measure(target)`, if the caller needs it too.
        scope: the part of the function that is compared.
    """
    begun = begin(target, tolerance)
    measured = measurements or measure(
        target, dtypes=scope.dtypes, orders=scope.orders, interval=scope.interval
    )
    start = time.perf_counter()
    with quiet():
        findings = tuple(
            replace(each, severity=severity_of(each))
            if each.outcome == FAIL and each.severity is None
            else each
            for each in _findings(target, measured, tolerance, scope)
        )
    seconds = round(measured.seconds + time.perf_counter() - start, 2)
    coverage = {
        dtype: _coverage(target, dtype, scope.interval)
        for dtype in dict.fromkeys(key.dtype for key in measured.results)
    }
    return replace(begun, findings=findings, coverage=coverage, seconds=seconds)


def _coverage(target: Target, dtype: str, interval: Interval | None) -> Coverage:
    choice = CHOICE[dtype]
    if interval is not None:
        choice = f"from {interval[0]:g} to {interval[1]:g}: {choice}"
    return Coverage(inputs(target.expected, dtype, interval).size, choice)


def begin(target: Target, tolerance: Tolerance = STRICT) -> Audit:
    """Return the audit of a target before its first finding."""
    function = target.make(target.usual_format)
    begun = Audit(
        target=target.name,
        location=target.location,
        package=target.package,
        library=target.library.name,
        device=target.library.device,
        function=target.expected.name,
        expected=str(target.expected),
        parameters=target.expected.parameters,
        formula=target.expected.formula or "",
        record=function.name if isinstance(function, Activation) else "",
        call=target.call,
        tolerance=tolerance,
        findings=(),
        versions=provenance.versions(target.package, target.library.name),
        machine=provenance.machine(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
    )
    return replace(begun, code=hashes_of(target, begun))


def _findings(
    target: Target, measured: Measurements, default: Tolerance, scope: Scope
) -> Iterator[Finding]:
    results = measured.results.values()
    for measurement in results:
        tolerance = scope.tolerances.get(measurement.key.dtype, default)
        yield from _run(ACCURACY, target, measurement, tolerance, scope.interval)
    for key, reason in measured.missing.items():
        yield _missing(key, reason, target, measured)
    for measurement in results:
        tolerance = scope.tolerances.get(measurement.key.dtype, default)
        for check in MEASUREMENT_CHECKS:
            if check.applies_to(measurement):
                yield from _run(check, target, measurement, tolerance, scope.interval)
    if 0 in scope.orders:
        tolerance = scope.tolerances.get(target.usual_format, default)
        for check_target in TARGET_CHECKS:
            yield from check_target(target, tolerance)
    if scope.interval is not None:  # the numbers below are outside of it
        return
    for key in measured.results:
        if key.mode == EAGER and key.order in POSITION_ORDERS:
            tolerance = scope.tolerances.get(key.dtype, default)
            yield check_positions(target, key.dtype, key.order, tolerance)


def _run(
    check: Check,
    target: Target,
    measurement: Measurement,
    tolerance: Tolerance,
    interval: Interval | None,
) -> Iterator[Finding]:
    """Make one check, and add a reproducer to each finding with a wrong result."""
    key = measurement.key
    known = reference(target.expected, key.order, key.dtype, interval)
    if check == ACCURACY:
        measurement, known = with_search(measurement, known, tolerance)
    for finding in check.function(measurement, known, tolerance):
        shown = finding.example or finding.worst
        if finding.failing and shown is not None:
            compiled = key.mode == COMPILED
            text = target.reproducer(shown.x, key.dtype, key.order, compiled=compiled)
            yield replace(finding, reproducer=text)
        else:
            yield finding


def _missing(
    key: MeasurementKey, reason: NotPossibleError, target: Target, measured: Measurements
) -> Finding:
    """Return the finding on a measurement that was not possible: a failure, or skipped."""
    fails = key.dtype in target.formats and _is_fault(key, reason, target, measured)
    outcome = FAIL if fails else SKIPPED
    return Finding(ORDER_NAMES[key.order], outcome, str(reason), key.dtype, key.mode)


def _is_fault(
    key: MeasurementKey, reason: NotPossibleError, target: Target, measured: Measurements
) -> bool:
    """Return whether the function, not its library, is the reason for a missing measurement.

    The library is the reason if it states that it has no kernel or gradient for a format. It
    must have one for another format, however; otherwise the function cannot be used at all.
    """
    broken, keys = isinstance(reason, BrokenError), measured.results.keys()
    elsewhere = any((key.mode, key.order) == (each.mode, each.order) for each in keys)
    if key.mode == COMPILED:
        # Compilers take no functions that need eager tensors, in any format.
        return isinstance(reason, NoGradientError) or (broken and elsewhere)
    if key.order == 0:
        return broken or not elsewhere
    if key._replace(order=key.order - 1) not in keys:
        return False  # the finding on that order is the failure
    needed = key.order == 1 and target.library.differentiates
    return broken or (needed and not elsewhere)
