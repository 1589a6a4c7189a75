"""The wheel in an environment of its own: its files, and its commands in another folder."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import FULL

ROOT = Path(__file__).parents[1]
SOURCES = ("actbench", "analysis", "pyproject.toml", "README.md", "LICENSE")

# They are not imported, because setuptools changes distutils for the whole process.
pytestmark = pytest.mark.skipif(
    None in (find_spec("pip"), find_spec("setuptools")),
    reason="pip and setuptools build the wheel",
)


def run(command, folder):
    """Return the status and the output of a command that sees nothing of the checkout."""
    left_out = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command], capture_output=True, text=True, check=False,
        cwd=folder, env=environment,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, because setuptools writes into the folder that it builds."""
    copy = tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in SOURCES:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, copy / name, ignore=ignored)
        else:
            shutil.copy(place, copy / name)
    made = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", made, copy]
    status, output = run(command, made)
    assert status == 0, output
    return next(made.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Return the folder of commands of an environment with the wheel.

    Its dependencies are those of this environment. They come from a line in a .pth file, so an
    editable installation of the checkout is not seen.
    """
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False, symlinks=os.name != "nt")
    variables = {"base": str(place), "platbase": str(place)}
    own = Path(sysconfig.get_path("purelib", "venv", variables))
    paths = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    (own / "dependencies.pth").write_text("\n".join(sorted(paths)) + "\n")
    commands = Path(sysconfig.get_path("scripts", "venv", variables))
    options = ["--no-deps", "--no-index", "--quiet", "--ignore-installed", "--no-compile"]
    python = commands / "python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", *options, wheel]
    status, output = run(command, place)
    assert status == 0, output
    return commands


def test_the_wheel_has_all_files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        there = set(archive.namelist())
    for package in ("actbench", "analysis"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix != ".pyc" and path.suffix != ".md":
                assert path.relative_to(ROOT).as_posix() in there


def test_commands_of_the_wheel_work_in_another_folder(installed, tmp_path):
    actbench = installed / "actbench"
    program = "import actbench; print(actbench.__file__)"
    status, output = run([installed / "python", "-c", program], tmp_path)
    assert (status, str(installed.parent) in output) == (0, True), output
    (tmp_path / "mine.py").write_text(
        "import numpy as np\ndef relu(x): return np.maximum(x, 0)\n"
    )
    expected = {
        ("show", "elu", "alpha=1.3"): (0, "elu(alpha=1.3)"),
        ("list", "--since", "2023"): (0, "xielu"),
        ("vectors", "elu alpha=1.3", "--dtype", "float16", "--out", "elu.json"): (0, "written"),
        ("plot", "mish", "relu", "--derivative", "--out", "figure.svg"): (0, "written"),
        ("audit", "mine:relu", "--as", "relu", "--json"): (0, '"target": "mine:relu"'),
    }
    for words, (wanted, text) in expected.items():
        status, output = run([actbench, *words], tmp_path)
        assert (status, text in output) == (wanted, True), output
    assert json.loads((tmp_path / "elu.json").read_text())["function"] == "elu(alpha=1.3)"
    assert "<text" in (tmp_path / "figure.svg").read_text()


@pytest.mark.skipif(not FULL, reason="training and the report take a minute")
def test_a_run_and_its_report_work_in_another_folder(installed, tmp_path):
    actbench = installed / "actbench"
    words = ["run", "alpha-sweep", "--profile", "smoke", "--seeds", "2", "--store", "mine"]
    status, output = run([actbench, *words], tmp_path)
    assert status == 0, output
    status, output = run([actbench, "report", "--store", "mine", "--output", "site"], tmp_path)
    assert status == 0, output
    assert (tmp_path / "site" / "index.html").is_file()
