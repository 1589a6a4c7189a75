"""Faults of the environment, through the real command: an exit status, and one line."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import FULL
from tests.faults_of_environment import FAULTS, ODD_FUNCTIONS

ROOT = Path(__file__).parents[1]

STATUSES = {0, 1, 2, 130, 143}

BENCHMARKS = (
    f"pytest {ROOT / 'benchmarks'} --benchmark-disable -q -p no:cacheprovider --functions relu "
    "--sizes 4096"
)


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Variables of a shell in an empty folder that has odd.py."""
    (tmp_path / "odd.py").write_text(ODD_FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    folder = Path(sys.executable).parent
    # A copy of the console script, because the checkout may not be installed.
    script = tmp_path / "bin" / "actbench"
    script.parent.mkdir()
    text = "import sys\nfrom actbench.cli import main\nsys.exit(main())\n"
    script.write_text(f"#!{sys.executable}\n{text}")
    script.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TF_", "KERAS"))}
    return kept | {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "RUN": f"{sys.executable} -m actbench",
        "SCRIPT": f"{script}",
    }


def bash(script, environment, seconds=600):
    """Return the finished script; its status is that of its first failing part of a pipe."""
    return subprocess.run(  # noqa: S603
        ["/bin/bash", "-c", f"set -o pipefail\n{script}"],
        env=environment, capture_output=True, timeout=seconds, check=False,
    )  # fmt: skip


LISTED = [name for name, fault in FAULTS.items() if FULL or fault.short]


def test_the_table_has_many_faults():
    assert len(FAULTS) > 100


@pytest.mark.parametrize("name", LISTED)
def test_a_fault_gives_a_status_and_one_line(name, environment):
    fault = FAULTS[name]
    if "unshare" in fault.script and bash("unshare -m true", environment).returncode:
        pytest.skip("needs the right to unmount")
    done = bash(fault.script, environment)
    out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    assert done.returncode in fault.status, out + err
    assert done.returncode in STATUSES
    assert "Traceback" not in out + err
    assert fault.text in out + err
    if fault.lines is not None:
        assert len(err.splitlines()) <= fault.lines, err


def children(parent):
    """Return the numbers of all processes below a process."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if above == parent:
            found |= {int(folder.name), *children(int(folder.name))}
    return found


def start_hanging(environment, function="hangs"):
    """Start an audit of a function that hangs, and return it with its child.

    Under `nohup`, SIGHUP is ignored; the process has the default again.
    """
    words = ["-m", "actbench", "audit", f"odd:{function}", "--as", "relu"]
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, *words], env=environment, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (found := children(process.pid)):
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(3 if FULL else 0.3)
    return process, found


def ended(processes, seconds):
    """Return whether all processes have ended after so many seconds at most."""
    end = time.monotonic() + seconds
    while any(Path(f"/proc/{number}/stat").exists() for number in processes):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


SIGNALS = [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
CASES = [
    (each, function) for each in SIGNALS for function in ("hangs", "spins", "ignores_signals")
]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds processes in /proc")
@pytest.mark.parametrize(("number", "function"), CASES if FULL else CASES[:1])
def test_a_killed_audit_leaves_no_process(number, function, environment):
    process, found = start_hanging(environment, function)
    process.send_signal(number)
    with process:
        _, err = process.communicate(timeout=10)
        assert process.returncode == (130 if number == signal.SIGINT else -number)
        assert ended(found, seconds=5)
        assert "Traceback" not in err
        assert err.count("\n") == (number == signal.SIGINT)


@pytest.mark.skipif(not FULL, reason="long form: starts a process")
def test_an_ignored_signal_does_not_end_an_audit(environment):
    process, _ = start_hanging(environment)
    with process:
        process.send_signal(signal.SIGPIPE)
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130
        process.communicate()


@pytest.mark.skipif(not FULL, reason="long form: compiles with PyTorch")
@pytest.mark.parametrize(
    ("script", "statuses"),
    [
        ("$RUN audit torch:relu", {0}),
        ("$RUN audit keras:relu torch:relu tf:relu", {0}),
        ("$RUN audit --formula 'max(x, 0)' torch_functions:relu", {0}),
        ("$RUN audit torch:gelu", {0, 1}),
        (f"{BENCHMARKS} --implementations torch,torch.compile,tf -k throughput", {0}),
    ],
)
def test_pytorch_with_triton_ends_no_command(script, statuses, environment):
    if find_spec("triton") is None:
        pytest.skip("triton is not installed; PyTorch of PyPI for Linux contains it")
    functions = "import torch\n\ndef relu(x): return torch.nn.functional.relu(x)\n"
    Path("torch_functions.py").write_text(functions)
    done = bash(script, environment, seconds=3600)
    assert done.returncode in statuses, (done.stdout + done.stderr).decode(errors="replace")


@pytest.mark.skipif(not FULL, reason="long form: starts TensorFlow")
@pytest.mark.parametrize(
    "script",
    # PyTorch, if it is installed, could not compile with the stand-in.
    [
        f"{BENCHMARKS} -k 'throughput and eager'",
        "$RUN audit relu --library tensorflow",
        "$RUN audit tf:relu",
    ],
)
def test_triton_is_imported_before_tensorflow(script, environment):
    """A stand-in for triton ends the process like the real one, if TensorFlow is loaded."""
    text = "import os, sys\nif 'tensorflow' in sys.modules: os._exit(139)\n"
    folder = Path("stand_in")
    folder.mkdir()
    (folder / "triton.py").write_text(f"{text}print('triton is imported', file=sys.stderr)\n")
    done = bash(f"PYTHONPATH={folder.resolve()} {script}", environment, seconds=3600)
    assert done.returncode in {0, 5}, (done.stdout + done.stderr).decode(errors="replace")
