import io

from rich.console import Console

from actbench.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def work(stream, *, trials=2, steps=3):
    progress = Progress(stream)
    with progress.work("study quick", trials, trials * steps):
        for trial in range(trials):
            for _ in range(steps):
                progress.step()
            progress.trial_done(f"trial {trial} [done]")
    return stream.getvalue()


def test_files_get_plain_lines_with_the_remaining_time():
    lines = work(io.StringIO()).splitlines()
    assert lines == [
        "study quick: 2 trials to train, 6 steps in all",
        "[1/2] trial 0 [done] (0:00 elapsed, about 0:00 remaining)",
        "[2/2] trial 1 [done] (0:00 elapsed, about 0:00 remaining)",
    ]


def test_terminals_get_a_bar_with_the_remaining_time(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    shown = work(Terminal())
    assert "6/6" in shown
    assert "remaining" in shown
    assert "━" in shown
    assert "trial 1 [done]" in shown


def test_nothing_to_do_shows_nothing():
    assert work(io.StringIO(), trials=0) == ""
    assert work(Terminal(), trials=0) == ""


def test_long_lines_are_not_broken():
    stream = io.StringIO()
    progress = Progress(stream)
    assert isinstance(progress.console, Console)
    progress.note("x" * 500)
    assert stream.getvalue() == "x" * 500 + "\n"
