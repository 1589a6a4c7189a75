"""Exit statuses of the command `actbench`."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """How a command ended."""

    DONE = 0
    FALLS_SHORT = 1
    """The examined function has a fault, such as an audit that failed."""
    BAD_REQUEST = 2
    """The request was wrong; one line on standard error names the expected input."""
    INTERRUPTED = 130
    """The user pressed Ctrl-C; stored results are kept."""
