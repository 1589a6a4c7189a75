"""The other side of `IsolatedProcess`: execute calls until the pipe or the parent ends."""

import ctypes
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from typing import IO, Any

from actbench.errors import RequestError
from actbench.processes.isolated import CallFailedError, Raised, Report, Returned
from actbench.processes.streams import safe_streams

# Option of prctl(2): the signal that this process gets when its parent dies.
_PR_SET_PDEATHSIG = 1


def serve(parent: int) -> None:
    """Execute the calls that come from standard input, and end with the parent.

    Args:
        parent: process number of the parent.
    """
    _end_with(parent)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Standard output becomes standard error, because text of a function is no message.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, waiting), daemon=True).start()

    with safe_streams():
        sys.stdout = sys.stderr
        _execute(waiting, replies)


def _execute(waiting: "queue.SimpleQueue[Any]", replies: IO[bytes]) -> None:
    """Execute calls and send their results; none is executed after a failed preparation."""

    def send(message: object) -> None:
        replies.write(pickle.dumps(message))
        replies.flush()

    failure: Exception | None = None
    while True:
        function, arguments = waiting.get()
        try:
            if arguments is None:
                function()
                continue
            if failure is None:
                send(Returned(function(*arguments, lambda content: send(Report(content)))))
            else:
                send(Raised(failure))
        except BaseException as error:  # a function may raise any error, and exit
            if arguments is None:
                failure = _transferable(error)
            else:
                send(Raised(_transferable(error)))


def _transferable(error: BaseException) -> Exception:
    """Return an error that the parent expects, with any other error in one line."""
    if isinstance(error, RequestError | ModuleNotFoundError) or type(error) is LookupError:
        return error
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    text = " ".join(str(error).split())[:200]
    return CallFailedError(f"{type(error).__name__}{': ' * bool(text)}{text}{place}")


def _read(requests: IO[bytes], waiting: "queue.SimpleQueue[Any]") -> None:
    """Queue the requests; the end of the pipe ends the process, also during a call."""
    while True:
        try:
            waiting.put(pickle.load(requests))  # noqa: S301 - from the parent
        except EOFError:
            os._exit(0)


def _end_with(parent: int) -> None:
    """Let the kernel end this process with its parent, also while native code runs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
