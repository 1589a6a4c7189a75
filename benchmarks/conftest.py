"""Which benchmarks there are, and which of them run."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import actbench
from actbench.frameworks.counterparts import PACKAGES
from actbench.frameworks.libraries import DTYPES, installed
from actbench.frameworks.start import start_tensorflow
from benchmarks.implementations import BOTH, FORWARD, NAMES, PASSES
from benchmarks.paired import Paired

SIZES = (1_024, 32_768, 331_776, 4_194_304, 16_777_216)
"""Elements: of the first cache, the second, the third (the study's first layer, a batch of
128), memory."""

INPUTS = {
    "mixed": lambda rng, size: 3 * rng.standard_normal(size, np.float32),
    "negative": lambda rng, size: -np.abs(3 * rng.standard_normal(size, np.float32)),
    "saturated": lambda rng, size: 100 * rng.standard_normal(size, np.float32),
}
"""Kinds of inputs: around 0; below 0; nearly all where exponentials end."""

# What is timed unless other things are asked for.
_DEFAULTS = {
    "functions": ("relu", "leaky_relu", "elu", "softplus", "silu", "mish", "gelu", "gelu_tanh"),
    "passes": (FORWARD, BOTH),
    "dtypes": ("float32",),
    "sizes": (32_768, 331_776, 4_194_304),
    "inputs": ("mixed",),
    "members": (1, 6),
    "measured": (6,),
    "jobs": (1_000,),
    "documents": (1_000,),
    "originals": (500,),
    "batch": (128,),
    "rounds": (),  # only with -m full
}


class Case(NamedTuple):
    """What one benchmark times."""

    function: str
    what: str
    dtype: str
    size: int
    kind: str

    def __str__(self) -> str:
        return f"{self.function}-{self.what}-{self.dtype}-{self.size:,}-{self.kind}"

    @property
    def layers(self) -> int:
        """How many evaluations a call makes: a million elements, 32 at most."""
        return min(32, max(1, 2**20 // self.size))

    def arrays(self) -> tuple[list[Any], list[Any]]:
        """Return inputs and upstream gradients, one of each for each layer."""
        rng, dtype = np.random.default_rng(0), DTYPES[self.dtype]
        xs = [INPUTS[self.kind](rng, self.size).astype(dtype) for _ in range(self.layers)]
        gs = [
            rng.standard_normal(self.size, np.float32).astype(dtype) for _ in range(self.layers)
        ]
        return xs, gs


_OPTIONS: dict[str, tuple[Any, str]] = {
    "functions": (None, "names of the catalogue (default: eight; with -m full those of peers)"),
    "implementations": (NAMES, "what computes them (default: all that are installed)"),
    "passes": (PASSES, "what is computed"),
    "dtypes": (tuple(DTYPES), "of the arrays"),
    "sizes": (SIZES, "elements of an array"),
    "inputs": (tuple(INPUTS), "kinds of inputs"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that pick benchmarks."""
    group = parser.getgroup("actbench", "actbench: what activations cost")
    group.addoption(
        "--activation",
        action="append",
        default=[],
        metavar="WORD",
        help="a function of your own: package.module:name, or formula:…; instead of the "
        "catalogue's, and as often as you like",
    )
    for name, (_, text) in _OPTIONS.items():
        group.addoption(f"--{name}", metavar="A,B,…", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Check what was asked for, before anything runs."""
    config.addinivalue_line("markers", "full: the whole grid of benchmarks")
    asked = config.getoption("benchmark_compare")
    # With more than two parts it is no number and no pattern of a run.
    if isinstance(asked, str) and len(Path(asked).parts) > 2 and not Path(asked).is_file():
        raise pytest.UsageError(
            f"--benchmark-compare {asked}: there is no such file; one that is there, or the "
            "number of a run, would be right"
        )
    for word in _words(config):
        try:
            actbench.get(word)
        except actbench.RequestError as error:
            raise pytest.UsageError(str(error)) from None
    for name, (allowed, _) in _OPTIONS.items():
        for word in _chosen(config, name) if allowed else ():
            any_size = name == "sizes" and word.isdigit() and int(word) > 0
            if word not in map(str, allowed) and not any_size:
                choice = ", ".join(map(str, allowed))
                raise pytest.UsageError(f"--{name} {word!r}: one of {choice} would be right")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse a comparison with nothing before anything is timed."""
    config: Any = session.config
    asked, fails = (
        config.getoption("benchmark_compare"),
        config.getoption("benchmark_compare_fail"),
    )
    if not asked:
        if fails:
            raise pytest.UsageError(
                "--benchmark-compare-fail: --benchmark-compare with it would be right"
            )
        return
    storage = config._benchmarksession.storage  # noqa: SLF001
    try:
        found = list(storage.query(*(() if asked is True else (asked,))))
    except ValueError:
        found = []
    if not found and (fails or asked is not True):
        named = "" if asked is True else f" {asked}"
        raise pytest.UsageError(
            f"--benchmark-compare{named}: there is no such run in {storage}; a file, the "
            "number of a run, or --benchmark-autosave first would be right"
        )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a comparison that had to find nothing slower and found nothing at all."""
    config: Any = session.config
    benchmarks: Any = config._benchmarksession  # noqa: SLF001
    earlier = list((benchmarks.compared_mapping or {}).values())
    names = [entry.fullname for entry in benchmarks.benchmarks]
    found = any(name in each for each in earlier for name in names)
    if config.getoption("benchmark_compare_fail") and names and earlier and not found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _chosen(config: pytest.Config, name: str) -> list[str]:
    given = config.getoption(name)
    return given.split(",") if given else []


def _words(config: pytest.Config) -> list[str]:
    """Return the functions that were asked for by name."""
    return [*config.getoption("activation"), *_chosen(config, "functions")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a benchmark of each case of the grid."""
    if "case" not in metafunc.fixturenames:
        return
    config = metafunc.config
    peers = [name for name in actbench.names() if actbench.get(name).counterparts]
    grid = product(
        dict.fromkeys(_words(config) or peers),
        _chosen(config, "passes") or PASSES,
        _chosen(config, "dtypes") or DTYPES,
        [int(size) for size in _chosen(config, "sizes")] or SIZES,
        _chosen(config, "inputs") or INPUTS,
    )
    cases = [Case(*case) for case in grid]
    metafunc.parametrize("case", cases, ids=str)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is neither asked for nor the default, unless by `-m full`.

    Where benchmarks are not timed, one size is enough.
    """
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        # What `-m full` asks for, or pytest leaves out all.
        item.add_marker("full")
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        (kept if _is_wanted(config, parameters) else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def _is_wanted(config: pytest.Config, parameters: Mapping[str, Any]) -> bool:
    full = config.getoption("markexpr") == "full"
    if "case" in parameters:
        return _is_case_wanted(config, parameters["case"], full=full)
    return full or all(
        value in _DEFAULTS[name] for name, value in parameters.items() if name in _DEFAULTS
    )


def _is_case_wanted(config: pytest.Config, case: Case, *, full: bool) -> bool:
    sizes = [*map(int, _chosen(config, "sizes")), *_DEFAULTS["sizes"]]
    if config.getoption("benchmark_disable") and case.size != sizes[0]:
        return False
    if full:
        return True
    is_default = {
        "functions": case.function in _DEFAULTS["functions"] or bool(_words(config)),
        "passes": case.what in _DEFAULTS["passes"],
        "dtypes": case.dtype in _DEFAULTS["dtypes"],
        "sizes": case.size in _DEFAULTS["sizes"],
        "inputs": case.kind in _DEFAULTS["inputs"],
    }
    return all(default or config.getoption(name) for name, default in is_default.items())


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Leave out the name of the machine, which says nothing to others."""
    machine_info.pop("node", None)


@pytest.fixture(scope="session", autouse=True)
def _quiet_start() -> None:
    start_tensorflow()


@pytest.fixture
def paired(benchmark: Any) -> Paired:
    """Time calls in turn; see `Paired`."""
    return Paired(benchmark)


@pytest.fixture(scope="session")
def chosen(request: pytest.FixtureRequest) -> list[str]:
    """Return the names of the implementations to time; ours is always among them."""
    return list(dict.fromkeys(["ours", *(_chosen(request.config, "implementations") or NAMES)]))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how many times as long as ours the others take, and who was not there."""
    session: Any = getattr(config, "_benchmarksession", None)
    for path, earlier in session.compared_mapping.items():
        new = [entry for entry in session.benchmarks if entry.fullname not in earlier]
        if new:
            terminalreporter.write_line(
                f"compared with {path}: {len(new)} of {len(session.benchmarks)} benchmarks "
                "are not in it, but for other parameters or not at all"
            )
    entries = [entry for entry in session.benchmarks if "function" in entry.extra_info]
    if not entries:
        return
    write = terminalreporter.write_line
    terminalreporter.section("times as long as ours, with 95% intervals")
    missing: dict[str, str] = {}
    for entry in entries:
        info = entry.extra_info
        missing |= {name: _why_missing(name) for name in info["not_here"]}
        write(f"{Case(*(info[name] for name in Case._fields))}")
        for name, figures in info["implementations"].items():
            share = f"{figures['share_of_copy']:4.0%} of a copy's bytes a second"
            if name == "ours":
                write(f"  {name:15}{figures['place'][:24]:26}{share}")
                continue
            low, high = figures["interval"]
            ratio = f"{figures['times_ours']:6.2f} [{low:.2f}, {high:.2f}]"
            write(f"  {name:15}{ratio:26}{share}; ours is {figures['ours_is']}")
    for name, why in missing.items():
        write(f"{name}: {why}")


def _why_missing(name: str) -> str:
    package = PACKAGES.get(name.partition(".")[0])
    if package is not None and not installed(package):
        return f"{package} is not installed"
    return "has not all of these functions and passes"
