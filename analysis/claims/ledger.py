"""All claims with their verdicts, as a table."""

import math

import pandas as pd

from analysis.claims import activations, functions, losses, mnist
from analysis.claims.verdict import UNSHOWN, Verdict, judged
from analysis.evidence import Evidence
from analysis.site.section import Section

CLAIMS = tuple(
    sorted(
        (*functions.CLAIMS, *activations.CLAIMS, *losses.CLAIMS, *mnist.CLAIMS),
        key=lambda claim: claim.where,
    )
)
"""In the order of the source, what is not its own last."""


def summarise(evidence: Evidence) -> pd.DataFrame:
    """Return a row for each claim."""
    rows = []
    for claim, verdict in zip(CLAIMS, judged(CLAIMS, evidence), strict=True):
        more = verdict.instead
        if verdict.outcome == UNSHOWN and not math.isnan(verdict.p):
            more = _would_show(verdict)
        rows.append(
            {
                "where": claim.where,
                "claim": claim.text,
                "verdict": verdict.outcome,
                "found": verdict.statistic,
                "p": verdict.p,
                "more": more,
                "source": claim.source,
                "by": _by(claim.source, evidence),
            }
        )
    return pd.DataFrame(rows)


def _by(source: str, evidence: Evidence) -> str:
    """Return what a claim is tested by; of an experiment, how long it trains on how much."""
    trials = evidence.trials[source].trials if source in evidence.trials else ()
    if not trials:
        return source
    asked = trials[0].configuration
    if not {"epochs", "train_images", "optimizer"} <= asked.keys():
        return source
    most = "at most " if asked.get("until") else ""
    epochs = f"{asked['epochs']} epoch{'' if asked['epochs'] == 1 else 's'}"
    both = all(trial.setup.get("inverted_copies") for trial in trials)
    images = f"{asked['train_images']:,} images{' and their inverses' if both else ''}"
    return f"{source}: {most}{epochs}, {images}, {asked['optimizer']}"


def _would_show(verdict: Verdict) -> str:
    test = verdict.test
    if verdict.needed is not None:
        against = ", against the claim" if test and test.mean < 0 else ""
        return f"{verdict.needed:,} seeds would show a difference of this size{against}"
    if test and test.count > 1:
        return "no number of seeds would show a difference of this size"
    return "two seeds would tell how many would show it"


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
        "by where one more run of ours would be. Intervals are 95% each and do not allow for "
        "how many there are; p does, here for all claims, in a section for its rows, so that "
        "the two may differ. Claims marked 'ours' are not the source's.",
        data=tuple(each.name for each in asked if each.trials),
        table=rows,
        shown={
            "claim": "{where} {claim}",
            "verdict": "{verdict}",
            "found": "{found}",
            "p (Holm)": "{p:.3f}",
            "what is right, or what it would take": "{more}",
            "by": "{by}",
        },
    )
