"""Accuracy and cost of all activations, with the Pareto front of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.activations.catalogue import get, names
from actbench.cli.parameters import TRAINED
from actbench.experiments.selection import reference_activation
from actbench.statistics import ranks
from analysis.comparisons import Judged, mean_table
from analysis.plotting import BLUE, RED, format_percent, limit_ticks, new_axes, short_name
from analysis.results import Cost, ExperimentResults, accuracy_on_originals
from analysis.site.section import Section
from analysis.training import reference_comparison, trained_parameters
from analysis.training.pareto import on_front

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FRONT_COLOUR, _OTHER_COLOUR = RED, BLUE
_LABELLED = ("silu", "mish")
"""Activations of the source; they have a label even if they are not on the front."""
_COST_AXIS_END = 2.0
"""Smallest end of the cost axis; costs up to this are always drawn."""
_COST_LABEL = "time / time of ReLU"


def summarise(results: ExperimentResults, costs: Mapping[str, Cost]) -> pd.DataFrame:
    """Return the accuracy and the cost of each activation, the best first.

    Returns:
        The columns of `mean_table`, activation, loss (test, nats), first (share of the seeds
        that all activations have in which it is best), cost, cost_low and cost_high (time /
        time of ReLU; NaN if not measured), and front (whether it is on the Pareto front, see
        `analysis.training.pareto`).
    """
    rows = mean_table(results, lower=0.0, upper=1.0)
    rows = rows.merge(results.factor_table("activation"), on="condition")
    losses = mean_table(results, lambda trial: trial.test_loss_original).set_index("condition")
    scores, seeds = results.scores_of_common_seeds(accuracy_on_originals)
    best_shares = (
        {condition: rank.best_share for condition, rank in ranks(scores).items()}
        if seeds
        else {}
    )
    unknown = Cost(*[float("nan")] * 4)
    of_rows = [_cost(activation, costs) or unknown for activation in rows["activation"]]
    rows = rows.assign(
        loss=rows["condition"].map(losses["mean"]),
        first=rows["condition"].map(best_shares),
        cost=[each.ratio for each in of_rows],
        cost_low=[each.low for each in of_rows],
        cost_high=[each.high for each in of_rows],
    )
    front = on_front(
        dict(zip(rows["condition"], of_rows, strict=True)),
        lambda first, second: np.subtract(
            *results.paired_values(first, second, accuracy_on_originals)
        ),
    )
    rows["front"] = rows["condition"].isin(front)
    return rows.sort_values("mean", ascending=False, ignore_index=True)


def without_equal_functions(
    results: ExperimentResults,
) -> tuple[ExperimentResults, dict[str, str]]:
    """Leave out activations that are the same function as an earlier one, such as celu and elu.

    Two names of one function are no competitors: they would tie in every comparison.

    Returns:
        The other trials, and for each activation that is left out the one that it equals.
    """
    points = np.linspace(-8, 8, 1601)
    table = results.factor_table("activation")
    values: dict[str, npt.NDArray[np.float64]] = {}
    equals: dict[str, str] = {}
    for activation in table["activation"]:
        if activation not in names():  # a user function, or one with trained parameters
            continue
        found = get(activation)(points)
        for other, earlier in values.items():
            if np.allclose(found, earlier, rtol=1e-12, atol=0):
                equals[activation] = other
                break
        else:
            values[activation] = found
    left_out = set(table.loc[table["activation"].isin(list(equals)), "condition"])
    kept = tuple(trial for trial in results.trials if trial.condition not in left_out)
    return replace(results, trials=kept), equals


def _cost(activation: str, costs: Mapping[str, Cost]) -> Cost | None:
    """Return the cost, which may be stored under another name of the activation."""
    if activation in costs or activation not in names():
        return costs.get(activation)
    return costs.get(get(activation).name)


def draw_rows(accuracy: Axes, cost: Axes, rows: pd.DataFrame) -> None:
    """Draw the accuracy and the cost of each activation, one row each."""
    for row, colour in zip(rows.itertuples(), _colours(rows["front"]), strict=True):
        accuracy.plot([row.low, row.high], [row.Index] * 2, color=colour, lw=2)
        accuracy.plot(row.mean, row.Index, "o", color=colour, ms=4)
        cost.plot([row.cost_low, row.cost_high], [row.Index] * 2, color=colour, lw=2)
        cost.plot(row.cost, row.Index, "o", color=colour, ms=4)
    ticks = accuracy.set_yticks(range(len(rows)), rows["activation"].map(short_name))
    for tick, is_front in zip(ticks, rows["front"], strict=True):
        if is_front:
            tick.label1.set(color=_FRONT_COLOUR, fontweight="bold")
    cost.set_yticks(range(len(rows)), [])
    for ax in (accuracy, cost):
        ax.set_ylim(len(rows) - 0.5, -0.5)
    limit_ticks(accuracy.xaxis, 4)
    accuracy.xaxis.set_major_formatter(format_percent)
    accuracy.set_xlabel("test accuracy")
    cost.set_xscale("log")
    cost.xaxis.set_major_formatter("{x:g}")
    cost.set_xlabel(_COST_LABEL)


def draw_front(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the accuracy over the cost, with the activations on the Pareto front in orange."""
    for row, colour in zip(rows.itertuples(), _colours(rows["front"]), strict=True):
        if pd.isna(row.cost):
            continue
        ax.errorbar(
            row.cost, row.mean,
            xerr=[[row.cost - row.cost_low], [row.cost_high - row.cost]],
            yerr=[[row.mean - row.low], [row.high - row.mean]],
            fmt="o", color=colour, ms=4, lw=0.8,
        )  # fmt: skip
    front = rows[rows["front"]].sort_values("cost")
    labelled = rows[rows["front"] | rows["activation"].isin(_LABELLED)].sort_values("cost")
    # Labels alternate below and above, because they are wider than the gaps between points.
    for number, row in enumerate(labelled.itertuples()):
        ax.annotate(
            short_name(row.activation), (row.cost, row.mean),
            xytext=(3, 4 if number % 2 else -11), textcoords="offset points", fontsize=8,
            color=_FRONT_COLOUR if row.front else _OTHER_COLOUR,
        )  # fmt: skip
    # The axis ends near the front, because a few very slow activations would compress it.
    end = max(_COST_AXIS_END, 1.1 * front["cost"].max())
    ax.set_xlim(0.95 * rows["cost_low"].min(), end)
    beyond = rows.loc[rows["cost"] > end, "activation"]
    if len(beyond):
        ax.text(
            0.99, 0.02, f"farther right: {', '.join(map(short_name, beyond))}",
            transform=ax.transAxes, ha="right", fontsize=8,
        )  # fmt: skip
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel(_COST_LABEL)
    ax.yaxis.set_major_formatter(format_percent)
    ax.set_ylabel("test accuracy")


def _colours(is_front: pd.Series) -> list[str]:
    return [_FRONT_COLOUR if each else _OTHER_COLOUR for each in is_front]


def accuracy_and_cost(
    results: ExperimentResults, costs: Mapping[str, Cost], cost_command: str
) -> Section:
    """Return the ranking as a table; the figure is None if no cost is measured.

    Equal functions have one row.
    """
    results, equals = without_equal_functions(results)
    rows = summarise(results, costs)
    text = f"{rows['activation'][0]} has the highest mean test accuracy."
    figure = None
    if rows["cost"].notna().any():
        figure, (accuracy, cost, front) = new_axes(
            1, 3, width=11, height=0.24 * len(rows) + 1, width_ratios=(3, 2, 4)
        )
        draw_rows(accuracy, cost, rows)
        draw_front(front, rows)
        text += (
            " The cost is the time of forward + backward of actbench on the first layer of "
            "the source's network, divided by that of ReLU. All activations were timed "
            "alternately. Orange activations are on the Pareto front: no other one is clearly "
            "more accurate and not clearly more expensive, or clearly cheaper and not clearly "
            "less accurate. Differences in accuracy are clear if their q value over all pairs "
            "is at most 5%, and those in cost if the intervals stay apart by more than the "
            "noise floor."
        )
        if rows["cost"].isna().any():
            text += " Activations without a measured cost have no point in the other panels."
    else:
        text += f" There are no costs yet; `{cost_command}` measures them."
    if len(set(results.seed_counts)) > 1:
        _, seeds = results.scores_of_common_seeds(accuracy_on_originals)
        text += (
            " Activations have different seeds: each mean is over all of its seeds, and the "
            f"share of seeds where an activation is best is over the {len(seeds)} seeds that "
            "all of them have."
        )
    text += "".join(f" {one} is the same function as {other}." for one, other in equals.items())
    return Section(
        title="Accuracy and cost",
        description=text,
        figure=figure,
        table=rows,
        columns={
            "activation": "{activation}",
            "test accuracy": "{mean:.2%}",
            "95% interval": "[{low:.2%}, {high:.2%}]",
            "test loss (nats)": "{loss:.4f}",
            "seeds": "{seeds}",
            "share of seeds where it is best": "{first:.0%}",
            _COST_LABEL: "{cost:.2f} [{cost_low:.2f}, {cost_high:.2f}]",
        },
    )


def sections(
    results: ExperimentResults,
    costs: Mapping[str, Cost],
    cost_command: str,
    judged: Judged | None = None,
) -> Iterator[Section]:
    """Return accuracy and cost, the comparison with a reference, and trained parameters.

    The reference is ReLU; if there is no ReLU, it is the first condition.
    """
    yield accuracy_and_cost(results, costs, cost_command)
    results, _ = without_equal_functions(results)
    activations = results.factor_table("activation")["activation"].tolist()
    yield reference_comparison.section(
        results, {"activation": reference_activation(activations)}, accuracy_on_originals,
        "Which activation trains best", "The source's network on plain MNIST.", judged,
    )  # fmt: skip
    # The PReLU of the experiment has sections of its own.
    trained = [name for name, word in zip(results.conditions, activations, strict=True)
               if f"={TRAINED}" in word]  # fmt: skip
    yield from trained_parameters.sections(
        results, trained, symbol="parameter", title="Trained parameters in the ranking",
        description="Each channel of each activation layer has its own values.",
    )  # fmt: skip
