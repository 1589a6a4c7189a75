"""The ranking of activations on several data sets, with tuned learning rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actbench.experiments.selection import reference_activation
from actbench.experiments.tasks import get_task
from actbench.results import Trial
from actbench.statistics import difference, equivalence_test, estimate, q_values
from analysis.comparisons import COMPARISON_METHOD, EQUIVALENCE_MARGIN, conclusion
from analysis.plotting import BLACK, BLUE, limit_ticks, new_panels, short_name
from analysis.results import ExperimentResults, accuracy_on_originals
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def summarise(results: ExperimentResults) -> pd.DataFrame:
    """Return one row per task and activation: the accuracy, and its difference from ReLU.

    For each seed, the accuracy is averaged over the initial weights.

    Returns:
        The columns task, data, activation, seeds, mean, low and high (accuracy with its 95%
        interval), rates (the tuned learning rates), inside (whether they are inside of the
        grid, as text), and the difference from the reference: points, points_low, points_high,
        q and conclusion, which are NaN or "" for the reference itself.
    """
    tables = [_of_task(results.of_task(task), task) for task in results.tasks]
    return pd.concat(tables, ignore_index=True)


def _of_task(found: ExperimentResults, task: str) -> pd.DataFrame:
    activations = list(
        dict.fromkeys(str(found.factor(each, "activation")) for each in found.conditions)
    )
    reference = reference_activation(activations)
    rows = []
    for activation in activations:
        conditions = found.conditions_with(activation=activation)
        means = found.values_by_seed(conditions, accuracy_on_originals).mean(axis=0)
        accuracy = estimate(means.tolist(), lower=0.0, upper=1.0)
        trials = [trial for each in conditions for trial in found.trials_of(each)]
        row: dict[str, object] = {
            "task": task,
            "data": ", ".join(found.data_names),
            "activation": activation,
            "seeds": accuracy.count,
            "mean": accuracy.mean,
            "low": accuracy.interval[0],
            "high": accuracy.interval[1],
            "rates": _rates(trials),
            "inside": _places_in_grid(trials),
            "p": np.nan,
            "p_equivalent": np.nan,
        }
        if activation != reference:
            row |= _difference(found, conditions, reference)
        rows.append(row)
    table = pd.DataFrame(rows)
    table["q"] = q_values(table["p"].tolist())
    table["q_equivalent"] = q_values(table["p_equivalent"].tolist())
    table["conclusion"] = [
        "reference"
        if np.isnan(row["p"])
        else conclusion({**row, "mean": row["points"], "claim": ""})
        for row in table.to_dict("records")
    ]
    return table.sort_values("mean", ascending=False, ignore_index=True)


def _difference(
    found: ExperimentResults, conditions: Sequence[str], reference: str
) -> dict[str, object]:
    pairs = [(each, found.counterpart(each, activation=reference)) for each in conditions]
    gains = found.differences(pairs, accuracy_on_originals).mean(axis=0)
    d = difference(gains.tolist(), [0.0] * len(gains))
    low, high = d.interval
    return {
        "points": 100 * d.mean,
        "points_low": 100 * low,
        "points_high": 100 * high,
        "p": d.p,
        "p_equivalent": equivalence_test(gains, EQUIVALENCE_MARGIN),
    }


def _rates(trials: Sequence[Trial]) -> str:
    """Return the learning rates of the trials, those of each initialiser once."""
    found = {
        str(trial.setup.get("initializer")): trial.setup.get("learning_rate")
        for trial in trials
    }
    return ", ".join(f"{rate:g} ({name.partition('_')[0]})" for name, rate in found.items())


def _places_in_grid(trials: Sequence[Trial]) -> str:
    """Return whether the chosen rates lie inside of the rates that were tried."""
    at_edge = {
        trial.setup["learning_rate"] in (min(rates), max(rates))
        for trial in trials
        if (rates := [float(each) for each in trial.setup.get("tuned_rates", ())])
    }
    return {frozenset(): "not tuned", frozenset({False}): "inside"}.get(
        frozenset(at_edge), "at an edge"
    )


def draw(ax: Axes, rows: pd.DataFrame, title: str) -> None:
    """Draw the difference of each activation from the reference, with its 95% interval."""
    for place, row in enumerate(rows.itertuples()):
        if np.isnan(row.p):
            ax.plot(0, place, "|", color=BLACK, ms=10)
        else:
            ax.plot([row.points_low, row.points_high], [place, place], color=BLUE, lw=2)
            ax.plot(row.points, place, "o", color=BLACK, ms=4)
    ax.axvline(0, color=BLACK, lw=0.8)
    ax.set_yticks(range(len(rows)), rows["activation"].map(short_name))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    limit_ticks(ax.xaxis, 4)
    ax.set_title(title)


def sections(results: ExperimentResults) -> Iterator[Section]:
    """Return the ranking on all tasks."""
    rows = summarise(results)
    reference = reference_activation(rows["activation"].tolist())
    figure, axes = new_panels(len(results.tasks), width=3.2, height=3.2)
    for ax, (task, part) in zip(axes, rows.groupby("task", sort=False), strict=True):
        draw(ax, part.reset_index(drop=True), get_task(str(task)).title)
        ax.set_xlabel(f"difference from {reference}, points")
    missing = [
        task
        for task in dict.fromkeys(
            str(each.factors["task"])
            for each in results.experiment.conditions
            if "task" in each.factors
        )
        if task not in results.tasks
    ]
    left_out = f" There are no documents yet of {', '.join(missing)}." if missing else ""
    yield Section(
        title="Ranking on several data sets",
        description="The learning rate of each activation, data set and initialiser was chosen "
        "on validation images, with seeds that are not used here; it falls linearly to 0. All "
        "activations of a data set have the same number of epochs and start from the same "
        "grid, to which at most four rates are added while the best one is at an edge. For "
        "each seed, the accuracy is the mean over Glorot's and He's initial weights. "
        f"Differences from {reference} are compared {COMPARISON_METHOD}{left_out}",
        figure=figure,
        table=rows,
        columns={
            "data": "{data}",
            "activation": "{activation}",
            "seeds": "{seeds}",
            "test accuracy": "{mean:.2%}",
            "95% interval": "[{low:.2%}, {high:.2%}]",
            f"difference from {reference}, points": "{points:+.2f}",
            "95% interval of the difference": "[{points_low:+.2f}, {points_high:+.2f}]",
            "q": "{q:.3f}",
            "conclusion": "{conclusion}",
            "learning rates": "{rates}",
            "place in the grid": "{inside}",
        },
        is_unfolded=True,
    )
