"""Initial weights and learning rates with which networks train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actbench.results import Trial
from actbench.statistics import difference, estimate, q_values
from analysis.comparisons import mean_table
from analysis.plotting import draw_heat_map, new_panels, short_name
from analysis.results import ExperimentResults, IncompleteError
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

THRESHOLDS = (0.5, 0.8, 0.95)
"""Test accuracies from which a network counts as trained.

There are several because the ranking of activations depends on the threshold.
"""


def accuracy_or_0(trial: Trial) -> float:
    """Return the test accuracy on original images; 0 if training diverged."""
    return 0.0 if trial.diverged else trial.test_accuracy_original


def summarise(results: ExperimentResults) -> pd.DataFrame:
    """Return the mean accuracy of each condition with its factors; 0 for diverged trials."""
    table = mean_table(results, accuracy_or_0)
    return table.merge(
        results.factor_table("activation", "init_scale", "learning_rate"), on="condition"
    )


def summarise_shares(results: ExperimentResults, activations: Sequence[str]) -> pd.DataFrame:
    """Return the share of settings that train, for each activation and threshold.

    Args:
        results: the trials.
        activations: the activations; the others are compared with the first.

    Returns:
        The columns activation, threshold, settings (their number), seeds, share (mean over
        seeds), low and high (95% interval); and the difference from the first activation,
        paired by seed, over the settings that both have: points, points_low, points_high, p,
        and q (q value over the rows).
    """
    rows: list[dict[str, float | str]] = [
        _share(results, activation, threshold)
        | (_difference(results, activation, activations[0], threshold) if number else {})
        for threshold in THRESHOLDS
        for number, activation in enumerate(activations)
    ]
    columns = [*rows[0], "points", "points_low", "points_high", "p"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(q=q_values(table["p"].tolist()))


def _share(
    results: ExperimentResults, activation: str, threshold: float
) -> dict[str, float | str]:
    conditions = results.conditions_with(activation=activation)
    is_trained = results.values_by_seed(conditions, accuracy_or_0) >= threshold
    share = estimate(is_trained.mean(axis=0).tolist(), upper=1.0)
    return {
        "activation": activation,
        "threshold": threshold,
        "settings": len(conditions),
        "seeds": share.count,
        "share": share.mean,
        "low": share.interval[0],
        "high": share.interval[1],
    }


def _difference(
    results: ExperimentResults, activation: str, reference: str, threshold: float
) -> dict[str, float | str]:
    """Return the difference in shares; {} if the activations have no seed in common."""
    pairs = []
    for condition in results.conditions_with(activation=activation):
        try:
            pairs.append((condition, results.counterpart(condition, activation=reference)))
        except IncompleteError:
            continue
    try:
        accuracies = results.values_by_seed(
            [condition for side in zip(*pairs, strict=True) for condition in side],
            accuracy_or_0,
        )
    except IncompleteError:
        return {}
    shares = [(side >= threshold).mean(axis=0).tolist() for side in np.split(accuracies, 2)]
    d = difference(*shares)
    low, high = d.interval
    return {
        "points": 100 * d.mean, "points_low": 100 * low, "points_high": 100 * high, "p": d.p
    }  # fmt: skip


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the mean accuracies of one activation as a map."""
    accuracies = rows.pivot_table(index="init_scale", columns="learning_rate", values="mean")
    draw_heat_map(ax, accuracies, short_name(rows["activation"].iloc[0]))
    ax.set_xlabel("learning rate")


def section(results: ExperimentResults) -> Section:
    """Return the maps, and the table of shares."""
    rows = summarise(results)
    activations = list(dict.fromkeys(rows["activation"]))
    figure, axes = new_panels(len(activations), width=2.7)
    for ax, activation in zip(axes, activations, strict=True):
        draw(ax, rows[rows["activation"] == activation])
    axes[0].set_ylabel("initial weights / Glorot's")
    return Section(
        title="Settings that train",
        description="The maps have the mean test accuracy over seeds in per cent; a diverged "
        "trial counts as 0. The table has the share of an activation's settings that reach a "
        "test accuracy, for three thresholds: means over seeds with 95% intervals. Differences "
        f"from {activations[0]} are paired by seed and exploratory: intervals are by sign "
        "flips, and q values are over the rows.",
        figure=figure,
        table=summarise_shares(results, activations),
        columns={
            "test accuracy": "{threshold:.0%} or more",
            "activation": "{activation}",
            "settings that reach it": "{share:.1%} of {settings}",
            "95% interval": "[{low:.1%}, {high:.1%}]",
            f"difference from {activations[0]}, points": "{points:+.1f}",
            "95% interval of the difference": "[{points_low:+.1f}, {points_high:+.1f}]",
            "q": "{q:.3f}",
            "seeds": "{seeds}",
        },
    )
