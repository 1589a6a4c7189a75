"""Styles and marks that several figures of the report share.

`actbench.display.style` has the palette and the look of all figures. This module has its
names too. Matplotlib is imported inside the functions, because its import is slow and the
commands of the report also run without figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
import pandas as pd

from actbench.display.style import (
    BLACK as BLACK,
)
from actbench.display.style import (
    BLUE as BLUE,
)
from actbench.display.style import (
    COLOURS as COLOURS,
)
from actbench.display.style import (
    GREEN as GREEN,
)
from actbench.display.style import (
    GREY as GREY,
)
from actbench.display.style import (
    MARKERS as MARKERS,
)
from actbench.display.style import (
    ORANGE as ORANGE,
)
from actbench.display.style import (
    PINK as PINK,
)
from actbench.display.style import (
    RED as RED,
)
from actbench.display.style import (
    SKY as SKY,
)
from actbench.display.style import (
    LineKind as LineKind,
)
from actbench.display.style import (
    house_style as house_style,
)
from actbench.display.style import (
    new_axes as new_axes,
)
from actbench.display.style import (
    new_figure as new_figure,
)
from actbench.display.style import (
    short_name as short_name,
)
from actbench.experiments import alpha_sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_SLOPES = tuple(condition.name for condition in alpha_sweep.EXPERIMENT.conditions)

_SLOPE_COLOURS = (BLUE, SKY, BLACK, ORANGE, RED, GREEN, PINK)
_SLOPE_LINES: tuple[LineKind, ...] = (
    "-", (0, (5, 1)), (0, (1, 1)), "-.", "--", (0, (3, 1, 1, 1)), (0, (8, 2)),
)  # fmt: skip
_SLOPE_MARKERS = "osDv^P*"
_OTHER_COLOURS, _OTHER_MARKERS = (GREY, "#882255", "#44AA99", "#999933"), "Xh<>pd"


class ConditionStyle(NamedTuple):
    """How a condition of the slope sweep is drawn."""

    colour: str
    line: LineKind
    marker: str


def slope_styles(conditions: Sequence[str]) -> dict[str, ConditionStyle]:
    """Return the style of each condition of the slope sweep; other activations have others."""
    listed = zip(_SLOPES, _SLOPE_COLOURS, _SLOPE_LINES, _SLOPE_MARKERS, strict=True)
    styles = {
        name: ConditionStyle(colour, line, marker) for name, colour, line, marker in listed
    }
    others = (name for name in conditions if name not in styles)
    for number, name in enumerate(others):
        styles[name] = ConditionStyle(
            _OTHER_COLOURS[number % len(_OTHER_COLOURS)], "-",
            _OTHER_MARKERS[number % len(_OTHER_MARKERS)],
        )  # fmt: skip
    return styles


IMPLEMENTATION_COLOURS = {
    "actbench": BLACK,
    "actbench on NumPy": GREY,
    "textbook NumPy": "#CCBB44",
    "keras": RED,
    "keras on jax": GREEN,
    "tf": ORANGE,
    "torch": BLUE,
    "torch.compile": SKY,
    "jax.jit": GREEN,
}
"""Colours of the implementations that benchmarks time."""


class LineStyle(TypedDict):
    """Arguments of `Axes.plot` that tell lines apart."""

    color: str
    linestyle: str


FUNCTION_STYLES: dict[str, LineStyle] = {
    "swish": {"color": BLUE, "linestyle": "-"},
    "mish": {"color": RED, "linestyle": "--"},
}
"""Lines of the two functions that the source is about."""


def new_panels(
    count: int, *, width: float = 3.4, height: float = 3.2
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a row of panels, and the panels.

    Args:
        count: number of panels.
        width: of each panel in inches.
        height: of the figure in inches.
    """
    return new_axes(1, count, width=width * count, height=height)


def format_percent(value: float, _position: float | None = None) -> str:
    """Return a share as a tick label.

    Example:
        >>> format_percent(0.985)
        '98.5%'
    """
    return f"{100 * value:g}%"


def limit_ticks(axis: Axis, intervals: int) -> None:
    """Limit the number of intervals between ticks of an axis, such as `ax.xaxis`."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(intervals))


def use_integer_ticks(axis: Axis) -> None:
    """Place ticks only at integers."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def draw_intervals_by_row(
    ax: Axes, rows: pd.DataFrame, *, smallest: float | None = None
) -> None:
    """Draw the mean and the interval of each condition, one below the other.

    Args:
        ax: the axes to draw on.
        rows: a table with the columns condition, mean, low and high.
        smallest: means below this are printed at the left edge, because drawing them would
            compress the scale of all others; None draws all.
    """
    for place, row in enumerate(rows.itertuples()):
        if smallest is not None and row.mean < smallest:
            ax.text(
                0.01, place, f"◂ {row.mean:.1%}", transform=ax.get_yaxis_transform(),
                va="center", fontsize=9,
            )  # fmt: skip
            continue
        ax.plot([row.low, row.high], [place, place], color=BLUE, lw=2)
        ax.plot(row.mean, place, "o", color=BLACK, ms=5)
    ax.set_yticks(range(len(rows)), rows["condition"].map(short_name))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(format_percent)
    limit_ticks(ax.xaxis, 6)
    ax.set_xlabel("test accuracy, mean and 95% interval")


def draw_means_along(ax: Axes, rows: pd.DataFrame, x: str, group: str) -> dict[str, str]:
    """Draw means with intervals along an axis, in one colour per group.

    Points of a group are joined by a line if the values along the axis are numbers; names have
    no order that a line could follow.

    Args:
        ax: the axes to draw on.
        rows: a table with the columns `x`, `group`, mean, low and high.
        x: the column along the horizontal axis; its values are spaced evenly.
        group: the column with one colour and marker per value.

    Returns:
        The colour of each group.
    """
    ticks = tick_values(rows[x])
    groups = list(dict.fromkeys(rows[group]))
    has_names = isinstance(ticks[0], str)
    for number, name in enumerate(groups):
        part = rows[rows[group] == name]
        part = part if has_names else part.sort_values(x)
        shift = 0.06 * (number - (len(groups) - 1) / 2)
        places = [ticks.index(value) + shift for value in part[x]]
        ax.errorbar(
            places, part["mean"],
            yerr=[part["mean"] - part["low"], part["high"] - part["mean"]],
            color=COLOURS[number % 8], marker=MARKERS[number % 8], ms=4, lw=1.2,
            label=short_name(str(name)), ls="none" if has_names else "-",
        )  # fmt: skip
    if has_names:
        ax.set_xticks(range(len(ticks)), map(str, ticks), rotation=30, ha="right")
    else:
        ax.set_xticks(range(len(ticks)), [f"{tick:g}" for tick in ticks])
    ax.set_xlabel(x.replace("_", " "))
    return {name: COLOURS[number % 8] for number, name in enumerate(groups)}


def tick_values(column: pd.Series) -> list[str] | list[float]:
    """Return the values along an axis: numbers in ascending order, names in their own order."""
    values = list(dict.fromkeys(column))
    return values if any(isinstance(each, str) for each in values) else sorted(values)


def draw_heat_map(ax: Axes, table: pd.DataFrame, title: str) -> AxesImage:
    """Draw a table of accuracies as a map with its numbers in per cent."""
    image = ax.imshow(table, vmin=0, vmax=1, cmap="cividis", aspect="auto")
    ax.set_xticks(range(table.shape[1]), [f"{c:g}" for c in table.columns])
    ax.set_yticks(range(table.shape[0]), [f"{r:g}" for r in table.index])
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        ax.text(
            column, row, "—" if np.isnan(value) else f"{100 * value:.0f}", ha="center",
            va="center", fontsize=8, color="black" if value > 0.6 else "white",
        )  # fmt: skip
    ax.grid(visible=False)
    ax.set_title(title)
    return image


def name_powers(axis: Axis) -> None:
    """Label a logarithmic axis with powers of ten in plain text; `$` is no markup here."""
    from matplotlib.ticker import LogFormatterSciNotation

    class PlainLogFormatter(LogFormatterSciNotation):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return plain_power(super().__call__(x, pos))

    axis.set_major_formatter(PlainLogFormatter())
    axis.set_minor_formatter(PlainLogFormatter())


def plain_power(label: str) -> str:
    r"""Return a label of a logarithmic axis without markup.

    Example:
        >>> plain_power(r"$\mathdefault{2\times10^{-3}}$")
        '2 × 10⁻³'
    """
    text = re.sub(r"[${}]|\\mathdefault", "", label).replace(r"\times", " × ")
    base, caret, exponent = text.partition("^")
    return base + exponent.translate(_SUPERSCRIPTS) if caret else text


_SUPERSCRIPTS = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
