"""Paired timings: several calls are timed alternately, so that their ratios can be compared.

The load of a machine changes over seconds. Two calls that are timed in the same round see the
same load, so it cancels in the ratio of their times.
"""

import gc
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

from actbench.statistics import TimeRatio, compare_times

Call: TypeAlias = Callable[[], object]
"""A call without arguments."""

T = TypeVar("T")

# Enough rounds for an interval, and few enough for about a minute per benchmark.
_MINIMUM_ROUNDS, _MAXIMUM_ROUNDS = 15, 60


class Benchmark(Protocol):
    """The part of pytest-benchmark's fixture `benchmark` that is used here."""

    disabled: bool
    group: str | None
    extra_info: dict[str, object]
    stats: Any
    """The times after the run: `stats.stats.data`, `stats.stats.median`."""

    def pedantic(
        self, target: Callable[[], T], setup: Callable[[], None] | None = None, rounds: int = 1
    ) -> T:
        """Call a target in each round, after its untimed setup."""


@dataclass(frozen=True)
class Timings:
    """The times of several calls, and their ratios to the time of the first call.

    Args:
        seconds: name ↦ seconds, one per round.
        comparisons: name ↦ time of this call divided by the time of the first call.
    """

    seconds: Mapping[str, list[float]]
    comparisons: Mapping[str, TimeRatio]

    def median(self, name: str) -> float:
        """Return the median of the seconds of a call."""
        return float(np.median(self.seconds[name]))


class Paired:
    """The fixture `paired`: times several calls alternately in one benchmark.

    pytest-benchmark times and saves the first call. In each round, its untimed setup times the
    other calls in random order, and the first call a second time. The ratio of the two times of
    the first call (A/A test) is the noise floor.
    """

    def __init__(self, benchmark: Benchmark) -> None:
        self.benchmark = benchmark

    def __call__(
        self,
        calls: Mapping[str, Call],
        *,
        seconds: float = 1.0,
        minimum_rounds: int = _MINIMUM_ROUNDS,
    ) -> Timings | None:
        """Time calls without arguments.

        Args:
            calls: name ↦ call; each is called three times before the first round.
            seconds: time for all rounds together.
            minimum_rounds: number of rounds that are made even if they take longer.

        Returns:
            The timings; None with --benchmark-disable, where each call is made once.
        """
        (first, call), *others = calls.items()
        if self.benchmark.disabled:
            for _, other in others:
                other()
            self.benchmark.pedantic(call)
            return None
        seconds_per_round = sum(_warm_up(each) for each in (*calls.values(), call))
        rounds = max(minimum_rounds, min(_MAXIMUM_ROUNDS, round(seconds / seconds_per_round)))
        times: dict[str, list[float]] = {name: [] for name, _ in others}
        again: list[float] = []
        rng = random.Random(0)  # noqa: S311 - it shuffles an order, which is no secret
        entries = [*((times[name], other) for name, other in others), (again, call)]

        def time_the_others() -> None:
            rng.shuffle(entries)
            for series, other in entries:
                series.append(_seconds(other))

        # A garbage collection in one round would be a spike in the time of one call.
        gc.collect()
        gc.disable()
        try:
            self.benchmark.pedantic(call, setup=time_the_others, rounds=rounds)
        finally:
            gc.enable()
        first_times = list(self.benchmark.stats.stats.data)
        return Timings(
            {first: first_times, **times},
            {name: compare_times(first_times, series, again) for name, series in times.items()},
        )


def _warm_up(call: Call) -> float:
    """Make a call three times and return the seconds of the last time."""
    call()
    call()
    return _seconds(call)


def _seconds(call: Call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
