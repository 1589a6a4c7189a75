"""The defects that audits found, each with a program of three lines that reproduces it."""

from collections.abc import Iterator, Sequence

import pandas as pd

from actbench.conformance.findings import FAIL, Audit, Finding
from analysis.conformance.labels import (
    format_order,
    framework_of,
    function_place,
    severity,
)
from analysis.site.section import Section


def section(audits: Sequence[Audit]) -> Section:
    """Return a table of the failing checks of all functions."""
    table = summarise(audits)
    return Section(
        "Defects, with reproducers",
        f"{len(table)} failing checks. Each check that fails is shown once for each function, "
        "in the first format in which it fails. The reproducer prints the result in the column "
        '"got". It may print another result if the compiler treats a short array differently, '
        "or if the result depends on the rest of the array.",
        table=table,
    )


def summarise(audits: Sequence[Audit]) -> pd.DataFrame:
    """Return a row for each function and failing check, the most severe ones first."""
    table = pd.DataFrame(
        [_row(audit, finding) for audit in audits for finding in _first_failures(audit)]
    )
    if table.empty:
        return table
    table["order"] = table["function"].map(function_place)
    table["severity"] = -table["check"].map(severity)
    ordered = table.sort_values(["severity", "order", "location"], kind="stable")
    return ordered.drop(columns=["order", "severity"])


def _first_failures(audit: Audit) -> Iterator[Finding]:
    """Yield each failing check once, in the first format in which it fails."""
    seen = set()
    for finding in sorted(audit.findings, key=format_order):
        if finding.outcome == FAIL and finding.check not in seen:
            seen.add(finding.check)
            yield finding


def _row(audit: Audit, finding: Finding) -> dict[str, str]:
    worst = finding.worst
    return {
        "function": audit.function,
        "location": f"{audit.location} ({framework_of(audit)})",
        "check": finding.check,
        "format": finding.dtype,
        "x": worst.x if worst else "",
        "got": worst.got if worst else "",
        "expected": worst.expected if worst else "",
        "reproducer": finding.reproducer or "—",
    }
