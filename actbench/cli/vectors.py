"""`actbench vectors`: hard inputs with correctly rounded results, for other languages."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli.output import write_output
from actbench.cli.parameters import find_activation
from actbench.cli.requests import Choice, Command
from actbench.errors import RequestError

if TYPE_CHECKING:
    from actbench.conformance.vectors.vector_set import FormatVectors

_DTYPES = ("float16", "bfloat16", "float32", "float64")
_FILE_FORMATS = ("json", "csv", "npz")


@click.command(cls=Command)
@click.argument("name", metavar="NAME")
@click.argument("parameters", metavar="[PARAMETER=VALUE]...", nargs=-1)
@click.option(
    "--format",
    "file_format",
    type=Choice(_FILE_FORMATS),
    default="json",
    show_default=True,
    help="Format of the file; npz needs --out.",
)
@click.option(
    "--dtype",
    "dtypes",
    type=Choice(_DTYPES),
    multiple=True,
    metavar="DTYPE",
    help=f"Format of the numbers: {', '.join(_DTYPES)}. It may be repeated; all by default.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write this file; json and csv are printed without it.",
)
def vectors(
    *,
    name: str,
    parameters: tuple[str, ...],
    file_format: str,
    dtypes: tuple[str, ...],
    out: Path | None,
) -> None:
    """Write test vectors: hard inputs with correctly rounded values and derivatives.

    NAME and PARAMETER=VALUE name an activation as for `actbench show`. Ball arithmetic proves
    each result and mpmath confirms it; the standard error stream states the exceptions. The
    folder examples of the repository has programs in C and JavaScript that read the files.
    """
    from actbench.conformance.vectors import FORMATS, make_vectors

    if out is None and file_format == "npz":
        raise RequestError("--out: expected a file for the format npz, got none")
    made = make_vectors(find_activation(name, parameters), dtypes=dtypes or _DTYPES)
    for each in made.formats:
        print(f"{made.function}, {each.dtype}: {_summary(each)}", file=sys.stderr)
    content = FORMATS[file_format](made)
    if out is None:
        print(content.decode().rstrip())
    else:
        write_output(out, content)


def _summary(made: "FormatVectors") -> str:
    """Return the number of inputs and of results by evidence."""
    from actbench.conformance.vectors import Status

    counts = {status: made.count(status) for status in Status}
    parts = [f"{count:,} {status}" for status, count in counts.items() if count]
    return f"{len(made.points):,} inputs; results: {', '.join(parts)}"
