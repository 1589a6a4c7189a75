"""Audits as a JUnit file, which services for continuous integration show."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from actbench.conformance.findings import FAIL, SKIPPED, Audit, Finding
from actbench.conformance.text_report import failure_lines
from actbench.errors import RequestError


def write(path: Path, audits: Sequence[tuple[Audit, Sequence[Finding]]]) -> None:
    """Write a test suite for each audit, with a test case for each check.

    Args:
        path: the file.
        audits: each audit with its failures that are expected; these count as skipped.

    Raises:
        RequestError: the file cannot be written.
    """
    root = ET.Element("testsuites", name="actbench audit")
    for audit, expected in audits:
        cases = [_case(audit, finding, finding in expected) for finding in audit.findings]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=f"{audit.target} ({audit.library})",
            timestamp=audit.started.removesuffix("+00:00"),
            time=f"{audit.seconds}",
            tests=f"{len(cases)}",
            failures=f"{sum(case.find('failure') is not None for case in cases)}",
            skipped=f"{sum(case.find('skipped') is not None for case in cases)}",
            errors="0",
        )
        suite.extend(cases)
    ET.indent(root)
    try:
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise RequestError(
            f"--junit {path}: expected a file that can be written, got {error.strerror}"
        ) from None


def _case(audit: Audit, finding: Finding, is_expected: bool) -> ET.Element:
    name = ", ".join(part for part in (finding.check, finding.dtype, finding.mode) if part)
    case = ET.Element("testcase", classname=audit.target, name=_printable(name))
    detail = _printable(finding.detail)
    if finding.outcome == SKIPPED:
        ET.SubElement(case, "skipped", message=detail)
    elif is_expected:
        ET.SubElement(case, "skipped", message=f"expected to fail: {detail}")
    elif finding.outcome == FAIL:
        failure = ET.SubElement(
            case, "failure", message=detail or str(finding.severity or "wrong results")
        )
        lines = failure_lines(_only(audit, finding))
        failure.text = _printable("\n".join(lines), "\n")
    return case


def _only(audit: Audit, finding: Finding) -> Audit:
    return audit.with_findings((finding,))


def _printable(text: str, allowed: str = "") -> str:
    """Return a text without control characters, which XML does not have."""
    return "".join(each if each.isprintable() or each in allowed else "�" for each in text)
