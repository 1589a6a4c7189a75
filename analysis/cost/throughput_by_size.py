"""Throughput over array size, with the speed of a copy as the limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from actbench.activations.catalogue import names
from analysis.cost.throughput import BOTH, main_cases, summarise
from analysis.plotting import IMPLEMENTATION_COLOURS, PINK, name_powers, new_axes, short_name
from analysis.results import BenchmarkEntry
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FUNCTIONS = ("relu", "silu", "mish", "gelu")

# Forward: read x, write y. Backward: read x and the upstream gradient, write the gradient.
_BYTES_PER_ELEMENT = 5 * 4


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the throughput of each implementation of one function, and the speed of a copy."""
    copy = rows.groupby("size")["copy_bytes_per_second"].median() / _BYTES_PER_ELEMENT
    ax.plot(copy.index, copy / 1e9, "--", color="grey", label="speed of a copy")
    for name, group in rows.groupby("implementation", sort=False):
        by_size = group.sort_values("size")
        ax.plot(
            by_size["size"], by_size["elements_per_second"] / 1e9, "o-", ms=4,
            color=IMPLEMENTATION_COLOURS.get(str(name), PINK), label=short_name(str(name)),
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        name_powers(axis)
    ax.set_xlabel("elements")


def sections(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    """Return the curves of four functions and of functions that are not in the catalogue."""
    rows = summarise(entries)
    if rows.empty:
        return
    cases = main_cases(rows)
    cases = cases[cases["pass_name"] == BOTH]
    timed = list(dict.fromkeys(cases["function"]))
    functions = [name for name in FUNCTIONS if name in timed]
    functions += [name for name in timed if name not in names()]
    if not functions:
        return
    cases = cases[cases["function"].isin(functions)]
    figure, axes = new_axes(
        1, len(functions), width=4 * len(functions), height=3.6, share_y=True
    )
    for ax, function in zip(axes, functions, strict=True):
        draw(ax, cases[cases["function"] == function])
        ax.set_title(short_name(function))
    axes[0].set_ylabel("10⁹ elements per second")
    axes[0].legend(fontsize=7)
    columns = ["function", "size", "implementation", "elements_per_second", "share_of_copy"]
    yield Section(
        title="Throughput by array size",
        description="Median throughput of forward + backward pass, float32. The dashed line is "
        "the throughput at the speed of a memory copy: each element moves 20 bytes (x and y in "
        "the forward pass; x, the upstream gradient and the gradient in the backward pass). "
        "Each call allocates its results, so the times include page faults.",
        figure=figure,
        table=cases[columns],
        columns={
            "function": "{function}",
            "elements": "{size:,}",
            "implementation": "{implementation}",
            "elements/s": "{elements_per_second:.3g}",
            "share of the speed of a copy": "{share_of_copy:.0%}",
        },
        provenance="Repeat with: pytest benchmarks -m full.",
    )
