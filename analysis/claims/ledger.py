"""The table of all claims with their verdicts."""

import math

import pandas as pd

from actbench.experiments.preregistration import PREREGISTRATION
from analysis.claims import formulas, losses, mish, mnist, relu, swish
from analysis.claims.claim import OUTCOMES, Verdict
from analysis.claims.claim_tests import ranking_of
from analysis.claims.decision import decide
from analysis.comparisons import Judged
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
        The columns section, claim, verdict, statistic, p (of primary comparisons, with
        Bonferroni's correction), q (of exploratory ones), significance (either as text), note
        (the true statement, the minimum detectable difference, or another fact), evidence (the
        name of the experiment or another source) and protocol (evidence with epochs, images and
        optimizer).
    """
    return pd.DataFrame(
        {
            "section": claim.section,
            "claim": claim.text,
            "verdict": verdict.outcome,
            "statistic": verdict.statistic,
            "p": verdict.p,
            "q": verdict.q,
            "significance": _significance(verdict),
            "note": verdict.note,
            "evidence": claim.evidence,
            "protocol": _protocol(claim.evidence, results),
        }
        for claim, verdict in zip(CLAIMS, decide(CLAIMS, results), strict=True)
    )


def judged(experiment: str, results: Results) -> Judged:
    """Return the verdicts of the claims about two conditions of an experiment."""
    claims = [claim for claim in CLAIMS if claim.evidence == experiment]
    found = {}
    for claim, verdict in zip(claims, decide(claims, results), strict=True):
        if verdict.pair:
            first, second, metric = verdict.pair
            text = f"claim {claim.section}: {verdict.outcome}"
            found[experiment, first, second, metric] = text
            found[experiment, second, first, metric] = text
    return found


def count_verdicts(results: Results) -> pd.DataFrame:
    """Return the number of claims with each verdict, and the first of them as an example."""
    counted = summarise(results).groupby("verdict")["claim"].agg(claims="size", example="first")
    return counted.reindex([each for each in OUTCOMES if each in counted.index]).reset_index()


def _protocol(evidence: str, results: Results) -> str:
    if evidence not in results.experiments:
        return evidence
    is_ranking = evidence == "ranking"
    trials = (ranking_of(results) if is_ranking else results.experiment(evidence)).trials
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


def _significance(verdict: Verdict) -> str:
    if not math.isnan(verdict.p):
        return f"p {_probability(verdict.p)}"
    return "" if math.isnan(verdict.q) else f"q {_probability(verdict.q)}"


def _probability(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


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
        "Differences are paired by seed. Each experiment has one to three primary comparisons, "
        "which were fixed before its runs; they share an error probability of 5%, by "
        "Bonferroni's correction. All others are exploratory and have q values. The interval "
        "of sign flips decides: above 0 it supports the claim, below 0 it refutes it, and "
        f"within ±{100 * PREREGISTRATION.accuracy_margin:g} points accuracies are "
        "equivalent. Its confidence is 90%, or more where several primary comparisons share "
        "the 5%. Numbers of single runs are consistent if they are in the prediction interval "
        f"of one more run. This project added the claims of section 'added'.{not_shown}",
        documents=tuple(each.document_name for each in experiments if each.trials),
        table=rows,
        columns={
            "claim": "{section} {claim}",
            "verdict": "{verdict}",
            "result": "{statistic}",
            "p or q": "{significance}",
            "remark": "{note}",
            "evidence": "{protocol}",
        },
    )
