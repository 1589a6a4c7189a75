"""Dead units, layers and networks before and after training, and an exact formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.results import Trial
from analysis.comparisons import mean_table
from analysis.plotting import draw_means_along, format_percent, new_panels
from analysis.results import ExperimentResults, measured_array
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LAYERS = 10


def dead_share_after(trial: Trial) -> float:
    """Return the share of units that are dead after training."""
    return float(_dead_by_layer(trial)[-1].mean())


def dead_share_before(trial: Trial) -> float:
    """Return the share of units that are dead before training."""
    return float(_dead_by_layer(trial)[0].mean())


def _dead_by_layer(trial: Trial) -> npt.NDArray[np.float64]:
    """Return the share of dead units before training and after each epoch, by layer."""
    return measured_array(trial, "dead", dimensions=2, lower=0, upper=1)


def exact_dead_networks(width: int, layers: int) -> float:
    """Return the probability that a random ReLU network is constant for all x > 0.

    A layer is dead with probability 2^−width, whatever the layers before it return, and one
    dead layer makes the network constant: p = 1 − (1 − 2^−width)^layers. Assumptions: one
    input, no biases, symmetric weights.

    Args:
        width: units per layer.
        layers: number of layers.

    Example:
        >>> round(exact_dead_networks(3, 10), 4)
        0.7369
    """
    return float(1 - (1 - 2.0**-width) ** layers)


def simulated_dead_networks(width: int, layers: int, networks: int = 20_000) -> float:
    """Return the share of random ReLU networks whose output is 0 for x = 1."""
    rng = np.random.default_rng(0)
    x = np.ones((networks, 1))
    for _ in range(layers):
        weights = rng.standard_normal((networks, x.shape[1], width))
        x = np.maximum(np.einsum("ni,nij->nj", x, weights), 0)
    return float((x == 0).all(1).mean())


def summarise(results: ExperimentResults) -> pd.DataFrame:
    """Return the shares of dead units, layers and networks of each condition.

    Returns:
        The columns condition, seeds, units_start, layers_start, networks_start, layers_end,
        networks_end, the mean share of dead units after training with its 95% interval (mean,
        low, high), and the factors.
    """
    rows = []
    for condition in results.conditions:
        trials = results.trials_of(condition)
        row = {"condition": condition, "seeds": len(trials)}
        row["units_start"] = float(np.mean([dead_share_before(trial) for trial in trials]))
        for time, place in (("start", 0), ("end", -1)):
            is_dead = [_dead_by_layer(trial)[place] == 1 for trial in trials]
            row[f"layers_{time}"] = float(np.mean([layers.mean() for layers in is_dead]))
            row[f"networks_{time}"] = float(np.mean([layers.any() for layers in is_dead]))
        rows.append(row)
    after = mean_table(results, dead_share_after, lower=0.0, upper=1.0).drop(columns="seeds")
    table = pd.DataFrame(rows).merge(after, on="condition", how="left")
    factors = results.factor_table("activation", "width", "learning_rate")
    return table.merge(factors, on="condition")


def draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the dead units of one width over the learning rate."""
    draw_means_along(ax, rows, "learning_rate", "activation")
    ax.set_title(f"{rows['width'].iloc[0]:g} units per layer")
    ax.set_ylim(-0.03, 1.03)
    ax.yaxis.set_major_formatter(format_percent)


def section(results: ExperimentResults) -> Section:
    """Return the figure and the table."""
    rows = summarise(results)
    widths = sorted(rows["width"].unique())
    figure, axes = new_panels(len(widths))
    for ax, width in zip(axes, widths, strict=True):
        draw(ax, rows[rows["width"] == width])
    axes[0].set_ylabel("dead units after training")
    axes[-1].legend(fontsize=8)
    exact = "; ".join(
        f"width {width:g}: {exact_dead_networks(int(width), _LAYERS):.1%}, simulated "
        f"{simulated_dead_networks(int(width), _LAYERS):.1%}"
        for width in widths
    )
    return Section(
        title="Dead units before and after training",
        description="Networks of ten layers on MNIST. A unit is dead if |f′| ≤ 10⁻⁶ for all of "
        "512 images. A layer is dead if all its units are dead, and a network is dead if one "
        "of its layers is. For ReLU networks with one input and no biases, the probability "
        f"that a network is constant for x > 0 before training is known exactly: {exact}.",
        figure=figure,
        table=rows,
        columns={
            "activation": "{activation}",
            "width": "{width:g}",
            "learning rate": "{learning_rate:g}",
            "seeds": "{seeds}",
            "dead units before": "{units_start:.1%}",
            "dead units after": "{mean:.1%}",
            "95% interval": "[{low:.1%}, {high:.1%}]",
            "dead layers before": "{layers_start:.1%}",
            "dead layers after": "{layers_end:.1%}",
            "dead networks before": "{networks_start:.0%}",
            "dead networks after": "{networks_end:.0%}",
        },
    )
