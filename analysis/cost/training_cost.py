"""What training costs: a model's step over members and batch size, memory, and workers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from analysis.site.section import Section

_COLOUR = {"ours": "#000000", "keras": "#D55E00", "keras on jax": "#009E73", "torch": "#0072B2"}
_BATCH = 128


def table(entries: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return a row for each trainer of each benchmark; times in ms per model-step."""
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
                    "ratio": entry["times_ours"].get(name, 1.0),
                    "low": low,
                    "high": high,
                }
            )
    found = pd.DataFrame(rows)
    if found.empty:
        return found
    return found.sort_values(["activation", "batch", "members", "by"], ignore_index=True)


def draw(rows: pd.DataFrame, axes: Sequence[Any]) -> None:
    """Draw a model's step over the members of a block, a panel for each activation."""
    for ax, (activation, group) in zip(axes, rows.groupby("activation"), strict=True):
        for name, part in group.groupby("by"):
            by_members = part.sort_values("members")
            ax.plot(
                by_members["members"], by_members["ms"],
                "o-", ms=4, color=_COLOUR[str(name)], label=name,
            )  # fmt: skip
        limit = group["limit"].median()
        ax.axhline(limit, ls=":", color="gray")
        ax.annotate(
            "limit: products of matrices", (1, limit), xytext=(0, 3),
            textcoords="offset points", fontsize=8, color="gray",
        )  # fmt: skip
        ax.set_ylim(0)
        ax.set_xscale("log")
        members = sorted(group["members"].unique())
        ax.set_xticks(members, [str(count) for count in members])
        ax.minorticks_off()
        ax.set_title(str(activation))
        ax.set_xlabel("models, K")
    axes[0].set_ylabel("ms for a model's step of 128 images")


def _curve(rows: pd.DataFrame) -> Section:
    shown = rows[rows["batch"] == _BATCH]
    count = shown["activation"].nunique()
    figure, axes = plt.subplots(
        1, count, figsize=(4.6 * count, 3.8), squeeze=False, sharey=True
    )
    draw(shown, axes[0])
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    peers = rows[rows["by"] != "ours"].assign(
        kind=lambda found: [f"{m} of {b}" for m, b in zip(found.members, found.batch)]  # noqa: B905
    )
    own = rows[rows["by"] == "ours"].set_index(["activation", "members", "batch"])["ms"]
    keys = [*zip(peers["activation"], peers["members"], peers["batch"], strict=True)]
    peers["own"] = [own[key] for key in keys]
    return Section(
        title="What a training step costs",
        text="The study's network. K models: a block of ours trains them at once, the others "
        "one after another, all timed in turn. The limit is the work of convolutions and "
        "dense layers at the rate of a product of two matrices of 2,048² on this machine.",
        figure=figure,
        table=peers,
        shown={
            "activation": "{activation}",
            "models": "{members}",
            "batch": "{batch}",
            "beside": "{by}",
            "ours, ms a model's step": "{own:.2f}",
            "theirs": "{ms:.2f}",
            "theirs / ours": "{ratio:.2f}",
            "95% interval": "[{low:.2f}, {high:.2f}]",
        },
    )


def _memory(entries: Sequence[dict[str, Any]]) -> Iterator[Section]:
    rows = pd.DataFrame(
        {"members": e["members"], "images": e["images"], "gigabytes": e["peak_bytes"] / 1e9}
        for e in entries
        if "memory_of_training" in e
    )
    if not rows.empty:
        yield Section(
            title="Memory of training",
            text="The most that a process had which trained a block for an epoch.",
            table=rows.sort_values("members"),
            shown={
                "models": "{members}",
                "images": "{images:,}",
                "GB": "{gigabytes:.2f}",
            },
        )


def _workers(entries: Sequence[dict[str, Any]]) -> Iterator[Section]:
    rows = pd.DataFrame(
        {
            "what": f"{e['jobs']:,} jobs that do nothing",
            "value": f"{1000 * e['seconds_per_job']:.1f} ms a job",
        }
        if "seconds_per_job" in e
        else {
            "what": f"two blocks of 7 models and {2 * e['originals']:,} images: throughput of "
            "two workers of one thread / of one process",
            "value": f"{e['throughput_of_workers']:.2f} "
            f"[{e['interval'][0]:.2f}, {e['interval'][1]:.2f}]",
        }
        for e in entries
        if "workers" in e
    )
    if not rows.empty:
        yield Section(
            title="What workers cost",
            text="Two worker processes of this machine, by dask.distributed.",
            table=rows,
            shown={"what": "{what}", "found": "{value}"},
        )


def sections(entries: Sequence[dict[str, Any]]) -> Iterator[Section]:
    """Return what the documents carry; nothing where there are none."""
    rows = table(entries)
    made = [] if rows.empty else [_curve(rows)]
    measured = {
        entry["cpu"]
        for entry in entries
        if not {"training", "memory_of_training", "workers"}.isdisjoint(entry)
    }
    for section in (*made, *_memory(entries), *_workers(entries)):
        yield replace(
            section,
            where=f"Measured on {', '.join(sorted(measured))}. Again: pytest benchmarks "
            '-m full -k "test_training or test_cluster".',
        )
