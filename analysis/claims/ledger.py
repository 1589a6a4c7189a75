"""The table of all claims with their verdicts."""

import math

import pandas as pd

from analysis.claims import formulas, losses, mish, mnist, relu, swish
from analysis.claims.claim import INCONCLUSIVE, OUTCOMES, Verdict, decide
from analysis.results import Results
from analysis.site.section import Section

CLAIMS = tuple(
    sorted(
        (*formulas.CLAIMS, *relu.CLAIMS, *swish.CLAIMS, *mish.CLAIMS, *losses.CLAIMS,
         *mnist.CLAIMS),
        key=lambda claim: claim.section,
    )
)  # fmt: skip
"""All claims in the order of the source; claims that this project added come last."""


def summarise(results: Results) -> pd.DataFrame:
    """Return one row per claim.

    Returns:
        The columns section, claim, verdict, statistic, p (with Holm's correction; NaN without
        a test), note (the true statement, or the number of seeds that would decide), evidence
        (the name of the experiment or another source) and protocol (evidence with epochs,
        images and optimizer).
    """
    return pd.DataFrame(
        {
            "section": claim.section,
            "claim": claim.text,
            "verdict": verdict.outcome,
            "statistic": verdict.statistic,
            "p": verdict.p,
            "note": _note(verdict),
            "evidence": claim.evidence,
            "protocol": _protocol(claim.evidence, results),
        }
        for claim, verdict in zip(CLAIMS, decide(CLAIMS, results), strict=True)
    )


def count_verdicts(results: Results) -> pd.DataFrame:
    """Return the number of claims with each verdict, and the first of them as an example."""
    counted = summarise(results).groupby("verdict")["claim"].agg(claims="size", example="first")
    return counted.reindex([each for each in OUTCOMES if each in counted.index]).reset_index()


def _protocol(evidence: str, results: Results) -> str:
    trials = results.experiment(evidence).trials if evidence in results.experiments else ()
    if not trials:
        return evidence
    configuration = trials[0].configuration
    if not {"epochs", "train_images", "optimizer"} <= configuration.keys():
        return evidence
    limit = "at most " if configuration.get("stop_below_loss") else ""
    epochs = f"{configuration['epochs']} epoch{'' if configuration['epochs'] == 1 else 's'}"
    has_copies = all(trial.setup.get("inverted_copies") for trial in trials)
    images = f"{configuration['train_images']:,} images"
    copies = " and inverted copies" if has_copies else ""
    return f"{evidence}: {limit}{epochs}, {images}{copies}, {configuration['optimizer']}"


def _note(verdict: Verdict) -> str:
    difference = verdict.difference
    if verdict.outcome != INCONCLUSIVE or difference is None or math.isnan(verdict.p):
        return verdict.alternative
    if verdict.required_seeds is not None:
        direction = " (against the claim)" if difference.mean < 0 else ""
        return f"{verdict.required_seeds:,} seeds would detect this difference{direction}"
    if difference.count > 1:
        return "no number of seeds would detect this difference"
    return "two seeds are needed to compute how many would detect it"


def section(results: Results) -> Section:
    """Return the table of claims."""
    table = summarise(results)
    is_missing = table["evidence"].map(lambda source: bool(results.missing_command(source)))
    rows, missing = table[~is_missing], table[is_missing]
    experiments = [
        results.experiment(name)
        for name in rows["evidence"].unique()
        if name in results.experiments
    ]
    counts = ", ".join(
        f"{count} {outcome}" for outcome, count in rows["verdict"].value_counts().items()
    )
    not_shown = (
        f" {len(missing)} other claims are not shown, because {results.store} has no documents "
        f"of {', '.join(missing['evidence'].unique())}."
        if len(missing)
        else ""
    )
    return Section(
        title="The source's claims",
        is_unfolded=True,
        description="The source is a university deep-learning exercise on activation "
        f"functions, in Persian; its sections are A to C. {len(rows)} claims: {counts}. "
        "Differences are paired by seed and have 95% bootstrap intervals. A p value decides "
        "at 5%; it comes from a sign-flip test, with Holm's correction over all claims that "
        "have a p value. Claims without a p value are decided by an interval: it is compared "
        "with the margin that the row states, or with the prediction interval of one more "
        "run. A single interval has no correction for the number of claims, so it may "
        "exclude 0 although the claim is inconclusive. Other sections of the report correct "
        "p values over their own rows, so the same comparison may have another p value "
        f"there. This project added the claims of section 'added'.{not_shown}",
        documents=tuple(each.document_name for each in experiments if each.trials),
        table=rows,
        columns={
            "claim": "{section} {claim}",
            "verdict": "{verdict}",
            "result": "{statistic}",
            "p (Holm)": "{p:.3f}",
            "true statement, or required seeds": "{note}",
            "evidence": "{protocol}",
        },
    )
