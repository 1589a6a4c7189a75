"""The text of an audit for a terminal."""

import textwrap
from collections.abc import Iterator

from actbench.conformance.accuracy import ORDER_NAMES
from actbench.conformance.findings import (
    FAIL,
    OK,
    SKIPPED,
    Audit,
    Coverage,
    Finding,
    Point,
    Severity,
)
from actbench.conformance.measurements import EAGER
from actbench.conformance.ulp import Kind
from actbench.frameworks.libraries import DTYPES
from actbench.provenance import NOT_INSTALLED

_NAME_WIDTH, _COLUMN_WIDTH, _WIDTH = 46, 11, 90


def lines(audit: Audit) -> list[str]:
    """Return the lines of an audit: a table of checks by format, remarks and failures."""
    return [
        f"{audit.target} ({function_of(audit)})",
        f"compared with {audit.expected}, f(x) = {audit.formula}",
        "tolerance in ULP of normal results: value {:g}, derivative {:g}, second derivative "
        "{:g}".format(*audit.tolerance),
        "",
        *_table(audit),
        *_coverage(audit),
        *_remarks(audit),
        *failure_lines(audit),
        f"{conclusion(audit)} ({audit.seconds:.1f} s)",
        "",
    ]


def summary(audit: Audit) -> str:
    """Return an audit in one line."""
    checks = len({finding.check for finding in audit.failures})
    failing = f"{audit.severity} ({checks} check{'s' if checks > 1 else ''})"
    result = f"DOES NOT CONFORM: {failing}" if checks else "conforms"
    return f"{audit.target:<34} {audit.library:<11} {result}"


def conclusion(audit: Audit) -> str:
    """Return "conforms", or how serious the failures are, each with its checks."""
    groups: dict[str, list[str]] = {}
    for finding in sorted(audit.failures, key=_seriousness):
        text = finding.severity or ""
        groups.setdefault(text, []).append(finding.check)
    texts = []
    for severity, checks in groups.items():
        names = ", ".join(dict.fromkeys(checks))
        texts.append(f"{severity} ({names})" if severity else names)
    return f"DOES NOT CONFORM: {'; '.join(texts)}" if texts else "conforms"


def _seriousness(finding: Finding) -> int:
    return list(Severity).index(finding.severity or Severity.ORDINARY)


def function_of(audit: Audit) -> str:
    """Return the function, its library with versions, and the device if it is not the CPU."""
    if not audit.location:
        return f"a callable on {_versioned(audit, audit.library, audit.library)}"
    text = _versioned(audit, audit.location, audit.package)
    if audit.library not in audit.location:
        text += f" on {_versioned(audit, audit.library, audit.library)}"
    return text if audit.device == "cpu" else f"{text}, {audit.device}"


def _versioned(audit: Audit, name: str, package: str) -> str:
    """Return a name with the version of its package, if that has one."""
    version = audit.versions.get(package, NOT_INSTALLED)
    if version == NOT_INSTALLED:
        return name
    return f"{name} {version}" if name == package else f"{name}, {package} {version}"


def _table(audit: Audit) -> Iterator[str]:
    """Yield a line for each check and mode, with a column for each format."""
    yield f"{'':{_NAME_WIDTH}}" + "".join(f"{dtype:>{_COLUMN_WIDTH}}" for dtype in DTYPES)
    for name, texts in rows_of(audit):
        yield f"  {name:{_NAME_WIDTH - 2}}" + "".join(f"{t:>{_COLUMN_WIDTH}}" for t in texts)


def rows_of(audit: Audit) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each check and mode, with a text for each format."""
    rows: dict[tuple[str, str], dict[str, Finding]] = {}
    for finding in audit.findings:
        rows.setdefault((finding.check, finding.mode), {})[finding.dtype] = finding
    for (check, mode), cells in rows.items():
        if all(finding.outcome == SKIPPED for finding in cells.values()):
            continue
        name = check if mode == EAGER or "compiled" in check else f"{check}, compiled"
        yield name, [_cell(cells[dtype]) if dtype in cells else "" for dtype in DTYPES]


def _coverage(audit: Audit) -> Iterator[str]:
    """Yield how many inputs each format has, and how they are chosen."""
    formats: dict[Coverage, list[str]] = {}
    for dtype, coverage in audit.coverage.items():
        formats.setdefault(coverage, []).append(dtype)
    for coverage, names in formats.items():
        text = f"{' and '.join(names)}: {coverage.count:,} inputs, {coverage.choice}"
        yield from textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")


def _cell(finding: Finding) -> str:
    if finding.outcome == SKIPPED:
        return "—"
    mark = "" if finding.outcome == OK else "✗ "
    if finding.check in ORDER_NAMES:
        return mark + ("∞" if finding.ulp is None else f"{finding.ulp:.2g}")
    if finding.bytes_per_element is not None:
        return f"{finding.bytes_per_element:g} bytes"
    return mark.strip() or "ok"


def _remarks(audit: Audit) -> Iterator[str]:
    """Yield the details of checks that pass or are skipped, each with its formats.

    Checks that are skipped for the same reason have one line.
    """
    checks: dict[str, list[str]] = {}
    formats: dict[str, list[str]] = {}
    for finding in audit.findings:
        if finding.detail and finding.outcome != FAIL:
            skipped = finding.outcome == SKIPPED
            text = finding.detail if skipped else f"{finding.check}: {finding.detail}"
            checks.setdefault(text, []).extend([finding.check] if skipped else [])
            formats.setdefault(text, []).append(_where(finding))
        near = finding.other_errors.get(Kind.NEAR_ZERO.label)
        if near is not None and near > audit.tolerance.value and finding.outcome == OK:
            text = f"{finding.check}: {near:.3g} ULP of the scale near a zero"
            formats.setdefault(text, []).append(finding.dtype)
    if formats:
        yield ""
    for text, where in formats.items():
        names = ", ".join(dict.fromkeys(checks.get(text, ())))
        subject = f"{names}: " if names else ""
        yield f"  {subject}{text} ({', '.join(dict.fromkeys(where))})"


def _where(finding: Finding) -> str:
    """Return the format of a finding, and its mode if it is not eager."""
    mode = finding.mode if finding.mode != EAGER else ""
    return " ".join(part for part in (finding.dtype, mode) if part)


def _point(point: Point) -> str:
    error = f", {point.ulp:.3g} ULP" if point.ulp is not None else ""
    return f"x = {point.x} ({point.bits}): got {point.got}, expected {point.expected}{error}"


def failure_lines(audit: Audit) -> Iterator[str]:
    """Yield each failing check with its worst input, and the first reproducer."""
    for finding in sorted(audit.failures, key=_seriousness):
        yield ""
        count = f"{finding.failing:,} of {finding.checked:,} inputs" if finding.checked else ""
        text = "; ".join(part for part in (count, finding.detail) if part)
        where = ", ".join(part for part in (finding.check, _where(finding)) if part)
        yield f"  FAIL {where}: {text}"
        if finding.severity is not None:
            yield f"    {finding.severity}"
        if finding.example is not None:
            yield f"    for example {_point(finding.example)}"
        if finding.worst is not None:
            label = "" if finding.example is None else "largest error "
            yield f"    {label}{_point(finding.worst)}"
    failures = sorted(audit.failures, key=_seriousness)
    reproducers = [finding.reproducer for finding in failures if finding.reproducer]
    if reproducers:
        yield ""
        yield "  to reproduce the first failure:"
        yield from (f"    {line}" for line in reproducers[0].splitlines())
    yield ""
