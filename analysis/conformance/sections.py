"""The audits that the report shows, and the section without audits."""

from collections.abc import Iterator, Sequence

from actbench.conformance.findings import Audit
from analysis.results import AUDITS, Results
from analysis.site.section import Section


def shown_audits(audits: Sequence[Audit]) -> list[Audit]:
    """Return the audits that have findings; a document without any shows nothing."""
    return [audit for audit in audits if audit.findings]


def without_audits(results: Results) -> Iterator[Section]:
    """Return a section that says how to make audits, if there are none."""
    if not shown_audits(results.audits):
        yield Section(
            "Which functions conform to their formula",
            f"{results.store} has no audits. `{results.command(AUDITS)}` makes them.",
        )
