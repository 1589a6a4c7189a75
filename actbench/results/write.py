"""Write documents so that a crash or a full disk never leaves half of one."""

import glob
import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path

from actbench.errors import RequestError
from actbench.files import complete_file
from actbench.results.read import read_trial
from actbench.results.trial import Trial, TrialKey

_PLAIN_NAME = re.compile(r"[a-z0-9_=.,+() -]{1,60}")
"""Names of conditions that are valid and distinct file names on every system."""

_READABLE = 40
"""Characters of any other name that its file name begins with."""


def trial_path(store: Path, key: TrialKey) -> Path:
    """Return the path of the document of a trial.

    The name of the file contains the name of the condition. A long name, and one with capital
    letters or with characters that file names cannot have, is shortened and gets a hash.

    Example:
        >>> trial_path(Path("results"), ("alpha-sweep", "full", "alpha=-1", 2)).as_posix()
        'results/alpha-sweep/full_alpha=-1_seed-2.json'
        >>> trial_path(Path("results"), ("ranking", "full", "formula:x / 2", 0)).name
        'full_formula_x___2-1120166918_seed-0.json'
    """
    experiment, profile, condition, seed = key
    return store / experiment / f"{profile}_{file_stem(condition)}_seed-{seed}.json"


def file_stem(name: str) -> str:
    """Return the part of a file name that stands for any text, which is 60 characters at most.

    Names that differ have stems that differ, also on file systems that ignore case. Only a
    space and an underscore are the same.

    Example:
        >>> file_stem("mish, depth 15")
        'mish,_depth_15'
        >>> file_stem("module:F") == file_stem("module:f")
        False
    """
    readable = re.sub(r"[^A-Za-z0-9_=.,+()-]", "_", name)
    if _PLAIN_NAME.fullmatch(name):
        return readable
    # A name from a command line may contain lone surrogates.
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"{readable[:_READABLE]}-{digest[:10]}"


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

    If there is a document of this trial, it is kept, and nothing is written. Any other file
    that has the same name is kept as well, because it may be all that is left of another
    result. The new document then gets a number in its name.

    Raises:
        RequestError: the document cannot be written. No part of it is left in the folder.
    """
    for path in _candidates(trial_path(store, trial.key)):
        try:
            return _write(path, asdict(trial), replace=False)
        except FileExistsError:
            if _is_document_of(trial.key, path):
                return path
    raise AssertionError  # pragma: no cover - there is always a further number


def stored_trial(store: Path, key: TrialKey) -> Trial | None:
    """Return the trial in the document that `write_trial` wrote for a key, or None.

    Unlike `read_trials`, it does not find documents that have another name.
    """
    path = trial_path(store, key)
    for candidate in (path, *path.parent.glob(f"{glob.escape(path.stem)}.*.json")):
        if _is_document_of(key, candidate):
            return read_trial(candidate)
    return None


def write_document(path: Path, document: Mapping[str, object]) -> Path:
    """Write a document as JSON and return its path; it replaces a file of that name.

    The text is written to a temporary file and flushed to the disk. Then the file is renamed,
    which is atomic. NaN and infinities become null, because JSON cannot express them.

    Raises:
        RequestError: the document cannot be written. No part of it is left in the folder.
    """
    return _write(path, document, replace=True)


def _write(path: Path, document: Mapping[str, object], *, replace: bool) -> Path:
    """Write a document; raise FileExistsError if it may not replace a file of that name."""
    text = _to_json(document) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with complete_file(path, replace=replace) as file:
            file.write(text.encode())
    except FileExistsError as error:
        if not replace and path.exists():
            raise
        raise _cannot_write(path, error) from None
    except OSError as error:
        raise _cannot_write(path, error) from None
    return path


def _candidates(path: Path) -> Iterator[Path]:
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}.{number}.json")


def _is_document_of(key: TrialKey, path: Path) -> bool:
    try:
        return read_trial(path).key == key
    except (OSError, ValueError):
        return False


_PLAIN = frozenset({str, int, float, bool, type(None)})


def _to_json(value: object, indent: str = "") -> str:
    """Return JSON with one line per entry, but a list of plain values on a single line."""
    if isinstance(value, list) and _PLAIN.issuperset(map(type, value)):
        # One call for the list takes a tenth of the time of one for each number.
        with suppress(ValueError):  # NaN and infinities become null below
            return json.dumps(value, allow_nan=False)
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


def _cannot_write(path: Path, error: OSError) -> RequestError:
    return RequestError(
        f"{path}: expected a writable path, got {error.strerror!r}; "
        "try a --store on a writable disk that has free space"
    )
