"""The documents: one JSON file per trial, written whole or not at all, read with care."""

import base64
import json
import math
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.errors import RequestError

SCHEMA = 2


@dataclass(frozen=True)
class Trial:
    """One (experiment, profile, condition, seed) and all that was measured of it.

    Accuracies are fractions, losses nats. A loss that diverged is NaN (`null` in the file).
    """

    experiment: str
    profile: str
    condition: str
    seed: int
    test_accuracy: float
    """On the original and the inverted test images together."""
    test_loss: float
    test_accuracy_original: float
    test_loss_original: float
    test_accuracy_inverted: float
    test_loss_inverted: float
    curves: dict[str, list[float]]
    """Per epoch: accuracy and loss in training, and val_ of both where images were held out."""
    slopes: list[list[float]]
    """Trained parameters of the activation, one list for each place; [] if there are none."""
    measured: dict[str, Any]
    """What the experiment measures beside; of what is watched in training, a list that begins
    before the first epoch, by layers."""
    right: str
    """Which test images it gets right, the originals, then their inverses: bits in base64, see
    `right_images`."""
    parameters: int
    """How many numbers were trained."""
    configuration: dict[str, Any]
    """What was asked for: two trials are comparable if theirs are equal."""
    setup: dict[str, Any]
    """What sets this condition apart: activation, learning rate, loss, network, …"""
    versions: dict[str, str]
    machine: dict[str, Any]
    started: str
    """UTC, ISO 8601."""
    seconds: float
    """Wall time of training: the share of one trial of those that were trained together."""
    seconds_per_step: float
    schema: int = SCHEMA

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What identifies the trial."""
        return self.experiment, self.profile, self.condition, self.seed

    @property
    def right_images(self) -> npt.NDArray[np.bool_]:
        """Whether each test image is put into its class: the originals, then their inverses."""
        bits = np.frombuffer(base64.b64decode(self.right), np.uint8)
        return np.unpackbits(bits)[: 2 * self.configuration["test_images"]].astype(bool)

    @property
    def test_accuracy_as_trained(self) -> float:
        """The test accuracy with inverted images if it was trained on such, else without."""
        with_inverted = self.setup.get("inverted_copies", True)
        return self.test_accuracy if with_inverted else self.test_accuracy_original

    @property
    def diverged(self) -> bool:
        """Whether training ended in numbers that are none."""
        return math.isnan(self.test_loss)


def as_bits(right: npt.ArrayLike) -> str:
    """Return truth values as `Trial.right` has them."""
    return base64.b64encode(np.packbits(np.asarray(right, bool)).tobytes()).decode()


@dataclass(frozen=True)
class Fault:
    """A file that is no whole document, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def trial_path(store: Path, key: tuple[str, str, str, int]) -> Path:
    """Return where the document of a trial is written.

    Example:
        >>> trial_path(Path("results"), ("alpha-sweep", "full", "alpha=-1", 2)).as_posix()
        'results/alpha-sweep/full_alpha=-1_seed-2.json'
    """
    experiment, profile, condition, seed = key
    # A reader's formula may have what no file's name can.
    named = re.sub(r"[^\w=.,+() -]", "_", condition).replace(" ", "_")
    return store / experiment / f"{profile}_{named}_seed-{seed}.json"


def prepare_store(store: Path, experiment: str) -> None:
    """Make the folder of an experiment and show that it can be written to.

    Raises:
        RequestError: it cannot.
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
    """Write the document of a trial.

    Whatever stands under its name stays there, and the document gets a number: it may be
    all that is left of another result.

    Returns:
        The path of the document.

    Raises:
        RequestError: it cannot be written; nothing is left half-written.
    """
    return write_document(_free(trial_path(store, trial.key)), asdict(trial))


def write_document(path: Path, document: dict[str, Any]) -> Path:
    """Write a document as JSON: to a temporary file, to the disk, then by one rename.

    Raises:
        RequestError: it cannot be written; nothing is left half-written.
    """
    text = json.dumps(_without_nan(document), indent=1, allow_nan=False) + "\n"
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


def read_trials(store: Path, experiment: str) -> tuple[list[Trial], list[Fault]]:
    """Return all trials of an experiment, and what could not be read as one.

    Files are matched by content, not by name, so results of several machines merge by
    copying. A temporary file (what a killed run leaves) and a second document of the same
    trial count as faults. Nothing is changed.

    Args:
        store: the folder of all results.
        experiment: its name.

    Returns:
        The trials in order of profile, condition and seed; the faults in order of path.
    """
    trials: dict[tuple[str, str, str, int], Trial] = {}
    faults = []
    for path in sorted((store / experiment).glob("**/*")):
        if path.name.endswith(".tmp"):
            faults.append(Fault(path, "half-written, left by a run that was stopped"))
        elif path.suffix == ".json":
            try:
                trial = _read(path)
            except (OSError, ValueError) as error:
                faults.append(Fault(path, f"unreadable ({error})"))
                continue
            if trial.experiment != experiment:
                faults.append(Fault(path, f"belongs to the experiment {trial.experiment}"))
            elif trial.key in trials:
                faults.append(Fault(path, "a second document of a trial that was read already"))
            else:
                trials[trial.key] = trial
    return [trials[key] for key in sorted(trials)], faults


def _read(path: Path) -> Trial:
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for all bad content
    wrong = {f.name for f in fields(Trial)} ^ document.keys()
    if wrong:
        raise ValueError(f"missing or unknown: {', '.join(sorted(wrong))}")
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']}, this version reads {SCHEMA}")
    for name in ("experiment", "profile", "condition", "started", "right"):
        _require(isinstance(document[name], str), name, "a text")
    for name in ("seed", "parameters"):
        _require(type(document[name]) is int, name, "a whole number")
    for name in ("curves", "measured", "configuration", "setup", "versions", "machine"):
        _require(isinstance(document[name], dict), name, "an object")
    for name in document:
        if name.startswith("test_accuracy"):
            _require(_is_number(document[name], upper=1.0), name, "a fraction")
        elif name.startswith("test_loss"):
            document[name] = _loss(document[name], name)
        elif name.startswith("seconds"):
            _require(_is_number(document[name]), name, "a number of seconds")
    _require(_are_bits(document), "right", "a bit for each test image, in base64")
    document["measured"] = _with_nan(document["measured"])
    for name, curve in document["curves"].items():
        _require(isinstance(curve, list), f"curves.{name}", "a list")
        document["curves"][name] = [_loss(value, f"curves.{name}") for value in curve]
    slopes = document["slopes"]
    _require(
        isinstance(slopes, list)
        and all(isinstance(place, list) for place in slopes)
        and all(_is_number(slope, lower=-math.inf) for place in slopes for slope in place),
        "slopes",
        "lists of numbers",
    )
    return Trial(**document)


def _require(condition: bool, name: str, right: str) -> None:
    if not condition:
        raise ValueError(f"{name} is not {right}")


def _with_nan(value: Any) -> Any:
    """Return what was measured with NaN where JSON, which has none, has null."""
    if value is None:
        return math.nan
    if isinstance(value, list):
        return [_with_nan(each) for each in value]
    if isinstance(value, dict):
        return {name: _with_nan(each) for name, each in value.items()}
    return value


def _is_number(value: Any, *, lower: float = 0.0, upper: float = math.inf) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and lower <= value <= upper


def _are_bits(document: dict[str, Any]) -> bool:
    try:
        count = 8 * len(base64.b64decode(document["right"], validate=True))
    except ValueError:
        return False
    return bool(count >= 2 * document["configuration"].get("test_images", 0))


def _loss(value: Any, name: str) -> float:
    if value is None:
        return math.nan
    _require(_is_number(value), name, "a number")
    return float(value)


def _without_nan(value: Any) -> Any:
    """Replace NaN and infinities by None, since JSON has neither."""
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _free(path: Path) -> Path:
    candidates = (path.with_name(f"{path.stem}.{number}.json") for number in count(2))
    return next(p for p in chain([path], candidates) if not p.exists())


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where folders can be opened (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> RequestError:
    return RequestError(
        f"{path}: cannot be written ({error.strerror}); "
        "a --store on a writable disk with free space would be right"
    )
