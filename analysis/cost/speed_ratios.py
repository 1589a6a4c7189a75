"""Speed of actbench relative to the fastest counterpart, by function and array size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis.cost.throughput import (
    BACKWARD,
    BOTH,
    FORWARD,
    catalogue_place,
    fastest_counterparts,
    main_cases,
    summarise,
    summarise_ratios,
)
from analysis.plotting import BLACK, BLUE, GREEN, ORANGE, SKY, new_axes, short_name
from analysis.results import BenchmarkEntry
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

IN_A_GRAPH = ("keras", "tf")
OTHER_LIBRARIES = ("torch", "torch.compile", "jax.jit")

_PASSES = {BOTH: "forward + backward", FORWARD: "forward", BACKWARD: "backward"}
"""Passes ↦ their labels."""
_COLOURS, _MARKERS = (SKY, BLUE, BLACK, ORANGE, GREEN), "osD^v"


def draw(ax: Axes, rows: pd.DataFrame, functions: Sequence[str]) -> None:
    """Draw the ratio of each function, with one marker per array size.

    Args:
        ax: the axes to draw on.
        rows: one pass, with the columns function, size, ratio_to_actbench, low and high.
        functions: the functions from bottom to top.
    """
    sizes = sorted(rows["size"].unique())
    for number, size in enumerate(sizes):
        part = rows[rows["size"] == size]
        ratios = part["ratio_to_actbench"]
        shift = 0.16 * (number - (len(sizes) - 1) / 2)
        y = [functions.index(name) + shift for name in part["function"]]
        ax.errorbar(
            ratios, y, xerr=[ratios - part["low"], part["high"] - ratios],
            fmt=_MARKERS[number], ms=4, lw=1, label=f"{size:,} elements",
            color=_COLOURS[number],
        )  # fmt: skip
    ax.axvline(1, color="grey", lw=1)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(_format_ratio)
    ax.set_xlabel("time of the fastest counterpart / actbench")
    ax.set_ylim(-0.6, len(functions) - 0.4)
    ax.set_yticks(range(len(functions)), map(short_name, functions))


def _format_ratio(value: float, _position: float | None = None) -> str:
    return f"1/{1 / value:g}" if value < 1 else f"{value:g}"


def sections(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    """Return the comparison with Keras and TensorFlow, and that with PyTorch and JAX."""
    rows = summarise(entries)
    if rows.empty:
        return
    machine = f"Measured on {', '.join(rows['cpu'].unique())}, float32, inputs of both signs."
    yield from _section(
        rows, IN_A_GRAPH, "Speed compared with Keras and TensorFlow",
        f"{machine} The layers are part of one compiled graph; the counterpart is the "
        "faster one of keras and tf.nn.",
    )  # fmt: skip
    if rows["implementation"].isin(OTHER_LIBRARIES).any():
        yield from _section(
            rows, OTHER_LIBRARIES, "Speed compared with PyTorch and JAX",
            f"{machine} The counterpart is the fastest one of PyTorch (eager), torch.compile "
            "and jax.jit.",
        )  # fmt: skip


def _section(
    rows: pd.DataFrame, counterparts: Sequence[str], title: str, description: str
) -> Iterator[Section]:
    best = fastest_counterparts(main_cases(rows), counterparts)
    best = best[best["pass_name"] != BACKWARD]
    if best.empty:
        return
    functions = sorted(best["function"].unique(), key=catalogue_place, reverse=True)
    figure, axes = new_axes(
        1, 2, width=10, height=0.36 * len(functions) + 1.8, share_x=True, share_y=True
    )
    for ax, name in zip(axes, (BOTH, FORWARD), strict=True):
        draw(ax, best[best["pass_name"] == name], functions)
        ax.set_title(_PASSES[name])
    figure.legend(*axes[0].get_legend_handles_labels(), ncols=3, loc="outside upper center")
    columns = [
        "function", "pass_name", "size", "implementation", "ratio_to_actbench", "low", "high",
        "noise", "actbench_is",
    ]  # fmt: skip
    yield Section(
        title=title,
        description=f"{description} {_means(main_cases(rows), counterparts)}",
        figure=figure,
        table=best.sort_values(["pass_name", "place_in_order", "size"])[columns],
        columns={
            "function": "{function}",
            "pass": "{pass_name}",
            "elements": "{size:,}",
            "fastest counterpart": "{implementation}",
            "time of the counterpart / actbench": "{ratio_to_actbench:.2f}",
            "95% interval": "[{low:.2f}, {high:.2f}]",
            "noise floor": "{noise:.0%}",
            "actbench is": "{actbench_is}",
        },
        provenance="Repeat with: pytest benchmarks -m full.",
    )


def _means(rows: pd.DataFrame, counterparts: Sequence[str]) -> str:
    passes = [
        f"{_PASSES[row.pass_name]}: {row.mean:.2f} over {row.count} cases, smallest "
        f"{row.least:.2f} ({row.least_of})"
        for row in summarise_ratios(rows, counterparts).itertuples()
    ]
    return (
        "actbench is faster if a ratio is above 1. Geometric means of the ratios: "
        f"{'; '.join(passes)}."
    )
