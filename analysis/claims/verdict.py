"""What is said of a claim, and from what."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from actbench.statistics import (
    Difference,
    Estimate,
    difference,
    holm,
    joint_sign_flip,
    minimum_seeds,
    required_seeds,
)
from analysis.results import IncompleteError, Results

HOLDS, FAILS, UNSHOWN = "holds", "fails", "cannot be shown"
BY_MATHEMATICS, UNTRIED = "true by mathematics", "no documents"
OUTCOMES = (HOLDS, FAILS, UNSHOWN, BY_MATHEMATICS, UNTRIED)

_LEVEL = 0.05


@dataclass(frozen=True)
class Verdict:
    """What the documents say of a claim.

    Args:
        outcome: one of the five; of a test it follows from the test.
        statistic: what was found, with its numbers.
        test: of what is greater than 0 if the claim is right; None where nothing is tested.
        instead: what is right where the claim is not.
        p: of the test among all, Holm's; NaN where there is none.
        needed: seeds that would show a difference of that size among as many tests, four
            times in five; None if no number would.
    """

    outcome: str
    statistic: str
    test: Difference | None = None
    instead: str = ""
    p: float = math.nan
    needed: int | None = None


Judge = Callable[[Results], Verdict]


@dataclass(frozen=True)
class Claim:
    """A sentence that can be tested, of the source or beside it.

    Args:
        where: its place in the source, such as "A.4"; "ours" if it is not there.
        text: what is claimed.
        source: what is asked: the documents of an experiment, or one of `analysis.results`.
        judge: what they say; called only if there are documents.
    """

    where: str
    text: str
    source: str
    judge: Judge


def judged(claims: Sequence[Claim], results: Results) -> list[Verdict]:
    """Return a verdict on each claim; p values are Holm's, over all claims that are tested."""
    verdicts = [_verdict(claim, results) for claim in claims]
    adjusted = holm([verdict.test.p if verdict.test else math.nan for verdict in verdicts])
    level = _LEVEL / max(1, sum(verdict.test is not None for verdict in verdicts))
    return [
        _decided(verdict, verdict.test, p, level) if verdict.test else verdict
        for verdict, p in zip(verdicts, adjusted, strict=True)
    ]


def _verdict(claim: Claim, results: Results) -> Verdict:
    if command := results.missing_command(claim.source):
        return Verdict(UNTRIED, f"{command} makes them")
    try:
        return claim.judge(results)
    except IncompleteError as missing:
        return Verdict(UNTRIED, f"{missing} in the documents of {claim.source}")


def _decided(verdict: Verdict, test: Difference, p: float, level: float) -> Verdict:
    if p <= _LEVEL:
        return replace(verdict, outcome=HOLDS if test.mean > 0 else FAILS, p=p)
    needed = required_seeds(test.mean, test.standard_deviation, level=level)
    if needed is not None:
        # These were not enough.
        needed = max(needed, minimum_seeds(level), test.count + 1)
    return replace(verdict, outcome=UNSHOWN, p=p, needed=needed)


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
    return Verdict(UNSHOWN, f"{name}: {_shown(d, form, scale)}", d)


def _shown(found: Difference, form: str, scale: float) -> str:
    """Return a mean with its interval and seeds, as readers see it."""
    values = (found.mean, *found.interval)
    mean, low, high = (format(scale * value, form) for value in values)
    return (
        f"{mean} [{low}, {high}], {found.count} seeds" if found.count > 1 else f"{mean}, 1 seed"
    )


def of_all(
    results: Results, experiment: str, pairs: Mapping[str, tuple[str, str]],
    quantity: Callable[..., float], what: str,
) -> Verdict:  # fmt: skip
    """Return a verdict on "the first condition of every pair has more than the second".

    What holds of all is as sure as where it is least so. One pair is enough to refute it, with
    a p that allows for each of them having had the chance.

    Args:
        results: the documents.
        experiment: whose.
        pairs: by the name that they are shown by.
        quantity: of a trial, in shares.
        what: its name, in percentage points.
    """
    found = results.experiment(experiment).differences(list(pairs.values()), quantity)
    return of_rows(list(pairs), found, what)


def of_rows(names: Sequence[str], found: npt.NDArray[np.float64], what: str) -> Verdict:
    """Return a verdict on "every row is above 0", as `of_all` does.

    Args:
        names: of the rows.
        found: differences, of each row (rows) and seed (columns), in shares.
        what: their name, in percentage points.
    """
    tests = {
        name: difference(row.tolist(), [0.0] * len(row))
        for name, row in zip(names, found, strict=True)
    }
    joint = dict(zip(names, joint_sign_flip(found), strict=True))
    against = [name for name, test in tests.items() if test.mean < 0]
    if against:
        name = min(against, key=lambda name: (joint[name], tests[name].mean))
        test = replace(tests[name], p=joint[name])
    else:
        name = max(tests, key=lambda name: tests[name].p)
        test = tests[name]
    more = sum(test.mean > 0 for test in tests.values())
    return Verdict(
        UNSHOWN,
        f"{what}: more in {more} of {len(tests)}; what decides is {name}, "
        f"{_shown(test, '+.2f', 100)}",
        test,
    )


def within(found: Estimate, value: float, margin: float) -> str:
    """Return whether a mean is a value, give or take a margin; it may be unknown."""
    low, high = found.interval
    if value - margin <= low and high <= value + margin:
        return HOLDS
    if high < value - margin or low > value + margin:
        return FAILS
    return UNSHOWN


def of_each(outcomes: Sequence[str]) -> str:
    """Return what follows for all: one that fails is enough, one unknown leaves it open."""
    return FAILS if FAILS in outcomes else UNSHOWN if UNSHOWN in outcomes else HOLDS


def of_conditions(
    experiment: str, first: str, second: str, quantity: Callable[..., float], what: str,
    form: str = "+.2f", scale: float = 100.0,
) -> Judge:  # fmt: skip
    """Return a judge of "the first condition has more than the second"."""

    def judge(results: Results) -> Verdict:
        ours, theirs = results.experiment(experiment).paired_values(first, second, quantity)
        return greater(f"{what}, {first} − {second}", ours, theirs, form, scale)

    return judge


def proved(text: str, check: Callable[[], bool]) -> Judge:
    """Return a judge of what mathematics says, and numbers are held to as well."""

    def judge(results: Results) -> Verdict:
        del results
        return Verdict(BY_MATHEMATICS if check() else FAILS, text)

    return judge


def refuted(text: str, instead: str, check: Callable[[], bool]) -> Judge:
    """Return a judge of what is wrong by mathematics; `check` shows what is right."""

    def judge(results: Results) -> Verdict:
        del results
        if not check():
            raise AssertionError(f"what stands for a refutation is not so: {instead}")
        return Verdict(FAILS, text, instead=instead)

    return judge
