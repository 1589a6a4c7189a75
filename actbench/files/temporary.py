"""Write a file completely or not at all, and remove the temporary files of killed processes.

A temporary file is locked while its process lives. The system releases the lock when the
process ends, so a temporary file that can be locked is abandoned. A process number would not
tell this: numbers are used again, and containers and machines that share a folder have the
same numbers.
"""

import errno
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

# Windows has no such locks, but it refuses to remove a file that is open.
if sys.platform != "win32":
    import fcntl

_NAME = re.compile(r".+\.([0-9a-f]{8}|\d+)\.tmp")
"""Names of temporary files; earlier versions wrote a process number."""

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


@contextmanager
def complete_file(path: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file that gets the name `path` when the context ends without an error.

    The content is on the disk before the file gets its name. After an error, the temporary
    file is removed.

    Args:
        path: the file. Its folder exists.
        replace: whether a file of that name is replaced.

    Raises:
        FileExistsError: there is a file of that name, and it is not replaced.
        OSError: the file cannot be written.
    """
    temporary, file = _open_temporary(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if sys.platform == "win32":
                file.close()
            _give_name(temporary, path, replace=replace)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of processes that ended before the files were complete.

    Files of living processes are kept, and so are all files on a file system without locks.

    Args:
        folder: the folder that contains the files, directly or in folders of it.
    """
    for path in folder.rglob("*.tmp"):
        if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            with suppress(OSError):
                _remove_unless_locked(path)


def is_temporary(path: Path) -> bool:
    """Return whether a file has the name of a temporary file.

    Example:
        >>> is_temporary(Path("mish.json.0a1b2c3d.tmp")), is_temporary(Path("mish.json"))
        (True, False)
    """
    return _NAME.fullmatch(path.name) is not None


def _open_temporary(path: Path) -> tuple[Path, BinaryIO]:
    while True:
        # The name is cut because a file system allows 255 bytes.
        temporary = path.with_name(f"{path.name[:50]}.{secrets.token_hex(4)}.tmp")
        file = temporary.open("xb")
        try:
            # Another process may remove the file before it is locked.
            if _lock(file) and os.fstat(file.fileno()).st_nlink > 0:
                return temporary, file
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
        file.close()


def _lock(file: BinaryIO) -> bool:
    """Return whether no other process has locked the file, as far as the system has locks."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _remove_unless_locked(path: Path) -> None:
    if sys.platform == "win32":
        path.unlink()
        return
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def _give_name(temporary: Path, path: Path, *, replace: bool) -> None:
    if replace:
        temporary.replace(path)
        return
    try:
        # Unlike a rename, a link fails if the name exists.
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with path.open("xb"):
            temporary.replace(path)
    else:
        temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, on systems that can open folders (not Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
