"""Bring the README's tables and figures up to date with the documents.

`python -m analysis.readme` writes them; with `--check` it only says what is out of date, exit
status 1. A table stands between `<!-- NAME -->` and `<!-- /NAME -->`; figures are in
results/figures, each with the numbers it shows, since a drawing's bytes change with matplotlib.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from actbench.data import load_mnist
from analysis.claims import ledger
from analysis.claims.verdict import OUTCOMES
from analysis.cost import throughput
from analysis.evidence import gathered
from analysis.plotting import house_style
from analysis.site.section import Section
from analysis.training import ranking, scores
from analysis.training.study import LABELS, load

ROOT = Path(__file__).resolve().parent.parent

# As near as documents read on another machine, or by another version of NumPy, must come.
_CLOSE = 1e-6


def contents(root: Path) -> tuple[dict[str, str], list[Section]]:
    """Return the README's tables by name, in Markdown, and the sections with its figures."""
    store = root / "results"
    study, evidence = load(store, load_mnist()), gathered(store)
    measured = throughput.read(store)[0]
    accuracy, _ = scores.sections(study)
    figures = [
        accuracy,
        ranking.accuracy_and_cost(evidence.trials["ranking"], evidence.costs),
        next(iter(throughput.sections(measured))),
    ]
    rows = scores.summarise(study, "test_accuracy")
    rows = rows[rows["images"] == "all"].assign(
        condition=lambda table: table["condition"].map(LABELS)
    )
    slopes = Section(
        "slopes",
        "",
        table=rows,
        shown={
            "condition": "{condition}",
            "mean": "{mean:.2%}",
            "95% interval": "[{low:.2%}, {high:.2%}]",
            "source, one run": "{source:.2%}",
            "within our 95% prediction of one run": "{source_in_prediction}",
        },
    )
    verdicts = ledger.summarise(evidence)
    counted = verdicts.groupby("verdict")["claim"].agg(["size", "first"])
    counted = counted.reindex([name for name in OUTCOMES if name in counted.index])
    claims = Section(
        "claims",
        "",
        table=counted.reset_index(),
        shown={"verdict": "{verdict}", "claims": "{size}", "such as": "{first}"},
    )
    return {each.title: _markdown(each) for each in (slopes, claims)}, figures


def _markdown(section: Section) -> str:
    shown = section.readable()
    lines = [shown.columns, ["---"] * shown.shape[1], *shown.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _with_tables(text: str, tables: dict[str, str]) -> str:
    for name, table in tables.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
        places = marked.findall(text)
        if len(places) != 1:
            raise ValueError(f"README.md: {len(places)} places for {name}; one is right")
        before, after = places[0]
        text = marked.sub((before + table + after).replace("\\", r"\\"), text)
    return text


def write(root: Path) -> None:
    """Write tables and figures."""
    tables, figures = contents(root)
    readme, folder = root / "README.md", root / "results" / "figures"
    readme.write_text(_with_tables(readme.read_text("utf-8"), tables), "utf-8")
    folder.mkdir(exist_ok=True)
    for section in figures:
        section.figure.savefig(folder / f"{section.name}.svg", metadata={"Date": None})
        _numbers(section).to_csv(folder / f"{section.name}.csv", index=False)


def stale(root: Path) -> list[str]:
    """Return what is not what the documents say."""
    tables, figures = contents(root)
    readme, folder = root / "README.md", root / "results" / "figures"
    text, found = readme.read_text("utf-8"), []
    if _with_tables(text, tables) != text:
        found.append("README.md: a table")
    for section in figures:
        drawn, numbers = folder / f"{section.name}.svg", folder / f"{section.name}.csv"
        if f"results/figures/{drawn.name}" not in text:
            found.append(f"README.md: does not show {drawn.name}")
        if not drawn.exists() or not numbers.exists():
            found.append(f"{drawn}: is not there")
            continue
        try:
            pd.testing.assert_frame_equal(
                pd.read_csv(numbers), _numbers(section), check_dtype=False, rtol=_CLOSE
            )
        except AssertionError:
            found.append(f"{drawn}: shows other numbers")
    return found


def _numbers(section: Section) -> pd.DataFrame:
    """Return what a figure shows, as a file has it."""
    table = pd.DataFrame() if section.table is None else section.table
    return pd.read_csv(StringIO(table.to_csv(index=False)))


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write or check, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m analysis.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    check = parser.parse_args(arguments).check
    with house_style():
        if not check:
            write(root)
        found = stale(root) if check else []
        plt.close("all")
    for line in found:
        print(f"{line}; `python -m analysis.readme` brings it up to date", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
