"""The cost of training: time of a step, peak memory, and overhead of Dask workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from analysis.plotting import IMPLEMENTATION_COLOURS, PINK, new_axes, short_name
from analysis.results import BenchmarkEntry
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BATCH = 128


def summarise(entries: Sequence[BenchmarkEntry]) -> pd.DataFrame:
    """Return one row per trainer and benchmark.

    The column ms is the time of one step of one model, and limit is that time if the machine
    only computed the matrix products. The column ratio is the time of the trainer divided by
    the time of actbench.
    """
    rows = []
    for entry in entries:
        if "training" not in entry:
            continue
        steps = entry["images"] / entry["batch"]
        limit = entry["flops_per_model_epoch"] / entry["flops_per_second_of_a_product"]
        for name, seconds in entry["seconds_per_model_epoch"].items():
            low, high = entry["intervals"].get(name, (1.0, 1.0))
            rows.append(
                {
                    **{key: entry[key] for key in ("activation", "members", "batch", "noise")},
                    "by": name,
                    "ms": 1000 * seconds / steps,
                    "limit": 1000 * limit / steps,
                    "ratio": entry["ratio_to_actbench"].get(name, 1.0),
                    "low": low,
                    "high": high,
                }
            )
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    return table.sort_values(["activation", "batch", "members", "by"], ignore_index=True)


def draw(axes: Sequence[Axes], rows: pd.DataFrame) -> None:
    """Draw the time of a step over the number of models, on one of the axes per activation."""
    for ax, (activation, group) in zip(axes, rows.groupby("activation"), strict=True):
        for name, part in group.groupby("by"):
            by_members = part.sort_values("members")
            ax.plot(
                by_members["members"], by_members["ms"], "o-", ms=4,
                color=IMPLEMENTATION_COLOURS.get(str(name), PINK), label=short_name(str(name)),
            )  # fmt: skip
        limit = group["limit"].median()
        ax.axhline(limit, ls=":", color="gray")
        ax.annotate(
            "limit: matrix products", (1, limit), xytext=(0, 3),
            textcoords="offset points", fontsize=8, color="gray",
        )  # fmt: skip
        ax.set_ylim(0)
        ax.set_xscale("log")
        members = sorted(group["members"].unique())
        ax.set_xticks(members, [str(count) for count in members])
        ax.minorticks_off()
        ax.set_title(short_name(str(activation)))
        ax.set_xlabel("number of models")
    axes[0].set_ylabel("ms per step of one model, 128 images")


def sections(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    """Return the sections that have documents."""
    machines = {
        entry["cpu"]
        for entry in entries
        if not {"training", "memory_of_training", "workers"}.isdisjoint(entry)
    }
    for section in (*_step_time(entries), *_peak_memory(entries), *_workers(entries)):
        yield replace(
            section,
            provenance=f"Measured on {', '.join(sorted(machines))}. Repeat with: pytest "
            'benchmarks -m full -k "test_training or test_cluster".',
        )


def _step_time(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    rows = summarise(entries)
    if rows.empty:
        return
    drawn = rows[rows["batch"] == _BATCH]
    count = drawn["activation"].nunique()
    figure, axes = new_axes(1, count, width=4.6 * count, height=3.8, share_y=True)
    draw(axes, drawn)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    key = ["activation", "members", "batch"]
    is_actbench = rows["by"] == "actbench"
    actbench = rows.loc[is_actbench, [*key, "ms"]].rename(columns={"ms": "actbench_ms"})
    other_trainers = rows[~is_actbench].merge(actbench, on=key, how="left")
    yield Section(
        title="Time of a training step",
        description="The network of the slope sweep. actbench trains all models at once as one "
        "stacked block; the other trainers train one model after the other. All are timed "
        "alternately. The limit is the time that the convolutions and dense layers would take "
        "at the rate of a product of two 2,048 × 2,048 matrices on this machine.",
        figure=figure,
        table=other_trainers,
        columns={
            "activation": "{activation}",
            "models": "{members}",
            "batch": "{batch}",
            "other trainer": "{by}",
            "actbench, ms per step of one model": "{actbench_ms:.2f}",
            "other trainer, ms": "{ms:.2f}",
            "time of the other trainer / actbench": "{ratio:.2f}",
            "95% interval": "[{low:.2f}, {high:.2f}]",
        },
    )


def _peak_memory(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    rows = pd.DataFrame(
        {"members": e["members"], "images": e["images"], "gigabytes": e["peak_bytes"] / 1e9}
        for e in entries
        if "memory_of_training" in e
    )
    if not rows.empty:
        yield Section(
            title="Peak memory of training",
            description="Peak memory of a process that trains one stacked block for one epoch.",
            table=rows.sort_values("members"),
            columns={
                "models": "{members}",
                "images": "{images:,}",
                "GB": "{gigabytes:.2f}",
            },
        )


def _workers(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    rows = pd.DataFrame(
        {
            "measurement": f"time per job, measured with {e['jobs']:,} empty jobs",
            "value": f"{1000 * e['seconds_per_job']:.1f} ms",
        }
        if "seconds_per_job" in e
        else {
            "measurement": f"throughput of two workers with one thread each / one process "
            f"(two blocks of 7 models, {2 * e['originals']:,} images)",
            "value": f"{e['throughput_of_workers']:.2f} "
            f"[{e['interval'][0]:.2f}, {e['interval'][1]:.2f}]",
        }
        for e in entries
        if "workers" in e
    )
    if not rows.empty:
        yield Section(
            title="Overhead of Dask workers",
            description="Two worker processes of dask.distributed on one machine.",
            table=rows,
            columns={"measurement": "{measurement}", "result": "{value}"},
        )
