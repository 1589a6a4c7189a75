"""The audits that the report shows, and the section without audits."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from actbench.conformance.audited_code import CodeState, exhaustive_state
from actbench.conformance.findings import EXHAUSTIVE_CHECKS, Audit
from actbench.frameworks.libraries import LIBRARIES
from analysis.conformance.over_versions import newest
from analysis.results import AUDITS, Results
from analysis.site.section import Section


def shown_audits(audits: Sequence[Audit]) -> list[Audit]:
    """Return the audits of the newest versions, without findings on all inputs of other code.

    Audits without findings are left out.
    """
    return [shown for audit in newest(audits) if (shown := _without_stale(audit)).findings]


def of_frameworks(audits: Sequence[Audit]) -> list[Audit]:
    """Return the audits of functions that an array library computes."""
    return [audit for audit in audits if audit.library in LIBRARIES]


def of_runtimes(audits: Sequence[Audit]) -> list[Audit]:
    """Return the audits of operators of runtimes, and of functions after export."""
    return [audit for audit in audits if audit.library not in LIBRARIES]


def _without_stale(audit: Audit) -> Audit:
    has_any = any(finding.check in EXHAUSTIVE_CHECKS for finding in audit.findings)
    if not has_any or exhaustive_state(audit) != CodeState.STALE:
        return audit
    kept = (each for each in audit.findings if each.check not in EXHAUSTIVE_CHECKS)
    return replace(audit, findings=tuple(kept))


def without_audits(results: Results) -> Iterator[Section]:
    """Return a section that says how to make audits, if there are none."""
    if not shown_audits(results.audits):
        yield Section(
            "Which functions conform to their formula",
            f"{results.store} has no audits. `{results.command(AUDITS)}` makes them.",
        )
