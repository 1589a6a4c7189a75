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
    "--audits",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder of results with the audits, the benchmarks, and the experiments that --store "
    "does not have.",
)
@click.option(
    "--profile",
    metavar="[full|quick|smoke]",
    help="Profile to report.  [default: the largest profile that has results]",
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
def report(
    *, store: Path, audits: Path, profile: str | None, data: Path | None, output: Path
) -> None:
    """Write a report of all stored results.

    All figures and tables are drawn again; nothing is trained or measured. To read the report,
    open index.html in the output folder.
    """
    # The report lies above this package; it takes seconds to import matplotlib and pandas.
    from actbench.data import load_dataset
    from analysis.results import load_results
    from analysis.site.report import write_report

    results = load_results(store, audits, load_dataset(data), profile=profile)
    for fault in results.faults:
        print(f"actbench: {fault}; this file is not used", file=sys.stderr)
    page = write_report(results, output)
    sweep = results.slope_sweep
    print(f"{page}: profile {sweep.profile}, {len(sweep.trials)} trials")
