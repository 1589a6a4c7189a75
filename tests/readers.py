"""Every reader of files that users or other programs write, and a valid file for each.

`python -m tests.readers NAME COUNT` makes one of them read COUNT damaged files, with limits of
time and memory. It prints the counts of accepted and refused files, and all failures.
"""

import gzip
import json
import logging
import random
import resource
import signal
import struct
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from actbench.conformance import documents as audits
from actbench.conformance import exhaustive
from actbench.conformance.text_report import lines
from actbench.data import load_dataset
from actbench.data.folder import FILES
from actbench.errors import RequestError
from actbench.results import read_trials
from actbench.training.checkpoint import (
    TrainingState,
    describe_members,
    members_in_checkpoint,
    restore_checkpoint,
    write_checkpoint,
)
from analysis.published import recompute
from analysis.results.benchmarks import read_benchmarks, relu_cost_ratios
from tests import mutations

if TYPE_CHECKING:
    from actbench.training.block import Block

RESULTS = Path(__file__).parents[1] / "results"

MEMORY = 2**30
"""Bytes that a reader may take in addition to the imported modules."""

SECONDS = 10
"""Seconds that a reader may take for one file."""


class Reader(NamedTuple):
    """A reader: how to write a valid file, how to damage it, and how to read it.

    Args:
        damage: returns damaged content, from a random generator and the content.
        write: writes a valid file in a folder and returns its path.
        read: reads the file at a path and uses all that it gets.
    """

    damage: Callable[[random.Random, bytes], bytes]
    write: Callable[[Path], Path]
    read: Callable[[Path], object]


def _arrays():
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (6, 5, 4), dtype=np.uint8),
        "y_train": np.arange(6, dtype=np.uint8) % 3,
        "x_test": rng.integers(0, 256, (3, 5, 4), dtype=np.uint8),
        "y_test": np.arange(3, dtype=np.uint8),
    }


def _write_npz(folder):
    np.savez(folder / "d.npz", **_arrays())
    return folder / "d.npz"


def _write_idx(name, compress=bytes):
    def write(folder):
        for each, array in _arrays().items():
            header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
            (folder / FILES[each]).write_bytes(compress(header + array.tobytes()))
        return folder / FILES[name]

    return write


def _use_data(path):
    data = load_dataset(path)
    return data.sha256, data.classes, data.with_classes(((0, 1), (2,)))


def _committed(pattern, place):
    """Copy a committed document to a place in a folder."""

    def write(folder):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(min(RESULTS.glob(pattern)).read_bytes())
        return path

    return write


def _write_schema_2(folder):
    path = _committed("beta/*.json", "beta/a.json")(folder)
    document = json.loads(path.read_text()) | {"schema": 2, "right": None}
    document["slopes"] = document.pop("trained_parameters")
    del document["factors"], document["correct_images"]
    path.write_text(json.dumps(document))
    return path


def _use_trial(path):
    trials, faults = read_trials(path.parents[1], path.parent.name)
    for trial in trials:
        json.dumps(asdict(trial))
        assert 0 <= trial.test_accuracy_as_trained <= 1
        if trial.correct_images:
            assert len(trial.is_correct) == 2 * trial.configuration["test_images"]
    _refuse(faults)


def _use_audit(path):
    found, faults = audits.read(path.parents[2])
    for audit in found:
        json.dumps(audit.to_dict())
        lines(audit)
    _refuse(faults)


def _use_benchmarks(path):
    entries, faults = read_benchmarks(path.parents[1])
    relu_cost_ratios(entries)
    _refuse(faults)


_SETTINGS: exhaustive.PassSettings = {"target": "tf:mish", "versions": {"numpy": "2"}}
_CHUNKS = {
    chunk: [exhaustive.ChunkResult(0, 0.5, 9, 0.0, 0, nan_gives_nan=True)] * 2
    for chunk in range(3)
}


def _write_chunks(folder):
    exhaustive._write(folder / "chunks.partial", _SETTINGS, _CHUNKS)
    return folder / "chunks.partial"


def _use_chunks(path):
    found = exhaustive._read(path, _SETTINGS)
    if not found:
        raise RequestError("the file is ignored")
    for results in found.values():
        assert all(isinstance(each, exhaustive.ChunkResult) for each in results)


def _write_table(folder):
    path = folder / "t.csv"
    # The required number of runs of each row takes most of the time.
    path.write_text("".join(recompute.MISH.read_text().splitlines(keepends=True)[:4]))
    return path


def _use_table(path):
    section = recompute.section(path)
    return section.description, section.formatted_table().to_markdown(disable_numparse=True)


class _Block(Block if TYPE_CHECKING else object):  # type: ignore[misc]
    """The part of a block that checkpoints use, without TensorFlow."""

    members = ("relu", "mish")

    def __init__(self):  # the one of Block imports TensorFlow
        self.variables = [np.array(3, np.int32), np.ones((2, 3), np.float32)]

    def state(self):
        return self.variables

    def restore(self, variables):
        for old, new in zip(self.variables, variables, strict=True):
            old[...] = new


def _state():
    return TrainingState(describe_members(_Block()), {"epochs": 3})


def _write_checkpoint(folder):
    state = _state()
    state.epochs = [{"loss": [0.5, float("nan")], "accuracy": [0.9, 0.1]}] * 2
    state.observed = [{"dead": [[0.0], [0.5]]}] * 3
    state.stopped = {"1": 2}
    write_checkpoint(folder / "c.partial", _Block(), state)
    return folder / "c.partial"


def _use_checkpoint(path):
    block, state = _Block(), _state()
    before = [array.copy() for array in block.state()]
    messages: list[str] = []
    log = logging.getLogger("actbench.training.checkpoint")
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    log.propagate = False
    log.addHandler(handler)
    try:
        restore_checkpoint(path, block, state)
    finally:
        log.removeHandler(handler)
        log.propagate = True
    if members_in_checkpoint(path) and state.epochs:
        assert not messages
        for member in range(len(block.members)):
            state.series_of(state.epochs, member), state.series_of(state.observed, member)
    else:
        assert state == _state()
        for new, old in zip(block.state(), before, strict=True):
            np.testing.assert_array_equal(new, old)
    if messages:
        raise RequestError(" ".join(messages))


READERS = {
    "npz": Reader(mutations.damage_npz, _write_npz, _use_data),
    "IDX images": Reader(
        mutations.damage_bytes, _write_idx("x_train"), lambda path: _use_data(path.parent)
    ),
    "IDX labels": Reader(
        mutations.damage_bytes, _write_idx("y_test"), lambda path: _use_data(path.parent)
    ),
    "gzip": Reader(
        mutations.damage_gzip,
        _write_idx("x_test", gzip.compress),
        lambda path: _use_data(path.parent),
    ),
    "trial": Reader(
        mutations.damage_json, _committed("beta/*.json", "beta/a.json"), _use_trial
    ),
    "trial with images": Reader(
        mutations.damage_json,
        _committed("alpha-sweep/*prelu*.json", "alpha-sweep/a.json"),
        _use_trial,
    ),
    "trial of schema 2": Reader(mutations.damage_json, _write_schema_2, _use_trial),
    "audit": Reader(
        mutations.damage_json,
        _committed("audit/actbench*numpy/*.json", "audit/a/a.json"),
        _use_audit,
    ),
    "benchmarks": Reader(
        mutations.damage_json,
        _committed("throughput/relative_to_relu.json", "throughput/a.json"),
        _use_benchmarks,
    ),
    "chunks of all inputs": Reader(mutations.damage_json, _write_chunks, _use_chunks),
    "published table": Reader(mutations.damage_table, _write_table, _use_table),
    "checkpoint": Reader(mutations.damage_npz, _write_checkpoint, _use_checkpoint),
}
"""Name of a reader -> the reader."""

WITH_BOMBS = ("npz", "gzip", "checkpoint")
"""Readers of compressed formats, which can expand a thousandfold."""


def _refuse(faults):
    """Raise the fault of a file that a reader of folders has left out."""
    for fault in faults:
        raise RequestError(str(fault))


def _check_lines(messages):
    for message in messages:
        assert message.count("\n") == 0, message
        assert len(message) < 1000, message


def read_one(reader, path):
    """Read a file that may be damaged; return the error line, None if there is no error.

    Any exception other than a RequestError with one line is raised.
    """
    try:
        with time_limit(SECONDS):
            reader.read(path)
    except RequestError as error:
        _check_lines([str(error)])
        return str(error)
    return None


@contextmanager
def time_limit(seconds):
    """Raise TimeoutError in the main thread after some seconds."""

    def stop(*_):
        raise TimeoutError(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Report(NamedTuple):
    """The outcomes of damaged files.

    Args:
        read: number of files that were read without an error.
        refused: number of files that were refused in one line.
        failures: last line of the traceback -> number of files, and the content of one.
    """

    read: int
    refused: int
    failures: dict[str, tuple[int, str]]


def fuzz(name, count, folder, seed=0):
    """Give a reader a number of damaged files."""
    reader, outcomes = READERS[name], Counter[str]()
    failures: dict[str, tuple[int, str]] = {}
    path = reader.write(folder)
    content = path.read_bytes()
    for number in range(count):
        damaged = reader.damage(random.Random(f"{name} {seed} {number}"), content)  # noqa: S311
        path.write_bytes(damaged)
        try:
            outcomes["read" if read_one(reader, path) is None else "refused"] += 1
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}:{frame.lineno}"
            kind = f"{type(error).__name__} at {place}: {str(error)[:200]}".replace("\n", " ")
            key = f"{type(error).__name__} at {place}"
            failures[key] = failures.get(key, (0, ""))[0] + 1, f"seed {number}: {kind}"
    path.write_bytes(content)
    return Report(outcomes["read"], outcomes["refused"], failures)


def read_other_files(name, folder):
    """Give a reader files of other kinds; return the error line of each, None without one."""
    reader, outcomes = READERS[name], {}
    for kind, make in mutations.OTHER_FILES.items():
        path = reader.write(folder)
        path.unlink()
        make(path)
        outcomes[kind] = read_one(reader, path)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(
            missing_ok=True
        )
    return outcomes


def read_bomb(name, folder, mebibytes):
    """Give a reader a small file that expands a thousandfold, and return the error line."""
    reader = READERS[name]
    path = reader.write(folder)
    path.write_bytes(
        mutations.gzip_bomb(mebibytes)
        if name == "gzip"
        else mutations.npz_bomb(mebibytes, "x_train" if name == "npz" else "arr_0")
    )
    return read_one(reader, path)


def main(name, count):
    """Fuzz a reader within a limit of memory, and print the report as JSON."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        report = fuzz(name, int(count), Path(folder))
        if name in WITH_BOMBS:
            assert read_bomb(name, Path(folder), 4096) is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(report._asdict() | {"peak_bytes": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
