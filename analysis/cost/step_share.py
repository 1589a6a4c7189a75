"""The share of a training step that is spent in activations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis.plotting import IMPLEMENTATION_COLOURS, PINK, new_axes, short_name
from analysis.results import BenchmarkEntry
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def summarise(entries: Sequence[BenchmarkEntry]) -> pd.DataFrame:
    """Return one row per activation and implementation, with the share and its interval."""
    return pd.DataFrame(
        {
            "activation": entry["activation"],
            "by": name,
            "share": step["share"],
            "low": step["interval"][0],
            "high": step["interval"][1],
            "ratio": entry["ratio_to_actbench"],
            "actbench_is": entry["actbench_is"],
        }
        for entry in entries
        if "network" in entry
        for name, step in entry["steps"].items()
    )


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the share of each activation as a bar, one bar per implementation."""
    names = list(dict.fromkeys(rows["activation"]))
    for shift, (name, group) in zip(
        (-0.18, 0.18), rows.groupby("by", sort=False), strict=False
    ):
        ax.bar(
            [names.index(each) + shift for each in group["activation"]], group["share"], 0.34,
            yerr=[group["share"] - group["low"], group["high"] - group["share"]],
            color=IMPLEMENTATION_COLOURS.get(str(name), PINK), alpha=0.75, capsize=3,
            label=short_name(str(name)),
        )  # fmt: skip
    ax.set_xticks(range(len(names)), map(short_name, names))
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.set_ylabel("share of a training step")
    ax.legend()


def sections(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    """Return the figure and the table; nothing without documents."""
    rows = summarise(entries)
    if rows.empty:
        return
    figure, (ax,) = new_axes(width=7, height=3.2)
    draw(ax, rows)
    yield Section(
        title="Share of a training step",
        description="Share of a training step spent in activations: the time of a step with "
        "activations minus the time without them, as a fraction of the former, with 95% "
        "intervals. The network is that of the slope sweep in Keras, with batches of 128 "
        "images.",
        figure=figure,
        table=rows,
        columns={
            "activation": "{activation}",
            "implementation": "{by}",
            "share of a step": "{share:.1%}",
            "95% interval": "[{low:.1%}, {high:.1%}]",
        },
        provenance="Repeat with: pytest benchmarks -m full.",
    )
