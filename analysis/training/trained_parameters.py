"""Parameters of activations after training: slopes of PReLU and β of Swish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis.plotting import RED, new_panels, short_name
from analysis.results import ExperimentResults
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def summarise(results: ExperimentResults, conditions: Sequence[str]) -> pd.DataFrame:
    """Return every trained parameter: condition, layer (from 1), seed and value."""
    return pd.DataFrame(
        [
            {"condition": condition, "layer": layer, "seed": trial.seed, "value": value}
            for condition in conditions
            if condition in results.conditions
            for trial in results.trials_of(condition)
            for layer, values in enumerate(trial.trained_parameters, 1)
            for value in values
        ],
        columns=["condition", "layer", "seed", "value"],
    )


def draw(ax: Axes, rows: pd.DataFrame, symbol: str) -> None:
    """Draw a box plot for each condition and layer, over all seeds and channels."""
    groups = rows.groupby(["condition", "layer"], sort=False)["value"]
    ax.boxplot(
        [values for _, values in groups], orientation="horizontal", whis=(5, 95),
        showfliers=False, medianprops={"color": RED},
        tick_labels=[
            f"{short_name(condition)}, layer {layer}" for condition, layer in groups.groups
        ],
    )  # fmt: skip
    ax.invert_yaxis()
    ax.set_xlabel(f"{symbol} after training")


def sections(
    results: ExperimentResults,
    conditions: Sequence[str],
    *,
    symbol: str,
    title: str,
    description: str,
) -> list[Section]:
    """Return the section with the trained parameters; [] if there are none.

    Args:
        results: the trials.
        conditions: names of the conditions that train parameters.
        symbol: name of the parameter on the axis.
        title: title of the section.
        description: the parameters and their initial values.
    """
    rows = summarise(results, conditions)
    if rows.empty:
        return []
    groups = rows.groupby(["condition", "layer"], sort=False)["value"]
    figure, axes = new_panels(1, width=8, height=0.3 * groups.ngroups + 1)
    draw(axes[0], rows, symbol)
    return [
        Section(
            title=title,
            description=f"{description} Values are from all seeds. A box has the middle half "
            "of them, the whiskers the middle 90%.",
            figure=figure,
            table=groups.describe(percentiles=[0.05, 0.5, 0.95]).reset_index(),
            columns={
                "condition": "{condition}",
                "layer": "{layer}",
                "parameters": "{count:.0f}",
                "median": "{50%:.2f}",
                "middle 90%": "{5%:.2f} to {95%:.2f}",
                "smallest": "{min:.2f}",
                "largest": "{max:.2f}",
            },
        )
    ]
