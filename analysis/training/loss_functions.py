"""Mean squared error beside cross-entropy: curves, overfitting, calibration, gradients."""

import numpy as np
import pandas as pd

from actbench.results import Trial
from actbench.statistics import estimate
from analysis.plotting import COLOURS, new_panels
from analysis.results import ExperimentResults, curve
from analysis.site.section import Section


def best_epoch(trial: Trial) -> float:
    """Return the epoch with the least validation loss: where to stop; NaN if it has none."""
    losses = np.array(curve(trial, "val_loss"))
    return float(np.nanargmin(losses)) + 1 if np.isfinite(losses).any() else np.nan


def rise(trial: Trial) -> float:
    """Return how much validation loss has risen since, as a share of its least."""
    losses = curve(trial, "val_loss")
    return losses[-1] / min(filter(np.isfinite, losses), default=np.nan) - 1


def summarise(found: ExperimentResults) -> pd.DataFrame:
    """Return for each loss what is asked of it; means over seeds."""
    rows = []
    for condition in found.conditions:
        trials = found.trials_of(condition)
        values = {
            "before_mse": [trial.measured["mse"][0] for trial in trials],
            "before_crossentropy": [trial.measured["crossentropy"][0] for trial in trials],
            "best_epoch": [best_epoch(trial) for trial in trials],
            "rise": [rise(trial) for trial in trials],
            "accuracy": [trial.test_accuracy_original for trial in trials],
            "calibration": [trial.measured["calibration_error"] for trial in trials],
            "gradient": [trial.measured["gradient_of_errors"] for trial in trials],
        }
        row: dict[str, float | str] = {"condition": condition, "seeds": len(trials)}
        for name, of_seeds in values.items():
            mean = estimate([v for v in of_seeds if np.isfinite(v)] or [np.nan], lower=-np.inf)
            row |= {name: mean.mean, f"{name}_low": mean.interval[0]}
            row |= {f"{name}_high": mean.interval[1]}
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.merge(found.factor_table(), on="condition", suffixes=("", "_factor"))


def section(found: ExperimentResults) -> Section:
    """Return the figure and the table."""
    rows = summarise(found)
    figure, axes = new_panels(len(rows), width=4.6, height=3.6)
    for ax, condition in zip(axes, rows["condition"], strict=True):
        for number, name in enumerate(("loss", "val_loss")):
            curves = np.array([curve(trial, name) for trial in found.trials_of(condition)])
            epochs = np.arange(1, curves.shape[1] + 1)
            label = "validation" if number else "training"
            ax.plot(epochs, curves.T, color=COLOURS[1 + number], lw=0.5, alpha=0.4)
            ax.plot(epochs, curves.mean(0), color=COLOURS[1 + number], lw=2, label=label)
        ax.set_title(condition)
        ax.set_xlabel("epoch")
        ax.set_ylim(0)
        ax.set_ylabel("nats" if condition.endswith("crossentropy") else "squared error")
    axes[0].legend(fontsize=8)
    return Section(
        title="Mean squared error or cross-entropy",
        description="Whether a digit is below 5; each seed a thin line. Their heights are of "
        "different units: with e = |p − y|, −ln(1 − e) ≥ e². 'before' is on validation "
        "images with the initial weights. 'best epoch' has the least validation loss, 'rise' "
        "is how far it has risen by the end. 'gradient of errors' is the mean |d loss / d "
        "logit| of test images that are wrong.",
        figure=figure,
        table=rows,
        columns={
            "condition": "{condition}",
            "seeds": "{seeds}",
            "MSE before": "{before_mse:.3f}",
            "BCE before": "{before_crossentropy:.3f}",
            "best epoch": "{best_epoch:.0f} [{best_epoch_low:.0f}, {best_epoch_high:.0f}]",
            "rise": "{rise:.0%} [{rise_low:.0%}, {rise_high:.0%}]",
            "test accuracy": "{accuracy:.2%} [{accuracy_low:.2%}, {accuracy_high:.2%}]",
            "calibration error": "{calibration:.2%} [{calibration_low:.2%}, "
            "{calibration_high:.2%}]",
            "gradient of errors": "{gradient:.3f}",
        },
    )
