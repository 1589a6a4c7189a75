"""Test accuracy and loss of each condition beside the source's single run."""

import math
from typing import Any

import pandas as pd

from actbench.data import Dataset
from actbench.statistics import estimate
from analysis.plotting import (
    SLOPE_COLOURS,
    SLOPE_MARKERS,
    format_percent,
    limit_ticks,
    new_axes,
)
from analysis.results import ExperimentResults
from analysis.site.section import Section
from analysis.training.inversion import linear_bound
from analysis.training.slope_sweep import LABELS
from analysis.training.source_table import ROUNDING, TEST_ACCURACY, TEST_LOSS

SOURCE = {"test_accuracy": TEST_ACCURACY, "test_loss": TEST_LOSS}

HALVES = {"": "all", "_original": "originals", "_inverted": "inverted"}

# Conditions worse than this are named at the edge: they would press the others together.
_SCALE_ENDS = {"test_accuracy": 0.5, "test_loss": 1.5}


def summarise(sweep: ExperimentResults, quantity: str) -> pd.DataFrame:
    """Return one row for each condition and half of the test set.

    Args:
        sweep: the trials.
        quantity: "test_accuracy" or "test_loss".

    Returns:
        Columns condition, images (all, originals, inverted), seeds, mean, low and high (95%
        interval of the mean), and for all images the source's value, whether it lies in
        that interval, run_low and run_high (95% prediction interval of one more run), and
        whether it lies in that one. A single run of theirs is a draw, so only the last
        comparison is fair; it counts as inside if its rounding reaches inside.
    """
    rows = []
    for condition in sweep.conditions:
        for suffix, images in HALVES.items():
            scores = [getattr(trial, quantity + suffix) for trial in sweep.trials_of(condition)]
            found = estimate(scores, upper=1.0 if quantity == "test_accuracy" else math.inf)
            source = math.nan
            if sweep.profile == "full" and not suffix:
                source = SOURCE[quantity].get(condition, math.nan)
            rows.append(
                {
                    "condition": condition,
                    "images": images,
                    "seeds": found.count,
                    "mean": found.mean,
                    "low": found.interval[0],
                    "high": found.interval[1],
                    "source": source,
                    "source_in_interval": _inside(source, found.interval, ROUNDING[quantity]),
                    "run_low": found.prediction[0],
                    "run_high": found.prediction[1],
                    "source_in_prediction": _inside(
                        source, found.prediction, ROUNDING[quantity]
                    ),
                }
            )
    return pd.DataFrame(rows)


def draw(ax: Any, rows: pd.DataFrame, sweep: ExperimentResults, quantity: str) -> None:
    """Draw each condition: mean and interval, seeds as dots, halves beside, source as cross."""
    sign = 1 if quantity == "test_loss" else -1
    worse = rows[(rows["mean"] - _SCALE_ENDS[quantity]) * sign > 0]
    off_scale = set(worse[worse.images == "all"].condition)
    if off_scale == set(sweep.conditions):
        off_scale = set()
    for place, condition in enumerate(sweep.conditions):
        part = rows[rows.condition == condition].set_index("images")
        mean = part["mean"]["all"]
        colour = SLOPE_COLOURS[condition]
        if condition in off_scale:
            side = 0.02 if quantity == "test_accuracy" else 0.98
            text = (
                f"◂ {mean:.1%}, off the scale" if side < 0.5 else f"{mean:.2f}, off the scale ▸"
            )
            ax.text(
                side,
                place,
                text,
                transform=ax.get_yaxis_transform(),
                ha="left" if side < 0.5 else "right",
                va="center",
                color=colour,
            )
            continue
        low, high = part["low"]["all"], part["high"]["all"]
        if not math.isnan(low):
            ax.plot([low, high], [place, place], color=colour, linewidth=2)
        ax.plot(mean, place, SLOPE_MARKERS[condition], color=colour, markersize=8)
        seeds = [getattr(trial, quantity) for trial in sweep.trials_of(condition)]
        ax.plot(seeds, [place + 0.17] * len(seeds), "o", color=colour, markersize=3, alpha=0.6)
        for half, marker in (("originals", "^"), ("inverted", "v")):
            ax.plot(part["mean"][half], place - 0.24, marker, color=colour, mfc="none", ms=6)
        ax.plot(part["source"]["all"], place, "x", color="0.25", markersize=9, mew=2, zorder=5)
    ax.set_yticks(range(len(sweep.conditions)), [LABELS[name] for name in sweep.conditions])
    ax.set_ylim(len(sweep.conditions) - 0.5, -0.5)
    if quantity == "test_accuracy":
        ax.set_title("Test accuracy")
        limit_ticks(ax.xaxis, 6)
        ax.xaxis.set_major_formatter(format_percent)
    else:
        ax.set_title("Test loss (nats)")


def legend(figure: Any, sweep: ExperimentResults) -> None:
    """Say what the marks are; their colours are those of the conditions."""
    from matplotlib.lines import Line2D

    alone = {"linestyle": ""}
    marks: dict[str, dict[str, Any]] = {
        "mean, 95% interval": {"marker": "o", "linewidth": 2, "markersize": 8},
        "one seed": alone | {"marker": "o", "markersize": 3},
        "mean, original images": alone | {"marker": "^", "mfc": "none"},
        "mean, inverted images": alone | {"marker": "v", "mfc": "none"},
    }
    if sweep.profile == "full":
        marks["source, one run"] = alone | {"marker": "x", "mew": 2, "markersize": 9}
    handles = [Line2D([], [], color="0.25", label=name, **mark) for name, mark in marks.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def sections(sweep: ExperimentResults, data: Dataset) -> list[Section]:
    """Return the figure with the table of accuracies, and the table of losses."""
    accuracy, loss = (summarise(sweep, quantity) for quantity in SOURCE)
    figure, axes = new_axes(1, 2, width=10.5, height=4.8, share_y=True)
    draw(axes[0], accuracy, sweep, "test_accuracy")
    draw(axes[1], loss, sweep, "test_loss")
    legend(figure, sweep)
    if sweep.profile == "full":
        against = (
            "The source made one run of each: a draw, so the fair question is whether it lies "
            "in the prediction interval of one more run, not in that of the mean. "
        )
    else:
        against = (
            "The source trained on more images for longer, so its numbers are not set beside "
            "these; the full profile does that. "
        )
    return [
        Section(
            "Test accuracy per condition",
            f"Mean and 95% interval over {accuracy.seeds.min()} seeds, and apart for the "
            f"original and the inverted test images. {against}α = 1 makes the network affine, "
            "which cannot classify an image and its inverse alike: it gets at most "
            f"{linear_bound(data):.1%} of both right.",
            figure,
            accuracy,
            _shown(sweep, ".2%"),
        ),
        Section(
            "Test loss per condition",
            "The same for the cross-entropy in nats.",
            None,
            loss,
            _shown(sweep, ".4f"),
        ),
    ]


def _shown(sweep: ExperimentResults, form: str) -> dict[str, str]:
    """Return the columns of a table whose numbers have this format."""
    columns = {
        "condition": "{condition}",
        "images": "{images}",
        "seeds": "{seeds}",
        "mean": f"{{mean:{form}}}",
        "95% interval": f"[{{low:{form}}}, {{high:{form}}}]",
    }
    if sweep.profile == "full":
        columns |= {
            "source, one run": f"{{source:{form}}}",
            "in the interval": "{source_in_interval}",
            "95% prediction of one run": f"[{{run_low:{form}}}, {{run_high:{form}}}]",
            "in the prediction": "{source_in_prediction}",
        }
    return columns


def _inside(value: float, interval: tuple[float, float], rounding: float) -> str | None:
    if math.isnan(value) or math.isnan(interval[0]):
        return None
    return "yes" if interval[0] - rounding <= value <= interval[1] + rounding else "no"
