"""All sections of the report on conformance."""

from collections.abc import Sequence
from pathlib import Path

from actbench.conformance.findings import Audit
from analysis.conformance import defects, matrix, worst_errors
from analysis.conformance.labels import FUNCTIONS
from analysis.site.section import Section


def sections(audits: Sequence[Audit], store: Path) -> list[Section]:
    """Return all sections on conformance, or one that says how to make audits.

    Args:
        audits: all audits, of which those of records are shown.
        store: folder that the audits were read from.
    """
    known = [audit for audit in audits if audit.function in FUNCTIONS]
    if known:
        return [make(known) for make in (matrix.section, worst_errors.section, defects.section)]
    return [
        Section(
            "Which functions conform to their formula",
            f"{store} has no audits. `actbench audit --all --store {store}` makes them.",
        )
    ]
