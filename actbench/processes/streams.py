"""Standard streams that do not end a command when they cannot take its text."""

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from actbench.errors import RequestError

_ESCAPES = "actbench.escapes"


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Replace characters that an encoding lacks by \uXXXX, so that JSON stays valid."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    codes = (units[start : start + 2].hex() for start in range(0, len(units), 2))
    return "".join(f"\\u{code}" for code in codes), error.end


codecs.register_error(_ESCAPES, _escape)


class _Descriptor(io.FileIO):
    """A file descriptor; after a failure, the text for it is dropped.

    The reader of a pipe may have enough, as in `actbench list | head -1`. Then the command
    continues without output, because its exit status still has a meaning.

    Args:
        descriptor: 1 or 2.
        required: whether another failure than a closed pipe raises RequestError, once.
    """

    def __init__(self, descriptor: int, *, required: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._required = required
        self._failed = False

    def write(self, data: Any, /) -> int:
        """Write bytes, or drop them after a failure.

        Raises:
            RequestError: the descriptor is required and cannot take the bytes.
        """
        size = memoryview(data).nbytes
        if self._failed:
            return size
        try:
            written = self.write_bytes(data)
        except OSError as error:
            self._failed = True
            if self._required and not isinstance(error, BrokenPipeError):
                raise RequestError(
                    f"standard output: expected a file that takes all text, got "
                    f"{error.strerror!r}; try > /dev/null"
                ) from None
            return size
        # A descriptor that does not block takes no bytes while its reader is busy.
        return size if written is None else written

    def write_bytes(self, data: Any) -> int | None:
        """Write bytes without a replacement for errors."""
        written: int | None = super().write(data)
        return written


@contextmanager
def safe_streams() -> Iterator[bool]:
    r"""Let the standard streams take any text in this context, even if they are closed.

    Characters that the encoding of a stream lacks are written as \uXXXX. Text for a closed
    pipe is dropped, and so is all text that standard error cannot take. A file that cannot take
    the text of standard output raises RequestError when it is written. Streams that a program
    has replaced are left as they are.

    Yields:
        Whether standard output is open.
    """
    given = sys.stdout, sys.stderr
    _open_standard_descriptors()
    if sys.stdout is sys.__stdout__:
        sys.stdout = _stream(1, given[0], required=given[0] is not None)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _stream(2, given[1], required=False)
    try:
        yield given[0] is not None
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        sys.stdout, sys.stderr = given


def _open_standard_descriptors() -> None:
    """Open closed ones on the null device, because other files would get their numbers."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _stream(descriptor: int, given: TextIO | None, *, required: bool) -> TextIO:
    if given is not None:
        with suppress(OSError, ValueError):
            given.flush()
    raw = _Descriptor(descriptor, required=required)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=given.encoding if given is not None else "utf-8",
        errors=_ESCAPES,
        line_buffering=descriptor == 2 or raw.isatty(),
    )
