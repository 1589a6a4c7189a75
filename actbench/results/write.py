"""Write documents so that a crash or a full disk never leaves half of one."""

import json
import math
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain, count
from pathlib import Path

from actbench.errors import RequestError
from actbench.results.trial import Trial, TrialKey


def trial_path(store: Path, key: TrialKey) -> Path:
    """Return the path of the document of a trial.

    Example:
        >>> trial_path(Path("results"), ("alpha-sweep", "full", "alpha=-1", 2)).as_posix()
        'results/alpha-sweep/full_alpha=-1_seed-2.json'
    """
    experiment, profile, condition, seed = key
    # The formula of a user may contain characters that file names cannot have.
    safe = re.sub(r"[^\w=.,+() -]", "_", condition).replace(" ", "_")
    return store / experiment / f"{profile}_{safe}_seed-{seed}.json"


def prepare_store(store: Path, experiment: str) -> None:
    """Make the folder of an experiment and check that it can be written to.

    Raises:
        RequestError: the folder cannot be made, or cannot be written to.
    """
    folder = store / experiment
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"actbench")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise _cannot_write(folder, error) from None


def write_trial(store: Path, trial: Trial) -> Path:
    """Write the document of a trial and return its path.

    A file that has the same name is kept, because it may be all that is left of another
    result. The new document then gets a number in its name.

    Raises:
        RequestError: the document cannot be written. No part of it is left in the folder.
    """
    return write_document(_unused(trial_path(store, trial.key)), asdict(trial))


def write_document(path: Path, document: Mapping[str, object]) -> Path:
    """Write a document as JSON and return its path.

    The text is written to a temporary file and flushed to the disk. Then the file is renamed,
    which is atomic. NaN and infinities become null, because JSON cannot express them.

    Raises:
        RequestError: the document cannot be written. No part of it is left in the folder.
    """
    text = _to_json(document) + "\n"
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from None
    return path


def _to_json(value: object, indent: str = "") -> str:
    """Return JSON with one line per entry, but a list of plain values on a single line."""
    inner = indent + " "
    if isinstance(value, Mapping):
        entries = [
            f"{json.dumps(str(name))}: {_to_json(entry, inner)}"
            for name, entry in value.items()
        ]
        return _in_lines("{", entries, "}", indent) if entries else "{}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        entries = [_to_json(entry, inner) for entry in value]
        if any(entry.startswith(("{", "[")) for entry in entries):
            return _in_lines("[", entries, "]", indent)
        return f"[{', '.join(entries)}]"
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    return json.dumps(value)


def _in_lines(start: str, entries: Sequence[str], end: str, indent: str) -> str:
    lines = ",\n".join(f"{indent} {entry}" for entry in entries)
    return f"{start}\n{lines}\n{indent}{end}"


def _unused(path: Path) -> Path:
    candidates = (path.with_name(f"{path.stem}.{number}.json") for number in count(2))
    return next(p for p in chain([path], candidates) if not p.exists())


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, on systems that can open folders (not Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> RequestError:
    return RequestError(
        f"{path}: expected a writable path, got {error.strerror!r}; "
        "try a --store on a writable disk that has free space"
    )
