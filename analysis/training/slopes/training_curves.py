"""Accuracy and loss of the slope sweep per epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from actbench.statistics import estimate
from analysis.plotting import new_axes, slope_styles
from analysis.results import ExperimentResults, IncompleteError, curve, finite
from analysis.site.section import Section
from analysis.training.slopes.slope_sweep import label_of, seed_range
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
        The columns condition, quantity, epoch (from 1; the epochs that all seeds have), mean,
        low and high (95% interval), seeds, and source (the single run of the source, NaN if
        there is none).

    Raises:
        IncompleteError: no trial has curves, or a trial lacks one of its condition.
    """
    rows = []
    for condition in sweep.conditions:
        trials = sweep.trials_of(condition)
        run = run_with(sweep.factors_of(condition)) if sweep.profile == "full" else None
        for quantity in trials[0].curves:
            if quantity not in QUANTITIES:
                continue
            curves = [curve(trial, quantity) for trial in trials]
            source = run.training_accuracy if run and quantity == "accuracy" else ()
            for epoch in range(min(map(len, curves))):
                values = [each[epoch] for each in curves]
                found = estimate(
                    finite(values), upper=1.0 if "accuracy" in quantity else math.inf
                )
                rows.append(
                    {
                        "condition": condition,
                        "quantity": quantity,
                        "epoch": epoch + 1,
                        "mean": found.mean,
                        "low": found.interval[0],
                        "high": found.interval[1],
                        "seeds": found.count,
                        "source": source[epoch] if epoch < len(source) else math.nan,
                    }
                )
    if not rows:
        raise IncompleteError("there is no curve of accuracy or loss")
    return pd.DataFrame(rows)


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw one quantity: the mean per epoch, its interval as a band, the source as crosses."""
    quantity = rows["quantity"].iloc[0]
    is_accuracy = quantity.endswith("accuracy")
    styles = slope_styles(list(dict.fromkeys(rows["condition"])))
    for condition, part in rows.groupby("condition", sort=False):
        colour, line, marker = styles[str(condition)]
        ax.plot(
            part["epoch"], part["mean"], color=colour, linestyle=line, marker=marker,
            markersize=5, label=label_of(str(condition)),
        )  # fmt: skip
        # Log odds are infinite at 0 and 1, and logarithms at 0.
        low, high = part["low"].clip(lower=1e-3), part["high"]
        if is_accuracy:
            high = high.clip(upper=1 - 1e-4)
        ax.fill_between(part["epoch"], low, high, color=colour, alpha=0.15, lw=0)
        ax.plot(part["epoch"], part["source"], "x", color=colour, markersize=7)
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
    height = math.ceil(len(quantities) / 2)
    figure, axes = new_axes(height, 2, width=10, height=4.2 * height)
    for ax in axes[len(quantities) :]:
        ax.set_axis_off()
    for ax, quantity in zip(axes, quantities, strict=False):
        draw(ax, rows[rows["quantity"] == quantity])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)
    crosses = (
        " Crosses are the single run of the source." if rows["source"].notna().any() else ""
    )
    return Section(
        title="Accuracy and loss per epoch",
        description=f"Mean over {seed_range(sweep)} seeds; the band is its 95% interval. "
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
