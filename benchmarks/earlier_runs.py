"""Checks of --benchmark-compare, so that a comparison with nothing cannot pass unnoticed."""

from pathlib import Path
from typing import cast

import pytest
from pytest_benchmark.session import BenchmarkSession


def benchmark_session(config: pytest.Config) -> BenchmarkSession:
    """Return the session of pytest-benchmark, which has the results and the stored runs."""
    return cast(BenchmarkSession, vars(config)["_benchmarksession"])


def check_file_exists(config: pytest.Config) -> None:
    """Check that a file given to --benchmark-compare exists.

    Raises:
        UsageError: it does not exist.
    """
    run = config.getoption("benchmark_compare")
    # A path of more than two parts can be neither the number nor a pattern of a stored run.
    if isinstance(run, str) and len(Path(run).parts) > 2 and not Path(run).is_file():
        raise pytest.UsageError(
            f"--benchmark-compare: expected an existing file or the number of a run, got {run}"
        )


def check_run_exists(config: pytest.Config) -> None:
    """Check that there is an earlier run to compare with, before anything is timed.

    Raises:
        UsageError: there is none, although a run was named or slower benchmarks must fail.
    """
    run = config.getoption("benchmark_compare")
    must_fail = config.getoption("benchmark_compare_fail")
    if not run:
        if must_fail:
            raise pytest.UsageError(
                "--benchmark-compare-fail: expected --benchmark-compare as well, got none"
            )
        return
    storage = benchmark_session(config).storage
    try:
        found = list(storage.query(*(() if run is True else (run,))))
    except ValueError:
        found = []
    if not found and (must_fail or run is not True):
        got = "none" if run is True else repr(run)
        raise pytest.UsageError(
            f"--benchmark-compare: expected a file or the number of a run in {storage}, got "
            f"{got}; --benchmark-autosave stores a run"
        )


def lacks_compared_benchmarks(config: pytest.Config) -> bool:
    """Return whether slower benchmarks must fail but the earlier run has none of them."""
    session = benchmark_session(config)
    earlier = list((session.compared_mapping or {}).values())
    names = [entry.fullname for entry in session.benchmarks]
    found = any(name in run for run in earlier for name in names)
    must_fail = bool(config.getoption("benchmark_compare_fail"))
    return bool(must_fail and names and earlier and not found)


def missing_lines(session: BenchmarkSession) -> list[str]:
    """Return one line for each earlier run that lacks some of the benchmarks."""
    lines = []
    for path, earlier in (session.compared_mapping or {}).items():
        new = [entry for entry in session.benchmarks if entry.fullname not in earlier]
        if new:
            lines.append(
                f"compared with {path}: {len(new)} of {len(session.benchmarks)} benchmarks "
                "are not in it, or only with other parameters"
            )
    return lines
