"""The plug-in of pytest: the option `--actbench-baseline`, a marker and the fixture `paired`.

pytest imports this module in every project of an environment, so it imports nothing else of
this package until it is used.
"""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from actbench.conformance.baselines.expected_failures import ExpectedFailures
    from actbench.testing.paired import Paired

_EXPECTED: "pytest.StashKey[ExpectedFailures]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("actbench", "activation functions").addoption(
        "--actbench-baseline",
        metavar="FILE",
        type=Path,
        help="TOML file of expected failures, each with a reason: assert_conforms and "
        "assert_gradient pass if no other failures occur.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and read the file of expected failures."""
    config.addinivalue_line(
        "markers", "actbench: a test of an activation function, for `-m actbench`"
    )
    path = config.getoption("actbench_baseline", None)
    if path is not None:
        from actbench.conformance.baselines.expected_failures import ExpectedFailures
        from actbench.errors import RequestError

        try:
            config.stash[_EXPECTED] = ExpectedFailures.load(path)
        except RequestError as error:
            raise pytest.UsageError(f"--actbench-baseline: {error}") from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test with the expected failures of the file."""
    expected = item.config.stash.get(_EXPECTED, None)
    if expected is None:
        return (yield)
    from actbench.testing.expected import expecting

    with expecting(expected):
        return (yield)


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    """List the expected failures that did not occur."""
    expected = terminalreporter.config.stash.get(_EXPECTED, None)
    # pytest-xdist runs the tests in other processes, so the failures are not known here.
    elsewhere = terminalreporter.config.pluginmanager.hasplugin("dsession")
    if expected is None or elsewhere or not expected.missing:
        return
    terminalreporter.section("expected failures that did not occur")
    for each in expected.missing:
        terminalreporter.line(f"{each.target} {each.check} {each.dtype}: {each.reason}")


@pytest.fixture
def paired(request: pytest.FixtureRequest) -> "Paired":
    """Time calls alternately with the fixture `benchmark`, and compare them by round."""
    from actbench.testing.paired import Paired

    return Paired(request.getfixturevalue("benchmark"))
