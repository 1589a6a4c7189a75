"""Call functions in another process, which may die or hang without ending this one.

A pool of the standard library, or of pebble, would need semaphores and thus /dev/shm, would
import the caller's main module again, and would limit the whole duration of a call instead of
the time without progress. The process here needs two pipes.
"""

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

_Result = TypeVar("_Result")

# Seconds within which a process ends after it closed its pipe.
_SECONDS_TO_END = 5.0


class CallFailedError(Exception):
    """A call ended without a result; the message states how in one line."""


class Report(NamedTuple):
    """A message that a function sends while it runs: a sign of progress."""

    content: object


class Returned(NamedTuple):
    """The result of a function."""

    result: Any


class Raised(NamedTuple):
    """The exception of a function, as `IsolatedProcess.call` raises it."""

    error: Exception


class IsolatedProcess:
    """A process that runs one call after another.

    It is started at its first call, after its end, and after a number of calls. It ends with
    this process, however this process ends. Its standard output is the standard error of this
    process, and its standard input is empty.

    Args:
        prepare: called in the process before the first call, such as a slow import.
        calls: number of calls after which the process is replaced.
    """

    def __init__(self, prepare: Callable[[], None], *, calls: int) -> None:
        self._prepare, self._calls = prepare, calls
        self._left = 0
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def start(self) -> None:
        """Start the process if it is not running, without waiting for it."""
        self._started()

    def call(
        self,
        function: Callable[..., _Result],
        *arguments: object,
        patience: float,
        on_report: Callable[[Any], None],
    ) -> _Result:
        """Return function(*arguments, report) of the process.

        Args:
            function: a function of a module; `report` sends its argument to `on_report`.
            arguments: its arguments.
            patience: seconds without a report after which the process is killed.
            on_report: called with everything that the function reports.

        Raises:
            CallFailedError: the process died, was killed, or exited, or the function raised
                another error than the following.
            RequestError: of the function.
            LookupError: of the function.
            ModuleNotFoundError: of the function.
        """
        running = self._started()
        running.send(function, arguments)
        self._left -= 1
        while isinstance(message := running.receive(patience), Report):
            on_report(message.content)
        if message is None:
            self.end()
            raise CallFailedError(f"it made no progress for {patience:g} s")
        if not isinstance(message, Returned | Raised):
            self._running = None
            raise CallFailedError(running.how_it_ended())
        if self._left == 0:
            self.end()
        if isinstance(message, Raised):
            raise message.error
        result: _Result = message.result
        return result

    def end(self) -> None:
        """Kill the process."""
        running, self._running = self._running, None
        if running is not None:
            running.kill()

    def _started(self) -> "_Running":
        if self._running is None:
            self._running, self._left = _Running(), self._calls
            self._running.send(self._prepare, None)
        return self._running


class _Running:
    """A process that has been started, and the messages that it has sent."""

    def __init__(self) -> None:
        program = (
            f"import sys; sys.path[:] = {sys.path!r}\n"
            "from actbench.processes.serving import serve\n"
            f"serve({os.getpid()})"
        )
        self._process = subprocess.Popen(  # noqa: S603 - the program above
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the command, which then kills this process.
            process_group=0 if os.name == "posix" else None,
        )
        self._messages: queue.SimpleQueue[object] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def send(
        self, function: Callable[..., object], arguments: tuple[object, ...] | None
    ) -> None:
        """Send a call; without arguments, it is the preparation, which returns nothing."""
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(OSError):  # `receive` returns the end of a dead process
                pickle.dump((function, arguments), pipe)
                pipe.flush()

    def receive(self, patience: float) -> object:
        """Return the next message, None after so many seconds, or EOFError at the end."""
        try:
            return self._messages.get(timeout=patience)
        except queue.Empty:
            return None

    def how_it_ended(self) -> str:
        """Return how the process ended, in words."""
        try:
            status = self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return "its process closed its pipes"
        finally:
            self.kill()
        if status >= 0:
            return f"its process exited with status {status}"
        names = {each.value: f" ({each.name})" for each in signal.Signals}
        return f"its process was ended by signal {-status}{names.get(-status, '')}"

    def kill(self) -> None:
        """Kill the process and wait for its end."""
        self._process.kill()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait()

    def _read(self) -> None:
        """Queue all messages, then EOFError."""
        pipe = self._process.stdout
        if pipe is None:
            return
        with pipe:
            try:
                while True:
                    message = pickle.load(pipe)  # noqa: S301 - from a process of this command
                    self._messages.put(message)
            except Exception:  # the end of the pipe, or no message of ours
                self._messages.put(EOFError)
