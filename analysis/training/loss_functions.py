"""Mean squared error and cross-entropy: curves, overfitting, calibration, gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actbench.results import Trial
from actbench.statistics import estimate
from analysis.plotting import BLUE, RED, new_panels, short_name
from analysis.results import ExperimentResults, curve, finite, measured, measured_array
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UNITS = {"mse": "squared error", "crossentropy": "cross-entropy (nats)"}


def best_epoch(trial: Trial) -> float:
    """Return the epoch with the smallest validation loss; NaN if no loss is finite."""
    losses = np.array(curve(trial, "val_loss"))
    return float(np.nanargmin(losses)) + 1 if np.isfinite(losses).any() else math.nan


def relative_rise(trial: Trial) -> float:
    """Return last validation loss / smallest validation loss − 1."""
    losses = curve(trial, "val_loss")
    return losses[-1] / min(filter(math.isfinite, losses), default=math.nan) - 1


def summarise(results: ExperimentResults) -> pd.DataFrame:
    """Return the means over seeds of each condition with their 95% intervals.

    Returns:
        The columns condition, seeds and the factors; and each of the following with its
        interval in the columns of the same name with _low and _high: before_mse and
        before_crossentropy (validation loss before training), best_epoch, rise
        (`relative_rise`), accuracy (test), calibration (expected calibration error) and
        gradient (mean |d loss / d logit| of misclassified test images).
    """
    rows = []
    for condition in results.conditions:
        trials = results.trials_of(condition)
        values = {
            "before_mse": [
                measured_array(trial, "mse", dimensions=1, lower=0)[0] for trial in trials
            ],
            "before_crossentropy": [
                measured_array(trial, "crossentropy", dimensions=1, lower=0)[0]
                for trial in trials
            ],
            "best_epoch": [best_epoch(trial) for trial in trials],
            "rise": [relative_rise(trial) for trial in trials],
            "accuracy": [trial.test_accuracy_original for trial in trials],
            "calibration": [
                measured(trial, "calibration_error", lower=0, upper=1) for trial in trials
            ],
            "gradient": [measured(trial, "gradient_of_errors", lower=0) for trial in trials],
        }
        row: dict[str, float | str] = {"condition": condition, "seeds": len(trials)}
        for name, by_seed in values.items():
            mean = estimate(finite(by_seed), lower=-np.inf)
            row |= {name: mean.mean, f"{name}_low": mean.interval[0]}
            row |= {f"{name}_high": mean.interval[1]}
        rows.append(row)
    return pd.DataFrame(rows).merge(results.factor_table("loss"), on="condition")


def draw(ax: Axes, trials: Sequence[Trial]) -> None:
    """Draw the losses of one condition over the epochs: a thin line per seed, and the mean."""
    for name, label, colour in (("loss", "training", BLUE), ("val_loss", "validation", RED)):
        curves = [curve(trial, name) for trial in trials]
        epochs = np.arange(1, min(map(len, curves)) + 1)
        losses = np.array([values[: len(epochs)] for values in curves])
        ax.plot(epochs, losses.T, color=colour, lw=0.5, alpha=0.4)
        ax.plot(epochs, losses.mean(0), color=colour, lw=2, label=label)
    ax.set_title(short_name(trials[0].condition))
    ax.set_xlabel("epoch")
    ax.set_ylim(0)
    ax.set_ylabel(_UNITS.get(str(trials[0].factors.get("loss")), "loss"))


def section(results: ExperimentResults) -> Section:
    """Return the figure and the table."""
    rows = summarise(results)
    figure, axes = new_panels(len(rows), width=4.6, height=3.6)
    for ax, condition in zip(axes, rows["condition"], strict=True):
        draw(ax, results.trials_of(condition))
    axes[0].legend(fontsize=8)
    return Section(
        title="Mean squared error or cross-entropy",
        description="The networks classify whether a digit is below 5; each seed is a thin "
        "line. The two losses have different units and cannot be compared: with e = |p − y|, "
        "−ln(1 − e) ≥ e². 'before' is the loss on validation images with the initial weights. "
        "'best epoch' is the epoch with the smallest validation loss, and 'rise' is its "
        "relative increase until the last epoch. 'gradient of errors' is the mean |d loss / d "
        "logit| of misclassified test images.",
        figure=figure,
        table=rows,
        columns={
            "condition": "{condition}",
            "seeds": "{seeds}",
            "MSE before": "{before_mse:.3f}",
            "BCE before (nats)": "{before_crossentropy:.3f}",
            "best epoch": "{best_epoch:.0f} [{best_epoch_low:.0f}, {best_epoch_high:.0f}]",
            "rise": "{rise:.0%} [{rise_low:.0%}, {rise_high:.0%}]",
            "test accuracy": "{accuracy:.2%} [{accuracy_low:.2%}, {accuracy_high:.2%}]",
            "calibration error": "{calibration:.2%} [{calibration_low:.2%}, "
            "{calibration_high:.2%}]",
            "gradient of errors": "{gradient:.3f}",
        },
    )
