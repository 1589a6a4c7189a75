"""Test accuracy along one factor, with a line for each activation.

The factor is the batch size, the depth, the noise or the initialiser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from analysis.comparisons import (
    COMPARISON_METHOD,
    Judged,
    compare_with_reference,
    in_points,
    mean_table,
)
from analysis.plotting import draw_means_along, format_percent, new_panels, tick_values
from analysis.results import ExperimentResults, measured
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PublishedAccuracies = Mapping[str, Mapping[float, float]]
"""Published accuracies of single runs: activation ↦ value of the factor ↦ accuracy."""

_LABELS = {
    "batch_size": "batch size (images)",
    "depth": "depth (layers)",
    "noise": "standard deviation of the noise",
    "initializer": "initialiser",
}
"""Names of the factors in the report."""

_COMPARED = ["condition", "points", "points_low", "points_high", "q", "conclusion"]


def summarise(
    results: ExperimentResults,
    factor: str,
    published: PublishedAccuracies | None = None,
    judged: Judged | None = None,
) -> pd.DataFrame:
    """Return the test accuracy of each condition and its difference from the first activation.

    Args:
        results: the trials.
        factor: name of the factor.
        published: accuracies of published single runs.
        judged: the verdicts of claims about pairs of conditions.

    Returns:
        The columns of `mean_table`, the factors, and the difference from the condition of the
        first activation with the same value of the factor: points, points_low, points_high,
        q and conclusion, as `compare_with_reference` defines them. The column published
        exists if there are such runs, and the column noisy if the networks were also tested
        with noise.
    """
    table = mean_table(results, lower=0.0, upper=1.0)
    table = table.merge(results.factor_table("activation", factor), on="condition")
    reference = table["activation"].iloc[0]
    is_reference = table["activation"] == reference
    references = dict(
        table.loc[is_reference, [factor, "condition"]].itertuples(index=False, name=None)
    )
    pairs = [
        (condition, references[value])
        for condition, value in table.loc[
            ~is_reference, ["condition", factor]
        ].itertuples(index=False, name=None)
        if value in references
    ]  # fmt: skip
    compared = in_points(compare_with_reference(results, pairs, judged=judged))
    rows = table.merge(compared.reindex(columns=_COMPARED), on="condition", how="left")
    if published:
        rows["published"] = [
            published.get(activation, {}).get(value)
            for activation, value in zip(rows["activation"], rows[factor], strict=True)
        ]
    if all("noisy_accuracy" in trial.measured for trial in results.trials):
        noisy = mean_table(
            results, lambda trial: measured(trial, "noisy_accuracy", lower=0, upper=1)
        )
        rows["noisy"] = rows["condition"].map(noisy.set_index("condition")["mean"])
    return rows


def draw(ax: Axes, rows: pd.DataFrame, factor: str) -> None:
    """Draw means as lines, published runs as crosses and tests with noise as dotted lines."""
    colours = draw_means_along(ax, rows, factor, "activation")
    ticks = tick_values(rows[factor])
    for activation, colour in colours.items():
        part = rows[rows["activation"] == activation]
        for column, style, label in (
            ("published", "x", None),
            ("noisy", ":", f"{activation}, tested with noise"),
        ):
            if column not in rows or part[column].isna().all():
                continue
            line = part.dropna(subset=column).sort_values(factor)
            places = [ticks.index(value) for value in line[factor]]
            ax.plot(places, line[column], style, color=colour, label=label)
    ax.set_xlabel(_LABELS[factor])
    ax.yaxis.set_major_formatter(format_percent)
    ax.set_ylabel("test accuracy")
    ax.legend(fontsize=8)


def section(
    results: ExperimentResults,
    factor: str,
    *,
    title: str,
    description: str,
    published: PublishedAccuracies | None = None,
    judged: Judged | None = None,
) -> Section:
    """Return the figure and the table.

    Args:
        results: the trials; their factors are the activation and one other.
        factor: name of the other factor.
        title: title of the section.
        description: how the networks were trained and tested.
        published: accuracies of published single runs, which are drawn as crosses.
        judged: the verdicts of claims about pairs of conditions.
    """
    rows = summarise(results, factor, published, judged)
    figure, axes = new_panels(1, width=7.5, height=4)
    draw(axes[0], rows, factor)
    reference, label = rows["activation"].iloc[0], _LABELS[factor]
    has_names = isinstance(tick_values(rows[factor])[0], str)
    columns = {
        "activation": "{activation}",
        label: f"{{{factor}}}" if has_names else f"{{{factor}:g}}",
        "seeds": "{seeds}",
        "test accuracy": "{mean:.2%}",
        "95% interval": "[{low:.2%}, {high:.2%}]",
        f"difference from {reference}, points": "{points:+.2f}",
        "95% interval of the difference": "[{points_low:+.2f}, {points_high:+.2f}]",
        "q": "{q:.3f}",
        "conclusion": "{conclusion}",
    }
    if "published" in rows:
        columns["published, one run"] = "{published:.1%}"
    if "noisy" in rows:
        columns["test accuracy with noise"] = "{noisy:.2%}"
    return Section(
        title=title,
        description=f"{description} Differences are from {reference} with the same "
        f"{factor.replace('_', ' ')}, {COMPARISON_METHOD}",
        figure=figure,
        table=rows,
        columns=columns,
    )
