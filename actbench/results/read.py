"""Read the documents of an experiment, and report files that are not valid documents."""

import math
import reprlib
from dataclasses import dataclass, fields
from pathlib import Path

from actbench.files import InvalidFileError, convert, read_json
from actbench.results.consistency import check_consistency
from actbench.results.migration import migrate_profile, migrate_trial
from actbench.results.schema import Document, TrialDocument
from actbench.results.trial import SCHEMA, Trial, TrialKey

_LIMIT = 16 * 2**20
"""Largest size of a document in bytes."""


@dataclass(frozen=True)
class Fault:
    """A file that is not a valid document, and the reason."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return str(InvalidFileError(self.path, self.reason))


def read_trials(store: Path, experiment: str) -> tuple[list[Trial], list[Fault]]:
    """Return all trials of an experiment, and the files that could not be read.

    The content of a file decides which trial it is, not its name. So results of several
    machines are merged by copying files. A second document of the same trial is a fault. The
    temporary files of runs are no documents. No file is changed.

    Args:
        store: the folder of all results.
        experiment: name of the experiment.

    Returns:
        The trials, sorted by profile, condition and seed; the faults, sorted by path.
    """
    trials: dict[TrialKey, Trial] = {}
    faults = []
    for path in sorted((store / experiment).glob("**/*")):
        if path.suffix == ".json":
            try:
                trial = read_trial(path)
            except InvalidFileError as error:
                reason = f"expected a valid document, got an error: {error.reason}"
                faults.append(Fault(path, reason))
                continue
            if trial.experiment != experiment:
                faults.append(
                    Fault(
                        path, f"expected a trial of {experiment}, got one of {trial.experiment}"
                    )
                )
            elif trial.key in trials:
                faults.append(
                    Fault(path, "expected one document of each trial, got a second one")
                )
            else:
                trials[trial.key] = trial
    return [trials[key] for key in sorted(trials)], faults


def read_trial(path: Path) -> Trial:
    """Return the trial of a document.

    Raises:
        InvalidFileError: the file cannot be read, is no document of a trial, or contradicts
            itself.
    """
    document = read_json(path, limit=_LIMIT)
    try:
        return _trial(document)
    except ValueError as error:
        raise InvalidFileError(path, str(error)) from None


def _trial(document: object) -> Trial:
    if not isinstance(document, dict):
        # One exception type for all invalid content.
        got = type(document).__name__
        raise ValueError(f"expected a JSON object, got a {got}")  # noqa: TRY004
    if document.get("schema") == SCHEMA - 1:
        document = migrate_trial(document)
    document = migrate_profile(document)
    _check_fields(document)
    check_consistency(convert(document, TrialDocument))
    # The types of the schema leave out further entries, so the document itself is used.
    changed = {
        name: _with_nan(value)
        for name, value in document.items()
        if name in ("measured", "curves") or name.startswith("test_loss")
    }
    return Trial(**(document | changed))


def _check_fields(document: Document) -> None:
    """Raise ValueError unless the document has the fields of a trial of this schema."""
    known = {field.name for field in fields(Trial)}
    missing = TrialDocument.__required_keys__ - document.keys()
    unknown = document.keys() - known
    if missing or unknown:
        raise ValueError(
            "fields: expected those of a trial, got unknown: "
            f"{reprlib.repr(', '.join(sorted(unknown)) or 'none')}; "
            f"missing: {', '.join(sorted(missing)) or 'none'}"
        )
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema: expected {SCHEMA}, got {reprlib.repr(document['schema'])}")


def _with_nan(value: object) -> object:
    """Replace null by NaN: a number that JSON could not express."""
    if value is None:
        return math.nan
    if isinstance(value, list):
        return [_with_nan(each) for each in value]
    if isinstance(value, dict):
        return {name: _with_nan(each) for name, each in value.items()}
    return value
