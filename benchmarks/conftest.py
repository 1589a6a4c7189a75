"""Hooks of pytest and fixtures of the benchmarks."""

from pathlib import Path

import pytest

from benchmarks import warning_filters

with warning_filters.other_code_may_warn():
    from actbench.frameworks.start import import_triton, start_tensorflow
    from benchmarks import earlier_runs, selection, summary
    from benchmarks.implementations import NAMES

    import_triton()  # before a file of benchmarks imports TensorFlow


_FOLDER = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that select benchmarks."""
    selection.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and check all options before anything runs."""
    config.addinivalue_line("markers", "full: all benchmarks, not only the default selection")
    config.addinivalue_line(
        "markers", "beside_relu: earlier name of test_relative_to_relu, for `-k beside_relu`"
    )
    config.addinivalue_line(
        "markers",
        "axes(passes=…, dtypes=…, sizes=…, inputs=…): values that a benchmark has without a "
        "parameter, so that the options of the same names select it",
    )
    warning_filters.configure(config)
    earlier_runs.check_file_exists(config)
    earlier_runs.find_run(config, earlier_runs.storage_of(config))
    with warning_filters.other_code_may_warn():
        selection.check_options(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one benchmark of each throughput case."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", selection.all_cases(metafunc.config), ids=str)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect benchmarks that are neither requested nor in the default selection."""
    selected: list[pytest.Item] = []
    deselected: list[pytest.Item] = []
    for item in items:
        if not item.path.is_relative_to(_FOLDER):  # a test, in a run of tests and benchmarks
            selected.append(item)
            continue
        # Without this marker, pytest itself would deselect all items with `-m full`.
        item.add_marker("full")
        warning_filters.mark(item)
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        marker = item.get_closest_marker("axes")
        is_selected = selection.is_selected(config, parameters, marker.kwargs if marker else {})
        (selected if is_selected else deselected).append(item)
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = selected


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a comparison whose earlier run has none of the benchmarks."""
    is_ok = session.exitstatus == pytest.ExitCode.OK
    if is_ok and earlier_runs.lacks_compared_benchmarks(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_benchmark_update_machine_info(machine_info: dict[str, object]) -> None:
    """Leave out the host name, because results are published."""
    machine_info.pop("node", None)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print times relative to actbench, and the benchmarks that were not compared."""
    session = earlier_runs.benchmark_session(config)
    for line in earlier_runs.missing_lines(session):
        terminalreporter.write_line(line)
    entries = [entry for entry in session.benchmarks if "function" in entry.extra_info]
    if entries:
        terminalreporter.section(summary.TITLE)
        for line in summary.relative_times(entries):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _tensorflow() -> None:
    start_tensorflow()


@pytest.fixture(scope="session")
def chosen(request: pytest.FixtureRequest) -> list[str]:
    """Return the names of the implementations to time; "actbench" is always among them."""
    names = selection.requested(request.config, "implementations") or NAMES
    return list(dict.fromkeys(["actbench", *names]))
