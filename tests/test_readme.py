"""The README's tables and figures are those of the documents."""

import shutil
from pathlib import Path

import pytest

from analysis.readme import main

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def copied(tmp_path):
    """The README and what it is made from."""
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copytree(ROOT / "results", tmp_path / "results")
    return tmp_path


def test_the_readme_is_up_to_date(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_what_is_out_of_date_is_named_and_mended(copied, capsys):
    readme, numbers = (
        copied / "README.md",
        next((copied / "results/figures").glob("test-*.csv")),
    )
    whole = readme.read_text("utf-8")
    readme.write_text(whole.replace("| PReLU | 9", "| PReLU | 8"), "utf-8")
    numbers.write_text(numbers.read_text("utf-8").replace("0.98", "0.97", 1), "utf-8")
    assert main(["--check"], copied) == 1
    said = capsys.readouterr().err
    assert "README.md: a table; `python -m analysis.readme` brings it up to date" in said
    assert "shows other numbers" in said
    assert main([], copied) == 0
    assert readme.read_text("utf-8") == whole
    assert main(["--check"], copied) == 0
    next((copied / "results/figures").glob("*.svg")).unlink()
    assert main(["--check"], copied) == 1
    assert "is not there" in capsys.readouterr().err
