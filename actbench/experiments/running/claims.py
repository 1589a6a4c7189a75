"""Claims of blocks: two runs in one store never train the same block at the same time.

A claim is a lock on a file. The system releases the locks of a process that ends, so a killed
run blocks no other.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Claims:
    """The blocks that this run has claimed; they are released at the end of the context.

    Args:
        note: called with one line if the store has no locks.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._held: dict[Path, BaseFileLock | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for path in list(self._held):
            self.release(path)

    def claim(self, path: Path) -> bool:
        """Claim a block by its lock file; return False if another run has claimed it."""
        from filelock import FileLock, Timeout

        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            return False
        except OSError as error:
            if None not in self._held.values():
                self._note(
                    f"{path}: expected a file system with locks, got {error.strerror!r}; "
                    "two runs in this store at the same time would train everything twice"
                )
            self._held[path] = None
            return True
        self._held[path] = lock
        return True

    def release(self, path: Path) -> None:
        """Release a block, and remove its lock file."""
        lock = self._held.pop(path)
        if lock is not None:
            # filelock does not take a lock on a file that has been removed.
            with suppress(OSError):
                path.unlink()
            lock.release()

    def remove_left_over(self, folder: Path) -> None:
        """Remove the lock files of runs that were killed."""
        for path in folder.glob("*_block-*.lock"):
            if path not in self._held and self.claim(path):
                self.release(path)
