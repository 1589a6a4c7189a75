"""Which activation trains best, at what cost: ranks, differences, the Pareto front."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from actbench.activations.catalogue import get, names
from analysis.comparisons import mean_table
from analysis.plotting import COLOURS, format_percent, limit_ticks, new_axes
from analysis.results import COST_COMMAND, Cost, ExperimentResults, accuracy_on_originals
from analysis.site.section import Section
from analysis.training.accuracy import against, first_places

_ON_FRONT = COLOURS[2]
_NAMED = ("silu", "mish")
"""What the source is about is named wherever it stands."""
_AT_LEAST = 2.0
"""Times as long as ReLU that are always drawn."""


def front(table: pd.DataFrame) -> pd.Series:
    """Return which rows nobody beats in both cost and mean."""
    return pd.Series(
        [
            not ((table["cost"] <= row.cost) & (table["mean"] > row.mean)).any()
            for row in table.itertuples()
        ],
        index=table.index,
    )


def summarise(found: ExperimentResults, costs: Mapping[str, Cost]) -> pd.DataFrame:
    """Return accuracy, loss, first places and cost of each condition, the best first.

    Costs are NaN where none is measured.
    """
    rows = mean_table(found, lower=0.0, upper=1.0)
    losses = mean_table(found, lambda trial: trial.test_loss_original).set_index("condition")
    first = first_places(found, accuracy_on_originals)
    unknown = Cost(*[float("nan")] * 4)
    priced = [_cost(name, costs) or unknown for name in rows["condition"]]
    rows = rows.assign(
        loss=rows["condition"].map(losses["mean"]),
        first=rows["condition"].map(first),
        cost=[each.ratio for each in priced],
        cost_low=[each.low for each in priced],
        cost_high=[each.high for each in priced],
    )
    return rows.sort_values("mean", ascending=False, ignore_index=True)


def _cost(name: str, costs: Mapping[str, Cost]) -> Cost | None:
    """Return what is measured, be it under another name such as Swish for `silu`."""
    return costs.get(name) or (costs.get(get(name).name) if name in names() else None)


def sections(found: ExperimentResults, costs: Mapping[str, Cost]) -> list[Section]:
    """Return the ranking, and accuracy over cost."""
    return [
        accuracy_and_cost(found, costs),
        against(
            found, "relu", accuracy_on_originals, "Which activation trains best",
            "The study's network on plain MNIST.",
        ),
    ]  # fmt: skip


def accuracy_and_cost(found: ExperimentResults, costs: Mapping[str, Cost]) -> Section:
    """Return the ranking as a table, and as points over the cost where that is measured."""
    rows = summarise(found, costs)
    best = rows["condition"][0]
    text = f"{best} has the highest mean test accuracy."
    figure = None
    if rows["cost"].notna().any():
        figure = _drawn(rows.dropna(subset="cost", ignore_index=True))
        text += (
            " Costs are times as long as ReLU, forward + backward of the study's first layer, "
            "ours, all timed in turn. Nobody has a higher mean at less cost than those in "
            "orange, the Pareto front; where intervals overlap another run may change it."
        )
    else:
        text += f" No costs yet: {COST_COMMAND} makes them."
    return Section(
        title="Accuracy and cost",
        description=text,
        figure=figure,
        table=rows,
        columns={
            "activation": "{condition}",
            "test accuracy": "{mean:.2%}",
            "95% interval": "[{low:.2%}, {high:.2%}]",
            "test loss": "{loss:.4f}",
            "seeds": "{seeds}",
            "best of a seed": "{first:.0%}",
            "time / ReLU's": "{cost:.2f} [{cost_low:.2f}, {cost_high:.2f}]",
        },
    )


def _drawn(rows: pd.DataFrame) -> Any:
    on_front = front(rows)
    colours = [_ON_FRONT if each else COLOURS[1] for each in on_front]
    figure, (accuracy, cost, both) = new_axes(
        1, 3, width=11, height=0.24 * len(rows) + 1, width_ratios=(3, 2, 4)
    )
    for row, colour in zip(rows.itertuples(), colours, strict=True):
        accuracy.plot([row.low, row.high], [row.Index] * 2, color=colour, lw=2)
        accuracy.plot(row.mean, row.Index, "o", color=colour, ms=4)
        cost.plot([row.cost_low, row.cost_high], [row.Index] * 2, color=colour, lw=2)
        cost.plot(row.cost, row.Index, "o", color=colour, ms=4)
        both.errorbar(
            row.cost, row.mean,
            xerr=[[row.cost - row.cost_low], [row.cost_high - row.cost]],
            yerr=[[row.mean - row.low], [row.high - row.mean]],
            fmt="o", color=colour, ms=4, lw=0.8,
        )  # fmt: skip
    names = accuracy.set_yticks(range(len(rows)), rows["condition"])
    for tick, colour, is_on_front in zip(names, colours, on_front, strict=True):
        if is_on_front:
            tick.label1.set(color=colour, fontweight="bold")
    cost.set_yticks(range(len(rows)), [])
    line = rows[on_front].sort_values("cost")
    both.step(line["cost"], line["mean"], where="post", color=_ON_FRONT, lw=1)
    named = rows[on_front | rows["condition"].isin(_NAMED)].sort_values("cost")
    # Below and above in turn, since neighbours' names are longer than they are apart.
    for number, row in enumerate(named.itertuples()):
        both.annotate(
            row.condition, (row.cost, row.mean), xytext=(3, 4 if number % 2 else -11),
            textcoords="offset points", fontsize=8,
            color=_ON_FRONT if on_front[row.Index] else COLOURS[1],
        )  # fmt: skip
    # What costs many times as much would press the others together.
    most = max(_AT_LEAST, 1.1 * line["cost"].max())
    beyond = rows.loc[rows["cost"] > most, "condition"]
    both.set_xlim(0.95 * rows["cost_low"].min(), most)
    if len(beyond):
        both.text(
            0.99, 0.02, f"farther right: {', '.join(beyond)}", transform=both.transAxes,
            ha="right", fontsize=8,
        )  # fmt: skip
    for ax in (accuracy, cost):
        ax.set_ylim(len(rows) - 0.5, -0.5)
    cost.set_xscale("log")
    for ax in (cost, both):
        ax.xaxis.set_major_formatter("{x:g}")
        ax.set_xlabel("time / ReLU's")
    limit_ticks(accuracy.xaxis, 4)
    accuracy.xaxis.set_major_formatter(format_percent)
    accuracy.set_xlabel("test accuracy")
    both.yaxis.set_major_formatter(format_percent)
    both.set_ylabel("test accuracy")
    return figure
