"""Claims, the evidence of their tests, and verdicts."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.results import Metric, Results

SUPPORTED, REFUTED, EQUIVALENT, INCONCLUSIVE = (
    "supported", "refuted", "equivalent", "inconclusive"
)  # fmt: skip
PROVED, CONSISTENT, NOT_TESTED = "proved", "consistent", "not tested"
OUTCOMES = (SUPPORTED, REFUTED, EQUIVALENT, INCONCLUSIVE, PROVED, CONSISTENT, NOT_TESTED)
"""All outcomes, in the order of tables."""

Doubles = npt.NDArray[np.float64]

Pair = tuple[str, str, Metric]
"""Two conditions, and the metric by which they are compared."""


@dataclass(frozen=True)
class Unit:
    """How differences are printed.

    Args:
        scale: factor of the printed numbers, such as 100 for percentage points.
        number_format: format of the printed numbers.
    """

    scale: float = 1.0
    number_format: str = "+.2f"

    def text(self, value: float) -> str:
        """Return a difference as text."""
        return format(self.scale * value, self.number_format)


POINTS = Unit(100.0)
"""Accuracies in percentage points."""


@dataclass(frozen=True)
class Evidence:
    """Differences over seeds that are positive if a claim is true.

    A claim about several rows is true if the mean of every row is positive.

    Args:
        quantity: name of the differences with their unit, such as "test accuracy, points".
        rows: label ↦ one difference per seed; the label is "" if there is one row.
        unit: how differences are printed.
        margin: differences below this are equivalent; None if no margin was stated.
        pair: the conditions and the metric, if the evidence compares just two conditions.
        note: a further fact for the table.
        is_mixed: whether the difference has clear opposite signs on several data sets, so that
            its mean decides nothing.
    """

    quantity: str
    rows: Mapping[str, Doubles]
    unit: Unit = POINTS
    margin: float | None = None
    pair: Pair | None = None
    note: str = ""
    is_mixed: bool = False


@dataclass(frozen=True)
class Verdict:
    """The result of testing a claim.

    Args:
        outcome: one of `OUTCOMES`.
        statistic: the measured numbers, as a text.
        note: the true statement if the claim is refuted; the minimum detectable difference if
            it is inconclusive; otherwise a further fact or "".
        p: p value of the outcome, with Bonferroni's correction for the primary comparisons of
            the experiment; NaN if the claim is exploratory or has no p value. A claim about an
            interaction has the p value of its own test.
        q: q value of the outcome among the exploratory claims of the experiment; NaN if the
            claim is primary or has no p value.
        pair: the conditions and the metric, if the claim compares just two conditions.
    """

    outcome: str
    statistic: str
    note: str = ""
    p: float = math.nan
    q: float = math.nan
    pair: Pair | None = None


ClaimTest = Callable[[Results], Evidence | Verdict]
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
        name: the name in `actbench/experiments/preregistration.toml` if the claim is a primary
            comparison of its experiment; otherwise "".
    """

    section: str
    text: str
    evidence: str
    test: ClaimTest
    name: str = ""
