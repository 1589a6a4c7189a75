"""The tables and figures of the README are those of the documents."""

import shutil
from pathlib import Path

import pytest

from actbench import RequestError
from analysis import readme
from analysis.plotting import house_style

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def loaded_once(monkeypatch, committed_results):
    """The command takes the documents that the fixture has loaded."""
    monkeypatch.setattr(readme, "load_results", lambda *_: committed_results)


@pytest.fixture
def root(tmp_path):
    """A copy of the README and its figures."""
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copytree(ROOT / "results" / "figures", tmp_path / "results" / "figures")
    return tmp_path


@pytest.mark.usefixtures("loaded_once")
def test_the_readme_is_up_to_date(capsys):
    assert readme.main(["--check"], ROOT) == 0, capsys.readouterr().err


@pytest.mark.usefixtures("loaded_once")
def test_outdated_parts_are_reported_and_rewritten(root, capsys):
    path = root / "README.md"
    numbers = next((root / "results" / "figures").glob("test-*.csv"))
    whole = path.read_text("utf-8")
    path.write_text(whole.replace("| PReLU | 9", "| PReLU | 8"), "utf-8")
    numbers.write_text(numbers.read_text("utf-8").replace("0.98", "0.97", 1), "utf-8")
    assert readme.main(["--check"], root) == 1
    lines = capsys.readouterr().err.splitlines()
    update = "run `python -m analysis.readme` to update it"
    assert lines[0] == f"README.md: a table differs from the documents; {update}"
    assert lines[1].endswith(f"shows other numbers than the documents; {update}")
    assert len(lines) == 2
    assert readme.main([], root) == 0
    assert path.read_text("utf-8") == whole
    assert readme.main(["--check"], root) == 0


def test_missing_and_unused_figures_are_reported(root, committed_results):
    with house_style():
        first, *_ = readme.figures(committed_results)
        (root / "results" / "figures" / f"{first.name}.svg").unlink()
        path = root / "README.md"
        path.write_text(path.read_text("utf-8").replace(f"{first.name}.svg", ""), "utf-8")
        lines = list(readme.differences(root, committed_results))
    assert lines[0] == f"README.md: does not show {first.name}.svg"
    assert lines[1].endswith(f"{first.name}.svg: is missing")
    assert len(lines) == 2


def test_a_readme_without_a_place_for_a_table_is_rejected(root, committed_results):
    path = root / "README.md"
    path.write_text(path.read_text("utf-8").replace("<!-- claims -->", ""), "utf-8")
    with pytest.raises(RequestError, match="expected one place for 'claims', got 0"):
        list(readme.differences(root, committed_results))
