"""The look of all figures: palette, markers, style, empty figures and figure files.

Matplotlib is imported inside the functions, because its import is slow and most commands need
no figure. Figures are made without pyplot, so that they are released when nothing refers to
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.errors import RequestError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The palette of Okabe & Ito (2008), "Color Universal Design", which is safe for colour
# blindness. Its yellow is left out because it is too light for a line on white.
BLACK, BLUE, RED, GREEN = "#000000", "#0072B2", "#D55E00", "#009E73"
PINK, ORANGE, SKY, GREY = "#CC79A7", "#E69F00", "#56B4E9", "#999999"

COLOURS = (BLACK, BLUE, RED, GREEN, PINK, ORANGE, SKY, GREY)
MARKERS = "osD^vP*X"

LineKind = str | tuple[int, tuple[int, ...]]
"""A line style of matplotlib."""


@contextmanager
def house_style() -> Iterator[None]:
    """Draw and write figures in the style of the report."""
    import matplotlib as mpl

    with mpl.rc_context(
        {
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "grid.alpha": 0.3,
            "legend.frameon": False,
            "savefig.dpi": 150,
            # With a fixed salt the same input gives the same file.
            "svg.hashsalt": "actbench",
            "svg.fonttype": "path",
            # Names in documents may contain dollar signs, which are no formulas.
            "text.parse_math": False,
        }
    ):
        yield


def new_figure(*, width: float, height: float) -> Figure:
    """Return an empty figure.

    Args:
        width: in inches.
        height: in inches.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def new_axes(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float,
    height: float,
    share_x: bool = False,
    share_y: bool = False,
    width_ratios: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a grid of axes, and the axes row by row.

    Args:
        rows: number of rows.
        columns: number of columns.
        width: of the figure in inches.
        height: of the figure in inches.
        share_x: whether all axes have the same horizontal scale.
        share_y: whether all axes have the same vertical scale.
        width_ratios: relative widths of the columns; None makes them equal.
    """
    figure = new_figure(width=width, height=height)
    grid = figure.subplots(
        rows, columns, sharex=share_x, sharey=share_y, squeeze=False, width_ratios=width_ratios
    )
    return figure, list(grid.flat)


def short_name(name: str) -> str:
    """Return a name for a figure: names of more than 32 characters lose their middle.

    Example:
        >>> short_name("formula:x * tanh(softplus(x)) + 0 * sin(x)")
        'formula:x * tanh…)) + 0 * sin(x)'
    """
    return name if len(name) <= 32 else f"{name[:16]}…{name[-15:]}"


# Without these, equal figures would give different files.
_METADATA = {
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
    ".png": {"Software": None},
}


def check_figure_path(path: Path) -> None:
    """Check the ending of the file of a figure, before any work is done.

    Raises:
        RequestError: the ending is no format of figures.
    """
    if path.suffix.lower() not in _METADATA:
        raise RequestError(
            f"{path}: expected a file that ends in {', '.join(_METADATA)}, "
            f"got {path.suffix or 'no ending'}"
        )


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure; the ending of the file sets the format. Equal figures give equal files.

    Raises:
        RequestError: the file cannot be written, or its ending is no format of figures.
    """
    check_figure_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata=_METADATA[path.suffix.lower()])
    except OSError as error:
        raise RequestError(
            f"{path}: expected a file to write, got {error.strerror or error!r}"
        ) from None
