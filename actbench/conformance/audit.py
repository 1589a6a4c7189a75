"""Audit one target: measure it, check the measurements, and collect the findings."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from actbench import provenance
from actbench.conformance.accuracy import ORDER_NAMES
from actbench.conformance.checks import ACCURACY, MEASUREMENT_CHECKS, Check
from actbench.conformance.elementwise import TARGET_CHECKS
from actbench.conformance.findings import FAIL, SKIPPED, STRICT, Audit, Finding, Tolerance
from actbench.conformance.measurements import (
    COMPILED,
    Measurement,
    MeasurementKey,
    Measurements,
    measure,
    quiet,
)
from actbench.conformance.reference import reference
from actbench.conformance.targets.target import Target
from actbench.frameworks.libraries import BrokenError


def audit(
    target: Target, tolerance: Tolerance = STRICT, *, measurements: Measurements | None = None
) -> Audit:
    """Compare a target with its reference.

    Args:
        target: the target.
        tolerance: allowed errors.
        measurements: the result of `measure(target)`, if the caller needs it too.
    """
    begun = begin(target, tolerance)
    measured = measurements or measure(target)
    start = time.perf_counter()
    with quiet():
        findings = tuple(_findings(target, measured, tolerance))
    seconds = round(measured.seconds + time.perf_counter() - start, 2)
    return replace(begun, findings=findings, seconds=seconds)


def begin(target: Target, tolerance: Tolerance = STRICT) -> Audit:
    """Return the audit of a target before its first finding."""
    return Audit(
        target=target.name,
        location=target.location,
        package=target.package,
        library=target.library.name,
        device=target.library.device,
        function=target.expected.name,
        expected=str(target.expected),
        formula=target.expected.formula or "",
        tolerance=tolerance,
        findings=(),
        versions=provenance.versions(target.package, target.library.name),
        machine=provenance.machine(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
    )


def _findings(
    target: Target, measured: Measurements, tolerance: Tolerance
) -> Iterator[Finding]:
    results = measured.results.values()
    for measurement in results:
        yield from _run(ACCURACY, target, measurement, tolerance)
    for key, reason in measured.missing.items():
        yield _missing(key, reason, measured)
    for measurement in results:
        for check in MEASUREMENT_CHECKS:
            if check.applies_to(measurement):
                yield from _run(check, target, measurement, tolerance)
    for check_target in TARGET_CHECKS:
        yield from check_target(target, tolerance)


def _run(
    check: Check, target: Target, measurement: Measurement, tolerance: Tolerance
) -> Iterator[Finding]:
    """Make one check, and add a reproducer to each finding with a wrong result."""
    key = measurement.key
    known = reference(target.expected, key.order, key.dtype)
    for finding in check.function(measurement, known, tolerance):
        if finding.failing and finding.worst is not None:
            compiled = key.mode == COMPILED
            text = target.reproducer(finding.worst.x, key.dtype, key.order, compiled=compiled)
            yield replace(finding, reproducer=text)
        else:
            yield finding


def _missing(key: MeasurementKey, reason: Exception, measured: Measurements) -> Finding:
    """Return the finding on a measurement that was not possible.

    It is a failure if there is no value at all, or if the backward pass of a function with
    values raises an error.
    """
    no_values = key.order == 0 and not measured.results
    broken = (
        key.order == 1
        and isinstance(reason, BrokenError)
        and key._replace(order=0) in measured.results
    )
    outcome = FAIL if no_values or broken else SKIPPED
    return Finding(ORDER_NAMES[key.order], outcome, str(reason), key.dtype, key.mode)
