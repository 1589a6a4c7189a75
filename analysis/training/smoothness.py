"""Smoothness of the loss around trained networks: planes, eigenvalues and traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.statistics import estimate
from analysis.plotting import BLACK, BLUE, new_panels, short_name
from analysis.results import ExperimentResults, finite, measured, measured_array
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEVELS = [0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 4]
"""Contour lines, in nats."""


def summarise(results: ExperimentResults) -> pd.DataFrame:
    """Return the mean loss, largest eigenvalue and trace of each condition.

    Returns:
        The columns condition and seeds; loss (nats), top_eigenvalue and trace, each with its
        95% interval in the columns of the same name with _low and _high.
    """
    rows = []
    for condition in results.conditions:
        row: dict[str, float | str] = {"condition": condition}
        for name in ("loss", "top_eigenvalue", "trace"):
            values = [measured(trial, name) for trial in results.trials_of(condition)]
            mean = estimate(finite(values), lower=-np.inf)
            row |= {name: mean.mean, f"{name}_low": mean.interval[0]}
            row |= {f"{name}_high": mean.interval[1], "seeds": mean.count}
        rows.append(row)
    return pd.DataFrame(rows)


def draw_plane(ax: Axes, plane: npt.NDArray[np.float64], title: str) -> None:
    """Draw contour lines of the loss on a plane through a trained network."""
    ends = np.linspace(-1, 1, len(plane))
    ax.contour(ends, ends, plane.T, _LEVELS, cmap="viridis", linewidths=1)
    ax.set_title(short_name(title), fontsize=9)
    ax.set_aspect("equal")
    ax.set_xticks([-1, 0, 1])
    ax.set_yticks([-1, 0, 1])


def draw_eigenvalues(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the mean and the interval of the largest eigenvalue of each condition."""
    for place, row in enumerate(rows.itertuples()):
        interval = [row.top_eigenvalue_low, row.top_eigenvalue_high]
        ax.plot(interval, [place, place], color=BLUE, lw=2)
        ax.plot(row.top_eigenvalue, place, "o", color=BLACK, ms=4)
    ax.set_yticks(range(len(rows)), rows["condition"].map(short_name), fontsize=8)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0)
    ax.set_xlabel("nats per squared unit of the plane", fontsize=8)
    ax.set_title("largest eigenvalue", fontsize=9)


def section(results: ExperimentResults) -> Section:
    """Return the planes with the eigenvalues, and the table."""
    rows = summarise(results)
    figure, (*planes, eigenvalues) = new_panels(len(rows) + 1, width=2.6, height=2.8)
    for ax, condition in zip(planes, rows["condition"], strict=True):
        first = results.trials_of(condition)[0]
        plane = measured_array(first, "plane", dimensions=2, lower=0)
        draw_plane(ax, plane, condition)
    draw_eigenvalues(eigenvalues, rows)
    return Section(
        title="Smoothness of the loss",
        description="Training stopped when the training loss first fell below 0.1 nats. The "
        "contour lines show the loss of one seed on 1,000 training images, on a plane through "
        "two random directions. The directions are normalised filter by filter and are the "
        "same for all activations. The largest eigenvalue and the trace are those of the "
        "Hessian in such directions; means over seeds with 95% intervals.",
        figure=figure,
        table=rows,
        columns={
            "condition": "{condition}",
            "seeds": "{seeds}",
            "loss (nats)": "{loss:.3f}",
            "largest eigenvalue": "{top_eigenvalue:.3g} "
            "[{top_eigenvalue_low:.3g}, {top_eigenvalue_high:.3g}]",
            "trace": "{trace:.3g} [{trace_low:.3g}, {trace_high:.3g}]",
        },
    )
