"""Accuracy along an axis, a line for each activation: batches, noise, depth, initialisers."""

from typing import Any

import pandas as pd

from analysis.results import HOW_BESIDE, Found, beside, in_points, means
from analysis.site.section import Section
from analysis.training.drawing import PERCENT, along, panels, parted, ticks_of


def summarise(found: Found, x: str) -> pd.DataFrame:
    """Return the accuracy of each activation at each x, and how it differs from the first's.

    What it has more than the first at the same x is points, points_low, points_high,
    p_family and follows, as `beside` has them.
    """
    table = means(found, lower=0.0, upper=1.0)
    table = table.join(parted(table["condition"], "activation", x))
    first = table["activation"].iloc[0]
    pairs = [
        (condition, first + condition.removeprefix(name))
        for condition, name in zip(table["condition"], table["activation"], strict=True)
        if name != first
    ]
    there = [pair for pair in pairs if pair[1] in found.conditions]
    compared = in_points(beside(found, there))
    columns = ["condition", "points", "points_low", "points_high", "p_family", "follows"]
    return table.merge(compared.reindex(columns=columns), on="condition", how="left")


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
    figure, axes = panels(1, width=7.5, height=4)
    ax: Any = axes[0]
    colours = along(ax, rows, x, "activation")
    ticks = ticks_of(rows[x])
    first = rows["activation"].iloc[0]
    shown = {
        "activation": "{activation}",
        x: f"{{{x}}}" if isinstance(ticks[0], str) else f"{{{x}:g}}",
        "seeds": "{seeds}",
        "test accuracy": "{mean:.2%}",
        "95% interval": "[{low:.2%}, {high:.2%}]",
        f"points more than {first}": "{points:+.2f}",
        "95% interval ": "[{points_low:+.2f}, {points_high:+.2f}]",
        "p (Holm)": "{p_family:.3f}",
        "it is": "{follows}",
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
            ax.plot(places, part["noisy"], ":", color=colour, label=f"{name}, with noise")
        shown["with the noise of training"] = "{noisy:.2%}"
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_ylabel("test accuracy")
    ax.legend(fontsize=8)
    text = f"{text} Differences are from {first} at the same {x}, {HOW_BESIDE}"
    return Section(title=title, text=text, figure=figure, table=rows, shown=shown)
