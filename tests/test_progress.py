"""Progress of long work: a bar on a terminal, lines in a file, and the remaining time."""

import io

import pytest

from actbench.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown_for(stream, *, trials=2, steps_per_trial=3):
    progress = Progress(stream)
    with progress.work("study quick", trials, trials * steps_per_trial):
        for trial in range(trials):
            for _ in range(steps_per_trial):
                progress.step()
            progress.trial_done(f"trial {trial} [done]")
    return stream.getvalue()


def test_a_file_gets_one_line_per_trial():
    lines = shown_for(io.StringIO()).splitlines()
    assert lines == [
        "study quick: 2 trials to train, 6 steps in total",
        "[1/2] trial 0 [done] (0:00 elapsed, about 0:00 remaining)",
        "[2/2] trial 1 [done] (0:00 elapsed, about 0:00 remaining)",
    ]


@pytest.mark.parametrize(
    ("steps", "remaining"),
    [(10, "4:30 remaining"), (25, "1:30 remaining"), (0, "1:30 remaining")],
)
def test_remaining_time_is_estimated_from_steps_or_else_from_trials(
    monkeypatch, steps, remaining
):
    now = [0.0]
    monkeypatch.setattr("actbench.progress.time.perf_counter", lambda: now[0])
    stream = io.StringIO()
    progress = Progress(stream)
    with progress.work("study", trials=4, steps=100):
        progress.step(steps)
        now[0] = 30.0
        progress.trial_done("one")
    assert "0:30 elapsed" in stream.getvalue()
    assert remaining in stream.getvalue()


def test_a_terminal_gets_a_bar_with_the_remaining_time(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    shown = shown_for(Terminal())
    assert "6/6" in shown
    assert "remaining" in shown
    assert "━" in shown
    assert "trial 1 [done]" in shown


def test_no_work_shows_nothing():
    assert shown_for(io.StringIO(), trials=0) == ""
    assert shown_for(Terminal(), trials=0) == ""


def test_long_lines_are_not_wrapped():
    stream = io.StringIO()
    Progress(stream).note("x" * 500)
    assert stream.getvalue() == "x" * 500 + "\n"
