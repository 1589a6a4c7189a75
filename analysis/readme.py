"""Update the tables and figures of the README from the documents in `results/`.

`python -m analysis.readme` writes them. With `--check` it only reports differences, with exit
status 1 if there are any. A table is the text between `<!-- NAME -->` and `<!-- /NAME -->`. The
figures are in results/figures, each with a CSV file of its numbers: the check compares the
numbers, because the bytes of a figure depend on the version of matplotlib.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import pandas as pd

from actbench.data import load_mnist
from actbench.errors import RequestError
from analysis.claims import ledger
from analysis.claims.calibration import nominal_level
from analysis.cost import speed_ratios
from analysis.plotting import house_style
from analysis.results import BENCHMARKS, Results, load_results
from analysis.site.markdown import escape
from analysis.site.section import Section
from analysis.training import ranking
from analysis.training.slopes import scores
from analysis.training.slopes.slope_sweep import label_of

ROOT = Path(__file__).resolve().parent.parent

# Numbers may differ by rounding on another machine or with another version of NumPy.
_RELATIVE_TOLERANCE = 1e-6


def tables(results: Results) -> Iterator[Section]:
    """Return the tables of the README; their titles are the names of the places."""
    tail = nominal_level(results, 0.025)
    rows = scores.summarise(results.slope_sweep, "test_accuracy", tail)
    rows = rows[rows["images"] == "all"]
    yield Section(
        "slopes",
        "Test accuracy of the slope sweep",
        table=rows.assign(condition=rows["condition"].map(label_of)),
        columns={
            "condition": "{condition}",
            "mean": "{mean:.2%}",
            "95% interval": "[{low:.2%}, {high:.2%}]",
            "source, one run": "{source:.2%}",
            "in the 95% prediction interval of one run": "{source_in_prediction}",
        },
    )
    yield Section(
        "claims",
        "Number of claims with each verdict",
        table=ledger.count_verdicts(results),
        columns={"verdict": "{verdict}", "claims": "{claims}", "example": "{example}"},
    )


def figures(results: Results) -> list[Section]:
    """Return the sections whose figures the README shows."""
    return [
        scores.sections(results.slope_sweep, results.data)[0],
        ranking.accuracy_and_cost(
            results.experiment("ranking", profile="source"),
            results.costs,
            results.command(BENCHMARKS),
        ),
        next(iter(speed_ratios.sections(results.benchmarks))),
    ]


def write(root: Path, results: Results) -> None:
    """Write the tables into README.md and the figures into results/figures."""
    readme, folder = root / "README.md", root / "results" / "figures"
    readme.write_text(_with_tables(readme.read_text("utf-8"), tables(results)), "utf-8")
    folder.mkdir(exist_ok=True)
    for section in figures(results):
        if section.figure is not None:
            section.figure.savefig(folder / f"{section.name}.svg", metadata={"Date": None})
        _numbers(section).to_csv(folder / f"{section.name}.csv", index=False)


def differences(root: Path, results: Results) -> Iterator[str]:
    """Return one line for each part of the README that differs from the documents."""
    readme, folder = root / "README.md", root / "results" / "figures"
    text = readme.read_text("utf-8")
    if _with_tables(text, tables(results)) != text:
        yield "README.md: a table differs from the documents"
    for section in figures(results):
        figure, numbers = folder / f"{section.name}.svg", folder / f"{section.name}.csv"
        if f"results/figures/{figure.name}" not in text:
            yield f"README.md: does not show {figure.name}"
        if not figure.exists() or not numbers.exists():
            yield f"{figure}: is missing"
            continue
        try:
            pd.testing.assert_frame_equal(
                pd.read_csv(numbers), _numbers(section), check_dtype=False,
                rtol=_RELATIVE_TOLERANCE,
            )  # fmt: skip
        except AssertionError:
            yield f"{figure}: shows other numbers than the documents"


def _markdown(section: Section) -> str:
    table = section.formatted_table()
    cells = [[escape(cell) for cell in row] for row in table.itertuples(index=False)]
    lines = [[escape(name) for name in table.columns], ["---"] * table.shape[1], *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _with_tables(text: str, sections: Iterator[Section]) -> str:
    for section in sections:
        name = section.title
        start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        places = min(text.count(start), text.count(end))
        if places != 1:
            raise RequestError(f"README.md: expected one place for {name!r}, got {places}")
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}{_markdown(section)}{end}{after}"
    return text


def _numbers(section: Section) -> pd.DataFrame:
    """Return the table of a section as it is read back from a CSV file."""
    table = pd.DataFrame() if section.table is None else section.table
    return pd.read_csv(StringIO(table.to_csv(index=False)))


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write or check the README, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m analysis.readme", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="only report differences; exit status 1 if any"
    )
    only_check = parser.parse_args(arguments).check
    store = root / "results"
    results = load_results(store, load_mnist())
    with house_style():
        if not only_check:
            write(root, results)
            return 0
        found = list(differences(root, results))
    for line in found:
        print(f"{line}; run `python -m analysis.readme` to update it", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
