"""Dead units, layers and networks: at the start, after training, and by an exact formula."""

import numpy as np
import pandas as pd

from actbench.results import Trial
from analysis.comparisons import mean_table
from analysis.plotting import draw_means_along, format_percent, new_panels
from analysis.results import ExperimentResults
from analysis.site.section import Section


def dead_units(trial: Trial) -> float:
    """Return the share of dead units after training."""
    return float(np.mean(trial.measured["dead"][-1]))


def dead_before(trial: Trial) -> float:
    """Return the share of dead units before training."""
    return float(np.mean(trial.measured["dead"][0]))


def exactly_dead(width: int, layers: int) -> float:
    """Return how likely a ReLU network is dead for all x > 0, with weights of both signs alike.

    One input, no biases, symmetric weights: a layer is dead with 2^−width, whatever the layers
    before it give, and a dead layer is enough.

    Example:
        >>> round(exactly_dead(3, 10), 4)
        0.7369
    """
    return float(1 - (1 - 2.0**-width) ** layers)


def simulated_dead(width: int, layers: int, networks: int = 20_000) -> float:
    """Return the share of random networks that are dead for x = 1."""
    rng = np.random.default_rng(0)
    x = np.ones((networks, 1))
    for _ in range(layers):
        weights = rng.standard_normal((networks, x.shape[1], width))
        x = np.maximum(np.einsum("ni,nij->nj", x, weights), 0)
    return float((x == 0).all(1).mean())


def summarise(found: ExperimentResults) -> pd.DataFrame:
    """Return for each condition the shares of dead units, layers and networks.

    The mean with its interval, low to high, is of the units after training.
    """
    rows = []
    for condition in found.conditions:
        trials = found.trials_of(condition)
        row = {"condition": condition, "seeds": len(trials)}
        row["units_start"] = float(np.mean([dead_before(trial) for trial in trials]))
        for when, place in (("start", 0), ("end", -1)):
            dead = np.array([trial.measured["dead"][place] for trial in trials])
            row[f"layers_{when}"] = (dead == 1).mean()
            row[f"networks_{when}"] = (dead == 1).any(1).mean()
        rows.append(row)
    spread = mean_table(found, dead_units, lower=0.0, upper=1.0).drop(columns="seeds")
    table = pd.DataFrame(rows).merge(spread, on="condition", how="left")
    return table.merge(found.factor_table(), on="condition")


def section(found: ExperimentResults) -> Section:
    """Return the figure and the table."""
    rows = summarise(found)
    widths = sorted(rows["width"].unique())
    figure, axes = new_panels(len(widths))
    for ax, width in zip(axes, widths, strict=True):
        part = rows[rows["width"] == width]
        draw_means_along(ax, part, "learning_rate", "activation")
        ax.set_title(f"{width:g} units a layer")
        ax.set_ylim(-0.03, 1.03)
        ax.yaxis.set_major_formatter(format_percent)
        ax.set_xlabel("learning rate")
    axes[0].set_ylabel("dead units after training")
    axes[-1].legend(fontsize=8)
    exact = "; ".join(
        f"width {w:g}: {exactly_dead(int(w), 10):.1%}, simulated "
        f"{simulated_dead(int(w), 10):.1%}"
        for w in widths
    )
    return Section(
        title="Whether units die",
        description="Ten layers on MNIST. A unit is dead if |f′| ≤ 10⁻⁶ on all of 512 images, a "
        "network if a layer has no other units. For one input and no biases the share of "
        f"ReLU networks that are dead on one side before training is exact: {exact}.",
        figure=figure,
        table=rows,
        columns={
            "activation": "{activation}",
            "width": "{width:g}",
            "learning rate": "{learning_rate:g}",
            "seeds": "{seeds}",
            "dead units, start": "{units_start:.1%}",
            "after training": "{mean:.1%}",
            "95% interval": "[{low:.1%}, {high:.1%}]",
            "dead layers, start": "{layers_start:.1%}",
            "after training ": "{layers_end:.1%}",
            "dead networks, start": "{networks_start:.0%}",
            "after training  ": "{networks_end:.0%}",
        },
    )
