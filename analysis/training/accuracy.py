"""Sections that hold conditions against one of them: PReLU, β, ranking."""

from actbench.statistics import ranks
from analysis.comparisons import (
    COMPARISON_COLUMNS,
    COMPARISON_METHOD,
    compare_with_reference,
    in_points,
    mean_table,
)
from analysis.plotting import draw_intervals_by_row, new_panels
from analysis.results import ExperimentResults, Metric
from analysis.site.section import Section


def against(
    found: ExperimentResults, reference: str, quantity: Metric, title: str, text: str
) -> Section:
    """Return the means as a figure and the differences from a reference as a table."""
    rows = mean_table(found, quantity, lower=0.0, upper=1.0).sort_values(
        "mean", ascending=False, ignore_index=True
    )
    figure, axes = new_panels(1, width=7, height=0.28 * len(rows) + 1.2)
    top = rows["mean"].max()
    draw_intervals_by_row(
        axes[0], rows, smallest=top - 4 * (top - rows["mean"].median()) - 0.02
    )
    return Section(
        title=title,
        description=f"{text} Differences are from {reference}, {COMPARISON_METHOD} 'detectable' is what so "
        "many seeds find four times in five among as many tests.",
        figure=figure,
        table=in_points(compare_with_reference(found, found.pairs_with(reference), quantity)),
        columns=COMPARISON_COLUMNS,
    )


def first_places(found: ExperimentResults, quantity: Metric) -> dict[str, float]:
    """Return the share of seeds in which each condition is best."""
    scores = {name: found.values(name, quantity) for name in found.conditions}
    return {name: rank.best_share for name, rank in ranks(scores).items()}
