"""The failures that the running tests expect: those of `--actbench-baseline`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from actbench.conformance.baselines.expected_failures import ExpectedFailures

_EXPECTED: ContextVar[ExpectedFailures | None] = ContextVar("expected failures", default=None)


def failures_expected_now() -> ExpectedFailures:
    """Return the expected failures; none outside of `expecting`."""
    return _EXPECTED.get() or ExpectedFailures(())


@contextmanager
def expecting(failures: ExpectedFailures) -> Iterator[None]:
    """Let assertions pass if only these failures occur."""
    token = _EXPECTED.set(failures)
    try:
        yield
    finally:
        _EXPECTED.reset(token)
