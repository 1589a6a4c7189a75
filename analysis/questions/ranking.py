"""Which activation trains best, at what cost: ranks, differences, the Pareto front."""

from collections.abc import Mapping

import pandas as pd

from actbench.activations.catalogue import get, names
from analysis.evidence import COSTS, Cost
from analysis.questions.accuracy import against, first_places
from analysis.questions.drawing import PERCENT, panels
from analysis.section import Section
from analysis.trials import Found, means, on_originals


def front(table: pd.DataFrame) -> pd.Series:
    """Return which rows nobody beats in both cost and mean."""
    return pd.Series(
        [
            not ((table["cost"] <= row.cost) & (table["mean"] > row.mean)).any()
            for row in table.itertuples()
        ],
        index=table.index,
    )


def summarise(found: Found, costs: Mapping[str, Cost]) -> pd.DataFrame:
    """Return accuracy, loss, first places and cost of each condition, the best first.

    Costs are NaN where none is measured.
    """
    rows = means(found)
    losses = means(found, lambda trial: trial.test_loss_original).set_index("condition")
    first = first_places(found, on_originals)
    unknown = Cost(*[float("nan")] * 4)
    priced = [_cost(name, costs) or unknown for name in rows["condition"]]
    rows = rows.assign(
        loss=rows["condition"].map(losses["mean"]),
        first=rows["condition"].map(first),
        cost=[each.times for each in priced],
        cost_low=[each.low for each in priced],
        cost_high=[each.high for each in priced],
    )
    return rows.sort_values("mean", ascending=False, ignore_index=True)


def _cost(name: str, costs: Mapping[str, Cost]) -> Cost | None:
    """Return what is measured, be it under another name such as Swish for `silu`."""
    return costs.get(name) or (costs.get(get(name).name) if name in names() else None)


def sections(found: Found, costs: Mapping[str, Cost]) -> list[Section]:
    """Return the ranking, and accuracy over cost."""
    return [
        accuracy_and_cost(found, costs),
        against(
            found, "relu", on_originals, "Which activation trains best",
            "The study's network on plain MNIST.",
        ),
    ]  # fmt: skip


def accuracy_and_cost(found: Found, costs: Mapping[str, Cost]) -> Section:
    """Return the ranking as a table, and as points over the cost where that is measured."""
    rows = summarise(found, costs)
    best = rows["condition"][0]
    text = f"{best} has the highest mean test accuracy."
    figure = None
    if rows["cost"].notna().any():
        figure = _drawn(rows.dropna(subset="cost"))
        text += (
            " Costs are times as long as ReLU, forward + backward of the study's first layer, "
            "ours, all timed in turn. The line is the front that nobody beats in both."
        )
    else:
        text += f" No costs yet: {COSTS} makes them."
    return Section(
        title="Accuracy and cost",
        text=text,
        figure=figure,
        table=rows,
        shown={
            "activation": "{condition}",
            "test accuracy": "{mean:.2%}",
            "95% interval": "[{low:.2%}, {high:.2%}]",
            "test loss": "{loss:.4f}",
            "seeds": "{seeds}",
            "best of a seed": "{first:.0%}",
            "time / ReLU's": "{cost:.2f} [{cost_low:.2f}, {cost_high:.2f}]",
        },
    )


def _drawn(rows: pd.DataFrame) -> object:
    figure, (ax,) = panels(1, width=8, height=4.6)
    ax.errorbar(
        rows["cost"], rows["mean"],
        xerr=[rows["cost"] - rows["cost_low"], rows["cost_high"] - rows["cost"]],
        yerr=[rows["mean"] - rows["low"], rows["high"] - rows["mean"]],
        fmt="o", ms=4, lw=0.8, color="#0072B2",
    )  # fmt: skip
    # Those that hardly train would press the others together: they are named instead.
    least = rows["mean"].median() - 0.02
    ax.set_ylim(least)
    below = rows[rows["mean"] < least]
    on_front = front(rows)
    for row, is_on_front in zip(rows.itertuples(), on_front, strict=True):
        ax.annotate(
            row.condition, (row.cost, row.mean), xytext=(4, 3), fontsize=8,
            textcoords="offset points", fontweight="bold" if is_on_front else "normal",
        )  # fmt: skip
    line = rows[on_front].sort_values("cost")
    ax.step(line["cost"], line["mean"], where="post", color="#D55E00", lw=1)
    if len(below):
        named = [f"{row.condition} {row.mean:.1%}" for row in below.itertuples()]
        ax.text(
            0.99, 0.02, f"below: {', '.join(named)}", transform=ax.transAxes, ha="right",
            fontsize=8,
        )  # fmt: skip
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("time / ReLU's, forward + backward")
    ax.set_ylabel("test accuracy")
    ax.yaxis.set_major_formatter(PERCENT)
    return figure
