"""Accuracy and loss per epoch for each condition."""

import math
from typing import Any

import pandas as pd

from actbench.statistics import estimate
from analysis.plotting import SLOPE_COLOURS, SLOPE_LINES, SLOPE_MARKERS, new_axes
from analysis.results import ExperimentResults
from analysis.site.section import Section
from analysis.training.slope_sweep import LABELS
from analysis.training.source_table import TRAINING_ACCURACY

QUANTITIES = {
    "accuracy": "Training accuracy",
    "loss": "Training loss (nats)",
    "val_accuracy": "Validation accuracy",
    "val_loss": "Validation loss (nats)",
}


def summarise(sweep: ExperimentResults) -> pd.DataFrame:
    """Return condition, quantity, epoch, mean, low, high, seeds and the source's value."""
    rows = []
    for condition in sweep.conditions:
        trials = sweep.trials_of(condition)
        for quantity, curve in trials[0].curves.items():
            for epoch in range(len(curve)):
                values = [trial.curves[quantity][epoch] for trial in trials]
                found = estimate(values, upper=1.0 if "accuracy" in quantity else math.inf)
                source = TRAINING_ACCURACY.get(condition) if quantity == "accuracy" else None
                rows.append(
                    {
                        "condition": condition,
                        "quantity": quantity,
                        "epoch": epoch + 1,
                        "mean": found.mean,
                        "low": found.interval[0],
                        "high": found.interval[1],
                        "seeds": found.count,
                        "source": source[epoch]
                        if source and sweep.profile == "full"
                        else math.nan,
                    }
                )
    return pd.DataFrame(rows)


def draw(ax: Any, rows: pd.DataFrame) -> None:
    """Draw one quantity: the mean per epoch, its interval as a band, the source as crosses."""
    quantity = rows.quantity.iloc[0]
    for condition in rows.condition.unique():
        curve = rows[rows.condition == condition]
        colour = SLOPE_COLOURS[condition]
        ax.plot(
            curve.epoch,
            curve["mean"],
            color=colour,
            linestyle=SLOPE_LINES[condition],
            marker=SLOPE_MARKERS[condition],
            markersize=5,
            label=LABELS[condition],
        )
        # Neither scale has a place for 0 or 100%.
        low, high = curve.low.clip(lower=1e-3), curve.high
        if quantity.endswith("accuracy"):
            high = high.clip(upper=1 - 1e-4)
        ax.fill_between(curve.epoch, low, high, color=colour, alpha=0.15, lw=0)
        ax.plot(curve.epoch, curve.source, "x", color=colour, markersize=7)
    ax.set(title=QUANTITIES[quantity], xlabel="epoch", xticks=rows.epoch.unique())
    if quantity.endswith("accuracy"):
        # Log odds: 12% and 98.5% both have room.
        ax.set_yscale("logit", use_overline=False)
        ax.set_ylim(
            min(0.08, rows["mean"].min() / 1.2), max(0.99, (1 + rows["mean"].max()) / 2)
        )
        ticks = [0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99]
        ax.set_yticks(ticks, [f"{tick:.0%}" for tick in ticks])
    else:
        ax.set_yscale("log")
        ax.set_ylim(rows["mean"].min() / 1.3, rows["mean"].max() * 1.3)
        ticks = [t for t in (0.05, 0.1, 0.2, 0.5, 1, 2) if t >= rows["mean"].min() / 1.3]
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()


def section(sweep: ExperimentResults) -> Section:
    """Return the figure and its table."""
    rows = summarise(sweep)
    quantities = [name for name in QUANTITIES if name in set(rows.quantity)]
    height = len(quantities) // 2
    figure, axes = new_axes(height, 2, width=10, height=4.2 * height)
    for ax, quantity in zip(axes, quantities, strict=True):
        draw(ax, rows[rows.quantity == quantity])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)
    crosses = " Crosses are the source's single run." if rows.source.notna().any() else ""
    return Section(
        "Accuracy and loss per epoch",
        f"Mean over {rows.seeds.min()} seeds, the band its 95% interval; accuracy on a scale "
        "of log odds, loss on a logarithmic one. Training values are averages over the epoch, "
        f"while the weights still change.{crosses}",
        figure,
        rows,
        {
            "condition": "{condition}",
            "quantity": "{quantity}",
            "epoch": "{epoch}",
            "seeds": "{seeds}",
            "mean": "{mean:.4f}",
            "95% interval": "[{low:.4f}, {high:.4f}]",
            "source": "{source:.4f}",
        },
    )
