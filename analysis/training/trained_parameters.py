"""Parameters of activations after training: slopes of PReLU and β of Swish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from actbench.results import Trial
from analysis.plotting import RED, new_panels, short_name
from analysis.results import ExperimentResults
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas.core.groupby import SeriesGroupBy


def summarise(results: ExperimentResults, conditions: Sequence[str]) -> pd.DataFrame:
    """Return every trained parameter: condition, parameter, layer (from 1), seed and value."""
    return pd.DataFrame(
        [
            {
                "condition": condition,
                "parameter": parameter,
                "layer": layer,
                "seed": trial.seed,
                "value": value,
            }
            for condition in conditions
            if condition in results.conditions
            for trial in results.trials_of(condition)
            for layer, parameter, values in _by_layer(trial)
            for value in values
        ],
        columns=["condition", "parameter", "layer", "seed", "value"],
    )


def _by_layer(trial: Trial) -> Iterator[tuple[int, str, list[float]]]:
    """Yield the layer, the parameter and its values; documents list them layer by layer."""
    names = trial.setup.get("trained_parameters") or [""]
    for number, values in enumerate(trial.trained_parameters):
        layer, parameter = divmod(number, len(names))
        yield layer + 1, str(names[parameter]), values


def draw(ax: Axes, rows: pd.DataFrame, symbol: str) -> None:
    """Draw a box plot for each condition and layer, over all seeds and channels."""
    groups = _groups(rows)
    has_several = rows.groupby("condition")["parameter"].nunique().max() > 1
    ax.boxplot(
        [values for _, values in groups], orientation="horizontal", whis=(5, 95),
        showfliers=False, medianprops={"color": RED},
        tick_labels=[
            f"{short_name(condition)}, {f'{parameter}, ' if has_several else ''}layer {layer}"
            for condition, parameter, layer in groups.groups
        ],
    )  # fmt: skip
    ax.invert_yaxis()
    ax.set_xlabel(f"{symbol} after training")


def _groups(rows: pd.DataFrame) -> SeriesGroupBy:
    return rows.groupby(["condition", "parameter", "layer"], sort=False)["value"]


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
    groups = _groups(rows)
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
                "parameter": "{parameter}",
                "layer": "{layer}",
                "values": "{count:.0f}",
                "median": "{50%:.2f}",
                "middle 90%": "{5%:.2f} to {95%:.2f}",
                "smallest": "{min:.2f}",
                "largest": "{max:.2f}",
            },
        )
    ]
