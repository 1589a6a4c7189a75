"""How all figures look: colours by condition, told apart by colour-blind readers as well."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl

from analysis.training.study import CONDITIONS

# Okabe & Ito (2008), without its yellow, which is too light for a line on white.
_COLOURS = ("#0072B2", "#56B4E9", "#000000", "#E69F00", "#D55E00", "#009E73", "#CC79A7")
_LINES = ("-", (0, (5, 1)), (0, (1, 1)), "-.", "--", (0, (3, 1, 1, 1)), (0, (8, 2)))
_MARKERS = "osDv^P*"

COLOUR = dict(zip(CONDITIONS, _COLOURS, strict=True))
LINE = dict(zip(CONDITIONS, _LINES, strict=True))
MARKER = dict(zip(CONDITIONS, _MARKERS, strict=True))

_SETTINGS: dict[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    # The report holds all its figures until it writes them.
    "figure.max_open_warning": 0,
    "font.size": 11,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "savefig.dpi": 150,
    # The same input gives the same file.
    "svg.hashsalt": "actbench",
    "svg.fonttype": "path",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the house, without a screen."""
    mpl.use("agg")
    with mpl.rc_context(_SETTINGS):
        yield
