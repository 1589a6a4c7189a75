"""Processes for single calls, standard streams that fail, and the import path."""

import errno
import io
import json
import os
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import actbench
from actbench import RequestError
from actbench.activations import user_functions
from actbench.processes import streams
from actbench.processes.import_path import leave_out_working_folder, working_folder_importable
from actbench.processes.isolated import CallFailedError, IsolatedProcess
from tests.conftest import FULL


def no_preparation():
    pass


def failing_preparation():
    raise RequestError("preparation: expected success, got none")


def double(number, report):
    report("half done")
    report("nearly done")
    return 2 * number


def process_number(report):  # noqa: ARG001
    return os.getpid()


def end(status, report):  # noqa: ARG001
    os._exit(status)


def crash(report):  # noqa: ARG001
    os.abort()


def hang(report):  # noqa: ARG001
    time.sleep(1000)


def reports_often(report):
    for number in range(8):
        time.sleep(0.25)
        report(number)
    return "done"


class UnknownError(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first}\n{second}")


def raise_error(kind, report):  # noqa: ARG001
    errors = {
        "request": RequestError("x: expected y, got z"),
        "lookup": LookupError("no such function"),
        "key": KeyError("name"),
        "unknown": UnknownError("one", "two"),
        "exit": SystemExit(4),
        "interrupt": KeyboardInterrupt(),
        "base": BaseException("base"),
    }
    raise errors[kind]


@pytest.fixture(scope="module")
def isolated():
    with IsolatedProcess(no_preparation, calls=1000) as process:
        yield process


def call(process, function, *arguments, patience=60.0, reports=None):
    found = [] if reports is None else reports
    return process.call(function, *arguments, patience=patience, on_report=found.append)


def test_a_call_returns_its_result_and_its_reports(isolated):
    reports: list[str] = []
    assert call(isolated, double, 21, reports=reports) == 42
    assert reports == ["half done", "nearly done"]
    assert call(isolated, process_number) == call(isolated, process_number) != os.getpid()


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("request", RequestError, "x: expected y, got z"),
        ("lookup", LookupError, "no such function"),
        ("key", CallFailedError, "KeyError: 'name' at .*test_processes.py:"),
        ("unknown", CallFailedError, "UnknownError: one two at "),
        ("exit", CallFailedError, "SystemExit: 4 at "),
        ("interrupt", CallFailedError, "KeyboardInterrupt at "),
        ("base", CallFailedError, "BaseException: base at "),
    ],
)
def test_an_error_of_a_call_leaves_its_process_in_use(isolated, kind, error, message):
    before = call(isolated, process_number)
    with pytest.raises(error, match=message) as raised:
        call(isolated, raise_error, kind)
    assert type(raised.value) is error
    assert call(isolated, process_number) == before


ENDS = [
    (end, (0,), "its process exited with status 0"),
    (end, (7,), "its process exited with status 7"),
    (crash, (), r"its process was ended by signal 6 \(SIGABRT\)"),
]


@pytest.mark.parametrize(("function", "arguments", "message"), ENDS if FULL else ENDS[2:])
def test_the_end_of_a_process_is_reported_and_the_next_call_has_a_new_one(
    isolated, function, arguments, message
):
    before = call(isolated, process_number)
    with pytest.raises(CallFailedError, match=message):
        call(isolated, function, *arguments)
    assert call(isolated, process_number) != before


def test_a_call_without_progress_is_killed_and_one_with_reports_is_not(isolated):
    call(isolated, double, 1)  # the start of the process counts as well
    assert call(isolated, reports_often, patience=1.5) == "done"
    with pytest.raises(CallFailedError, match=r"no progress for 0\.5 s"):
        call(isolated, hang, patience=0.5)


@pytest.mark.skipif(not FULL, reason="long form: starts processes")
def test_a_process_is_replaced_after_its_calls_and_fails_with_its_preparation():
    with IsolatedProcess(no_preparation, calls=2) as process:
        numbers = [call(process, process_number) for _ in range(6)]
    assert len(set(numbers)) == 3
    with IsolatedProcess(failing_preparation, calls=8) as process:
        for _ in range(2):
            with pytest.raises(RequestError, match="preparation"):
                call(process, double, 1)


@pytest.mark.parametrize("text", ["é", "·", "−", "𝜃", "\udcff", "a\x80b"])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252"])
def test_characters_that_a_stream_lacks_are_escaped_as_in_json(text, encoding):
    data = io.BytesIO()
    with io.TextIOWrapper(data, encoding=encoding, errors=streams._ESCAPES) as stream:
        stream.write(json.dumps(text, ensure_ascii=False))
        stream.flush()
        assert json.loads(data.getvalue().decode(encoding)) == text


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EPIPE])
@pytest.mark.parametrize("required", [True, False])
def test_a_failing_stream_raises_at_most_once(code, required, monkeypatch):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    stream = streams._Descriptor(1, required=required)
    monkeypatch.setattr(stream, "write_bytes", fail)
    if required and code != errno.EPIPE:
        with pytest.raises(RequestError, match=os.strerror(code)):
            stream.write(b"text")
    assert [stream.write(b"text") for _ in range(3)] == [4, 4, 4]


def test_streams_of_tests_are_left_alone():
    with redirect_stdout(io.StringIO()) as given, streams.safe_streams() as is_open:
        assert is_open
        assert sys.stdout is given


def test_the_working_folder_is_last_in_the_path_and_only_in_the_context(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = list(sys.path)
    with working_folder_importable():
        assert sys.path == [*before, str(tmp_path)]
    assert sys.path == before
    with working_folder_importable():
        sys.path.clear()
    assert sys.path == []


def test_a_user_function_comes_from_the_working_folder_but_hides_no_package(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users_functions.py").write_text("import users_sibling\nf = users_sibling.f\n")
    (tmp_path / "users_sibling.py").write_text("def f(x): return 3 * x\n")
    (tmp_path / "numpy.py").write_text("raise SystemExit(7)")
    assert actbench.get("users_functions:f")(2.0) == 6.0
    assert user_functions.load("numpy:cosh")(0.0) == 1.0  # type: ignore[operator]
    assert str(tmp_path) not in sys.path


PROGRAMS = ["actbench", "analysis.published", "analysis", "actbench.frameworks.counterparts"]


@pytest.mark.parametrize("module", PROGRAMS if FULL else PROGRAMS[:1])
def test_python_m_imports_nothing_from_the_working_folder(module, tmp_path):
    for name in ("numpy", "click", "ml_dtypes", "analysis_stray", "rich", "pandas"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('stray')")
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", module, "--help"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "stray" not in done.stderr


ROOT = Path(actbench.__file__).parents[1]


@pytest.mark.parametrize(
    ("words", "folder", "path"),
    [
        (["python", "-m", "actbench", "list"], Path("/"), ["packages"]),
        (["python", "-m", "analysis.published"], Path("/"), ["packages"]),
        # A checkout that is not installed is found in the working folder only.
        (["python", "-m", "actbench"], ROOT, ["packages", f"{ROOT}"]),
        (["python", "-m", "pytest"], Path("/"), ["/", "packages"]),
        (["python", "program.py", "-x"], Path("/"), ["/", "packages"]),
    ],
)
def test_python_m_leaves_the_working_folder_out(words, folder, path, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "orig_argv", words)
    monkeypatch.setattr(sys, "path", [f"{folder}", "packages"])
    leave_out_working_folder()
    assert sys.path == path


# Functions that end the process of a command.


def test_a_function_that_ends_the_process_is_named(tmp_path):
    (tmp_path / "ends.py").write_text("import os\n\ndef f(x):\n    os._exit(0)\n")
    done = subprocess.run(
        [sys.executable, "-m", "actbench", "show", "ends:f"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "actbench: expected functions and plug-ins that return, got one that ended the process "
        "by os._exit(0)"
    )
