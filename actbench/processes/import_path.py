"""The folders from which modules are imported: the working folder only for user functions."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PACKAGES = ("actbench", "analysis")


def leave_out_working_folder() -> None:
    """Remove the working folder from the import path of `python -m actbench` and the like.

    `python -m` puts it first. A file `scipy.py` that happens to be there would then be
    executed in place of the package. The folder stays, as the last one, if actbench itself
    was imported from it. Other programs keep their import path.
    """
    if sys.flags.safe_path or not sys.path:
        return
    words = getattr(sys, "orig_argv", [])
    module = words[words.index("-m") + 1 :][:1] if "-m" in words else []
    if not module or module[0].partition(".")[0] not in _PACKAGES:
        return
    folder = sys.path[0]
    if folder != _working_folder():
        return
    del sys.path[0]
    if Path(folder).resolve() == Path(__file__).resolve().parents[2]:
        sys.path.append(folder)


@contextmanager
def working_folder_importable() -> Iterator[None]:
    """Import from the working folder as well, after all other folders, in this context."""
    folder = _working_folder()
    if folder is None or folder in sys.path or "" in sys.path:
        yield
        return
    sys.path.append(folder)
    try:
        yield
    finally:
        with suppress(ValueError):  # the imported module may have removed it
            sys.path.remove(folder)


@contextmanager
def safe_path_of_children() -> Iterator[None]:
    """Let Python processes that are started in this context leave out the working folder."""
    given = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if given is None:
            os.environ.pop("PYTHONSAFEPATH", None)
        else:
            os.environ["PYTHONSAFEPATH"] = given


def _working_folder() -> str | None:
    """Return the working folder; None if it was deleted."""
    try:
        return str(Path.cwd())
    except OSError:
        return None
