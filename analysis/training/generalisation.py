"""How much accuracy falls from training to validation, in networks that overfit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actbench.experiments.selection import reference_activation
from actbench.results import Trial
from actbench.statistics import estimate
from analysis.comparisons import (
    COMPARISON_METHOD,
    Judged,
    compare_with_reference,
    in_points,
)
from analysis.plotting import BLACK, BLUE, new_panels, short_name
from analysis.results import ExperimentResults, curve, finite, measured
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def training_accuracy(trial: Trial) -> float:
    """Return the accuracy on all training images with the final weights."""
    return measured(trial, "train_accuracy", lower=0, upper=1)


def change_of_accuracy(trial: Trial) -> float:
    """Return validation accuracy − training accuracy, both with the final weights."""
    return curve(trial, "val_accuracy")[-1] - training_accuracy(trial)


def summarise(results: ExperimentResults, judged: Judged | None = None) -> pd.DataFrame:
    """Return one row per condition, that with the smallest fall of accuracy first.

    Returns:
        The columns condition and seeds; training, the mean training accuracy; change, low and
        high, the mean change of accuracy from training to validation with its 95% interval;
        rate, the learning rates; and the difference of the change from the reference in
        points: points, points_low, points_high, q and conclusion.
    """
    reference = _reference(results)
    rows = []
    for condition in results.conditions:
        trials = results.trials_of(condition)
        change = estimate(finite([change_of_accuracy(trial) for trial in trials]), lower=-1)
        rates = {trial.setup.get("learning_rate", "unknown") for trial in trials}
        rows.append(
            {
                "condition": condition,
                "seeds": change.count,
                "training": np.mean([training_accuracy(trial) for trial in trials]),
                "change": change.mean,
                "change_low": change.interval[0],
                "change_high": change.interval[1],
                "rate": ", ".join(sorted(str(rate) for rate in rates)),
            }
        )
    pairs = results.pairs_with(reference)
    compared = in_points(compare_with_reference(results, pairs, change_of_accuracy, judged))
    columns = ["condition", "points", "points_low", "points_high", "q", "conclusion"]
    table = pd.DataFrame(rows).merge(
        compared.reindex(columns=columns), on="condition", how="left"
    )
    is_reference = table["condition"] == reference
    # Without any pair the column is all NaN, and pandas would refuse a text in it.
    table["conclusion"] = table["conclusion"].astype(object).mask(is_reference, "reference")
    return table.sort_values("change", ascending=False, ignore_index=True)


def _reference(results: ExperimentResults) -> str:
    activations = [str(results.factor(each, "activation")) for each in results.conditions]
    return results.condition_with({"activation": reference_activation(activations)})


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the change of accuracy of each condition with its interval."""
    for place, row in enumerate(rows.itertuples()):
        interval = [100 * row.change_low, 100 * row.change_high]
        ax.plot(interval, [place, place], color=BLUE, lw=2)
        ax.plot(100 * row.change, place, "o", color=BLACK, ms=4)
    ax.set_yticks(range(len(rows)), rows["condition"].map(short_name))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("validation − training accuracy, points")


def section(results: ExperimentResults, judged: Judged | None = None) -> Section:
    """Return the figure and the table."""
    rows = summarise(results, judged)
    figure, axes = new_panels(1, width=7, height=0.3 * len(rows) + 1.2)
    draw(axes[0], rows)
    reference = _reference(results)
    return Section(
        title="How much accuracy falls from training to validation",
        description="Networks that are trained on few images until they know most of them, "
        "with a tuned learning rate that falls linearly to 0. Both accuracies are measured "
        f"with the final weights. Differences from {reference} are compared "
        f"{COMPARISON_METHOD}",
        figure=figure,
        table=rows,
        columns={
            "activation": "{condition}",
            "seeds": "{seeds}",
            "training accuracy": "{training:.2%}",
            "validation − training accuracy": "{change:+.2%} "
            "[{change_low:+.2%}, {change_high:+.2%}]",
            f"difference from {reference}, points": "{points:+.2f} "
            "[{points_low:+.2f}, {points_high:+.2f}]",
            "q": "{q:.3f}",
            "conclusion": "{conclusion}",
            "learning rate": "{rate}",
        },
    )
