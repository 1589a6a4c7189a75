"""The slopes PReLU learned, per filter, with one object in two places and with two."""

from typing import Any

import pandas as pd

from analysis.plotting import new_axes
from analysis.results import ExperimentResults
from analysis.site.section import Section
from analysis.training.source_table import PRELU_SLOPES

PLACES = {
    "prelu": ("after convolution 1", "after convolution 2"),
    "prelu-shared": ("shared by both",),
}
_MARKERS = "osD^vP*Xph"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def summarise(sweep: ExperimentResults) -> pd.DataFrame:
    """Return condition, place, seed, filter (from 1) and slope."""
    return pd.DataFrame(
        [
            {
                "condition": condition,
                "place": place,
                "seed": trial.seed,
                "filter": number,
                "slope": slope,
            }
            for condition, places in PLACES.items()
            if condition in sweep.conditions
            for trial in sweep.trials_of(condition)
            for place, slopes in zip(places, trial.trained_parameters, strict=False)
            for number, slope in enumerate(slopes, start=1)
        ],
        columns=["condition", "place", "seed", "filter", "slope"],
    )


def draw(ax: Any, rows: pd.DataFrame) -> None:
    """Draw one place: a mark for each filter and seed."""
    for number, (seed, part) in enumerate(rows.groupby("seed")):
        ax.plot(
            part["filter"],
            part.slope,
            _MARKERS[number % len(_MARKERS)],
            color=_COLOURS[number % len(_COLOURS)],
            label=f"seed {seed}",
            markersize=6,
        )
    ax.axhline(0, color="0.5", linewidth=0.8)
    ax.set(xlabel="filter", xticks=sorted(rows["filter"].unique()))


def section(sweep: ExperimentResults) -> Section:
    """Return the figure and the table, one row for each place and seed."""
    rows = summarise(sweep)
    places = list(rows.place.unique())
    figure, axes = new_axes(1, max(1, len(places)), width=10, height=3.8, share_y=True)
    for ax, place in zip(axes, places, strict=False):
        draw(ax, rows[rows.place == place])
        ax.set_title(place.capitalize())
        if place == "shared by both" and sweep.profile == "full":
            ax.plot(range(1, 9), PRELU_SLOPES, "x", color="0.3", markersize=8, label="source")
    axes[0].set_ylabel("slope for x < 0")
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    filters = set(rows["filter"])
    table = rows.pivot_table(
        index=["condition", "place", "seed"], columns="filter", values="slope"
    ).reset_index()
    table.columns = [f"filter {c}" if c in filters else c for c in table.columns]
    return Section(
        "Learned PReLU slopes per filter",
        "All start at 0. Filters of different seeds have nothing in common but their number, "
        "so every seed is shown and no mean is taken. One PReLU object in two places (right) "
        "has one set of slopes, which is why the source prints the same eight numbers for "
        "both layers; two objects (left, middle) learn two.",
        figure,
        table,
        {
            column: f"{{{column}:.3f}}" if column.startswith("filter") else f"{{{column}}}"
            for column in table.columns
        },
    )
