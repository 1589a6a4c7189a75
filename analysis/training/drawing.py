"""Marks that several questions draw: means with intervals, along a line or down a list."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

# Okabe & Ito (2008), without its yellow.
COLOURS = (
    "#000000",
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#999999",
)
MARKERS = "osD^vP*X"

PERCENT = FuncFormatter(lambda value, _: f"{100 * value:g}%")


def down_a_list(ax: Any, rows: pd.DataFrame, *, least: float | None = None) -> None:
    """Draw the mean and interval of each row's condition, in the order of the rows.

    Args:
        ax: where.
        rows: condition, mean, low, high.
        least: what is below is named at the edge, since it would press the others together.
    """
    for place, row in enumerate(rows.itertuples()):
        if least is not None and row.mean < least:
            ax.text(
                0.01, place, f"◂ {row.mean:.1%}", transform=ax.get_yaxis_transform(),
                va="center", fontsize=9,
            )  # fmt: skip
            continue
        ax.plot([row.low, row.high], [place, place], color=COLOURS[1], lw=2)
        ax.plot(row.mean, place, "o", color=COLOURS[0], ms=5)
    ax.set_yticks(range(len(rows)), rows["condition"])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(PERCENT)
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.set_xlabel("test accuracy, mean and 95% interval")


def along(ax: Any, rows: pd.DataFrame, x: str, by: str) -> dict[str, str]:
    """Draw means with intervals for each value of a column, and return its colours.

    Along numbers a line joins them.

    Args:
        ax: where.
        rows: x, by, mean, low, high.
        x: the column along the axis, numbers or names; its values are set evenly.
        by: the column that has a line for each value.
    """
    ticks = ticks_of(rows[x])
    names = list(dict.fromkeys(rows[by]))
    # Names have no order that a line could follow.
    named = isinstance(ticks[0], str)
    for number, name in enumerate(names):
        part = rows[rows[by] == name]
        part = part if named else part.sort_values(x)
        shift = 0.06 * (number - (len(names) - 1) / 2)
        places = [ticks.index(value) + shift for value in part[x]]
        ax.errorbar(
            places, part["mean"],
            yerr=[part["mean"] - part["low"], part["high"] - part["mean"]],
            color=COLOURS[number % 8], marker=MARKERS[number % 8], ms=4, lw=1.2, label=name,
            ls="none" if named else "-",
        )  # fmt: skip
    if named:
        ax.set_xticks(range(len(ticks)), ticks, rotation=30, ha="right")
    else:
        ax.set_xticks(range(len(ticks)), [f"{tick:g}" for tick in ticks])
    ax.set_xlabel(x)
    return {name: COLOURS[number % 8] for number, name in enumerate(names)}


def ticks_of(column: pd.Series) -> list[Any]:
    """Return what stands along an axis: numbers sorted, names in their order."""
    found = list(dict.fromkeys(column))
    return found if any(isinstance(each, str) for each in found) else sorted(found)


def heat(ax: Any, table: pd.DataFrame, title: str) -> Any:
    """Draw a table of accuracies as a map with its numbers; return the image."""
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


def panels(count: int, *, width: float = 3.4, height: float = 3.2) -> tuple[Any, Any]:
    """Return a figure with so many panels side by side, and the panels."""
    figure, axes = plt.subplots(1, count, figsize=(width * count, height), squeeze=False)
    return figure, axes[0]


def parted(conditions: pd.Series, *names: str) -> pd.DataFrame:
    """Return what conditions such as "mish, depth 5, rate 0.1" name, a column for each part.

    Example:
        >>> parted(pd.Series(["mish, depth 5"]), "activation", "depth").to_dict("records")
        [{'activation': 'mish', 'depth': 5.0}]
    """
    rows = []
    for condition in conditions:
        # A reader's formula may have commas of its own.
        first, *others = condition.rsplit(", ", len(names) - 1)
        numbers = [part.rpartition(" ")[2] for part in others]
        rows.append(
            {names[0]: first} | dict(zip(names[1:], map(_number, numbers), strict=True))
        )
    return pd.DataFrame(rows, index=conditions.index)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
