"""Slopes that PReLU learns for each filter, with one and with two layer objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from analysis.plotting import COLOURS, new_axes
from analysis.results import ExperimentResults
from analysis.site.section import Section
from analysis.training.slopes.source_table import PRELU_SLOPES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TIED = "shared by both"
PLACES = {"channel": ("after convolution 1", "after convolution 2"), "tied": (_TIED,)}
"""Sharing of slopes (a factor) ↦ the places that have separate slopes."""

_MARKERS = "osD^vP*Xph"


def summarise(sweep: ExperimentResults) -> pd.DataFrame:
    """Return the learned slopes: condition, place, seed, filter (from 1) and slope."""
    return pd.DataFrame(
        [
            {
                "condition": condition,
                "place": place,
                "seed": trial.seed,
                "filter": number,
                "slope": slope,
            }
            for sharing, places in PLACES.items()
            for condition in sweep.conditions_with(activation="prelu", sharing=sharing)
            for trial in sweep.trials_of(condition)
            for place, slopes in zip(places, trial.trained_parameters, strict=False)
            for number, slope in enumerate(slopes, start=1)
        ],
        columns=["condition", "place", "seed", "filter", "slope"],
    )


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the slopes of one place: a marker for each filter and seed."""
    for number, (seed, part) in enumerate(rows.groupby("seed")):
        ax.plot(
            part["filter"],
            part["slope"],
            _MARKERS[number % len(_MARKERS)],
            color=COLOURS[(number + 1) % len(COLOURS)],
            label=f"seed {seed}",
            markersize=6,
        )
    ax.axhline(0, color="0.5", linewidth=0.8)
    ax.set(xlabel="filter", xticks=sorted(rows["filter"].unique()))


def sections(sweep: ExperimentResults) -> Iterator[Section]:
    """Return the figure, and the table with one row per place and seed, if there are slopes."""
    rows = summarise(sweep)
    if rows.empty:
        return
    places = list(rows["place"].unique())
    figure, axes = new_axes(1, len(places), width=10, height=3.8, share_y=True)
    for ax, place in zip(axes, places, strict=False):
        draw(ax, rows[rows["place"] == place])
        ax.set_title(place.capitalize())
        if place == _TIED and sweep.profile == "full":
            ax.plot(
                range(1, 1 + len(PRELU_SLOPES)),
                PRELU_SLOPES,
                "x",
                color="0.3",
                markersize=8,
                label="source",
            )
    axes[0].set_ylabel("slope for x < 0")
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    table = rows.pivot_table(
        index=["condition", "place", "seed"], columns="filter", values="slope"
    )
    slopes = {number: f"filter {number}" for number in table.columns}
    columns = {name: f"{{{name}}}" for name in ("condition", "place", "seed")}
    columns |= {name: f"{{{name}:.3f}}" for name in slopes.values()}
    yield Section(
        title="Learned PReLU slopes per filter",
        description="All slopes start at 0. Filters of different seeds do not correspond to "
        "each other, so every seed is shown and no mean is taken. One PReLU object in two "
        "places (right) has one set of slopes, so the source prints the same eight numbers for "
        "both layers. Two objects (left and middle) learn two sets.",
        figure=figure,
        table=table.rename(columns=slopes).reset_index(),
        columns=columns,
    )
