"""`actbench table`: the exact table of a quantised activation."""

import sys
from pathlib import Path

import click

from actbench.cli.output import write_output
from actbench.cli.parameters import find_activation
from actbench.cli.requests import Choice, Command, integer
from actbench.errors import RequestError

_FORMATS = ("numpy", "c", "onnx", "tflite", "json")
_TEXT_FORMATS = ("c", "json")


@click.command(cls=Command)
@click.argument("name", metavar="NAME")
@click.argument("parameters", metavar="[PARAMETER=VALUE]...", nargs=-1)
@click.option("--input-range", required=True, metavar="LOW,HIGH", help="Range of the inputs.")
@click.option(
    "--output-range", metavar="LOW,HIGH", help="Range of the outputs.  [default: the extremes]"
)
@click.option(
    "--bits", type=integer, default=8, show_default=True, help="Bits per number, 4 to 16."
)
@click.option("--unsigned", is_flag=True, help="Use unsigned integers.")
@click.option(
    "--format",
    "file_format",
    type=Choice(_FORMATS),
    default="json",
    show_default=True,
    help="Format: numpy (.npz), c (source), onnx (a model; 8 bits), tflite (the bytes of a "
    "look-up table, as LUTLookup takes them; 8 bits) or json.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write this file; c and json are printed without it.",
)
def table(
    *,
    name: str,
    parameters: tuple[str, ...],
    input_range: str,
    output_range: str | None,
    bits: int,
    unsigned: bool,
    file_format: str,
    out: Path | None,
) -> None:
    """Write the table of a quantised activation, with each entry correctly rounded.

    NAME and PARAMETER=VALUE name an activation as for `actbench show`. The grids and
    the largest error go to the standard error stream.
    """
    from actbench.deployment.quantisation.exact import exact_table
    from actbench.deployment.quantisation.grid import parse_range
    from actbench.deployment.quantisation.table_formats import FORMATS

    if out is None and file_format not in _TEXT_FORMATS:
        raise RequestError(f"--out: expected a file for the format {file_format}, got none")
    activation = find_activation(name, parameters)
    made = exact_table(
        activation,
        parse_range(input_range),
        bits=bits,
        signed=not unsigned,
        output_range=None if output_range is None else parse_range(output_range),
    )
    for label, grid in (("input", made.input), ("output", made.output)):
        text = f"{label:<7} scale {grid.scale:.9g}, zero point {grid.zero_point}"
        print(text, file=sys.stderr)
    print(
        f"{made.function}: {len(made.entries)} entries, largest error "
        f"{made.largest_error:.4f} steps (a correctly rounded table has at most 0.5)",
        file=sys.stderr,
    )
    content = FORMATS[file_format](made)
    if out is None:
        print(content.decode().rstrip())
        return
    write_output(out, content)
