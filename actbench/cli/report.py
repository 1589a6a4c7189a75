"""`actbench report`: write figures and tables of all results as a web page."""

import sys
from pathlib import Path

import click

from actbench.cli.requests import Command


@click.command(cls=Command)
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder of results.",
)
@click.option(
    "--compare-with",
    "compared",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FOLDER",
    help="Another folder of results. Its sections follow those of --store and have its name; "
    "may be repeated.",
)
@click.option(
    "--profile",
    metavar="[full|quick|smoke]",
    help="Profile to report.  [default: the largest profile of each experiment]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Data set of the trials.  [default: the included MNIST]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report"),
    show_default=True,
    help="Folder to write the report to.",
)
@click.option("--png", is_flag=True, help="Write figures as PNG files as well as SVG files.")
def report(
    *,
    store: Path,
    compared: tuple[Path, ...],
    profile: str | None,
    data: Path | None,
    output: Path,
    png: bool,
) -> None:
    """Write a report of the results in one folder.

    All figures and tables are drawn again; nothing is trained or measured. To read the report,
    open index.html in the output folder.
    """
    # The report lies above this package; it takes seconds to import matplotlib and pandas.
    from actbench.data import load_dataset
    from analysis.results import load_results
    from analysis.site.report import write_report

    results = load_results(store, load_dataset(data), profile=profile, compared_with=compared)
    for fault in results.all_faults:
        print(f"actbench: {fault}; this file is not used", file=sys.stderr)
    page, failures = write_report(results, output, png=png)
    for failure in failures:
        print(f"actbench: {failure}", file=sys.stderr)
    print(f"{page}: {results.summary}")
