"""Changes between the audits of two stores: new, fixed and more serious failures."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from actbench.conformance.documents import read
from actbench.conformance.findings import FAIL, Audit, Finding, Severity
from actbench.errors import RequestError

# An error counts as grown if it is this many times the earlier one.
_GROWTH = 2.0


class ChangeKind(StrEnum):
    """The kind of a change; the first three are regressions."""

    FAILS = "fails now"
    MORE_SERIOUS = "is more serious now"
    NEW_TARGET = "fails, and was not audited before"
    FIXED = "is fixed"
    GROWN = "has a larger error"
    SHRUNK = "has a smaller error"
    GONE = "is not audited any more"


REGRESSIONS = (ChangeKind.FAILS, ChangeKind.MORE_SERIOUS, ChangeKind.NEW_TARGET)
"""The changes for which `actbench diff` and `audit --baseline` exit with 1."""


class Change(NamedTuple):
    """One change of one check.

    Args:
        target: name of the target.
        library: library that computes it.
        check: name of the check; "" for the whole target.
        dtype: format.
        mode: eager or compiled.
        kind: the kind of the change.
        detail: both errors or severities as text.
    """

    target: str
    library: str
    check: str
    dtype: str
    mode: str
    kind: ChangeKind
    detail: str

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.check, self.dtype, self.mode) if part)
        subject = f"{self.target} ({self.library})" + (f" {where}" if where else "")
        return f"{subject}: {self.kind}" + (f": {self.detail}" if self.detail else "")


class Baseline:
    """The audits of a store that others are compared with.

    Args:
        audits: the audits. Versions of frameworks are ignored: of several audits of a target,
            the last one counts.
    """

    def __init__(self, audits: Iterable[Audit]) -> None:
        self.audits = {_key(audit): audit for audit in audits}

    @classmethod
    def of(cls, store: Path) -> "Baseline":
        """Read the audits of a store.

        Raises:
            RequestError: there are none.
        """
        audits, _ = read(store)
        if not audits:
            raise RequestError(
                f"{store}: expected a folder with documents of `actbench audit --store`, "
                "got no audit"
            )
        return cls(sorted(audits, key=lambda audit: audit.started))

    def changes_to(self, audit: Audit) -> Iterator[Change]:
        """Yield the changes from the baseline to a later audit of one target."""
        before = self.audits.get(_key(audit))
        if before is None:
            for failure in audit.failures:
                yield _change(
                    audit, failure, ChangeKind.NEW_TARGET, str(failure.severity or "")
                )
            return
        earlier = {_place(finding): finding for finding in before.findings}
        for finding in audit.findings:
            known = earlier.get(_place(finding))
            yield from _changes_of(audit, known, finding)

    def gone(self, audits: Iterable[Audit]) -> Iterator[Change]:
        """Yield the targets of the baseline that are not among later audits."""
        present = {_key(audit) for audit in audits}
        for key, audit in self.audits.items():
            if key not in present:
                yield Change(audit.target, audit.library, "", "", "", ChangeKind.GONE, "")


def changes(old: Path, new: Path) -> list[Change]:
    """Return the changes between the audits of two stores, regressions first.

    Raises:
        RequestError: a store has no audits.
    """
    baseline, audits = Baseline.of(old), list(Baseline.of(new).audits.values())
    found = [change for audit in audits for change in baseline.changes_to(audit)]
    order = list(ChangeKind)
    return sorted([*found, *baseline.gone(audits)], key=lambda each: order.index(each.kind))


def _changes_of(audit: Audit, known: Finding | None, finding: Finding) -> Iterator[Change]:
    fails, failed = finding.outcome == FAIL, known is not None and known.outcome == FAIL
    if fails and not failed:
        detail = finding.detail or str(finding.severity or "")
        yield _change(audit, finding, ChangeKind.FAILS, detail)
    elif known is not None and failed and not fails:
        yield _change(audit, finding, ChangeKind.FIXED, str(known.severity or ""))
    elif known is not None and fails and _seriousness(finding) < _seriousness(known):
        detail = f"{known.severity}, now {finding.severity}"
        yield _change(audit, finding, ChangeKind.MORE_SERIOUS, detail)
    elif known is not None and known.ulp and finding.ulp:
        growth = finding.ulp / known.ulp
        detail = f"{known.ulp:.3g} ULP, now {finding.ulp:.3g}"
        if growth >= _GROWTH:
            yield _change(audit, finding, ChangeKind.GROWN, detail)
        elif growth <= 1 / _GROWTH:
            yield _change(audit, finding, ChangeKind.SHRUNK, detail)


def _seriousness(finding: Finding) -> int:
    # A document of an earlier schema has no severity; nothing is more serious than that.
    return 0 if finding.severity is None else list(Severity).index(finding.severity)


def _change(audit: Audit, finding: Finding, kind: ChangeKind, detail: str) -> Change:
    return Change(
        audit.target,
        audit.library,
        finding.check,
        finding.dtype,
        finding.mode,
        kind,
        detail,
    )


def _key(audit: Audit) -> tuple[str, str, str]:
    return audit.target, audit.library, audit.device


def _place(finding: Finding) -> tuple[str, str, str]:
    return finding.check, finding.dtype, finding.mode
