"""`actbench plot`: a figure of activations and their derivatives."""

import sys
from pathlib import Path

import click

from actbench.cli.parameters import find_activation, join_settings
from actbench.cli.requests import Command
from actbench.errors import RequestError


@click.command(cls=Command)
@click.argument("names", metavar="NAME [PARAMETER=VALUE]...", nargs=-1, required=True)
@click.option("--derivative", is_flag=True, help="Draw the first derivatives too.")
@click.option("--second-derivative", is_flag=True, help="Draw the second derivatives too.")
@click.option(
    "--range",
    "x_range",
    metavar="LOW,HIGH",
    default="-6,6",
    show_default=True,
    help="Range of x.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="File of the figure; it ends in .svg, .png or .pdf.",
)
def plot(
    *,
    names: tuple[str, ...],
    derivative: bool,
    second_derivative: bool,
    x_range: str,
    out: Path,
) -> None:
    """Draw activations in one figure.

    Each NAME is a name as for `actbench show`. Its parameters stand after it or, in quotation
    marks, in it: `actbench plot swish beta=2 mish "elu alpha=1.3" --out figure.svg`. Dots are
    the derivatives that are chosen at kinks.
    """
    from actbench.display.curves import orders_of, write_curves

    write_curves(
        out,
        [find_activation(text) for text in join_settings(names)],
        orders=orders_of(derivative=derivative, second_derivative=second_derivative),
        x_range=_range(x_range),
    )
    print(f"written to {out}", file=sys.stderr)


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise RequestError(f"--range: expected LOW,HIGH, such as -6,6, got {text!r}") from None
    return low, high
