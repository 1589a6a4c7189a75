"""On how many data sets one activation is clearly better than another."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.statistics import q_values, sign_flip
from analysis.plotting import new_axes, short_name
from analysis.results import ExperimentResults, accuracy_on_originals
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def mean_accuracies(results: ExperimentResults) -> pd.DataFrame:
    """Return the mean test accuracy of each activation (rows) on each task (columns).

    The first row has the largest mean rank. Activations that a task lacks are left out.
    """
    columns = {}
    for task in results.tasks:
        found = results.of_task(task)
        columns[task] = {
            name: np.mean(
                [
                    each
                    for one in conditions
                    for each in found.values(one, accuracy_on_originals)
                ]
            )
            for name, conditions in _conditions(found).items()
        }
    table = pd.DataFrame(columns).dropna()
    order = table.rank(ascending=False).mean(axis=1).sort_values(kind="stable").index
    return table.loc[order]


def concordance(table: pd.DataFrame) -> float:
    """Return Kendall's W of the orders of the rows in the columns, without ties.

    It is 1 if all orders are equal, and near 0 if they have nothing in common. Kendall and
    Babington Smith (1939), doi:10.1214/aoms/1177732186.

    Example:
        >>> same = pd.DataFrame({"a": [0.9, 0.8, 0.7], "b": [0.6, 0.5, 0.4]})
        >>> concordance(same)
        1.0
        >>> concordance(pd.DataFrame({"a": [0.9, 0.8], "b": [0.5, 0.6]}))
        0.0
    """
    items, judges = table.shape
    sums = table.rank().sum(axis=1)
    deviation = float(((sums - sums.mean()) ** 2).sum())
    return float(12 * deviation / (judges**2 * (items**3 - items)))


def clear_wins(results: ExperimentResults, names: list[str]) -> npt.NDArray[np.int64]:
    """Return on how many tasks each activation (row) is clearly better than another (column).

    A difference is clear if its q value over all pairs of the task is at most 5%. For each
    seed, the accuracy is averaged over the initial weights.
    """
    wins = np.zeros((len(names), len(names)), np.int64)
    pairs = list(itertools.combinations(range(len(names)), 2))
    for task in results.tasks:
        found = results.of_task(task)
        conditions = _conditions(found)
        gains = [
            found.differences(
                [
                    (each, found.counterpart(each, activation=names[second]))
                    for each in conditions[names[first]]
                ],
                accuracy_on_originals,
            ).mean(axis=0)
            for first, second in pairs
        ]
        q = q_values([sign_flip(each) for each in gains])
        for (first, second), gain, value in zip(pairs, gains, q, strict=True):
            if value <= PREREGISTRATION.level:
                better, worse = (first, second) if gain.mean() > 0 else (second, first)
                wins[better, worse] += 1
    return wins


def _conditions(found: ExperimentResults) -> dict[str, list[str]]:
    """Return the conditions of each activation."""
    conditions: dict[str, list[str]] = {}
    for each in found.conditions:
        conditions.setdefault(str(found.factor(each, "activation")), []).append(each)
    return conditions


def draw(ax: Axes, wins: npt.NDArray[np.int64], names: list[str], tasks: int) -> None:
    """Draw the number of clear wins of each row over each column."""
    ax.imshow(np.where(np.eye(len(names)) > 0, np.nan, wins), cmap="Blues", vmin=0, vmax=tasks)
    for row, column in itertools.permutations(range(len(names)), 2):
        count = int(wins[row, column])
        ax.text(
            column, row, str(count), ha="center", va="center", fontsize=8,
            color="white" if count > tasks / 2 else "black",
        )  # fmt: skip
    labels = [short_name(name) for name in names]
    ax.set_xticks(range(len(names)), labels, rotation=45, ha="right")
    ax.set_yticks(range(len(names)), labels)
    ax.set_xlabel("… than this one")
    ax.set_ylabel("this one is clearly better …")
    ax.grid(visible=False)


def section(results: ExperimentResults) -> Section | None:
    """Return the matrix of clear wins; None with fewer than two tasks or activations."""
    table = mean_accuracies(results)
    names = [str(name) for name in table.index]
    tasks = len(table.columns)
    if tasks < 2 or len(names) < 2:
        return None
    wins = clear_wins(results, names)
    figure, (ax,) = new_axes(width=0.55 * len(names) + 2.2, height=0.45 * len(names) + 1.6)
    draw(ax, wins, names, tasks)
    everywhere = [
        f"{names[row]} over {names[column]}" for row, column in np.argwhere(wins == tasks)
    ]
    mixed = int(((wins > 0) & (wins.T > 0)).sum() // 2)
    return Section(
        title="On which data sets the order agrees",
        description=f"The number of data sets, of {tasks}, on which one activation is clearly "
        "better than another: the q value of the difference over all pairs of the data set is "
        f"at most 5%. Clearly better on all: {', '.join(everywhere) or 'no pair'}. Clearly "
        "better on one and clearly worse on another: "
        f"{mixed} of {len(names) * (len(names) - 1) // 2} pairs. Kendall's coefficient of "
        f"concordance of the orders is {concordance(table):.2f}; 1 means equal orders, and 0 "
        "orders that have nothing in common. The table has the mean test accuracies, the "
        "activation with the best mean rank first.",
        figure=figure,
        table=table.reset_index(names="activation"),
        columns={
            "activation": "{activation}",
            **{task: f"{{{task}:.2%}}" for task in table.columns},
        },
    )
