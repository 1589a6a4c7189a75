"""Open regular files only, and read no more than a stated number of bytes."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from actbench.errors import RequestError

KIB, MIB = 2**10, 2**20

# Without these flags, opening a FIFO waits for a writer, and opening a terminal can make it
# the controlling terminal of this process. Windows has neither.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class InvalidFileError(RequestError):
    """A file cannot be read, or its content has an unexpected form.

    Args:
        path: the file, or another name of the source of the content.
        reason: one line, `expected X, got Y`.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path = Path(path)
        # A reason may quote the file, which can be long and have several lines.
        self.reason = shorten(" ".join(reason.split()))
        name = str(path)
        # A file name may contain line breaks, and control sequences of a terminal.
        super().__init__(f"{name if name.isprintable() else ascii(name)}: {self.reason}")

    def __reduce__(self) -> tuple[type["InvalidFileError"], tuple[Path, str]]:
        return type(self), (self.path, self.reason)


@contextmanager
def open_file(path: Path, *, limit: int) -> Iterator[BinaryIO]:
    """Open a regular file for reading.

    Args:
        path: the file, or a symbolic link to it.
        limit: largest size of the file in bytes.

    Raises:
        InvalidFileError: there is no such file, it cannot be opened or read, it is larger than
            the limit, or it is a folder, a FIFO, a socket or a device.
    """
    try:
        with _open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise InvalidFileError(
                    path, f"expected at most {in_bytes(limit)}, got {in_bytes(size)}"
                )
            yield file
    except FileNotFoundError:
        raise InvalidFileError(path, "expected a file, got no such path") from None
    except OSError as error:
        got = error.strerror or str(error)
        raise InvalidFileError(path, f"expected a readable file, got {got!r}") from None


def _open_regular(path: Path) -> BinaryIO:
    try:
        # A device may react to being opened, so its kind is looked up before.
        _check_kind(path, path.stat())
        file = os.fdopen(os.open(path, _FLAGS), "rb")
    except InvalidFileError:
        raise
    except ValueError:
        # The path contains a NUL character or a lone surrogate.
        raise InvalidFileError(path, "expected a valid path, got this one") from None
    # Another file may have taken its place in between.
    try:
        _check_kind(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def read_bytes(path: Path, *, limit: int) -> bytes:
    """Return the content of a regular file.

    Args:
        path: the file.
        limit: largest size of the file in bytes.

    Raises:
        InvalidFileError: as `open_file`.
    """
    with open_file(path, limit=limit) as file:
        # A read takes memory for the number of bytes that it asks for.
        content = file.read(os.fstat(file.fileno()).st_size + 1)
        # A file may grow, and files of the kernel have a size of 0 before they are read.
        while len(content) <= limit and (chunk := file.read(MIB)):
            content += chunk
    if len(content) > limit:
        raise InvalidFileError(path, f"expected at most {in_bytes(limit)}, got more")
    return content


def read_text(path: Path, *, limit: int) -> str:
    """Return the content of a regular file of UTF-8 text, without a byte order mark.

    Args:
        path: the file.
        limit: largest size of the file in bytes.

    Raises:
        InvalidFileError: as `open_file`, or the content is not UTF-8.
    """
    return decode_utf8(read_bytes(path, limit=limit), path)


def decode_utf8(content: bytes, path: Path) -> str:
    """Return UTF-8 text without its byte order mark; raise InvalidFileError for others."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFileError(
            path,
            f"expected UTF-8 text, got the byte {content[error.start]:#04x} at position "
            f"{error.start}",
        ) from None


def shorten(text: str) -> str:
    """Return printable text of at most 500 characters."""
    printable = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return printable if len(printable) <= 500 else f"{printable[:499]}…"


def in_bytes(count: int) -> str:
    """Return a number of bytes as text.

    Example:
        >>> in_bytes(2**20), in_bytes(12)
        ('1,048,576 bytes', '12 bytes')
    """
    return f"{count:,} bytes"


def _check_kind(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "another kind of file")
        raise InvalidFileError(path, f"expected a regular file, got {kind}")
