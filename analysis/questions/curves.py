"""Accuracy along a number, a line for each activation: batch size, noise, depth."""

from typing import Any

import pandas as pd

from analysis.questions.drawing import PERCENT, along, panels, parted
from analysis.section import Section
from analysis.trials import Found, means


def summarise(found: Found, x: str) -> pd.DataFrame:
    """Return the accuracy of each activation at each x."""
    table = means(found)
    return table.join(parted(table["condition"], "activation", x))


def section(
    found: Found,
    x: str,
    *,
    title: str,
    text: str,
    published: dict[str, dict[float, float]] | None = None,
) -> Section:
    """Return the figure and the table.

    Args:
        found: conditions such as "mish, batch 64".
        x: the column along the axis.
        title: of the section.
        text: of it.
        published: activation ↦ x ↦ a published single run, drawn as crosses.
    """
    rows = summarise(found, x)
    figure, axes = panels(1, width=7, height=4)
    ax: Any = axes[0]
    colours = along(ax, rows, x, "activation")
    ticks = sorted(rows[x].unique())
    shown = {
        "activation": "{activation}",
        x: f"{{{x}:g}}",
        "seeds": "{seeds}",
        "test accuracy": "{mean:.2%}",
        "95% interval": "[{low:.2%}, {high:.2%}]",
    }
    if published:
        rows["published"] = [
            published.get(name, {}).get(place)
            for name, place in zip(rows["activation"], rows[x], strict=True)
        ]
        for name, of_line in published.items():
            if name not in colours:
                continue
            there = [tick for tick in ticks if tick in of_line]
            places = [ticks.index(tick) for tick in there]
            ax.plot(places, [of_line[tick] for tick in there], "x", color=colours[name])
        shown["published, one run"] = "{published:.1%}"
    if all("noisy_accuracy" in trial.measured for trial in found.trials):
        noisy = means(found, lambda trial: float(trial.measured["noisy_accuracy"]))
        rows["noisy"] = rows["condition"].map(noisy.set_index("condition")["mean"])
        for name, colour in colours.items():
            part = rows[rows["activation"] == name].sort_values(x)
            places = [ticks.index(tick) for tick in part[x]]
            ax.plot(places, part["noisy"], ":", color=colour)
        shown["with the noise of training"] = "{noisy:.2%}"
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_ylabel("test accuracy")
    ax.legend(fontsize=8)
    return Section(title=title, text=text, figure=figure, table=rows, shown=shown)
