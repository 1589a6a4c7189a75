"""Faults of the environment: shell commands that must end with a status and one line."""

from collections.abc import Sequence
from dataclasses import dataclass

# A module of user functions. The comments name the fault of each.
ODD_FUNCTIONS = """
import os, signal, sys, threading, time
import numpy as np

def relu(x): return np.maximum(x, 0)
def wrong(x): return np.maximum(x, 0) + 1
def exits(x): os._exit(3)
def raises_exit(x): sys.exit(3)
def exits_late(x): return np.maximum(x, 0) if x.dtype != np.float64 else os._exit(0)
def crashes(x):
    import ctypes
    ctypes.string_at(0)
def aborts(x): os.abort()
def kills_itself(x): os.kill(os.getpid(), signal.SIGKILL)
def hangs(x): time.sleep(1000)
def spins(x):
    while True: pass
def closes_files(x): os.closerange(0, 100); return np.maximum(x, 0)
def recurses(x): return recurses(x)
def allocates(x): return np.empty((1 << 60,))
def interrupts(x): raise KeyboardInterrupt
def prints(x): print("printed\\\\n" * 3); os.write(1, b"written"); return np.maximum(x, 0)
def replaces_streams(x): sys.stdout = sys.stderr = None; return np.maximum(x, 0)
def changes_folder(x): os.chdir("/"); return np.maximum(x, 0)
def empties_path(x): sys.path.clear(); return np.maximum(x, 0)
def starts_thread(x):
    threading.Thread(target=time.sleep, args=(1000,)).start()
    return np.maximum(x, 0)
def ignores_signals(x): signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)
def forks(x):
    if os.fork() == 0: os._exit(0)
    return np.maximum(x, 0)
"""


@dataclass(frozen=True)
class EnvironmentFault:
    """A shell script with a fault, and how the command in it ends.

    Args:
        script: run by bash in an empty folder that has the module odd.py; $RUN is the command
            `actbench`. Its status is that of the last command.
        status: the expected statuses.
        text: part of the expected output of both streams.
        short: whether the short form of the test runs it.
        lines: largest number of lines on standard error; None for progress.
    """

    script: str
    status: Sequence[int] = (0,)
    text: str = ""
    short: bool = False
    lines: int | None = 1


def _streams() -> dict[str, EnvironmentFault]:
    """Return faults of the standard streams."""
    ascii_json = "PYTHONIOENCODING=ascii $RUN show gelu --json | python -I -m json.tool"
    return {
        "full standard output": EnvironmentFault(
            "$RUN list > /dev/full", (2,), "No space left", short=True
        ),
        "closed standard output": EnvironmentFault("$RUN list >&-", (2,), "a closed one"),
        "closed standard error": EnvironmentFault("$RUN list 2>&-", (0,), "mish"),
        "closed standard input": EnvironmentFault("$RUN list <&-", (0,), "mish"),
        "all streams closed": EnvironmentFault("$RUN list <&- >&- 2>&-", (2,), short=True),
        "full standard error": EnvironmentFault("$RUN lisst 2> /dev/full", (2,)),
        "both streams full": EnvironmentFault("$RUN list > /dev/full 2>&1", (2,)),
        "output cut off": EnvironmentFault("$RUN list | head -1", (0,), "name", lines=0),
        "output not read": EnvironmentFault("$RUN list 2>&1 | true", (0,), lines=0),
        "verdict cut off": EnvironmentFault(
            "$RUN audit odd:wrong --as relu | head -1", (1,), "odd:wrong"
        ),
        "verdict not read": EnvironmentFault("$RUN audit odd:wrong --as relu | true", (1,)),
        "verdict without a reader of errors": EnvironmentFault(
            "$RUN audit odd:wrong --as relu 2>&1 | true", (1,)
        ),
        "ASCII": EnvironmentFault(
            "PYTHONIOENCODING=ascii $RUN list", (0,), "\\u00e9", short=True
        ),
        "ASCII JSON": EnvironmentFault(ascii_json, (0,), '"name": "gelu"'),
        "Latin-1": EnvironmentFault("PYTHONIOENCODING=latin-1 $RUN show mish", (0,)),
        "locale C": EnvironmentFault(
            "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 $RUN show mish", (0,)
        ),
        "unknown locale": EnvironmentFault("LC_ALL=xx_XX.none $RUN show mish", (0,)),
        "ASCII audit": EnvironmentFault(
            "PYTHONIOENCODING=ascii $RUN audit odd:wrong --as relu", (1,), "DOES NOT CONFORM"
        ),
        "ASCII help": EnvironmentFault("PYTHONIOENCODING=ascii $RUN audit --help", (0,)),
        "one column": EnvironmentFault("COLUMNS=1 $RUN list", (0,)),
        "no columns": EnvironmentFault("COLUMNS=wide LINES=x $RUN list", (0,)),
        "dumb terminal": EnvironmentFault("TERM=dumb $RUN list", (0,)),
        "no terminal": EnvironmentFault("env -u TERM $RUN list", (0,)),
    }


def _folders() -> dict[str, EnvironmentFault]:
    """Return faults of the working folder, of the store and of the data."""
    run = "$RUN run alpha-sweep --profile smoke --seeds 1"
    stray = (
        "for m in numpy rich scipy click pickle queue struct sympy mpmath ml_dtypes actbench "
        "keras tensorflow subprocess; do echo 'raise SystemExit(7)' > $m.py; done;"
    )
    deleted = "mkdir gone; cd gone; rmdir ../gone;"
    long = "$(printf 'a%.0s' {1..250})"
    return {
        "stray modules, list": EnvironmentFault(
            f"{stray} $SCRIPT list", (0,), "mish", short=True
        ),
        "stray modules, show": EnvironmentFault(f"{stray} $SCRIPT show mish", (0,), "gain"),
        "stray modules, audit": EnvironmentFault(
            f"{stray} $SCRIPT audit odd:relu --as relu", (0,), "conforms"
        ),
        "stray modules, module": EnvironmentFault(f"{stray} rm actbench.py; $RUN list", (0,)),
        "stray modules, report": EnvironmentFault(
            f"{stray} rm actbench.py; python -m analysis --store nowhere", (2,), "nowhere"
        ),
        "deleted working folder": EnvironmentFault(f"{deleted} $RUN show mish", (0,)),
        "deleted working folder, audit": EnvironmentFault(
            f"{deleted} $RUN audit odd:relu --as relu", (2,), "odd"
        ),
        "deleted working folder, run": EnvironmentFault(f"{deleted} {run}", (2,), "store"),
        "read-only working folder": EnvironmentFault(f"cd /proc; {run}", (2,)),
        "spaces and other letters": EnvironmentFault(
            f"mkdir 'ä ☃'; cd 'ä ☃'; {run} --data /nowhere", (2,), "/nowhere"
        ),
        "store that is a file": EnvironmentFault(f"{run} --store odd.py", (2,), short=True),
        "store that is a pipe": EnvironmentFault(f"mkfifo pipe; {run} --store pipe", (2,)),
        "store that cannot be written": EnvironmentFault(f"{run} --store /proc/x", (2,)),
        "store with a long name": EnvironmentFault(f"{run} --store {long}{long}", (2,)),
        "store with a loop of links": EnvironmentFault(f"ln -s a a; {run} --store a", (2,)),
        "store that is a device": EnvironmentFault(f"{run} --store /dev/null", (2,)),
        "file size limit": EnvironmentFault(f"ulimit -f 0; {run}", (2,)),
        "data that is a pipe": EnvironmentFault(f"mkfifo pipe; {run} --data pipe", (2,)),
        "data without an end": EnvironmentFault(f"{run} --data /dev/zero", (2,)),
        "data that is empty": EnvironmentFault(f"mkdir x; {run} --data x", (2,)),
        "data that is text": EnvironmentFault(f"{run} --data odd.py", (2,)),
        "data with a loop of links": EnvironmentFault(f"ln -s a a; {run} --data a", (2,)),
        "data with a name of bytes": EnvironmentFault(f"{run} --data $'\\xff'", (2,)),
        "report of a store that is a file": EnvironmentFault(
            "$RUN report --store odd.py", (2,), "odd.py"
        ),
        "document that is a folder": EnvironmentFault(
            "mkdir -p s/alpha-sweep/x.json; $RUN report --store s", (2,), lines=2
        ),
    }


def _settings() -> dict[str, EnvironmentFault]:
    """Return faults of environment variables and of limits."""
    keras = "$RUN audit keras:relu"
    train = "$RUN run alpha-sweep --profile smoke --seeds 1"
    config = "mkdir k; echo '{}' > k/keras.json; KERAS_HOME=$PWD/k"
    return {
        "no home": EnvironmentFault("env -u HOME $RUN show mish", (0,)),
        "missing home": EnvironmentFault(f"HOME=/proc/nowhere {keras}", (0, 1)),
        "missing temporary folder": EnvironmentFault(
            "TMPDIR=/proc/nowhere $RUN show mish", (0,)
        ),
        "missing temporary folder, audit": EnvironmentFault(
            "TMPDIR=/proc/nowhere $RUN audit odd:relu --as relu", (0,)
        ),
        "unknown backend": EnvironmentFault(
            f"KERAS_BACKEND=nonsense {keras}", (2,), "expected one of tensorflow"
        ),
        "unknown backend, run": EnvironmentFault(
            f"KERAS_BACKEND=theano {train}", (2,), "KERAS_BACKEND", lines=None
        ),
        "empty backend": EnvironmentFault(f"KERAS_BACKEND= {keras}", (0, 1)),
        "damaged settings of Keras": EnvironmentFault(
            config.format('{"floatx": 7}') + f" {keras}", (2,), "floatx"
        ),
        "unknown backend in the settings of Keras": EnvironmentFault(
            config.format('{"backend": "theano"}') + f" {keras}", (2,), "theano"
        ),
        "unknown flags of XLA": EnvironmentFault(f"XLA_FLAGS=--no_such_flag {keras}", (1, 2),
                                                 lines=None),
        "messages of TensorFlow": EnvironmentFault(f"TF_CPP_MIN_LOG_LEVEL=0 {keras}", (0, 1)),
        "no oneDNN": EnvironmentFault(f"TF_ENABLE_ONEDNN_OPTS=0 {keras}", (0, 1)),
        "no such GPU": EnvironmentFault(f"CUDA_VISIBLE_DEVICES=99 {keras}", (0, 1)),
        "number of threads": EnvironmentFault("OMP_NUM_THREADS=x $RUN show mish", (0,)),
        "hash seed": EnvironmentFault("PYTHONHASHSEED=7 $RUN show mish", (0,)),
        "warnings are errors": EnvironmentFault("PYTHONWARNINGS=error $RUN show mish", (0,)),
        "warnings are errors, audit": EnvironmentFault(
            f"PYTHONWARNINGS=error {keras}", (0, 1, 2)
        ),
        "no docstrings": EnvironmentFault("PYTHONOPTIMIZE=2 $RUN show mish", (0,)),
        "no docstrings, list": EnvironmentFault("PYTHONOPTIMIZE=2 $RUN list", (0,)),
        "read-only cache": EnvironmentFault("PYTHONPYCACHEPREFIX=/proc/x $RUN list", (0,)),
        "unknown time zone": EnvironmentFault("TZ=Nowhere/None $RUN show mish", (0,)),
        "no time zone": EnvironmentFault("env -u TZ $RUN show mish", (0,)),
        "no variables": EnvironmentFault("env -i $(command -v python) -m actbench list", (0,)),
        "umask": EnvironmentFault("umask 777; $RUN audit odd:relu --as relu --store s", (0, 2)),
        "memory limit": EnvironmentFault(
            f"ulimit -v 2000000; {keras}", (2,), "address space"
        ),
        "memory limit, run": EnvironmentFault(
            f"ulimit -v 2000000; {train}", (2,), "address space", lines=None
        ),
        "open files": EnvironmentFault("ulimit -n 12; $RUN list", (0, 2)),
        "open files, audit": EnvironmentFault(
            "ulimit -n 12; $RUN audit odd:relu --as relu", (0, 1, 2)
        ),
        "size of files": EnvironmentFault("ulimit -f 0; $RUN list > out", (2,)),
        "size of the stack": EnvironmentFault("ulimit -s 512; $RUN show mish", (0,)),
        "no shared memory": EnvironmentFault(
            "unshare -m bash -c 'umount -l /dev/shm; mount -t tmpfs -o ro none /dev/shm;"
            " $RUN audit odd:relu --as relu'", (0,)
        ),
        **{
            f"missing {package}": EnvironmentFault(
                "mkdir p; echo 'raise ModuleNotFoundError(name=__name__)' > "
                f"p/{package}.py; "
                f"PYTHONPATH=$PWD/p $RUN {words}",
                (2,),
                package,
                lines=None,
            )
            for package, words in (
                ("keras", "audit keras:relu"),
                ("tensorflow", "audit mish"),
                ("flint", "audit odd:relu --as relu"),
                ("mpmath", "show mish"),
                ("pandas", "report"),
                ("distributed", "run ranking --profile smoke --workers 1"),
            )
        },
    }  # fmt: skip


def _functions() -> dict[str, EnvironmentFault]:
    """Return user functions that end, block or change their process."""

    def audit(name: str, timeout: int = 20) -> str:
        return f"$RUN audit odd:{name} --as relu --timeout {timeout}"

    failing = {
        "exits": "exited with status 3",
        "raises_exit": "SystemExit",
        "exits_late": "exited with status 0",
        "crashes": "SIGSEGV",
        "aborts": "SIGABRT",
        "kills_itself": "SIGKILL",
        "hangs": "no progress for 20 s",
        "spins": "no progress for 20 s",
        "ignores_signals": "no progress for 20 s",
        "closes_files": "process",
        "recurses": "Recursion",
        "allocates": "odd:allocates",
        "interrupts": "KeyboardInterrupt",
    }
    harmless = (
        "prints",
        "replaces_streams",
        "changes_folder",
        "empties_path",
        "starts_thread",
        "forks",
    )
    return {
        **{
            f"function that {name}": EnvironmentFault(
                audit(name), (1, 2), text, short=name == "exits", lines=None
            )
            for name, text in failing.items()
        },
        **{
            f"function that {name}": EnvironmentFault(audit(name, 600), (0,), lines=None)
            for name in harmless
        },
        "function after one that crashes": EnvironmentFault(
            "$RUN audit odd:crashes odd:relu --as relu", (1,), "conforms (", lines=1
        ),
        "printed text is no JSON": EnvironmentFault(
            "$RUN audit odd:prints --as relu --json | python -I -m json.tool", (0,), lines=None
        ),
        "module that exits": EnvironmentFault(
            "echo 'import os; os._exit(3)' > m.py; $RUN audit m:f --as relu", (1,), "status 3"
        ),
        "module that raises SystemExit": EnvironmentFault(
            "echo 'raise SystemExit(3)' > m.py; $RUN audit m:f --as relu", (2,), "SystemExit: 3"
        ),
        "module that prints": EnvironmentFault(
            "echo 'print(1)' > m.py; $RUN show m:f", (2,), "expected an attribute of m"
        ),
    }


def _plug_ins() -> dict[str, EnvironmentFault]:
    """Return plug-ins that misbehave when they are imported or called."""
    codes = {
        "raises SystemExit": "raise SystemExit(3)",
        "raises another error": "raise RuntimeError(1)",
        "raises BaseException": "raise BaseException(1)",
        "prints": "import math; print(1); f = abs",
        "is no function": "f = 7",
        "has no attribute": "",
        "is no Python": "(",
        "exits when it is called": "import sys\\ndef f(x): sys.exit(3)",
    }
    register = (
        "mkdir -p p/p-1.dist-info; printf 'Metadata-Version: 2.1\\nName: p\\nVersion: 1\\n' > "
        "p/p-1.dist-info/METADATA; printf '[actbench.activations]\\nodd = plug:f\\n' > "
        "p/p-1.dist-info/entry_points.txt; printf '{}\\n' > p/plug.py; PYTHONPATH=$PWD/p"
    )
    return {
        f"plug-in that {name}": EnvironmentFault(
            register.format(code) + " $RUN list", (0,), "plug-in 'odd'",
            short=name == "raises SystemExit",
        )
        for name, code in codes.items()
    }  # fmt: skip


FAULTS = {**_streams(), **_folders(), **_settings(), **_functions(), **_plug_ins()}
"""Name ↦ fault."""
