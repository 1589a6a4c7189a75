"""int8 functions of runtimes: how far they are from the best table of 256 entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from actbench.deployment.quantisation.int8 import Int8Document
from analysis.plotting import BLACK, BLUE, RED, new_axes, short_name
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BEST = 0.5
"""Largest error in steps of a correctly rounded table."""


def summarise(documents: Sequence[Int8Document]) -> pd.DataFrame:
    """Return one row for each document, the largest error first.

    Returns:
        The columns function, runtime (with its version), error (steps of the output), x,
        got, best, true, failing (number of inputs whose error is too large), ends (error in
        steps at the ends of the calibration range that the input grid leaves out), conforms.
    """
    rows = [
        {
            "function": each.function,
            "runtime": f"{each.runtime} {next(iter(each.versions.values()), '')}".strip(),
            "error": each.largest_error,
            "x": each.x,
            "got": each.got,
            "best": each.best,
            "true": each.expected,
            "failing": each.failing,
            "ends": each.end_error,
            "conforms": each.conforms,
        }
        for each in documents
    ]
    return pd.DataFrame(rows).sort_values(
        ["error", "function"], ascending=[False, True], ignore_index=True
    )


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the largest error of each row; the axis is logarithmic from 1 step on."""
    for place, row in enumerate(rows.itertuples()):
        ax.plot(row.error, place, "o", ms=4, color=BLUE if row.conforms else RED)
    ax.axvline(_BEST, color=BLACK, lw=0.8)
    ax.text(
        _BEST, 1.0, " exact table", transform=ax.get_xaxis_transform(), fontsize=8, va="bottom"
    )
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlim(-0.05)
    labels = [f"{short_name(row.function)}, {row.runtime}" for row in rows.itertuples()]
    ax.set_yticks(range(len(rows)), labels, fontsize=8)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("largest error, steps of the output grid")


def section(documents: Sequence[Int8Document]) -> Section:
    """Return the figure and the table."""
    rows = summarise(documents)
    figure, (ax,) = new_axes(width=7, height=0.2 * len(rows) + 1.2)
    draw(ax, rows)
    wrong = rows[~rows["conforms"]]
    return Section(
        title="int8 functions of runtimes",
        description="All 256 results of each function after quantisation by the standard "
        "recipe of the runtime. The error is the distance from the true value, clipped to the "
        "output grid, in steps of that grid. A table of correctly rounded entries has at most "
        f"{_BEST}; `actbench table NAME --input-range LOW,HIGH` writes it. {len(wrong)} of "
        f"{len(rows)} functions are off by more than 1½ steps, or lose a part of the "
        "calibration range (column 'error at ends').",
        figure=figure,
        table=rows,
        columns={
            "function": "{function}",
            "runtime": "{runtime}",
            "largest error, steps": "{error:.2f}",
            "at x": "{x:.4g}",
            "got": "{got:.4g}",
            "best entry": "{best:.4g}",
            "true value": "{true:.4g}",
            "wrong results": "{failing}",
            "error at ends, steps": "{ends:.2f}",
        },
    )
