"""Audit one target: look, judge, gather."""

import time
import warnings
from datetime import UTC, datetime

import numpy as np

from actbench import provenance
from actbench.conformance.checks import Judge
from actbench.conformance.elementwise import kept, purity
from actbench.conformance.findings import STRICT, Audit, Tolerance
from actbench.conformance.measurements import observe
from actbench.conformance.targets import Target


def audit(target: Target, tolerance: Tolerance = STRICT) -> tuple[Audit, Judge]:
    """Return the audit of a target, and the judge, who knows all errors."""
    started, begun = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # What overflows or is invalid is judged, not warned of; frameworks warn of what they
        # compile and of what they will change.
        warnings.simplefilter("ignore")
        judge = Judge(target, observe(target), tolerance)
        verdicts = (*judge.verdicts(), *purity(target, tolerance), kept(target))
    return (
        Audit(
            target=target.name,
            place=target.place,
            package=target.package,
            library=target.library.name,
            device=target.library.device,
            expected=str(target.expected),
            formula=target.expected.formula or "",
            tolerance=tolerance,
            verdicts=verdicts,
            versions=provenance.versions(target.package, target.library.name),
            machine=provenance.machine(),
            started=started,
            seconds=round(time.perf_counter() - begun, 2),
        ),
        judge,
    )
