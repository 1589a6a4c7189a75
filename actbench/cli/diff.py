"""`actbench diff`: changes between two runs of audits or benchmarks."""

import json
from pathlib import Path

import click

from actbench.cli.exit_status import ExitStatus
from actbench.cli.requests import Command, number
from actbench.errors import RequestError

_EPILOG = """
\b
Examples:
  actbench diff results nightly          audits of two stores
  actbench diff old.json new.json        files of pytest benchmarks --benchmark-save

\b
Exit status: 0 nothing is worse; 1 a check fails that did not, or an
implementation is slower; 2 wrong request.
"""


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--slower",
    type=number,
    metavar="FACTOR",
    default=2.0,
    show_default=True,
    help="Benchmarks: factor by which the time may grow. Two runs of the same code on a shared "
    "machine differ by up to 1.6.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def diff(*, old: Path, new: Path, slower: float, as_json: bool) -> ExitStatus:
    """Show the changes from OLD to NEW: two folders of results, or two benchmark files."""
    if slower <= 1:
        raise RequestError(f"--slower: expected a factor above 1, got {slower:g}")
    for path in (old, new):
        if not path.exists():
            raise RequestError(f"{path}: expected a folder of results or a file, got none")
    if old.is_dir() != new.is_dir():
        raise RequestError(
            f"{old} and {new}: expected two folders or two files, got one of each"
        )
    lines, document, worse = (
        _audits(old, new) if old.is_dir() else _benchmarks(old, new, slower)
    )
    print(json.dumps(document, indent=1, ensure_ascii=False) if as_json else "\n".join(lines))
    return ExitStatus.FALLS_SHORT if worse else ExitStatus.DONE


def _audits(old: Path, new: Path) -> tuple[list[str], list[dict[str, object]], bool]:
    from actbench.conformance.baselines.changes import REGRESSIONS, changes

    found = changes(old, new)
    regressions = [each for each in found if each.kind in REGRESSIONS]
    lines = [*map(str, found), f"{len(regressions)} of {len(found)} changes are regressions"]
    return lines, [each._asdict() for each in found], bool(regressions)


def _benchmarks(
    old: Path, new: Path, slower: float
) -> tuple[list[str], list[dict[str, object]], bool]:
    from actbench.results.benchmark_changes import changes

    found = changes(old, new)
    worse = [each for each in found if each.is_slower(slower)]
    better = [each for each in found if each.is_faster(slower)]
    lines = [
        f"{each.implementation} {each.benchmark}: {each.factor:.2f} times as long as before"
        for each in (*worse, *better)
    ]
    lines.append(
        f"{len(worse)} of {len(found)} times are longer by more than a factor of {slower:g}, "
        f"{len(better)} shorter (in multiples of the time of a copy)"
    )
    return lines, [each._asdict() for each in found], bool(worse)
