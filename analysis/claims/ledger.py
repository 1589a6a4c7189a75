"""All claims with their verdicts, as a table."""

import math
from collections.abc import Mapping

import pandas as pd

from analysis.claims import activations, losses, mnist
from analysis.claims.verdict import UNSHOWN, judged
from analysis.section import Section
from analysis.trials import Found

CLAIMS = (*activations.CLAIMS, *losses.CLAIMS, *mnist.CLAIMS)


def summarise(found: Mapping[str, Found]) -> pd.DataFrame:
    """Return a row for each claim."""
    rows = []
    for claim, verdict in zip(CLAIMS, judged(CLAIMS, found), strict=True):
        more = verdict.instead
        if verdict.outcome == UNSHOWN and not math.isnan(verdict.p):
            count = (
                "no number of seeds" if verdict.needed is None else f"{verdict.needed:,} seeds"
            )
            more = f"{count} would show a difference of this size"
        rows.append(
            {
                "where": claim.where,
                "claim": claim.text,
                "verdict": verdict.outcome,
                "found": verdict.statistic,
                "p": verdict.p,
                "more": more,
                "experiment": claim.experiment or "mathematics",
            }
        )
    return pd.DataFrame(rows)


def section(found: Mapping[str, Found]) -> Section:
    """Return the ledger."""
    rows = summarise(found)
    asked = dict.fromkeys(claim.experiment for claim in CLAIMS if claim.experiment)
    counts = ", ".join(
        f"{count} {name}" for name, count in rows["verdict"].value_counts().items()
    )
    return Section(
        title="The source's claims",
        text=f"{len(rows)} claims: {counts}. Differences are over seeds, in pairs, with "
        "bootstrap intervals; p by sign flips, Holm over all claims that are tested; 5% "
        "decides.",
        data=tuple(found[name].name for name in asked if found[name].trials),
        table=rows,
        shown={
            "claim": "{where} {claim}",
            "verdict": "{verdict}",
            "found": "{found}",
            "p (Holm)": "{p:.3f}",
            "what is right, or what it would take": "{more}",
            "experiment": "{experiment}",
        },
    )
