"""The joint decision about all claims: p values, their corrections, and outcomes.

The primary comparisons of an experiment share its error probability α: each of m is decided at
α/m. One interval decides an outcome, the sign-flip interval of confidence 1 − 2α/m: above 0
supports the claim, below 0 refutes it, and within ± the margin shows equivalence. This is the
same as a one-sided test of each side and two one-sided tests of equivalence at α/m. All other
comparisons of an experiment are exploratory: q values decide, and their intervals have
confidence 1 − 2α.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.statistics import (
    equivalence_test,
    mean_interval,
    minimum_detectable_difference,
    q_values,
    sign_flip,
)
from actbench.statistics.sign_flip import SMALLEST_COUNT
from analysis.claims.claim import (
    EQUIVALENT,
    INCONCLUSIVE,
    NOT_TESTED,
    REFUTED,
    SUPPORTED,
    Claim,
    Doubles,
    Evidence,
    Verdict,
)
from analysis.results import IncompleteError, Results

_LEVEL = PREREGISTRATION.level


@dataclass(frozen=True)
class Sides:
    """The p values of the three outcomes that a test can show.

    Args:
        supported: of "some row has a mean of 0 or less" (intersection-union test).
        refuted: of "every row has a mean of 0 or more", with Bonferroni's correction for the
            rows.
        equivalent: of "some mean differs from 0 by the margin or more"; NaN without a margin.
    """

    supported: float
    refuted: float
    equivalent: float

    @classmethod
    def of(cls, evidence: Evidence) -> "Sides":
        """Return the p values of measured differences."""
        rows = list(evidence.rows.values())
        margin = np.nan if evidence.margin is None else evidence.margin
        return cls(
            max(sign_flip(row, "greater") for row in rows),
            min(1.0, len(rows) * min(sign_flip(row, "less") for row in rows)),
            max(equivalence_test(row, margin) for row in rows) if margin > 0 else np.nan,
        )

    def times(self, factor: int) -> "Sides":
        """Return the p values with Bonferroni's correction for a number of tests."""
        values = (self.supported, self.refuted, self.equivalent)
        return Sides(*(float(np.minimum(1.0, factor * p)) for p in values))

    def outcome(self) -> tuple[str, float]:
        """Return the outcome, and the p value that decides or nearly decides it."""
        for outcome, p in (
            (SUPPORTED, self.supported),
            (REFUTED, self.refuted),
            (EQUIVALENT, self.equivalent),
        ):
            if p <= _LEVEL:
                return outcome, p
        return INCONCLUSIVE, self.supported


def decide(claims: Sequence[Claim], results: Results) -> list[Verdict]:
    """Return the verdict on each claim."""
    tested = [_test(claim, results) for claim in claims]
    verdicts = [each if isinstance(each, Verdict) else None for each in tested]
    evidence = [each if isinstance(each, Evidence) else None for each in tested]
    for experiment in {claim.evidence for claim in claims}:
        of_experiment = [
            (number, each)
            for number, each in enumerate(evidence)
            if each is not None and claims[number].evidence == experiment
        ]
        primary = set(PREREGISTRATION.primary.get(experiment, ()))
        for number, each in of_experiment:
            if claims[number].name in primary:
                verdicts[number] = _primary_verdict(each, len(primary))
        exploratory = [pair for pair in of_experiment if claims[pair[0]].name not in primary]
        explored = _exploratory_verdicts([each for _, each in exploratory])
        for (number, _), verdict in zip(exploratory, explored, strict=True):
            verdicts[number] = verdict
    return [verdict for verdict in verdicts if verdict is not None]


def _test(claim: Claim, results: Results) -> Evidence | Verdict:
    """Return the evidence, or the verdict of a claim that no p value decides."""
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


def _primary_verdict(evidence: Evidence, family: int) -> Verdict:
    sides = Sides.of(evidence)
    outcome, p = sides.times(family).outcome()
    outcome = _outcome(evidence, outcome)
    return replace(_verdict(evidence, outcome, sides, _LEVEL / family), p=p)


def _exploratory_verdicts(evidence: Sequence[Evidence]) -> list[Verdict]:
    of_claims = [Sides.of(each) for each in evidence]
    adjusted = [
        Sides(*values)
        for values in zip(
            q_values([each.supported for each in of_claims]),
            q_values([each.refuted for each in of_claims]),
            q_values([each.equivalent for each in of_claims]),
            strict=True,
        )
    ]
    return [
        replace(_verdict(each, _outcome(each, outcome), sides, _LEVEL), q=q)
        for each, sides, (outcome, q) in zip(
            evidence, of_claims, (sides.outcome() for sides in adjusted), strict=True
        )
    ]


def _outcome(evidence: Evidence, of_mean: str) -> str:
    """Return the outcome; the mean over data sets with clear opposite signs decides nothing."""
    return INCONCLUSIVE if evidence.is_mixed else of_mean


def _verdict(evidence: Evidence, outcome: str, sides: Sides, level: float) -> Verdict:
    """Return a verdict with its numbers, for a test at a level.

    The row that decides is shown: the least clear one, or the one that refutes the claim.
    """
    rows, unit = evidence.rows, evidence.unit
    if outcome == REFUTED or (outcome == INCONCLUSIVE and sides.refuted < sides.supported):
        label = min(rows, key=lambda each: (sign_flip(rows[each], "less"), rows[each].mean()))
        level /= len(rows)
    else:
        label = max(
            rows, key=lambda each: (sign_flip(rows[each], "greater"), -rows[each].mean())
        )
    row = rows[label]
    numbers = describe(row, level, unit.scale, unit.number_format)
    if len(rows) > 1:
        positive = sum(bool(each.mean() > 0) for each in rows.values())
        numbers = f"positive in {positive} of {len(rows)}; decisive is {label}: {numbers}"
    notes = [evidence.note, _note(evidence, outcome, label, level)]
    return Verdict(
        outcome,
        f"{evidence.quantity}: {numbers}",
        "; ".join(note for note in notes if note),
        pair=evidence.pair,
    )


def describe(row: Doubles, level: float, scale: float, number_format: str) -> str:
    """Return a mean difference with the interval of confidence 1 − 2·level, as text."""
    mean = format(scale * row.mean(), number_format)
    if len(row) < 2:
        return f"{mean}, 1 seed"
    low, high = (
        format(scale * bound, number_format) for bound in mean_interval(row, 1 - 2 * level)
    )
    method = " (Student's t, fewer than 6 seeds)" if len(row) < SMALLEST_COUNT else ""
    return f"{mean} [{low}, {high}], {len(row)} seeds{method}"


def _note(evidence: Evidence, outcome: str, label: str, level: float) -> str:
    """Return an explanation of the outcome that a row decides, or ""."""
    unit, row = evidence.unit, evidence.rows[label]
    margin = "" if evidence.margin is None else unit.text(evidence.margin).lstrip("+")
    if outcome == EQUIVALENT:
        return f"the difference is smaller than {margin}"
    if outcome == INCONCLUSIVE:
        if evidence.is_mixed:
            return "the sign of the difference depends on the data set"
        if len(row) < 2:
            return "one seed shows no difference"
        detectable = minimum_detectable_difference(row, level=2 * level)
        return (
            f"{len(row)} seeds detect a difference of {unit.text(detectable).lstrip('+')} with "
            "80% power"
        )
    is_small = evidence.margin is not None and all(
        equivalence_test(each, evidence.margin) <= level for each in evidence.rows.values()
    )
    place = f" at {label}" if label else ""
    direction = f"the opposite is true{place}" if outcome == REFUTED else ""
    small = f"by less than {margin}" if is_small else ""
    return ", ".join(text for text in (direction, small) if text)
