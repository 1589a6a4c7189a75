"""Choice of a learning rate on validation images, with seeds that no result uses.

A comparison of activations at one learning rate compares how well that rate suits each of them.
The protocol `tuned` gives each condition the best rate of a grid, and the same budget to all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from actbench.errors import RequestError

FIRST_SEED = 1_000
"""First seed of tuning. Results have the seeds from 0 to below it."""

SUFFIX = "-tuning"
"""End of the name of the experiment that the documents of tuning trials state."""

_LEAST_RATES = 4

Accuracies = Mapping[float, Sequence[float]]
"""Learning rate ↦ validation accuracies after training, fractions, one per tuning seed."""


@dataclass(frozen=True)
class Tuning:
    """The budget of the choice, which is the same for all conditions.

    Args:
        rates: the grid of learning rates, at least four, in increasing order.
        seeds: number of tuning seeds: 1000, 1001, …
        extensions: largest number of rates that are added while the best rate is at an edge.

    Raises:
        RequestError: there are fewer than four rates, they do not increase, or a number is out
            of its range.
    """

    rates: tuple[float, ...]
    seeds: int = 2
    extensions: int = 4

    def __post_init__(self) -> None:
        if len(self.rates) < _LEAST_RATES:
            raise RequestError(
                f"learning rates of tuning: expected {_LEAST_RATES} or more, got "
                f"{len(self.rates)}"
            )
        is_increasing = all(a < b for a, b in pairwise((0.0, *self.rates, math.inf)))
        if not is_increasing:
            got = ", ".join(f"{rate:g}" for rate in self.rates)
            raise RequestError(
                f"learning rates of tuning: expected positive numbers that increase, got {got}"
            )
        if self.seeds < 1 or self.extensions < 0:
            raise RequestError(
                "tuning: expected 1 or more seeds and 0 or more extensions, got "
                f"{self.seeds} and {self.extensions}"
            )

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds of tuning, from 1000 on."""
        return tuple(range(FIRST_SEED, FIRST_SEED + self.seeds))

    def describe(self) -> dict[str, object]:
        """Return the budget and the rule, ready for JSON."""
        return {
            "metric": "mean validation accuracy after the last epoch",
            "rates": list(self.rates),
            "seeds": list(self.seed_numbers),
            "extensions": self.extensions,
        }


@dataclass(frozen=True)
class Selection:
    """The chosen learning rate, and all rates that were tried, in increasing order."""

    rate: float
    rates: tuple[float, ...]

    @property
    def is_at_edge(self) -> bool:
        """Whether the chosen rate is the smallest or the largest one that was tried."""
        return self.rate in (self.rates[0], self.rates[-1])


def select(accuracies: Accuracies) -> Selection:
    """Return the rate with the greatest mean accuracy, and of equal ones the smallest.

    An accuracy that is not finite counts as 0.

    Example:
        >>> select({0.001: [0.96, 0.97], 0.002: [0.97, 0.98], 0.004: [0.98, 0.90]})
        Selection(rate=0.002, rates=(0.001, 0.002, 0.004))
    """
    rates = tuple(sorted(accuracies))
    return Selection(max(rates, key=lambda rate: (_mean(accuracies[rate]), -rate)), rates)


def next_rate(tuning: Tuning, accuracies: Accuracies) -> float | None:
    """Return the rate to try next; None if the best one is inside the grid or none is left.

    A rate is added at an edge so that it continues the last two ratios there: 0.0003, 0.001,
    0.003 and 0.01 are followed by 0.03.

    Args:
        tuning: the grid, and how many rates may be added.
        accuracies: the results of all rates so far.

    Example:
        >>> tuning = Tuning((0.001, 0.002, 0.004, 0.008))
        >>> next_rate(tuning, {0.001: [0.9], 0.002: [0.8], 0.004: [0.7], 0.008: [0.6]})
        0.0005
    """
    selection = select(accuracies)
    rates = selection.rates
    if len(rates) - len(tuning.rates) >= tuning.extensions or not selection.is_at_edge:
        return None
    edge, inner, third = rates[:3] if selection.rate == rates[0] else rates[:-4:-1]
    return float(f"{inner * edge / third:.6g}")


def _mean(accuracies: Sequence[float]) -> float:
    finite = (value for value in accuracies if math.isfinite(value))
    return math.fsum(finite) / len(accuracies)
