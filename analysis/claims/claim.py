"""Claims and verdicts, and the joint decision about all claims."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from actbench.statistics import Difference, holm, minimum_seeds, required_seeds
from analysis.results import IncompleteError, Results

SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"
PROVED, NOT_TESTED = "proved", "not tested"
OUTCOMES = (SUPPORTED, REFUTED, INCONCLUSIVE, PROVED, NOT_TESTED)
"""All outcomes, in the order of tables."""

_LEVEL = 0.05


@dataclass(frozen=True)
class Verdict:
    """The result of testing a claim.

    Args:
        outcome: one of `OUTCOMES`. If there is a difference, `decide` replaces it.
        statistic: the measured numbers, as a text.
        difference: a difference over seeds whose mean is positive if the claim is true; None
            if no p value decides the claim.
        alternative: the true statement, if the claim is refuted; otherwise "".
        p: p value of the difference with Holm's correction over all claims; NaN if there is no
            difference.
        required_seeds: number of seeds that would detect a difference of this size with 80%
            power, with Bonferroni's correction for the number of claims; None if no number of
            seeds would, or if it is unknown.
    """

    outcome: str
    statistic: str
    difference: Difference | None = None
    alternative: str = ""
    p: float = math.nan
    required_seeds: int | None = None


ClaimTest = Callable[[Results], Verdict]
"""A function that tests a claim; it raises `IncompleteError` if results are missing."""


@dataclass(frozen=True)
class Claim:
    """A sentence that can be tested.

    Args:
        section: section of the source that makes the claim, such as "A.4"; "added" if this
            project added the claim.
        text: the claim as one sentence.
        evidence: where the evidence comes from: the name of an experiment, or `MATHEMATICS`,
            `DATA` or `BENCHMARKS` of `analysis.results`.
        test: the test of the claim; it is called only if the evidence exists.
    """

    section: str
    text: str
    evidence: str
    test: ClaimTest


def decide(claims: Sequence[Claim], results: Results) -> list[Verdict]:
    """Return the verdict on each claim.

    Claims with a difference are decided together: a claim is supported or refuted if its p
    value with Holm's correction over all of them is at most 5%, and inconclusive otherwise.
    """
    verdicts = [_verdict_alone(claim, results) for claim in claims]
    differences = [verdict.difference for verdict in verdicts]
    p_values = holm([each.p if each else math.nan for each in differences])
    level = _LEVEL / max(1, sum(each is not None for each in differences))
    return [
        _with_p_value(verdict, each, p, level) if each else verdict
        for verdict, each, p in zip(verdicts, differences, p_values, strict=True)
    ]


def _verdict_alone(claim: Claim, results: Results) -> Verdict:
    """Return the verdict without regard to other claims."""
    if command := results.missing_command(claim.evidence):
        return Verdict(NOT_TESTED, f"no documents yet: `{command}` makes them")
    try:
        return claim.test(results)
    except AssertionError:
        raise
    except Exception as error:
        command = results.command(claim.evidence)
        missing = error if isinstance(error, IncompleteError) else f"an error ({error})"
        text = f"{missing} in the documents of {claim.evidence}: `{command}` makes them"
        return Verdict(NOT_TESTED, text)


def _with_p_value(verdict: Verdict, difference: Difference, p: float, level: float) -> Verdict:
    if p <= _LEVEL:
        return replace(verdict, outcome=SUPPORTED if difference.mean > 0 else REFUTED, p=p)
    required = required_seeds(difference.mean, difference.standard_deviation, level=level)
    if required is not None:
        # The result is at least the minimum for a sign-flip test, and larger than the number of
        # seeds that was inconclusive, because the t test alone may need fewer.
        required = max(required, minimum_seeds(level), difference.count + 1)
    return replace(verdict, outcome=INCONCLUSIVE, p=p, required_seeds=required)
