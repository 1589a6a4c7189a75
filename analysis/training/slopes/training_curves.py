"""Accuracy and loss of the slope sweep per epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from actbench.statistics import estimate
from analysis.plotting import SLOPE_COLOURS, SLOPE_LINES, SLOPE_MARKERS, new_axes
from analysis.results import ExperimentResults
from analysis.site.section import Section
from analysis.training.slopes.slope_sweep import LABELS
from analysis.training.slopes.source_table import run_with

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTITIES = {
    "accuracy": "Training accuracy",
    "loss": "Training loss (nats)",
    "val_accuracy": "Validation accuracy",
    "val_loss": "Validation loss (nats)",
}
"""Name of a curve in a trial ↦ title of its axes."""

_ACCURACY_TICKS = [0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99]
_LOSS_TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2]


def summarise(sweep: ExperimentResults) -> pd.DataFrame:
    """Return the mean of each curve over seeds.

    Returns:
        The columns condition, quantity, epoch (from 1), mean, low and high (95% interval),
        seeds, and source (the single run of the source, NaN if there is none).
    """
    rows = []
    for condition in sweep.conditions:
        trials = sweep.trials_of(condition)
        run = run_with(sweep.factors_of(condition)) if sweep.profile == "full" else None
        for quantity, curve in trials[0].curves.items():
            source = run.training_accuracy if run and quantity == "accuracy" else None
            for epoch in range(len(curve)):
                values = [trial.curves[quantity][epoch] for trial in trials]
                found = estimate(values, upper=1.0 if "accuracy" in quantity else math.inf)
                rows.append(
                    {
                        "condition": condition,
                        "quantity": quantity,
                        "epoch": epoch + 1,
                        "mean": found.mean,
                        "low": found.interval[0],
                        "high": found.interval[1],
                        "seeds": found.count,
                        "source": source[epoch] if source else math.nan,
                    }
                )
    return pd.DataFrame(rows)


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw one quantity: the mean per epoch, its interval as a band, the source as crosses."""
    quantity = rows["quantity"].iloc[0]
    is_accuracy = quantity.endswith("accuracy")
    for condition, curve in rows.groupby("condition", sort=False):
        colour = SLOPE_COLOURS[str(condition)]
        ax.plot(
            curve["epoch"], curve["mean"], color=colour, linestyle=SLOPE_LINES[str(condition)],
            marker=SLOPE_MARKERS[str(condition)], markersize=5, label=LABELS[str(condition)],
        )  # fmt: skip
        # Log odds are infinite at 0 and 1, and logarithms at 0.
        low, high = curve["low"].clip(lower=1e-3), curve["high"]
        if is_accuracy:
            high = high.clip(upper=1 - 1e-4)
        ax.fill_between(curve["epoch"], low, high, color=colour, alpha=0.15, lw=0)
        ax.plot(curve["epoch"], curve["source"], "x", color=colour, markersize=7)
    ax.set(title=QUANTITIES[quantity], xlabel="epoch", xticks=rows["epoch"].unique())
    (_scale_accuracy if is_accuracy else _scale_loss)(ax, rows["mean"])
    ax.minorticks_off()


def _scale_accuracy(ax: Axes, means: pd.Series) -> None:
    # A scale of log odds resolves differences near 12% as well as near 98.5%.
    ax.set_yscale("logit", use_overline=False)
    ax.set_ylim(min(0.08, means.min() / 1.2), max(0.99, (1 + means.max()) / 2))
    ax.set_yticks(_ACCURACY_TICKS, [f"{tick:.0%}" for tick in _ACCURACY_TICKS])


def _scale_loss(ax: Axes, means: pd.Series) -> None:
    ax.set_yscale("log")
    ax.set_ylim(means.min() / 1.3, means.max() * 1.3)
    ticks = [tick for tick in _LOSS_TICKS if tick >= means.min() / 1.3]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])


def section(sweep: ExperimentResults) -> Section:
    """Return the figure and its table."""
    rows = summarise(sweep)
    quantities = [name for name in QUANTITIES if name in set(rows["quantity"])]
    height = len(quantities) // 2
    figure, axes = new_axes(height, 2, width=10, height=4.2 * height)
    for ax, quantity in zip(axes, quantities, strict=True):
        draw(ax, rows[rows["quantity"] == quantity])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)
    crosses = (
        " Crosses are the single run of the source." if rows["source"].notna().any() else ""
    )
    return Section(
        title="Accuracy and loss per epoch",
        description=f"Mean over {rows['seeds'].min()} seeds; the band is its 95% interval. "
        "Accuracy has a scale of log odds, loss a logarithmic one. Training values are means "
        f"over the steps of an epoch, during which the weights change.{crosses}",
        figure=figure,
        table=rows,
        columns={
            "condition": "{condition}",
            "quantity": "{quantity}",
            "epoch": "{epoch}",
            "seeds": "{seeds}",
            "mean": "{mean:.4f}",
            "95% interval": "[{low:.4f}, {high:.4f}]",
            "source": "{source:.4f}",
        },
    )
