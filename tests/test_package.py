"""The package as a whole: import time, one-way imports, docstrings, the README's commands."""

import ast
import importlib
import inspect
import math
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import actbench
import analysis
from actbench.activations import catalogue, shrinkage
from actbench.activations.catalogue import RECORDS
from actbench.cli import main
from actbench.cli.extras import EXTRA_OF_PACKAGE

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    module.name
    for package in (actbench, analysis)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
)

# The rooms that each room may import, besides itself and the leaves.
LEAVES = {"errors"}
ROOMS = {
    "numerics": set(),
    "formula": {"numerics"},
    "activations": {"formula", "numerics", "processes"},
    "frameworks": {"activations", "formula", "numerics"},
    "keras": {"activations", "frameworks", "numerics"},
    "conformance": {
        "activations", "display", "files", "formula", "frameworks", "numerics", "processes",
        "progress", "provenance", "results",
    },
    "deployment": {
        "activations", "conformance", "data", "files", "formula", "frameworks", "keras",
        "numerics", "processes", "progress", "provenance", "results", "statistics",
    },
    "data": {"files"},
    "models": {"activations", "frameworks", "keras"},
    "training": {"data", "files", "frameworks", "models", "processes", "provenance"},
    "results": {"files"},
    "files": set(),
    "statistics": set(),
    "provenance": set(),
    "progress": set(),
    "experiments": {
        "activations", "data", "files", "frameworks", "models", "progress", "provenance",
        "results", "training",
    },
    "display": {"activations", "formula"},
    "cli": {
        "activations", "conformance", "data", "deployment", "display", "experiments",
        "processes", "progress", "results", "statistics", "training",
    },
    "api": {"activations", "conformance", "deployment", "frameworks"},
    "testing": {"activations", "api", "conformance", "statistics"},
    "processes": set(),
    "errors": set(),
    "__main__": {"cli"},
    "__init__": {"activations", "api", "conformance", "frameworks", "keras", "processes"},
}  # fmt: skip


def run_python(program):
    """Return the output of a Python program in a process of its own."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_and_evaluation_load_numpy_only():
    loaded = run_python(
        "import sys, actbench; actbench.get('mish')([1.0]);"
        "heavy = {'tensorflow', 'keras', 'sympy', 'matplotlib', 'pandas', 'scipy', 'rich'};"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    assert loaded == "[]\n"


# These call erf, which NumPy lacks.
NEED_SCIPY = {"phish", "serf", "pserf", "erfact", "sgelu"}


def test_the_core_needs_no_optional_package():
    failed = run_python(
        f"""
import sys
for package in {[*EXTRA_OF_PACKAGE, "torch", "jax"]}:
    sys.modules[package] = None
import actbench
from actbench.cli import main
from actbench.cli.extras import EXTRA_OF_PACKAGE
failed = []
for name in actbench.names():
    act = actbench.get(name)
    try:
        act([-1.0, 2.0]), act.derivative([-1.0, 2.0]), act.second_derivative([-1.0, 2.0])
    except ImportError:
        failed.append(name)
print(failed)
assert main(["list"]) == 0
"""
    ).splitlines()[0]
    assert set(ast.literal_eval(failed)) <= NEED_SCIPY


def test_the_version_is_the_latest_of_the_changelog_and_the_citation():
    released = re.findall(r"^## \[(\d[\d.]*)\] - ", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert released[0] == actbench.__version__
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"version: {actbench.__version__}\n" in citation


ABOVE = {ROOT / "actbench" / "cli" / name for name in ("report.py", "run_output.py")}


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_point_one_way(room):
    place = ROOT / "actbench" / room
    files = list(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    assert files
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
                if node.module == "actbench":
                    names = [f"actbench.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                package, _, rest = name.partition(".")
                # These files call the report, which is above this package.
                if package != "analysis" or file not in ABOVE:
                    assert package not in {"analysis", "benchmarks", "tests"}
                used = rest.partition(".")[0]
                if package == "actbench" and used in ROOMS:
                    assert used in ROOMS[room] | LEAVES | {room}, f"{file}: {name}"


def test_every_room_is_listed():
    places = {path.stem for path in (ROOT / "actbench").iterdir() if path.suffix in {"", ".py"}}
    assert places - {"__pycache__"} == set(ROOMS)


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_documented(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "jax"):
            raise
        pytest.skip(f"{error.name} is not installed")
    assert module.__doc__
    for public, value in vars(module).items():
        if public.startswith("_") or getattr(value, "__module__", None) != name:
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), f"{name}.{public}"


def test_every_test_file_has_its_line():
    listed = re.findall(r"^\| `(\w+\.py)`", (ROOT / "tests" / "README.md").read_text(), re.M)
    there = {path.name for path in (ROOT / "tests").glob("*.py")} - {"__init__.py"}
    assert sorted(listed) == sorted(there)


def commands():
    """Yield the shell commands of the README, without comments."""
    text = (ROOT / "README.md").read_text()
    for block in re.findall(r"```sh\n(.*?)```", text, re.S):
        for line in block.splitlines():
            if command := line.partition("#")[0].strip():
                yield command


def test_the_readme_has_the_two_commands_in_both_forms():
    assert {
        "python -m pip install tox && tox -e report",
        "python -m pip install tox && tox",
        "uvx tox -e report",
        "uvx tox",
    } <= set(commands())


@pytest.mark.parametrize(
    "command", [c for c in commands() if re.match("actbench (list|show|audit mish)", c)]
)
def test_fast_commands_of_the_readme_run(command, capsys):
    assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out


def test_the_readme_names_functions_in_catalogue_order():
    readme = (ROOT / "README.md").read_text()
    table = readme.partition("| family | functions |\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| [\w-]+ \| ([\w, ]+) \|$", table, re.M)
    functions = [name for row in rows for name in row.split(", ")]
    assert set(functions) == {kind.name for kind in RECORDS} | {
        alias for kind in RECORDS for alias in kind.aliases if alias in functions
    }
    assert functions == [name for name in actbench.names() if name in functions]
    assert f"{', '.join(actbench.vector_names())}." in readme


def test_a_new_record_in_one_file_is_found_and_works(monkeypatch):
    """A class in the module of a family is in the catalogue without registration."""
    source = (
        "@dataclass(frozen=True)\n"
        "class Cubed(Activation):\n"
        "    'Cube, f(x) = x³.'\n"
        "    name = 'cubed'\n"
        "    formula = 'x**3'\n"
        "    source = 'a test'\n"
        "    year = 2026\n"
        "    def compute_value(self, ops, x):\n"
        "        return x * x * x\n"
    )
    written: dict[str, Any] = dict(vars(shrinkage))
    exec(source, written)  # noqa: S102 - the lines above
    monkeypatch.setattr(shrinkage, "Cubed", written["Cubed"], raising=False)
    found = catalogue.find_records()
    assert len(found) == len(RECORDS) + 1
    cubed = next(kind for kind in found if kind.name == "cubed")()
    assert cubed.derivative(2.0) == 12
    assert cubed.limits == (-math.inf, math.inf)
    assert (cubed.monotone, cubed.smooth, cubed.family) == (True, True, "shrinkage")


def test_long_commands_of_the_readme_are_valid_up_to_their_data(tmp_path, capsys):
    runs = [c for c in commands() if c.startswith("actbench run")]
    assert runs
    for command in runs:
        arguments = [*shlex.split(command)[1:], "--data", str(tmp_path / "nowhere")]
        assert main(arguments) == 2
        assert "nowhere: expected a folder of IDX files" in capsys.readouterr().err


def test_benchmark_comparisons_without_an_earlier_run_fail_and_say_so(tmp_path):
    def run(size, *options):
        command = [
            sys.executable, "-m", "pytest", "benchmarks", "-k", "throughput", "--functions",
            "relu", "--passes", "forward", "--sizes", size, "--benchmark-storage",
            tmp_path.as_uri(), *options,
        ]  # fmt: skip
        # In a process of pytest-xdist, pytest-benchmark would store nothing.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
        )
        return done.returncode, done.stdout + done.stderr

    status, output = run("1024", "--benchmark-compare")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "--benchmark-compare: expected a file or the number of a run in" in output
    status, output = run("1024", "--benchmark-autosave")
    assert status == 0, output
    (saved,) = tmp_path.rglob("0001_*.json")
    saved.parent.rename(tmp_path / "another-platform")
    status, output = run("2048", "--benchmark-compare")
    assert status == pytest.ExitCode.TESTS_FAILED
    assert "1 of 1 benchmarks are not in it, or only with other parameters" in output


def test_ci_runs_the_command_of_the_readme():
    assert "\npython -m pip install tox && tox\n" in (ROOT / ".ci" / "run").read_text()
