"""Sections that hold conditions against one of them: PReLU, β, ranking."""

from actbench.statistics import ranks
from analysis.results import (
    HOW_BESIDE,
    SHOWN_BESIDE,
    Found,
    Quantity,
    beside,
    in_points,
    means,
)
from analysis.site.section import Section
from analysis.training.drawing import down_a_list, panels


def against(found: Found, reference: str, quantity: Quantity, title: str, text: str) -> Section:
    """Return the means as a figure and the differences from a reference as a table."""
    rows = means(found, quantity, lower=0.0, upper=1.0).sort_values(
        "mean", ascending=False, ignore_index=True
    )
    figure, axes = panels(1, width=7, height=0.28 * len(rows) + 1.2)
    top = rows["mean"].max()
    down_a_list(axes[0], rows, least=top - 4 * (top - rows["mean"].median()) - 0.02)
    return Section(
        title=title,
        text=f"{text} Differences are from {reference}, {HOW_BESIDE} 'detectable' is what so "
        "many seeds find four times in five among as many tests.",
        figure=figure,
        table=in_points(beside(found, found.others(reference), quantity)),
        shown=SHOWN_BESIDE,
    )


def first_places(found: Found, quantity: Quantity) -> dict[str, float]:
    """Return the share of seeds in which each condition is best."""
    scores = {name: found.values(name, quantity) for name in found.conditions}
    return {name: rank.first for name, rank in ranks(scores).items()}
