"""All claims with their verdicts, as a table."""

import math

import pandas as pd

from analysis.claims import activations, functions, losses, mnist
from analysis.claims.verdict import OUTCOMES, UNSHOWN, Verdict, judged
from analysis.results import Results
from analysis.site.section import Section

CLAIMS = tuple(
    sorted(
        (*functions.CLAIMS, *activations.CLAIMS, *losses.CLAIMS, *mnist.CLAIMS),
        key=lambda claim: claim.where,
    )
)
"""In the order of the source, what is not its own last."""


def summarise(results: Results) -> pd.DataFrame:
    """Return a row for each claim."""
    rows = []
    for claim, verdict in zip(CLAIMS, judged(CLAIMS, results), strict=True):
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
                "by": _by(claim.source, results),
            }
        )
    return pd.DataFrame(rows)


def count_verdicts(results: Results) -> pd.DataFrame:
    """Return the number of claims with each verdict, and the first of them as an example."""
    verdicts = summarise(results)
    counted = verdicts.groupby("verdict")["claim"].agg(claims="size", example="first")
    return counted.reindex([name for name in OUTCOMES if name in counted.index]).reset_index()


def _by(source: str, results: Results) -> str:
    """Return what a claim is tested by; of an experiment, how long it trains on how much."""
    trials = results.experiment(source).trials if source in results.experiments else ()
    if not trials:
        return source
    asked = trials[0].configuration
    if not {"epochs", "train_images", "optimizer"} <= asked.keys():
        return source
    most = "at most " if asked.get("stop_below_loss") else ""
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


def section(results: Results) -> Section:
    """Return the ledger."""
    rows = summarise(results)
    asked = [
        results.experiment(name)
        for name in rows["source"].unique()
        if name in results.experiments
    ]
    counts = ", ".join(
        f"{count} {name}" for name, count in rows["verdict"].value_counts().items()
    )
    return Section(
        title="The source's claims",
        is_unfolded=True,
        description=f"{len(rows)} claims: {counts}. Differences are over seeds, in pairs, with "
        "bootstrap intervals; p by sign flips, Holm over all claims that have one; 5% "
        "decides. Where none is given, an interval decides: by the margin that is named, or "
        "by where one more run of ours would be. Intervals are 95% each and do not allow for "
        "how many there are; p does, here for all claims, in a section for its rows, so that "
        "the two may differ. Claims marked 'ours' are not the source's.",
        documents=tuple(each.document_name for each in asked if each.trials),
        table=rows,
        columns={
            "claim": "{where} {claim}",
            "verdict": "{verdict}",
            "found": "{found}",
            "p (Holm)": "{p:.3f}",
            "what is right, or what it would take": "{more}",
            "by": "{by}",
        },
    )
