"""Test accuracy and loss of the slope sweep, compared with the single runs of the source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

import pandas as pd

from actbench.data import Dataset
from actbench.statistics import estimate
from analysis.plotting import (
    ConditionStyle,
    format_percent,
    limit_ticks,
    new_axes,
    slope_styles,
)
from analysis.results import ExperimentResults, finite
from analysis.site.section import Section
from analysis.training.inversion import describe_bound
from analysis.training.slopes.slope_sweep import label_of, seed_range
from analysis.training.slopes.source_table import ROUNDING, run_with

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Score:
    """A test score and the way it is drawn.

    Args:
        title: name with unit.
        rounding: half a unit of the last decimal that the source prints.
        largest: largest possible value.
        worst_drawn: worse means are printed at the edge, because they would compress the scale.
        is_loss: whether a smaller value is better.
    """

    title: str
    rounding: float
    largest: float
    worst_drawn: float
    is_loss: bool

    def is_off_scale(self, value: float) -> bool:
        """Return whether a mean is too bad to be drawn."""
        return value > self.worst_drawn if self.is_loss else value < self.worst_drawn


SCORES = {
    "test_accuracy": Score("Test accuracy", ROUNDING["test_accuracy"], 1.0, 0.5, is_loss=False),
    "test_loss": Score("Test loss (nats)", ROUNDING["test_loss"], math.inf, 1.5, is_loss=True),
}
"""The scores by their name in a trial and in a `SourceRun`."""

_IMAGES = {"": "all", "_original": "originals", "_inverted": "inverted"}
"""Suffix of a score in a trial ↦ the test images it is about."""


class _Marks(TypedDict, total=False):
    linestyle: Literal[""]
    marker: str
    linewidth: float
    markersize: float
    mfc: str
    mew: float


def summarise(sweep: ExperimentResults, score: str, tail: float = 0.025) -> pd.DataFrame:
    """Return one row per condition and kind of test images.

    Args:
        sweep: the trials.
        score: a name in `SCORES`.
        tail: tail probability of Student's t on each side of the prediction interval; a
            calibrated one if 2.5% of runs shall lie outside on each side.

    Returns:
        The columns condition, images (all, originals or inverted), seeds, mean, low and high
        (95% interval of the mean), run_low and run_high (95% prediction interval of one more
        run). For all images also the single run of the source (source), and whether it lies in
        the interval (source_in_interval) and in the prediction interval
        (source_in_prediction), within its rounding. Only the prediction interval is a fair
        comparison, because a single run varies more than a mean.
    """
    definition = SCORES[score]
    rows = []
    for condition in sweep.conditions:
        run = run_with(sweep.factors_of(condition)) if sweep.profile == "full" else None
        for suffix, images in _IMAGES.items():
            values = [getattr(trial, score + suffix) for trial in sweep.trials_of(condition)]
            found = estimate(finite(values), upper=definition.largest)
            prediction = estimate(
                finite(values), confidence=1 - 2 * tail, upper=definition.largest
            ).prediction
            source = getattr(run, score) if run and images == "all" else math.nan
            rows.append(
                {
                    "condition": condition,
                    "images": images,
                    "seeds": found.count,
                    "mean": found.mean,
                    "low": found.interval[0],
                    "high": found.interval[1],
                    "source": source,
                    "source_in_interval": _is_inside(
                        source, found.interval, definition.rounding
                    ),
                    "run_low": prediction[0],
                    "run_high": prediction[1],
                    "source_in_prediction": _is_inside(source, prediction, definition.rounding),
                }
            )
    return pd.DataFrame(rows)


def _is_inside(value: float, interval: tuple[float, float], rounding: float) -> str | None:
    if math.isnan(value) or math.isnan(interval[0]):
        return None
    return "yes" if interval[0] - rounding <= value <= interval[1] + rounding else "no"


def draw(ax: Axes, rows: pd.DataFrame, sweep: ExperimentResults, score: str) -> None:
    """Draw one row per condition: mean, interval, seeds, kinds of images, and the source."""
    definition = SCORES[score]
    means = rows[rows["images"] == "all"].set_index("condition")["mean"]
    off_scale = [name for name in sweep.conditions if definition.is_off_scale(means[name])]
    styles = slope_styles(sweep.conditions)
    drawn_off_scale = set() if len(off_scale) == len(sweep.conditions) else set(off_scale)
    for place, condition in enumerate(sweep.conditions):
        if condition in drawn_off_scale:
            _write_off_scale(ax, place, styles[condition], means[condition], definition)
        else:
            _draw_condition(ax, place, styles[condition], rows[rows["condition"] == condition])
            values = [getattr(trial, score) for trial in sweep.trials_of(condition)]
            ax.plot(
                values, [place + 0.17] * len(values), "o", color=styles[condition].colour,
                markersize=3, alpha=0.6,
            )  # fmt: skip
    ax.set_yticks(range(len(sweep.conditions)), [label_of(name) for name in sweep.conditions])
    ax.set_ylim(len(sweep.conditions) - 0.5, -0.5)
    ax.set_title(definition.title)
    if not definition.is_loss:
        limit_ticks(ax.xaxis, 6)
        ax.xaxis.set_major_formatter(format_percent)


def _write_off_scale(
    ax: Axes, place: int, style: ConditionStyle, mean: float, definition: Score
) -> None:
    text, x, alignment = (
        (f"{mean:.2f}, off the scale ▸", 0.98, "right")
        if definition.is_loss
        else (f"◂ {mean:.1%}, off the scale", 0.02, "left")
    )
    ax.text(
        x, place, text, transform=ax.get_yaxis_transform(), ha=alignment, va="center",
        color=style.colour,
    )  # fmt: skip


def _draw_condition(ax: Axes, place: int, style: ConditionStyle, rows: pd.DataFrame) -> None:
    by_images = rows.set_index("images")
    colour, whole = style.colour, by_images.loc["all"]
    if not math.isnan(whole["low"]):
        ax.plot([whole["low"], whole["high"]], [place, place], color=colour, linewidth=2)
    ax.plot(whole["mean"], place, style.marker, color=colour, markersize=8)
    for images, marker in (("originals", "^"), ("inverted", "v")):
        mean = by_images.loc[images, "mean"]
        ax.plot(mean, place - 0.24, marker, color=colour, mfc="none", ms=6)
    ax.plot(whole["source"], place, "x", color="0.25", markersize=9, mew=2, zorder=5)


def draw_legend(figure: Figure, sweep: ExperimentResults) -> None:
    """Explain the markers; their colours are those of the conditions."""
    from matplotlib.lines import Line2D

    marks: dict[str, _Marks] = {
        "mean, 95% interval": {"marker": "o", "linewidth": 2, "markersize": 8},
        "one seed": {"linestyle": "", "marker": "o", "markersize": 3},
        "mean, original images": {"linestyle": "", "marker": "^", "mfc": "none"},
        "mean, inverted images": {"linestyle": "", "marker": "v", "mfc": "none"},
    }
    if sweep.profile == "full":
        marks["source, one run"] = {"linestyle": "", "marker": "x", "mew": 2, "markersize": 9}
    handles = [Line2D([], [], color="0.25", label=name, **mark) for name, mark in marks.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def sections(sweep: ExperimentResults, data: Dataset, tail: float = 0.025) -> list[Section]:
    """Return two sections: accuracies with the figure of both scores, and losses.

    Args:
        sweep: the trials.
        data: the data that they were trained on.
        tail: as in `summarise`.
    """
    accuracy, loss = (summarise(sweep, score, tail) for score in SCORES)
    figure, axes = new_axes(1, 2, width=10.5, height=4.8, share_y=True)
    draw(axes[0], accuracy, sweep, "test_accuracy")
    draw(axes[1], loss, sweep, "test_loss")
    draw_legend(figure, sweep)
    comparison = (
        "The source made one run of each condition. A single run varies, so it is compared "
        "with the prediction interval of one more run, not with the interval of the mean. "
        "The prediction interval is calibrated on the runs of the store."
        if sweep.profile == "full"
        else "The source trained on more images for more epochs, so only the full profile is "
        "compared with its numbers."
    )
    return [
        Section(
            title="Test accuracy per condition",
            description=f"Mean and 95% interval over {seed_range(sweep)} seeds, for all "
            f"test images, for the originals and for the inverted copies. {comparison} α = 1 "
            "makes the network affine; an affine classifier cannot give an image and its "
            f"inverse the same class in general, {describe_bound(sweep, data)}.",
            figure=figure,
            table=accuracy,
            columns=_columns(sweep, ".2%"),
        ),
        Section(
            title="Test loss per condition",
            description="Cross-entropy in nats, in the same form as the accuracies.",
            table=loss,
            columns=_columns(sweep, ".4f"),
        ),
    ]


def _columns(sweep: ExperimentResults, number_format: str) -> dict[str, str]:
    columns = {
        "condition": "{condition}",
        "images": "{images}",
        "seeds": "{seeds}",
        "mean": f"{{mean:{number_format}}}",
        "95% interval": f"[{{low:{number_format}}}, {{high:{number_format}}}]",
    }
    if sweep.profile == "full":
        columns |= {
            "source, one run": f"{{source:{number_format}}}",
            "in the interval": "{source_in_interval}",
            "95% prediction of one run": f"[{{run_low:{number_format}}}, "
            f"{{run_high:{number_format}}}]",
            "in the prediction": "{source_in_prediction}",
        }
    return columns
