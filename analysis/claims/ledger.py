"""All claims with their verdicts, as a table."""

import math

import pandas as pd

from analysis.claims import activations, losses, mnist
from analysis.claims.verdict import UNSHOWN, judged
from analysis.evidence import Evidence
from analysis.section import Section

CLAIMS = (*activations.CLAIMS, *losses.CLAIMS, *mnist.CLAIMS)


def summarise(evidence: Evidence) -> pd.DataFrame:
    """Return a row for each claim."""
    rows = []
    for claim, verdict in zip(CLAIMS, judged(CLAIMS, evidence), strict=True):
        more = verdict.instead
        if verdict.outcome == UNSHOWN and not math.isnan(verdict.p):
            more = (
                "the seeds have none, or one that no number of them would show"
                if verdict.needed is None
                else f"{verdict.needed:,} seeds would show a difference of this size"
            )
        rows.append(
            {
                "where": claim.where,
                "claim": claim.text,
                "verdict": verdict.outcome,
                "found": verdict.statistic,
                "p": verdict.p,
                "more": more,
                "source": claim.source,
            }
        )
    return pd.DataFrame(rows)


def section(evidence: Evidence) -> Section:
    """Return the ledger."""
    rows = summarise(evidence)
    asked = [
        evidence.trials[name] for name in rows["source"].unique() if name in evidence.trials
    ]
    counts = ", ".join(
        f"{count} {name}" for name, count in rows["verdict"].value_counts().items()
    )
    return Section(
        title="The source's claims",
        unfolded=True,
        text=f"{len(rows)} claims: {counts}. Differences are over seeds, in pairs, with "
        "bootstrap intervals; p by sign flips, Holm over all claims that have one; 5% "
        "decides. Where none is given, an interval decides: by the margin that is named, or "
        "by where one more run of ours would be.",
        data=tuple(each.name for each in asked if each.trials),
        table=rows,
        shown={
            "claim": "{where} {claim}",
            "verdict": "{verdict}",
            "found": "{found}",
            "p (Holm)": "{p:.3f}",
            "what is right, or what it would take": "{more}",
            "by": "{source}",
        },
    )
