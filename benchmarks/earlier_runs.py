"""Checks of --benchmark-compare, so that a comparison with nothing cannot pass unnoticed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Protocol, cast

import pytest
from pytest_benchmark.session import BenchmarkSession
from pytest_benchmark.utils import get_machine_id, load_storage

from actbench.files import InvalidFileError
from analysis.results.benchmarks import read_file


class Storage(Protocol):
    """The part of pytest-benchmark's storage that is used here."""

    def query(self, pattern: str) -> list[Path]:
        """Return the files that a name, a number or a pattern means."""


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


def storage_of(config: pytest.Config) -> Storage:
    """Return the folder of the stored runs; pytest-benchmark makes its own later."""
    storage = load_storage(  # type: ignore[no-untyped-call]
        config.getoption("benchmark_storage"),
        logger=SimpleNamespace(),
        default_machine_id=get_machine_id(),  # type: ignore[no-untyped-call]
        netrc=config.getoption("benchmark_netrc"),
    )
    return cast(Storage, storage)


def find_run(config: pytest.Config, storage: Storage) -> None:
    """Find the earlier run to compare with, and name it to pytest-benchmark.

    pytest-benchmark looks in the folder of this platform only: system, Python and architecture.
    If that folder has no such run, the run of another platform is taken.

    Args:
        config: the configuration; its option --benchmark-compare is set to the run.
        storage: the stored runs.

    Raises:
        UsageError: there is no run, or it cannot be read.
    """
    run = config.getoption("benchmark_compare")
    if not run:
        if config.getoption("benchmark_compare_fail"):
            raise pytest.UsageError(
                "--benchmark-compare-fail: expected --benchmark-compare as well, got none"
            )
        return
    pattern, found = _stored_runs(storage, run)
    if not found:
        got = "none" if run is True else repr(run)
        raise pytest.UsageError(
            f"--benchmark-compare: expected a file or the number of a run in {storage}, got "
            f"{got}; --benchmark-autosave stores a run"
        )
    if run is True:
        # The last one that was saved; numbers of several platforms are independent.
        found = [max(found, key=lambda path: (path.stat().st_mtime, path.name))]
        pattern = str(found[0])
    for path in found:
        try:
            read_file(path)
        except InvalidFileError as error:
            raise pytest.UsageError(f"--benchmark-compare: {error}") from None
    config.option.benchmark_compare = pattern


def _stored_runs(storage: Storage, run: str | bool) -> tuple[str, list[Path]]:
    """Return the pattern of the runs that an option names, and the runs.

    Runs of this platform are preferred to those of others.
    """
    name = "[0-9][0-9][0-9][0-9]_" if run is True else str(run)
    for pattern in (name, f"*/{name}"):
        try:
            found = storage.query(pattern)
        except ValueError:
            continue
        if found:
            return pattern, found
    return name, []


def lacks_compared_benchmarks(config: pytest.Config) -> bool:
    """Return whether a comparison is requested but the earlier run has no benchmark of this."""
    if not config.getoption("benchmark_compare") or config.getoption("benchmark_disable"):
        return False
    session = benchmark_session(config)
    earlier = list((session.compared_mapping or {}).values())
    names = [entry.fullname for entry in session.benchmarks]
    return not any(name in run for run in earlier for name in names)


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
