"""Comparison of all conditions of an experiment with one reference condition."""

from actbench.results import Factors
from analysis.comparisons import (
    COMPARISON_COLUMNS,
    COMPARISON_METHOD,
    Judged,
    compare_with_reference,
    in_points,
    mean_table,
)
from analysis.plotting import draw_intervals_by_row, new_panels
from analysis.results import ExperimentResults, IncompleteError, Metric
from analysis.site.section import Section


def section(
    results: ExperimentResults,
    reference: Factors,
    metric: Metric,
    title: str,
    description: str,
    judged: Judged | None = None,
) -> Section:
    """Return a figure with the means, and a table with the differences from the reference.

    Args:
        results: the trials.
        reference: factors that only the reference condition has.
        metric: the accuracy that is compared, as a fraction.
        title: title of the section.
        description: explanation of the conditions.
        judged: the verdicts of claims about pairs of conditions.
    """
    name = results.condition_with(reference)
    rows = mean_table(results, metric, lower=0.0, upper=1.0).sort_values(
        "mean", ascending=False, ignore_index=True
    )
    figure, axes = new_panels(1, width=7, height=0.28 * len(rows) + 1.2)
    best = rows["mean"].max()
    smallest = best - 4 * (best - rows["mean"].median()) - 0.02
    draw_intervals_by_row(axes[0], rows, smallest=smallest)
    compared = compare_with_reference(results, results.pairs_with(name), metric, judged)
    if compared.empty:
        raise IncompleteError(f"there is no condition that has a seed in common with {name}")
    return Section(
        title=title,
        description=f"{description} The table has the differences from the condition '{name}', "
        f"{COMPARISON_METHOD} The minimum detectable difference has 80% power at 5%.",
        figure=figure,
        table=in_points(compared),
        columns=COMPARISON_COLUMNS,
    )
