"""An audit as lines for a terminal: what holds, and the worst of what does not."""

from collections.abc import Iterator

from actbench.conformance.checks import NAMES
from actbench.conformance.findings import FAILS, OK, SKIPPED, Audit, Verdict
from actbench.frameworks.libraries import DTYPES
from actbench.provenance import NOT_INSTALLED

_WIDE, _COLUMN = 46, 11


def lines(audit: Audit) -> list[str]:
    """Return the audit as lines: verdicts by check and format, then the failures."""
    who = _versioned(audit, audit.place, audit.package)
    if audit.library not in audit.place:
        who += f" on {_versioned(audit, audit.library, audit.library)}"
    if audit.device != "cpu":
        who += f", {audit.device}"
    tolerance = audit.tolerance
    return [
        f"{audit.target} ({who})",
        f"held to {audit.expected}, f(x) = {audit.formula}",
        "tolerance in ULP of normal results: value {:g}, derivative {:g}, second derivative "
        "{:g}".format(*tolerance),
        "",
        *_table(audit),
        *_remarks(audit),
        *_failures(audit),
        f"{_verdict(audit)} ({audit.seconds:.1f} s)",
        "",
    ]


def _versioned(audit: Audit, text: str, package: str) -> str:
    """Return a text and a package's version after it, if it has one."""
    version = audit.versions.get(package, NOT_INSTALLED)
    if version == NOT_INSTALLED:
        return text
    return f"{text} {version}" if text == package else f"{text}, {package} {version}"


def summary(audit: Audit) -> str:
    """Return the audit in a line."""
    return f"{audit.target:<34} {audit.library:<11} {_verdict(audit)}"


def _verdict(audit: Audit) -> str:
    if audit.conforms:
        return "conforms"
    checks = dict.fromkeys(verdict.check for verdict in audit.failures)
    return f"DOES NOT CONFORM: {', '.join(checks)}"


def _table(audit: Audit) -> Iterator[str]:
    """Yield a line for each check and mode, a column for each format."""
    yield f"{'':{_WIDE}}" + "".join(f"{dtype:>{_COLUMN}}" for dtype in DTYPES)
    rows: dict[tuple[str, str], dict[str, Verdict]] = {}
    for verdict in audit.verdicts:
        rows.setdefault((verdict.check, verdict.mode), {})[verdict.dtype] = verdict
    for (check, mode), cells in rows.items():
        if all(verdict.outcome == SKIPPED for verdict in cells.values()):
            continue
        name = check if mode == "eager" or "compiled" in check else f"{check}, compiled"
        yield f"  {name:{_WIDE - 2}}" + "".join(
            f"{_cell(cells[dtype]) if dtype in cells else '':>{_COLUMN}}" for dtype in DTYPES
        )


def _cell(verdict: Verdict) -> str:
    if verdict.outcome == SKIPPED:
        return "—"
    size = "ok" if verdict.outcome == OK else "✗"
    if verdict.check in NAMES:
        size = "∞" if verdict.ulp is None else f"{verdict.ulp:.2g}"
        return size if verdict.outcome == OK else f"✗ {size}"
    if verdict.bytes_per_element is not None:
        return f"{verdict.bytes_per_element:g} bytes"
    return size


def _remarks(audit: Audit) -> Iterator[str]:
    """Yield what is worth knowing of checks that hold or could not be made."""
    said: dict[str, list[str]] = {}
    for verdict in audit.verdicts:
        if verdict.text and verdict.outcome != FAILS:
            where = " ".join(part for part in (verdict.dtype, _mode(verdict)) if part)
            said.setdefault(f"{verdict.check}: {verdict.text}", []).append(where)
        near = verdict.apart.get("near a zero")
        if near is not None and near > audit.tolerance.value and verdict.outcome == OK:
            said.setdefault(
                f"{verdict.check}: {near:.3g} ULP of the scale near a zero", []
            ).append(verdict.dtype)
    if said:
        yield ""
    for text, places in said.items():
        yield f"  {text} ({', '.join(dict.fromkeys(places))})"


def _mode(verdict: Verdict) -> str:
    return verdict.mode if verdict.mode != "eager" else ""


def _failures(audit: Audit) -> Iterator[str]:
    """Yield the worst input of each failing check, and a reproducer of the first one."""
    for verdict in audit.failures:
        yield ""
        where = " ".join(part for part in (verdict.dtype, _mode(verdict)) if part)
        count = f"{verdict.failing:,} of {verdict.checked:,} inputs" if verdict.checked else ""
        parts = [part for part in (verdict.text, count) if part]
        yield f"  FAILS {verdict.check} {where}: {'; '.join(parts)}"
        worst = verdict.worst
        if worst is not None:
            error = f", {worst.ulp:.3g} ULP" if worst.ulp is not None else ""
            yield (
                f"    x = {worst.x} ({worst.bits}): got {worst.got}, "
                f"wanted {worst.wanted}{error}"
            )
    reproducers = [verdict.reproducer for verdict in audit.failures if verdict.reproducer]
    if reproducers:
        yield ""
        yield "  to see the first:"
        yield from (f"    {line}" for line in reproducers[0].splitlines())
    yield ""
