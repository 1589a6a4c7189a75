"""What activations cost: speed beside peers, beside a copy, memory kept, share of a step."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from actbench.activations.catalogue import RECORDS
from analysis.site.section import Section

FOLDER = "throughput"
_ORDER = [kind.name for kind in RECORDS]
_COLOUR = {
    "ours": "#000000",
    "ours on NumPy": "#999999",
    "naive NumPy": "#CCBB44",
    "keras": "#D55E00",
    "tf": "#E69F00",
    "torch": "#0072B2",
    "torch.compile": "#56B4E9",
    "jax.jit": "#009E73",
}
_IN_A_GRAPH = ("keras", "tf")
_ELSEWHERE = ("torch", "torch.compile", "jax.jit")


def read(store: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the entries of pytest-benchmark's files in a store, and what cannot be read.

    Each entry is its `extra_info` with the machine's; a later file's replaces an earlier one's.
    """
    entries: dict[str, dict[str, Any]] = {}
    faults = []
    for path in sorted((store / FOLDER).glob("*.json")):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            machine = found["machine_info"]["cpu"].get("brand_raw", "")
            for benchmark in found["benchmarks"]:
                entries[benchmark["fullname"]] = benchmark["extra_info"] | {"cpu": machine}
        except (ValueError, KeyError, TypeError) as error:
            faults.append(f"{path}: not a file of pytest-benchmark ({error})")
    return list(entries.values()), faults


def table(entries: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return a row for each implementation of each case."""
    rows = [
        {
            **{key: entry[key] for key in ("function", "what", "dtype", "size", "kind")},
            "noise": entry["noise"],
            "copy_bytes_per_second": entry["copy_bytes_per_second"],
            "implementation": name,
            **{key: value for key, value in figures.items() if key != "interval"},
            "low": figures.get("interval", (np.nan, np.nan))[0],
            "high": figures.get("interval", (np.nan, np.nan))[1],
        }
        for entry in entries
        if "function" in entry
        for name, figures in entry["implementations"].items()
    ]
    found = pd.DataFrame(rows)
    if found.empty:
        return found
    found["place_in_order"] = [_place(name) for name in found["function"]]
    return found.sort_values(["place_in_order", "what", "size"], ignore_index=True)


def _place(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["dtype"] == "float32") & (rows["kind"] == "mixed")]


def best_peers(rows: pd.DataFrame, peers: Sequence[str]) -> pd.DataFrame:
    """Return for each function, pass and size the fastest of some peers."""
    found = rows[rows["implementation"].isin(peers)].dropna(subset="times_ours")
    fastest = found.groupby(["function", "what", "size"])["times_ours"].idxmin()
    return found.loc[sorted(fastest)]


def summary(rows: pd.DataFrame, peers: Sequence[str], least_size: int = 0) -> pd.DataFrame:
    """Return for each pass the geometric mean over functions and sizes, and the least."""
    best = best_peers(rows[rows["size"] >= least_size], peers)
    return pd.DataFrame(
        {
            "what": what,
            "count": len(group),
            "mean": float(np.exp(np.log(group["times_ours"]).mean())),
            "least": group["times_ours"].min(),
            "least_of": group.loc[group["times_ours"].idxmin(), "function"],
        }
        for what, group in best.groupby("what")
    )


def _ratios(rows: pd.DataFrame, peers: Sequence[str], title: str, text: str) -> Section:
    best = best_peers(_plain(rows), peers)
    best = best[best["what"] != "backward"]
    functions = sorted(best["function"].unique(), key=_place, reverse=True)
    sizes = sorted(best["size"].unique())
    figure, axes = plt.subplots(
        1, 2, figsize=(10, 0.36 * len(functions) + 1.8), sharey=True, sharex=True
    )
    for ax, what in zip(axes, ("both", "forward"), strict=True):
        for number, size in enumerate(sizes):
            part = best[(best["what"] == what) & (best["size"] == size)]
            shift = 0.16 * (number - (len(sizes) - 1) / 2)
            y = [functions.index(name) + shift for name in part["function"]]
            ax.errorbar(
                part["times_ours"], y,
                xerr=[part["times_ours"] - part["low"], part["high"] - part["times_ours"]],
                fmt="osD^v"[number], ms=4, lw=1, label=f"{size:,} elements",
                color=("#56B4E9", "#0072B2", "#000000", "#E69F00", "#009E73")[number],
            )  # fmt: skip
        ax.axvline(1, color="grey", lw=1)
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter("{x:g}")
        ax.set_xlabel("time of the best peer / ours (above 1: ours is faster)")
        ax.set_title({"both": "forward + backward", "forward": "forward"}[what])
        ax.set_ylim(-0.6, len(functions) - 0.4)
    axes[0].set_yticks(range(len(functions)), functions)
    figure.legend(*axes[0].get_legend_handles_labels(), ncols=3, loc="outside upper center")
    shown = best.assign(rank=[_place(name) for name in best["function"]])
    shown = shown.sort_values(["what", "rank", "size"])
    columns = [
        "function", "what", "size", "implementation", "times_ours", "low", "high", "noise",
        "ours_is",
    ]  # fmt: skip
    return Section(
        title=title,
        text=text + " " + _means(_plain(rows), peers),
        figure=figure,
        table=shown[columns],
        shown={
            "function": "{function}",
            "pass": "{what}",
            "elements": "{size:,}",
            "best peer": "{implementation}",
            "its time / ours": "{times_ours:.2f}",
            "95% interval": "[{low:.2f}, {high:.2f}]",
            "noise floor": "{noise:.0%}",
            "ours is": "{ours_is}",
        },
    )


def _means(rows: pd.DataFrame, peers: Sequence[str]) -> str:
    parts = [
        f"{row.what}: geometric mean {row.mean:.2f} over {row.count} cases, "
        f"least {row.least:.2f} ({row.least_of})"
        for row in summary(rows, peers).itertuples()
    ]
    return "; ".join(parts) + "."


def _curves(rows: pd.DataFrame, functions: Sequence[str]) -> Section:
    rows = _plain(rows)
    rows = rows[(rows["what"] == "both") & rows["function"].isin(functions)]
    figure, axes = plt.subplots(
        1, len(functions), figsize=(4 * len(functions), 3.6), sharey=True
    )
    for ax, function in zip(np.atleast_1d(axes), functions, strict=True):
        part = rows[rows["function"] == function]
        copy = part.groupby("size")["copy_bytes_per_second"].median() / 20
        ax.plot(copy.index, copy / 1e9, "--", color="grey", label="as fast as a copy")
        for name, group in part.groupby("implementation", sort=False):
            group = group.sort_values("size")
            ax.plot(
                group["size"], group["elements_per_second"] / 1e9, "o-", ms=4,
                color=_COLOUR.get(str(name), "#CC79A7"), label=name,
            )  # fmt: skip
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_title(function)
        ax.set_xlabel("elements")
    np.atleast_1d(axes)[0].set_ylabel("10⁹ elements a second")
    np.atleast_1d(axes)[0].legend(fontsize=7)
    columns = ["function", "size", "implementation", "elements_per_second", "share_of_copy"]
    return Section(
        title="Throughput over size, beside a copy",
        text="Forward + backward of float32, medians. The dashed line is what a copy's bytes a "
        "second would give: an element takes 20 bytes, x and y, then x, the upstream "
        "gradient and its own. Results are allocated anew, page faults included.",
        figure=figure,
        table=rows[columns],
        shown={
            "function": "{function}",
            "elements": "{size:,}",
            "by": "{implementation}",
            "elements/s": "{elements_per_second:.3g}",
            "share of a copy": "{share_of_copy:.0%}",
        },
    )


def _memory(rows: pd.DataFrame) -> Section:
    kept = rows.dropna(subset="bytes_kept")
    kept = kept[kept["what"] == "both"].drop_duplicates(["function", "implementation"])
    wide = kept.pivot_table(
        index="function", columns="implementation", values="bytes_kept", sort=False
    ).reset_index()
    names = [name for name in _COLOUR if name in wide]
    # A dot in a field would be an attribute.
    columns = {name: name.replace(".", "_") for name in names}
    wide = wide.rename(columns=columns)
    return Section(
        title="What is kept for the backward pass",
        text="Bytes for each element of float32 between forward and backward pass; x alone "
        "takes 4.",
        table=wide,
        shown={"function": "{function}"}
        | {name: f"{{{column}:.0f}}" for name, column in columns.items()},
    )


def _network(entries: Sequence[dict[str, Any]]) -> Iterator[Section]:
    rows = pd.DataFrame(
        {
            "activation": entry["activation"],
            "by": name,
            "share": step["share"],
            "low": step["interval"][0],
            "high": step["interval"][1],
            "ratio": entry["keras_times_ours"],
            "verdict": entry["ours_is"],
        }
        for entry in entries
        if "network" in entry
        for name, step in entry["steps"].items()
    )
    if rows.empty:
        return
    figure, ax = plt.subplots(figsize=(7, 3.2))
    names = list(dict.fromkeys(rows["activation"]))
    for shift, (name, group) in zip(
        (-0.18, 0.18), rows.groupby("by", sort=False), strict=False
    ):
        ax.bar(
            [names.index(each) + shift for each in group["activation"]], group["share"], 0.34,
            yerr=[group["share"] - group["low"], group["high"] - group["share"]],
            color=_COLOUR[str(name)], alpha=0.75, capsize=3, label=name,
        )  # fmt: skip
    ax.set_xticks(range(len(names)), names)
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.set_ylabel("share of a training step")
    ax.legend()
    yield Section(
        title="What an activation costs in a real network",
        text="How much shorter a training step (the study's network, a batch of 128, Keras) is "
        "without activations, with 95% intervals.",
        figure=figure,
        table=rows,
        shown={
            "activation": "{activation}",
            "by": "{by}",
            "share of a step": "{share:.1%}",
            "95% interval": "[{low:.1%}, {high:.1%}]",
        },
    )


def _eager(entries: Sequence[dict[str, Any]]) -> Iterator[Section]:
    rows = pd.DataFrame(
        {
            "function": entry["eager"],
            "peer": entry["peer"],
            "ours": entry["seconds_per_call"]["ours"] * 1e6,
            "theirs": entry["seconds_per_call"][entry["peer"]] * 1e6,
            # The other way round here: how many times as long ours takes.
            "ratio": 1 / entry["peer_times_ours"],
            "low": 1 / entry["interval"][1],
            "high": 1 / entry["interval"][0],
        }
        for entry in entries
        if "eager" in entry
    )
    if rows.empty:
        return
    yield Section(
        title="Eager calls on small arrays",
        text="1,024 numbers of float32, called from Python, outside of a graph.",
        table=rows,
        shown={
            "function": "{function}",
            "beside": "{peer}",
            "ours, µs": "{ours:.0f}",
            "theirs, µs": "{theirs:.0f}",
            "ours takes times as long": "{ratio:.1f}",
            "95% interval": "[{low:.1f}, {high:.1f}]",
        },
    )


def sections(entries: Sequence[dict[str, Any]]) -> Iterator[Section]:
    """Return what the documents carry; nothing where there are none."""
    rows = table(entries)
    if not rows.empty:
        machine = next(entry["cpu"] for entry in entries)
        text = f"Measured on {machine}, float32, inputs around 0."
        yield _ratios(
            rows, _IN_A_GRAPH, "How fast beside Keras and TensorFlow",
            f"{text} Layers in one compiled graph; the faster of keras and tf.nn.",
        )  # fmt: skip
        if rows["implementation"].isin(_ELSEWHERE).any():
            yield _ratios(
                rows, _ELSEWHERE, "How fast beside PyTorch and JAX",
                f"{text} The fastest of PyTorch, eager and compiled, and jax.jit.",
            )  # fmt: skip
        drawn = [
            name for name in ("relu", "silu", "mish", "gelu") if name in set(rows["function"])
        ]
        if drawn:
            yield _curves(rows, drawn)
        yield _memory(rows)
    yield from _network(entries)
    yield from _eager(entries)
