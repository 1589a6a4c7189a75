"""Which activation trains best, at what cost: ranks, differences, the Pareto front."""

from collections.abc import Mapping

import pandas as pd

from actbench.activations.catalogue import get, names
from analysis.questions.accuracy import against, first_places
from analysis.questions.drawing import PERCENT, panels
from analysis.section import Section
from analysis.trials import Found, means, on_originals


def costs(rows: pd.DataFrame) -> dict[str, float]:
    """Return nanoseconds an element of ours, forward and backward at 331,776 elements.

    Args:
        rows: of the throughput benchmarks, as `analysis.throughput.table` has them.
    """
    if rows.empty:
        return {}
    part = rows[
        (rows["implementation"] == "ours") & (rows["what"] == "both")
        & (rows["size"] == 331_776) & (rows["dtype"] == "float32") & (rows["kind"] == "mixed")
    ]  # fmt: skip
    return {
        name: 1e9 / rate
        for name, rate in zip(part["function"], part["elements_per_second"], strict=True)
    }


def front(table: pd.DataFrame) -> pd.Series:
    """Return which rows nobody beats in both cost and mean."""
    return pd.Series(
        [
            not ((table["cost"] <= row.cost) & (table["mean"] > row.mean)).any()
            for row in table.itertuples()
        ],
        index=table.index,
    )


def summarise(found: Found, cost: Mapping[str, float]) -> pd.DataFrame:
    """Return accuracy, cost and first places of each condition, the best first."""
    rows = means(found)
    first = first_places(found, on_originals)
    rows["first"] = rows["condition"].map(first)
    # `silu` is Swish with β = 1, and measured under its own name.
    rows["cost"] = [
        cost.get(name, cost.get(get(name).name) if name in names() else None)
        for name in rows["condition"]
    ]
    return rows.sort_values("mean", ascending=False, ignore_index=True)


def sections(found: Found, cost: Mapping[str, float]) -> list[Section]:
    """Return the ranking, and accuracy over cost."""
    rows = summarise(found, cost)
    best = rows["condition"][0]
    made = [
        against(
            found, "relu", on_originals, "Which activation trains best",
            "The study's network on plain MNIST.",
        )
    ]  # fmt: skip
    priced = rows.dropna(subset="cost").astype({"cost": float})
    if priced.empty:
        return made
    priced = priced.assign(front=front(priced))
    figure, axes = panels(1, width=8, height=4.6)
    ax = axes[0]
    ax.errorbar(
        priced["cost"], priced["mean"],
        yerr=[priced["mean"] - priced["low"], priced["high"] - priced["mean"]],
        fmt="o", ms=4, lw=1, color="#0072B2",
    )  # fmt: skip
    for row in priced.itertuples():
        ax.annotate(
            row.condition, (row.cost, row.mean), xytext=(4, 3), fontsize=8,
            textcoords="offset points", fontweight="bold" if row.front else "normal",
        )  # fmt: skip
    on_front = priced[priced["front"]].sort_values("cost")
    ax.step(on_front["cost"], on_front["mean"], where="post", color="#D55E00", lw=1)
    # Those that hardly train would press the others together: they are named instead.
    least = priced["mean"].median() - 0.02
    ax.set_ylim(least)
    below = [
        f"{row.condition} {row.mean:.1%}" for row in priced.itertuples() if row.mean < least
    ]
    if below:
        ax.text(
            0.99,
            0.02,
            f"below: {', '.join(below)}",
            transform=ax.transAxes,
            ha="right",
            fontsize=8,
        )
    ax.set_xlabel("ns an element, forward + backward, ours, 331,776 of float32")
    ax.set_ylabel("test accuracy")
    ax.yaxis.set_major_formatter(PERCENT)
    made.append(
        Section(
            title="Accuracy and cost",
            text=f"Mean test accuracy with its 95% interval over the measured cost. {best} has "
            "the "
            "highest mean; the line is the front that nobody beats in both.",
            figure=figure,
            table=rows,
            shown={
                "activation": "{condition}",
                "test accuracy": "{mean:.2%}",
                "95% interval": "[{low:.2%}, {high:.2%}]",
                "seeds": "{seeds}",
                "best of a seed": "{first:.0%}",
                "ns an element": "{cost:.2f}",
            },
        )
    )
    return made
