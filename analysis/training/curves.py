"""Accuracy along an axis, a line for each activation: batches, noise, depth, initialisers."""

from typing import Any

import pandas as pd

from analysis.comparisons import (
    COMPARISON_METHOD,
    compare_with_reference,
    in_points,
    mean_table,
)
from analysis.plotting import draw_means_along, format_percent, new_panels, tick_values
from analysis.results import ExperimentResults
from analysis.site.section import Section


def summarise(found: ExperimentResults, x: str) -> pd.DataFrame:
    """Return the accuracy of each activation at each x, and how it differs from the first's.

    What it has more than the first at the same x is points, points_low, points_high,
    p_holm and conclusion, as `compare_with_reference` has them.
    """
    table = mean_table(found, lower=0.0, upper=1.0)
    table = table.merge(found.factor_table(), on="condition")
    first = table["activation"].iloc[0]
    references = {
        place: condition
        for condition, name, place in zip(
            table["condition"], table["activation"], table[x], strict=True
        )
        if name == first
    }
    there = [
        (condition, references[place])
        for condition, name, place in zip(
            table["condition"], table["activation"], table[x], strict=True
        )
        if name != first and place in references
    ]
    compared = in_points(compare_with_reference(found, there))
    columns = ["condition", "points", "points_low", "points_high", "p_holm", "conclusion"]
    return table.merge(compared.reindex(columns=columns), on="condition", how="left")


def section(
    found: ExperimentResults,
    x: str,
    *,
    title: str,
    description: str,
    published: dict[str, dict[float, float]] | None = None,
) -> Section:
    """Return the figure and the table.

    Args:
        found: conditions such as "mish, batch 64".
        x: the column along the axis.
        title: of the section.
        description: of it.
        published: activation ↦ x ↦ a published single run, drawn as crosses.
    """
    rows = summarise(found, x)
    figure, axes = new_panels(1, width=7.5, height=4)
    ax: Any = axes[0]
    colours = draw_means_along(ax, rows, x, "activation")
    ticks = tick_values(rows[x])
    first = rows["activation"].iloc[0]
    label = x.replace("_", " ")
    shown = {
        "activation": "{activation}",
        label: f"{{{x}}}" if isinstance(ticks[0], str) else f"{{{x}:g}}",
        "seeds": "{seeds}",
        "test accuracy": "{mean:.2%}",
        "95% interval": "[{low:.2%}, {high:.2%}]",
        f"points more than {first}": "{points:+.2f}",
        "95% interval ": "[{points_low:+.2f}, {points_high:+.2f}]",
        "p (Holm)": "{p_holm:.3f}",
        "conclusion": "{conclusion}",
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
        noisy = mean_table(found, lambda trial: float(trial.measured["noisy_accuracy"]))
        rows["noisy"] = rows["condition"].map(noisy.set_index("condition")["mean"])
        for name, colour in colours.items():
            part = rows[rows["activation"] == name].sort_values(x)
            places = [ticks.index(tick) for tick in part[x]]
            ax.plot(places, part["noisy"], ":", color=colour, label=f"{name}, with noise")
        shown["with the noise of training"] = "{noisy:.2%}"
    ax.yaxis.set_major_formatter(format_percent)
    ax.set_ylabel("test accuracy")
    ax.legend(fontsize=8)
    description = (
        f"{description} Differences are from {first} at the same {label}, {COMPARISON_METHOD}"
    )
    return Section(
        title=title, description=description, figure=figure, table=rows, columns=shown
    )
