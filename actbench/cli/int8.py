"""`actbench int8`: all 256 results of an activation that a runtime has quantised."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.activations import Activation
from actbench.activations.catalogue import RECORDS
from actbench.cli.exit_status import ExitStatus
from actbench.cli.parameters import find_activation
from actbench.cli.requests import Choice, Command, number
from actbench.errors import RequestError

if TYPE_CHECKING:
    from actbench.deployment.quantisation.int8 import Int8Document
    from actbench.deployment.quantisation.runtimes import Runtime

_HEADER = (
    "function", "runtime", "input", "output", "error", "at x", "got", "best", "true",
    "failing", "at ends",
)  # fmt: skip


@click.command(cls=Command)
@click.argument("name", metavar="[NAME]", required=False)
@click.argument("parameters", metavar="[PARAMETER=VALUE]...", nargs=-1)
@click.option("--all", "check_all", is_flag=True, help="Check every function of the runtimes.")
@click.option(
    "--runtime",
    type=Choice(("litert", "onnxruntime")),
    help="Check this runtime only.  [default: all installed]",
)
@click.option(
    "--input-range",
    default="-8,8",
    show_default=True,
    metavar="LOW,HIGH",
    help="Range of the calibration inputs.",
)
@click.option(
    "--tolerance", type=number, help="Steps that an error may exceed 1/2.  [default: 1]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the documents as JSON.")
@click.option(
    "--store", type=click.Path(path_type=Path), help="Write the documents to this folder."
)
def int8(
    *,
    name: str | None,
    parameters: tuple[str, ...],
    check_all: bool,
    runtime: str | None,
    input_range: str,
    tolerance: float | None,
    as_json: bool,
    store: Path | None,
) -> ExitStatus:
    """Quantise an activation by the recipe of a runtime, and check all 256 results.

    The error is the distance of a result from the true value in steps of the output, where the
    true value is clipped to the output grid. The best table has at most 1/2.

    Exit status: 0 all errors are at most 1/2 + tolerance; 1 an error is larger; 2 wrong
    request.
    """
    from actbench.deployment.quantisation.grid import parse_range
    from actbench.deployment.quantisation.int8 import TOLERANCE, write

    calibration = parse_range(input_range)
    allowed = TOLERANCE if tolerance is None else tolerance
    if not 0 <= allowed < float("inf"):
        raise RequestError(f"--tolerance: expected a number from 0, got {allowed:g}")
    if check_all == (name is not None):
        got = "both" if check_all else "none"
        raise RequestError(f"activation: expected a NAME or --all, got {got}")
    chosen = (
        [record() for record in RECORDS]
        if name is None
        else [find_activation(name, parameters)]
    )
    runtimes = _runtimes(runtime)
    documents = []
    for document in _checked(chosen, runtimes, calibration, allowed, skip=check_all):
        documents.append(document)
        if store is not None:
            write(store, document)
    if as_json:
        print(json.dumps([asdict(each) for each in documents], indent=1, ensure_ascii=False))
    else:
        print("\n".join(table_lines(documents)))
    conform = all(each.conforms for each in documents)
    return ExitStatus.DONE if conform else ExitStatus.FALLS_SHORT


def _runtimes(name: str | None) -> list["Runtime"]:
    from actbench.deployment.packages import missing
    from actbench.deployment.quantisation.runtimes import RUNTIMES

    if name is not None:
        return [RUNTIMES[name]]
    # Without any installed runtime, the first one reports what to install.
    found = [each for each in RUNTIMES.values() if not missing(each.needs)]
    return found or [RUNTIMES["litert"]]


def _checked(
    activations: list[Activation],
    runtimes: list["Runtime"],
    calibration: tuple[float, float],
    tolerance: float,
    *,
    skip: bool,
) -> Iterator["Int8Document"]:
    """Check activations; with `skip`, without those that a runtime lacks or refuses."""
    from actbench.deployment.packages import missing
    from actbench.deployment.quantisation.int8 import check
    from actbench.deployment.quantisation.runtimes import process

    for runtime in runtimes:
        lacking = [each for each in activations if runtime.call_of(each) is None]
        present = [each for each in activations if each not in lacking]
        # Without a choice of the user, a function of one runtime is checked in that runtime.
        if not present and len(runtimes) > 1 and runtime is not runtimes[-1]:
            continue
        with process() as running:
            for activation in present if skip or present else activations:
                try:
                    yield check(running, runtime, activation, calibration, tolerance)
                except RequestError as error:
                    if not skip or missing(runtime.needs):
                        raise
                    print(f"actbench: {error}", file=sys.stderr)


def table_lines(documents: list["Int8Document"]) -> list[str]:
    """Return a table with one line for each document."""
    rows = [
        (
            each.function,
            each.runtime,
            f"{each.input.scale:.5g}, {each.input.zero_point}",
            f"{each.output.scale:.5g}, {each.output.zero_point}",
            f"{each.largest_error:.2f}",
            f"{each.x:.4g}",
            f"{each.got:.4g}",
            f"{each.best:.4g}",
            f"{each.expected:.4g}",
            str(each.failing),
            f"{each.end_error:.2f}",
        )
        for each in documents
    ]
    widths = [max(map(len, column)) for column in zip(_HEADER, *rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (_HEADER, *rows)
    ]
