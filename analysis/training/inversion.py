"""Why the linear network fails: accuracy on original and inverted images, and its bound."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actbench.data import Dataset
from actbench.results import Trial
from analysis.comparisons import mean_table
from analysis.plotting import BLACK, BLUE, RED, format_percent, new_panels, short_name
from analysis.results import ExperimentResults, accuracy_on_originals, measured
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def affine_bound(data: Dataset) -> float:
    """Return the highest accuracy of an affine classifier on test images and their inverses.

    For an affine function, z(x) + z(1 − x) is the same for all x. So both images of a pair can
    be correct only for the class that maximises it; of any other pair at most one is correct.
    The bound is (1 + share of the most frequent class)/2.
    """
    largest_class = np.bincount(data.y_test).max() / len(data.y_test)
    return float((1 + largest_class) / 2)


def describe_bound(results: ExperimentResults, data: Dataset) -> str:
    """Return the bound as the end of a sentence, if the data of the trials are known."""
    if not results.is_of(data):
        return "and its accuracy has a bound that the report computes with --data"
    return f"and its accuracy is at most {affine_bound(data):.1%}"


def _accuracy_on_inverses(trial: Trial) -> float:
    return trial.test_accuracy_inverted


def summarise(results: ExperimentResults) -> pd.DataFrame:
    """Return accuracies of each condition, and how similar the outputs for a pair are.

    Returns:
        The columns condition, seeds; mean, low and high on original images; mean_inverted,
        low_inverted and high_inverted; agreement (share of images with the same class as
        their inverse), logit_correlation, and both (accuracy on all images).
    """
    original, inverted = map(
        partial(mean_table, results), (accuracy_on_originals, _accuracy_on_inverses)
    )
    rows = original.merge(inverted, on=["condition", "seeds"], suffixes=("", "_inverted"))
    for name, lower in (("agreement", 0), ("logit_correlation", -1)):
        rows[name] = [
            np.mean(
                [
                    measured(trial, name, lower=lower, upper=1)
                    for trial in results.trials_of(condition)
                ]
            )
            for condition in rows["condition"]
        ]
    rows["both"] = (rows["mean"] + rows["mean_inverted"]) / 2
    return rows


def draw(ax: Axes, rows: pd.DataFrame, bound: float | None) -> None:
    """Draw the accuracies of each condition, and the bound as a dotted line."""
    for place, row in enumerate(rows.itertuples()):
        above, below = place - 0.16, place + 0.16
        ax.plot([row.low, row.high], [above] * 2, color=BLUE, lw=2)
        ax.plot(row.mean, above, "^", color=BLUE, label="original images")
        ax.plot([row.low_inverted, row.high_inverted], [below] * 2, color=RED, lw=2)
        ax.plot(row.mean_inverted, below, "v", color=RED, label="inverted images")
        ax.plot(row.both, place, "|", color=BLACK, ms=9, mew=1.6, label="all images")
    if bound is not None:
        ax.axvline(
            bound, ls=":", color="gray", label="bound of an affine classifier, all images"
        )
    ax.set_yticks(range(len(rows)), rows["condition"].map(short_name))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(format_percent)
    ax.set_xlabel("test accuracy, mean and 95% interval")
    # Each condition adds the same labels.
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ax.legend(handles.values(), handles.keys(), fontsize=8, loc="lower right")


def section(results: ExperimentResults, data: Dataset) -> Section:
    """Return the figure and the table."""
    rows = summarise(results)
    bound = affine_bound(data) if results.is_of(data) else None
    figure, axes = new_panels(1, width=8, height=0.34 * len(rows) + 1.4)
    draw(axes[0], rows, bound)
    return Section(
        title="Why the linear network fails",
        description="Test accuracy on original and on inverted images, of networks that were "
        "trained on plain images or with inverted copies. An affine classifier cannot classify "
        f"both together, {describe_bound(results, data)}. 'same class' is the share of images "
        "that get the same class as their inverse.",
        figure=figure,
        table=rows,
        columns={
            "condition": "{condition}",
            "seeds": "{seeds}",
            "original images": "{mean:.2%} [{low:.2%}, {high:.2%}]",
            "inverted images": "{mean_inverted:.2%} [{low_inverted:.2%}, {high_inverted:.2%}]",
            "all images": "{both:.2%}",
            "same class": "{agreement:.1%}",
            "correlation of outputs": "{logit_correlation:.2f}",
        },
    )
