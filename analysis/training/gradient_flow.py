"""Gradients of deep networks: norm by layer, saturation, and epochs to learn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.results import Trial
from analysis.plotting import (
    COLOURS,
    MARKERS,
    format_percent,
    name_powers,
    new_axes,
    short_name,
    use_integer_ticks,
)
from analysis.results import ExperimentResults, IncompleteError, curve, measured_array
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEARNED = 0.97
"""Validation accuracy from which a network counts as having learned."""


class _Style(TypedDict):
    color: str
    marker: str
    ms: float
    lw: float
    label: str


def epochs_to_learn(trial: Trial) -> float:
    """Return the first epoch with `LEARNED` validation accuracy; infinity if there is none."""
    epochs = [n for n, v in enumerate(curve(trial, "val_accuracy"), 1) if v >= LEARNED]
    return float(epochs[0]) if epochs else math.inf


def _finite_median(epochs: Sequence[float]) -> float:
    """Return the median; NaN if it is infinite, because half of the seeds never learned."""
    median = float(np.median(epochs))
    return median if np.isfinite(median) else math.nan


def _norms(trial: Trial) -> npt.NDArray[np.float64]:
    """Return the norms of the gradients: one row before training and for each epoch."""
    norms = measured_array(trial, "gradient_norm", dimensions=2, lower=0)
    if norms.shape[1] < 2:
        raise IncompleteError(f"{trial.condition} has no gradients of two layers")
    return norms


def _ratios(
    first: npt.NDArray[np.float64], last: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return first / last; NaN where both are 0."""
    with np.errstate(all="ignore"):
        return np.asarray(first / last)


def summarise(results: ExperimentResults) -> pd.DataFrame:
    """Return one row per activation and depth with medians over seeds.

    Returns:
        The columns condition, seeds, first (norm of the first kernel's gradient before
        training), ratio (that norm / the norm of the last hidden kernel's gradient), saturated
        (share of saturated values after training), accuracy (test accuracy), epochs (to
        learn), learned (number of seeds that learned), and the factors.
    """
    rows = []
    for condition in results.conditions:
        trials = results.trials_of(condition)
        start = np.array([_norms(trial)[0, [0, -2]] for trial in trials])
        epochs = [epochs_to_learn(trial) for trial in trials]
        saturated = [
            measured_array(trial, "saturated", dimensions=2, lower=0, upper=1)[-1].mean()
            for trial in trials
        ]
        rows.append(
            {
                "condition": condition,
                "seeds": len(trials),
                "first": float(np.median(start[:, 0])),
                "ratio": float(np.median(_ratios(start[:, 0], start[:, 1]))),
                "saturated": float(np.median(saturated)),
                "accuracy": float(np.median([t.test_accuracy_original for t in trials])),
                "epochs": _finite_median(epochs),
                "learned": sum(np.isfinite(epochs)),
            }
        )
    factors = results.factor_table("activation", "depth")
    return pd.DataFrame(rows).merge(factors, on="condition")


def summarise_norms(results: ExperimentResults, depth: float, epoch: int) -> pd.DataFrame:
    """Return the median norm over seeds of the gradient of each hidden kernel.

    Args:
        results: the trials.
        depth: number of hidden layers.
        epoch: 0 for before training, −1 for after training.

    Returns:
        The columns activation, layer (1 is next to the input) and norm. A norm of 0 is NaN
        because the axis is logarithmic.
    """
    tables = []
    for condition in results.conditions_with(depth=depth):
        trials = results.trials_of(condition)
        norms = np.array([_norms(trial)[epoch, :-1] for trial in trials])
        medians = np.median(norms, axis=0)
        tables.append(
            pd.DataFrame(
                {
                    "activation": results.factor(condition, "activation"),
                    "layer": np.arange(1, len(medians) + 1),
                    "norm": np.where(medians > 0, medians, np.nan),
                }
            )
        )
    return pd.concat(tables)


def draw_norms(ax: Axes, norms: pd.DataFrame, activations: Sequence[str]) -> None:
    """Draw the norm of the gradient over the layers, one line per activation."""
    for activation, part in norms.groupby("activation", sort=False):
        ax.plot(part["layer"], part["norm"], **_style(activation, activations))
    ax.set_yscale("log")
    name_powers(ax.yaxis)
    use_integer_ticks(ax.xaxis)


def draw_by_depth(ax: Axes, rows: pd.DataFrame, column: str) -> None:
    """Draw a column of `summarise` over the number of hidden layers."""
    depths = sorted(rows["depth"].unique())
    activations = list(dict.fromkeys(rows["activation"]))
    for activation, part in rows.groupby("activation", sort=False):
        places = [depths.index(depth) for depth in part["depth"]]
        ax.plot(places, part[column], **_style(activation, activations))
    ax.set_xticks(range(len(depths)), [f"{depth:g}" for depth in depths])
    ax.set_xlabel("hidden layers")


def _style(activation: object, activations: Sequence[str]) -> _Style:
    number = activations.index(str(activation)) % len(COLOURS)
    return {
        "color": COLOURS[number], "marker": MARKERS[number], "ms": 4, "lw": 1.2,
        "label": short_name(str(activation)),
    }  # fmt: skip


def section(results: ExperimentResults, title: str, initial_weights: str) -> Section:
    """Return the figure and the table.

    Args:
        results: the trials.
        title: title of the section.
        initial_weights: description of the initial weights.
    """
    rows = summarise(results)
    activations = list(dict.fromkeys(rows["activation"]))
    depths = sorted(rows["depth"].unique())
    # In the deepest network most activations have almost no gradient left.
    depth = depths[-2] if len(depths) > 1 else depths[-1]
    figure, (before, after, saturated, epochs) = new_axes(2, 2, width=10, height=7.2)
    for ax, time, epoch in ((before, "before", 0), (after, "after", -1)):
        draw_norms(ax, summarise_norms(results, depth, epoch), activations)
        ax.set_title(f"Norm of the gradient of a kernel, {time} training")
        ax.set_xlabel(f"layer of {depth:g}; layer 1 is next to the input")
    draw_by_depth(saturated, rows, "saturated")
    saturated.set_title("Share of saturated values after training")
    saturated.yaxis.set_major_formatter(format_percent)
    draw_by_depth(epochs, rows, "epochs")
    epochs.set_title(f"Epochs until {LEARNED:.0%} validation accuracy")
    figure.legend(*before.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return Section(
        title=title,
        description=f"Dense layers of 64 units with {initial_weights}, trained on plain "
        "MNIST; medians over seeds. The norm is that of the gradient of the loss with respect "
        "to the kernel of a layer. 'first / last' divides the norm of the first layer by that "
        "of the last hidden layer, before training. 'learned' is the number of seeds that "
        f"reached {LEARNED:.0%} validation accuracy.",
        figure=figure,
        table=rows,
        columns={
            "activation": "{activation}",
            "hidden layers": "{depth:g}",
            "norm of the first gradient": "{first:.2g}",
            "first / last": "{ratio:.2g}",
            "saturated after training": "{saturated:.1%}",
            "test accuracy": "{accuracy:.2%}",
            "learned": "{learned} of {seeds}",
            "epochs to learn": "{epochs:g}",
        },
    )
