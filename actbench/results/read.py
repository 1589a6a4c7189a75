"""Read the documents of an experiment, and report files that are not valid documents."""

import json
import math
import reprlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from actbench.results.migration import migrate_trial
from actbench.results.trial import SCHEMA, Trial, TrialKey, decode_correct_images

Document = dict[str, Any]
"""Content of a JSON document."""


@dataclass(frozen=True)
class Fault:
    """A file that is not a valid document, and the reason."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


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
            except (OSError, ValueError) as error:
                faults.append(Fault(path, f"expected a valid document, got an error: {error}"))
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
    """Return the trial of a document; raise OSError or ValueError if it is not valid."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        # One exception type for all invalid content.
        got = type(document).__name__
        raise ValueError(f"expected a JSON object, got a {got}")  # noqa: TRY004
    if document.get("schema") == SCHEMA - 1:
        document = migrate_trial(document)
    document.setdefault("diverged", False)  # computed from the losses, and new
    _check(document)
    document["measured"] = _with_nan(document["measured"])
    for name in [name for name in document if name.startswith("test_loss")]:
        document[name] = _with_nan(document[name])
    document["curves"] = _with_nan(document["curves"])
    return Trial(**document)


def _check(document: Document) -> None:
    """Raise ValueError unless the document is complete and every value has its type."""
    expected = {f.name for f in fields(Trial)}
    if expected != document.keys():
        missing = ", ".join(sorted(expected - document.keys())) or "none"
        unknown = ", ".join(sorted(document.keys() - expected)) or "none"
        raise ValueError(
            f"fields: expected those of a trial, got unknown: {unknown}; missing: {missing}"
        )
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema: expected {SCHEMA}, got {document['schema']}")
    for name in ("experiment", "profile", "condition", "started"):
        _expect(isinstance(document[name], str), name, "a string", document[name])
    for name in ("seed", "parameters"):
        _expect(type(document[name]) is int, name, "an integer", document[name])
    for name in ("factors", "curves", "measured", "configuration", "setup", "versions",
                 "machine"):  # fmt: skip
        _expect(isinstance(document[name], dict), name, "an object", document[name])
    for name, factor in document["factors"].items():
        is_plain = isinstance(factor, (str, float, int))
        _expect(is_plain, f"factors.{name}", "a string, a number or a boolean", factor)
    for name, value in document.items():
        if name.startswith("test_accuracy"):
            _expect(_is_number(value, upper=1.0), name, "a fraction", value)
        elif name.startswith("test_loss"):
            _expect(_is_loss(value), name, "a number", value)
        elif name.startswith("seconds"):
            _expect(_is_number(value), name, "a number of seconds", value)
    for name, curve in document["curves"].items():
        _expect(isinstance(curve, list), f"curves.{name}", "a list", curve)
        _expect(all(map(_is_loss, curve)), f"curves.{name}", "a list of numbers", curve)
    layers = document["trained_parameters"]
    _expect(
        isinstance(layers, list)
        and all(isinstance(layer, list) for layer in layers)
        and all(_is_number(value, lower=-math.inf) for layer in layers for value in layer),
        "trained_parameters",
        "lists of numbers",
        layers,
    )
    _check_correct_images(document)


def _check_correct_images(document: Document) -> None:
    text, images = document["correct_images"], document["configuration"].get("test_images", 0)
    if text is None:
        return
    _expect(isinstance(text, str), "correct_images", "a string or null", text)
    try:
        decode_correct_images(text, 2 * images)
    except ValueError as error:
        raise ValueError(f"correct_images: {error}") from None


def _expect(is_valid: bool, name: str, expected: str, got: object) -> None:
    if not is_valid:
        raise ValueError(f"{name}: expected {expected}, got {reprlib.repr(got)}")


def _is_number(value: object, *, lower: float = 0.0, upper: float = math.inf) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and lower <= value <= upper
    )


def _is_loss(value: object) -> bool:
    return value is None or _is_number(value)


def _with_nan(value: object) -> object:
    """Replace null by NaN: a number that JSON could not express."""
    if value is None:
        return math.nan
    if isinstance(value, list):
        return [_with_nan(each) for each in value]
    if isinstance(value, dict):
        return {name: _with_nan(each) for name, each in value.items()}
    return value
