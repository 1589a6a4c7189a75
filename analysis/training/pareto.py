"""The Pareto front of accuracy and cost, as far as the measurements can tell."""

import itertools
import math
from collections.abc import Callable, Mapping

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.statistics import q_values, sign_flip
from analysis.claims.claim import Doubles
from analysis.results import Cost

Gains = Callable[[str, str], Doubles]
"""Two names ↦ the differences in accuracy of the first from the second, one per seed."""


def on_front(costs: Mapping[str, Cost], gains: Gains) -> set[str]:
    """Return the activations that no other one clearly beats.

    An activation is beaten if another one is clearly more accurate and not clearly more
    expensive, or clearly cheaper and not clearly less accurate. A difference in accuracy is
    clear if its q value over all pairs is at most 5%; a difference in cost, if the intervals
    stay apart when they are widened by the noise floor. So activations that tie are all on the
    front.

    Args:
        costs: name ↦ measured cost; activations without a cost (NaN) are not on the front.
        gains: differences in accuracy.
    """
    names = [name for name, cost in costs.items() if not math.isnan(cost.ratio)]
    better = _clearly_better(names, gains)
    cheaper = {
        (first, second)
        for first, second in itertools.permutations(names, 2)
        if _is_clearly_less(costs[first], costs[second])
    }

    def beats(first: str, second: str) -> bool:
        pair, reverse = (first, second), (second, first)
        return (pair in better and reverse not in cheaper) or (
            pair in cheaper and reverse not in better
        )

    return {
        name
        for name in names
        if not any(beats(other, name) for other in names if other != name)
    }


def _clearly_better(names: list[str], gains: Gains) -> set[tuple[str, str]]:
    pairs = list(itertools.combinations(names, 2))
    found = [gains(*pair) for pair in pairs]
    q = q_values([sign_flip(each) for each in found])
    return {
        pair if each.mean() > 0 else (pair[1], pair[0])
        for pair, each, value in zip(pairs, found, q, strict=True)
        if value <= PREREGISTRATION.level
    }


def _is_clearly_less(first: Cost, second: Cost) -> bool:
    noise = 1 + max(first.noise, second.noise)
    return first.high * noise < second.low
