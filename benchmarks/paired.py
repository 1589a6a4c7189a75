"""Times of several things, taken in turn, and what can be said of their ratios."""

import gc
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from actbench.statistics import Comparison, compare

Call = Callable[[], Any]

# Rounds of a comparison: enough for an interval, few enough for a minute's patience.
_LEAST, _MOST = 15, 60


@dataclass(frozen=True)
class Timings:
    """Seconds of each thing in each round, and the ratios to the first thing.

    Args:
        seconds: name ↦ one per round.
        comparisons: name ↦ how many times as long as the first it takes.
    """

    seconds: Mapping[str, list[float]]
    comparisons: Mapping[str, Comparison]

    def median(self, name: str) -> float:
        """Return the median of the seconds of a thing."""
        return float(np.median(self.seconds[name]))


class Paired:
    """The fixture `paired`: times calls in turn within one entry of pytest-benchmark.

    The first call is what pytest-benchmark times and saves. The others, and the first once
    more as the A/A pair, run before it in each round, in random order, in its untimed set-up.
    """

    def __init__(self, benchmark: Any) -> None:
        self.benchmark = benchmark

    def __call__(
        self, calls: Mapping[str, Call], *, seconds: float = 1.0, least: int = _LEAST
    ) -> Timings | None:
        """Time calls of no arguments.

        Args:
            calls: name ↦ call; each is called three times before, untimed.
            seconds: that all rounds may take together.
            least: rounds that are made however long they take.

        Returns:
            What was measured; None where benchmarks are disabled.
        """
        (first, call), *others = calls.items()
        if self.benchmark.disabled:
            for _, other in others:
                other()
            self.benchmark.pedantic(call)
            return None
        took = sum(_warm(each) for each in (*calls.values(), call))
        rounds = max(least, min(_MOST, round(seconds / took)))
        times: dict[str, list[float]] = {name: [] for name, _ in others}
        again: list[float] = []
        rng = random.Random(0)  # noqa: S311 - an order, not a secret
        entries = [*((times[name], other) for name, other in others), (again, call)]

        def run_the_others() -> None:
            rng.shuffle(entries)
            for series, other in entries:
                series.append(_timed(other))

        gc.collect()
        gc.disable()
        try:
            self.benchmark.pedantic(call, setup=run_the_others, rounds=rounds)
        finally:
            gc.enable()
        own = list(self.benchmark.stats.stats.data)
        return Timings(
            {first: own, **times},
            {name: compare(own, series, again) for name, series in times.items()},
        )


def _warm(call: Call) -> float:
    """Call three times, and return the seconds of the last."""
    call()
    call()
    return _timed(call)


def _timed(call: Call) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
