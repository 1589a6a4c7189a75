"""Curves of every function with its derivatives: all on one sheet, and one sheet per family."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actbench.activations import Activation
from actbench.activations.breakpoints import nonsmooth_points
from actbench.activations.catalogue import FAMILIES, RECORDS
from analysis.plotting import BLACK, BLUE, RED, new_axes
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RANGE = 4.0
"""Functions are drawn on [−RANGE, RANGE]."""

# The line of each derivative: colour, line style and width.
_LINES = {"f": (BLACK, "-", 1.6), "f′": (RED, "--", 1.2), "f″": (BLUE, ":", 1.2)}
_COLUMNS = 8
_TITLE_LINES = 3


def summarise(activation: Activation, points: int = 321) -> pd.DataFrame:
    """Return x, f, f′ and f″, with NaN at each nonsmooth point.

    NaN interrupts the lines, so that no line is drawn across a jump.

    Args:
        activation: the function.
        points: number of points of the regular grid.
    """
    x = np.linspace(-RANGE, RANGE, points)
    gaps = [point for point in nonsmooth_points(activation) if abs(point) < RANGE]
    neighbours = [point + side for point in gaps for side in (-1e-9, 1e-9)]
    x = np.unique(np.concatenate([x[~np.isin(x, gaps)], neighbours, gaps]))
    values = (activation(x), activation.derivative(x), activation.second_derivative(x))
    rows = pd.DataFrame({"x": x} | dict(zip(_LINES, values, strict=True)))
    rows.loc[np.isin(x, gaps), list(_LINES)] = math.nan
    return rows


def draw(ax: Axes, rows: pd.DataFrame, *, lower: float = -1.5, upper: float = 3.0) -> None:
    """Draw the three curves of one function within [lower, upper]."""
    ax.axhline(0, color="0.7", linewidth=0.6)
    ax.axvline(0, color="0.7", linewidth=0.6)
    for name, (colour, line, width) in _LINES.items():
        ax.plot(rows.x, rows[name], color=colour, linestyle=line, linewidth=width, label=name)
    ax.set(xlim=(-RANGE, RANGE), ylim=(lower, upper))
    ax.grid(visible=False)


def sections() -> list[Section]:
    """Return the sheet of all functions and one sheet per family."""
    return [_all_functions(), *(_family(name) for name in family_names())]


def family_names() -> list[str]:
    """Return the families in catalogue order."""
    return [family.__name__.rpartition(".")[2] for family in FAMILIES]


def _all_functions() -> Section:
    height = math.ceil(len(RECORDS) / _COLUMNS)
    figure, axes = new_axes(
        height, _COLUMNS, width=13, height=1.45 * height + 0.3, share_x=True, share_y=True
    )
    for ax, kind in zip(axes, RECORDS, strict=False):
        draw(ax, summarise(kind(), points=161))
        ax.set_title(kind.name, fontsize=8, pad=2)
        ax.set(xticks=[], yticks=[])
    for ax in axes[len(RECORDS) :]:
        ax.set_axis_off()
    _add_legend(figure, axes[0])
    return Section(
        f"All {len(RECORDS)} functions",
        f"All panels have the same scale: −{RANGE:g} ≤ x ≤ {RANGE:g} and −1.5 ≤ y ≤ 3. "
        "Parameters have their default values. A gap in a line marks a breakpoint where the "
        "function or a derivative jumps.",
        figure,
        pd.DataFrame([_properties(kind()) for kind in RECORDS]),
    )


def _family(name: str) -> Section:
    members = [kind() for kind in RECORDS if kind().family == name]
    return Section(
        f"Family: {name.replace('_', '-')}",
        f"The {len(members)} functions of this family with their derivatives.",
        draw_sheet(members),
    )


def draw_sheet(functions: Sequence[Activation]) -> Figure:
    """Return a figure with the curves of each function, each on its own scale."""
    columns = min(4, len(functions))
    height = math.ceil(len(functions) / columns)
    figure, axes = new_axes(
        height, columns, width=max(2.9 * columns, 4), height=2.4 * height + 0.2
    )
    for ax, activation in zip(axes, functions, strict=False):
        rows = summarise(activation)
        lower, upper = _limits(rows.f[rows.x.abs() <= RANGE])
        draw(ax, rows, lower=lower, upper=upper)
        ax.set_title(_title(activation), fontsize=9)
    for ax in axes[len(functions) :]:
        ax.set_axis_off()
    _add_legend(figure, axes[0])
    return figure


def _title(activation: Activation) -> str:
    lines = wrap(str(activation), 24, break_long_words=activation.generated)
    return "\n".join(lines if len(lines) <= _TITLE_LINES else [*lines[:_TITLE_LINES], "…"])


def _limits(values: pd.Series) -> tuple[float, float]:
    """Return the vertical limits: as tight as the values allow, but at most −4 and 4."""
    lower = min(-1.2, max(-4.0, values.min() - 0.2))
    return lower, float(min(4.0, max(1.3, values.max() + 0.2)))


def _add_legend(figure: Figure, ax: Axes) -> None:
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)


def _properties(activation: Activation) -> dict[str, str | int | None]:
    low, high = activation.bounds
    return {
        "function": str(activation),
        "formula": activation.formula,
        "bounds": f"{low:.4g} … {high:.4g}",
        "monotone": "yes" if activation.monotone else "no",
        "smooth": "yes" if activation.smooth else "no",
        "kinks": ", ".join(f"{kink.x:g}" for kink in activation.kinks) or "—",
        "gain": f"{activation.gain:.4f}",
        "source": activation.source,
        "year": activation.year,
    }
