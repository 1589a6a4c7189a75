"""Progress of long work with an estimate of the remaining time: a bar, or plain lines."""

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
    """Progress of one run: a bar on a terminal, one line per trial in a file or pipe.

    Args:
        stream: where progress is written; standard error by default, so that standard output
            has the results only.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.console = Console(file=stream or sys.stderr, soft_wrap=True, highlight=False)
        self._bar: Bar | None = None
        self._started = 0.0
        self._steps = self._total_steps = 0
        self._trials = self._total_trials = 0

    @contextmanager
    def work(
        self, title: str, trials: int, steps: int, *, noun: str = "trials"
    ) -> Iterator[None]:
        """Show the progress of the work that is done in this context.

        Args:
            title: name of the work.
            trials: number of trials, each of which ends with `trial_done`.
            steps: number of training steps of all trials together, counted by `step`.
            noun: plural of the unit of work, if it is not a trial.
        """
        self._started = time.perf_counter()
        self._steps, self._total_steps = 0, steps
        self._trials, self._total_trials = 0, trials
        if trials == 0 or not self.console.is_terminal:
            if trials:
                training = f" to train, {steps} steps in total" if steps > trials else ""
                self.note(f"{title}: {trials} {noun}{training}")
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
        # A long period, because trials differ in speed and the time between them counts too.
        with Bar(*columns, console=self.console, speed_estimate_period=120.0) as self._bar:
            self._bar.add_task(title, total=self._total_steps)
            try:
                yield
            finally:
                bar, self._bar = self._bar, None
                bar.refresh()

    def step(self, count: int = 1) -> None:
        """Count training steps that have been done."""
        self._steps += count
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0], count)

    def trial_done(self, line: str) -> None:
        """Count one trial that has ended, and show its result."""
        self._trials += 1
        elapsed = time.perf_counter() - self._started
        # Steps give the better estimate because trials differ in length; some work has none.
        done = self._steps / self._total_steps or self._trials / self._total_trials
        remaining = elapsed * (1 / done - 1)
        if self._bar is None:
            line = (
                f"[{self._trials}/{self._total_trials}] {line} "
                f"({_clock(elapsed)} elapsed, about {_clock(remaining)} remaining)"
            )
        self.note(line)

    def note(self, line: str) -> None:
        """Show one line of text."""
        self.console.print(line, markup=False)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
