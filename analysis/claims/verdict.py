"""What is said of a claim, and from what."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from actbench.statistics import difference, holm, seeds_needed
from analysis.evidence import Evidence
from analysis.trials import IncompleteError

HOLDS, FAILS, UNSHOWN = "holds", "fails", "cannot be shown"
BY_MATHEMATICS, UNTRIED = "true by mathematics", "no documents"

_LEVEL = 0.05


@dataclass(frozen=True)
class Verdict:
    """What the documents say of a claim.

    Args:
        outcome: one of the five; of a test it follows from p and agrees.
        statistic: what was found, with its numbers.
        p: of the test against "no difference"; NaN where there is no test.
        agrees: whether the difference has the direction that is claimed.
        needed: seeds that would show a difference of that size, four times in five.
        instead: what is right where the claim is not.
    """

    outcome: str
    statistic: str
    p: float = math.nan
    agrees: bool = True
    needed: int | None = None
    instead: str = ""


Judge = Callable[[Evidence], Verdict]


@dataclass(frozen=True)
class Claim:
    """A sentence of the source that can be tested.

    Args:
        where: its place there, such as "A.4".
        text: what is claimed.
        source: what is asked: the documents of an experiment, or one of `analysis.evidence`.
        judge: what they say; called only if there are documents.
    """

    where: str
    text: str
    source: str
    judge: Judge


def judged(claims: Sequence[Claim], evidence: Evidence) -> list[Verdict]:
    """Return a verdict on each claim; p values are Holm's, over all claims that are tested."""
    verdicts = [_verdict(claim, evidence) for claim in claims]
    adjusted = holm([verdict.p for verdict in verdicts])
    tests = sum(not math.isnan(p) for p in adjusted)
    return [
        verdict if math.isnan(p) else _decided(replace(verdict, p=p), tests)
        for verdict, p in zip(verdicts, adjusted, strict=True)
    ]


def _verdict(claim: Claim, evidence: Evidence) -> Verdict:
    if command := evidence.missing(claim.source):
        return Verdict(UNTRIED, f"{command} makes them")
    try:
        return claim.judge(evidence)
    except IncompleteError as missing:
        return Verdict(UNTRIED, f"{missing} in the documents of {claim.source}")


def _decided(verdict: Verdict, tests: int) -> Verdict:
    if verdict.p <= _LEVEL:
        return replace(verdict, outcome=HOLDS if verdict.agrees else FAILS)
    # With fewer seeds not even the same sign in all of them is enough, among so many tests.
    least = math.ceil(1 + math.log2(tests / _LEVEL))
    needed = None if verdict.needed is None else max(verdict.needed, least)
    return replace(verdict, outcome=UNSHOWN, needed=needed)


def greater(
    name: str, ours: Sequence[float], theirs: Sequence[float], form: str, scale: float = 1.0
) -> Verdict:
    """Return a verdict on "ours is greater than theirs", tested seed by seed.

    Args:
        name: of the difference, such as "accuracy of Swish − ReLU".
        ours: a value per seed.
        theirs: likewise.
        form: how numbers are shown, such as "+.2f".
        scale: what they are multiplied by, such as 100 for percentage points.
    """
    if not ours:
        return Verdict(UNTRIED, "no seed has numbers of both")
    d = difference(ours, theirs)
    mean, low, high = (format(scale * value, form) for value in (d.mean, *d.interval))
    return Verdict(
        UNSHOWN,
        f"{name}: {mean} [{low}, {high}], {d.count} seeds",
        p=d.p,
        agrees=d.mean > 0,
        needed=seeds_needed(d.mean, d.spread),
    )


def of_conditions(
    experiment: str, first: str, second: str, quantity: Callable[..., float], what: str,
    form: str = "+.2f", scale: float = 100.0,
) -> Judge:  # fmt: skip
    """Return a judge of "the first condition has more than the second"."""

    def judge(evidence: Evidence) -> Verdict:
        ours, theirs = evidence.trials[experiment].pairs(first, second, quantity)
        return greater(f"{what}, {first} − {second}", ours, theirs, form, scale)

    return judge


def proved(text: str, check: Callable[[], bool]) -> Judge:
    """Return a judge of what mathematics says, and numbers are held to as well."""

    def judge(evidence: Evidence) -> Verdict:
        del evidence
        return Verdict(BY_MATHEMATICS if check() else FAILS, text)

    return judge


def refuted(text: str, instead: str, check: Callable[[], bool]) -> Judge:
    """Return a judge of what is wrong by mathematics; `check` shows what is right."""

    def judge(evidence: Evidence) -> Verdict:
        del evidence
        if not check():
            raise AssertionError(f"what stands for a refutation is not so: {instead}")
        return Verdict(FAILS, text, instead=instead)

    return judge
