"""Readers of files: damaged files give one line, in limited time and memory."""

import json
import subprocess
import sys
import time

import pytest

from tests import readers
from tests.conftest import FULL
from tests.mutations import OTHER_FILES

COUNT = 150
LONG_COUNT = 100_000
LONG_SECONDS = 3600


@pytest.mark.parametrize("name", readers.READERS)
def test_a_valid_file_is_read(name, tmp_path):
    reader = readers.READERS[name]
    assert readers.read_one(reader, reader.write(tmp_path)) is None


@pytest.mark.parametrize("name", readers.READERS)
def test_a_damaged_file_is_read_or_refused_in_one_line(name, tmp_path):
    report = readers.fuzz(name, COUNT, tmp_path)
    assert report.failures == {}
    assert report.read + report.refused == COUNT
    assert report.refused > COUNT / 4


@pytest.mark.parametrize("name", readers.READERS)
def test_only_regular_files_are_read(name, tmp_path):
    outcomes = readers.read_other_files(name, tmp_path)
    assert outcomes.keys() == OTHER_FILES.keys()
    accepted = {kind for kind, line in outcomes.items() if line is None}
    # Readers of folders find no file; there may be no checkpoint.
    assert accepted <= {"missing", "dangling link"}


@pytest.mark.parametrize("name", readers.WITH_BOMBS)
def test_a_compressed_file_that_expands_a_thousandfold_is_refused(name, tmp_path):
    line = readers.read_bomb(name, tmp_path, 80)
    assert line is not None
    assert "expected " in line
    assert "at most 67,108,864 bytes, got " in line


def test_the_harness_finds_a_reader_that_raises(monkeypatch, tmp_path):
    def read(path):
        return json.loads(path.read_bytes())["seed"] + 1

    monkeypatch.setitem(readers.READERS, "trial", readers.READERS["trial"]._replace(read=read))
    report = readers.fuzz("trial", COUNT, tmp_path)
    kinds = {failure.partition(" at ")[0] for failure in report.failures}
    assert kinds >= {"KeyError", "TypeError", "JSONDecodeError"}


def test_the_harness_finds_a_reader_that_hangs():
    with pytest.raises(TimeoutError), readers.time_limit(0.05):
        time.sleep(5)


@pytest.mark.skipif(not FULL, reason="takes minutes for each reader")
@pytest.mark.parametrize("name", readers.READERS)
def test_readers_take_limited_time_and_memory(name):
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.readers", name, str(LONG_COUNT)],
        capture_output=True, text=True, check=False, timeout=LONG_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["failures"] == {}
    assert report["read"] + report["refused"] == LONG_COUNT
    assert report["peak_bytes"] < readers.MEMORY
