"""Where trained parameters go: slopes of PReLU, β of Swish."""

from collections.abc import Sequence

import pandas as pd

from analysis.plotting import new_panels
from analysis.results import ExperimentResults
from analysis.site.section import Section


def trained(found: ExperimentResults, conditions: Sequence[str]) -> pd.DataFrame:
    """Return every trained parameter: condition, layer, seed, value."""
    return pd.DataFrame(
        {"condition": condition, "layer": layer, "seed": trial.seed, "value": value}
        for condition in conditions
        if condition in found.conditions
        for trial in found.trials_of(condition)
        for layer, values in enumerate(trial.trained_parameters, 1)
        for value in values
    )


def section(
    found: ExperimentResults, conditions: Sequence[str], title: str, text: str
) -> list[Section]:
    """Return where the parameters of all seeds are after training; nothing if there are none.

    Args:
        found: the trials.
        conditions: those that train some.
        title: of the section.
        text: what they are, and where they begin.
    """
    rows = trained(found, conditions)
    if rows.empty:
        return []
    groups = rows.groupby(["condition", "layer"], sort=False)["value"]
    names = [f"{condition}, layer {layer}" for condition, layer in groups.groups]
    figure, axes = new_panels(1, width=8, height=0.3 * len(names) + 1)
    axes[0].boxplot(
        [values for _, values in groups], orientation="horizontal", whis=(5, 95),
        showfliers=False, medianprops={"color": "#D55E00"}, tick_labels=names,
    )  # fmt: skip
    axes[0].invert_yaxis()
    axes[0].set_xlabel("after training")
    return [
        Section(
            title=title,
            description=f"{text} Boxes hold half of all seeds' parameters, whiskers 90%.",
            figure=figure,
            table=groups.describe(percentiles=[0.05, 0.5, 0.95]).reset_index(),
            columns={
                "condition": "{condition}",
                "layer": "{layer}",
                "parameters": "{count:.0f}",
                "median": "{50%:.2f}",
                "90% of them": "{5%:.2f} to {95%:.2f}",
                "least": "{min:.2f}",
                "greatest": "{max:.2f}",
            },
        )
    ]
