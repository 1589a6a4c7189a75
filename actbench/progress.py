"""Show how far long work is and how long it will take: a bar, or plain lines."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar


class Progress:
    """Progress of a run, on a terminal as a bar with the remaining time, else as lines.

    Args:
        stream: where to; standard error by default, so that output can be redirected.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.console = Console(file=stream or sys.stderr, soft_wrap=True, highlight=False)
        self._bar: Bar | None = None
        self._started = 0.0
        self._steps = self._total_steps = 0
        self._trials = self._total_trials = 0

    @contextmanager
    def work(
        self, what: str, trials: int, steps: int, *, noun: str = "trials"
    ) -> Iterator[None]:
        """Cover the work: so many trials, or what the noun says, of so many steps in all."""
        self._started = time.perf_counter()
        self._steps, self._total_steps = 0, steps
        self._trials, self._total_trials = 0, trials
        if trials == 0 or not self.console.is_terminal:
            if trials:
                long = f" to train, {steps} steps in all" if steps > trials else ""
                self.note(f"{what}: {trials} {noun}{long}")
            yield
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeElapsedColumn(),
            TextColumn("remaining"),
            TimeRemainingColumn(),
        )
        # A wide window: trials differ in speed, and the time between them counts as well.
        with Bar(*columns, console=self.console, speed_estimate_period=120.0) as self._bar:
            self._bar.add_task(what, total=self._total_steps)
            try:
                yield
            finally:
                bar, self._bar = self._bar, None
                bar.refresh()

    def step(self, count: int = 1) -> None:
        """Count training steps."""
        self._steps += count
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0], count)

    def trial_done(self, line: str) -> None:
        """Count one trial and say how it ended."""
        self._trials += 1
        elapsed = time.perf_counter() - self._started
        # Trials differ in length; what has no steps is counted.
        done = self._steps / self._total_steps or self._trials / self._total_trials
        remaining = elapsed * (1 / done - 1)
        if self._bar is None:
            line = (
                f"[{self._trials}/{self._total_trials}] {line} "
                f"({_clock(elapsed)} elapsed, about {_clock(remaining)} remaining)"
            )
        self.note(line)

    def note(self, line: str) -> None:
        """Show a line of text."""
        self.console.print(line, markup=False)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
