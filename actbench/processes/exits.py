"""Name the cause if code of the user ends the process by `os._exit`, which raises nothing."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_WRONG_REQUEST = 2


@contextmanager
def sudden_exits_named() -> Iterator[None]:
    """Let `os._exit` print one line, and leave with exit status 2, within the context.

    Processes that are forked within it end as usual, because they always call `os._exit`.
    """
    process, leave = os.getpid(), os._exit

    def leave_with_a_line(status: int) -> None:
        if os.getpid() == process:
            sys.stderr.write(
                "actbench: expected functions and plug-ins that return, got one that ended the "
                f"process by os._exit({status})\n"
            )
            sys.stderr.flush()
            leave(_WRONG_REQUEST)
        leave(status)

    os._exit = leave_with_a_line  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = leave
