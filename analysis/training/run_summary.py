"""The verdicts and the figure of one run, which `actbench run` prints and writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from actbench.cli.comparison_table import PairedDifference, Row, accuracy
from actbench.errors import RequestError
from actbench.experiments import Experiment
from actbench.results import Trial
from analysis.comparisons import compare_with_reference
from analysis.plotting import (
    BLACK,
    BLUE,
    GREY,
    RED,
    draw_intervals_by_row,
    house_style,
    limit_ticks,
    new_axes,
    short_name,
)
from analysis.results import ExperimentResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def differences(
    experiment: Experiment, trials: Sequence[Trial], pairs: Sequence[tuple[str, str]]
) -> dict[str, PairedDifference]:
    """Return the difference of each condition from its reference, with its verdict.

    Args:
        experiment: the experiment of the trials.
        trials: trials of all conditions.
        pairs: names of conditions and of their references.
    """
    results = ExperimentResults(experiment, tuple(trials))
    table = compare_with_reference(results, pairs, accuracy)
    return {
        str(row["condition"]): PairedDifference(
            float(row["mean"]), float(row["low"]), float(row["high"]), str(row["conclusion"])
        )
        for row in table.to_dict("records")
    }


def check_path(path: Path) -> None:
    """Check the file ending of a figure.

    Raises:
        RequestError: matplotlib has no format of that name.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    known = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.removeprefix(".").lower() not in known:
        raise RequestError(
            f"--figure: expected a file that ends in .svg, .png or .pdf, got {path}"
        )


def write_figure(rows: Sequence[Row], title: str, reference: str, path: Path) -> None:
    """Draw accuracies and differences, and write the figure; its ending sets the format.

    Args:
        rows: the results of a run, in order.
        title: heading of the figure.
        reference: name of the activation that the others are compared with.
        path: the file.

    Raises:
        RequestError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with house_style():
            draw(rows, title, reference).savefig(path)
    except OSError as error:
        raise RequestError(
            f"{path}: expected a figure that can be written, got an error ({error.strerror}); "
            "choose another --figure"
        ) from None


def draw(rows: Sequence[Row], title: str, reference: str) -> Figure:
    """Return a figure: accuracies on the left, differences from the reference on the right."""
    counts = sorted({row.accuracy.count for row in rows})
    seeds = f"{counts[0]} seed{'' if counts[-1] == 1 else 's'}"
    height = 0.3 * len(rows) + 1.3
    figure, (left, right) = new_axes(1, 2, width=10, height=height, width_ratios=(5, 4))
    figure.suptitle(
        f"{title}: means over {seeds} with 95% intervals", x=0.01, ha="left", fontsize=12
    )
    means = pd.DataFrame(
        {
            "condition": [row.condition for row in rows],
            "mean": [row.accuracy.mean for row in rows],
            "low": [row.accuracy.interval[0] for row in rows],
            "high": [row.accuracy.interval[1] for row in rows],
        }
    )
    best = means["mean"].max()
    smallest = best - 4 * (best - means["mean"].median()) - 0.02
    draw_intervals_by_row(left, means, smallest=smallest)
    left.set_xlabel("test accuracy")
    draw_differences(right, rows, smallest)
    right.set_xlabel(f"difference from {short_name(reference)}, points")
    return figure


def draw_differences(ax: Axes, rows: Sequence[Row], smallest: float) -> None:
    """Draw the differences in percentage points, with their verdicts at the right edge.

    Args:
        ax: the axes to draw on.
        rows: the results.
        smallest: differences of conditions with a smaller accuracy are printed at the left
            edge, because drawing them would compress the scale of all others.
    """
    ax.axvline(0, color=BLACK, lw=0.8)
    verdicts = []
    for place, row in enumerate(rows):
        found = row.difference
        if found is None:
            verdicts.append("reference" if row.reference is None else "")
            if row.reference is None:
                ax.plot(0, place, "o", color=BLACK, ms=5)
            continue
        word = (found.verdict or "").partition(":")[0]
        verdicts.append(word)
        if row.accuracy.mean < smallest:
            ax.text(
                0.01, place, f"◂ {100 * found.mean:+.1f}",
                transform=ax.get_yaxis_transform(), va="center", fontsize=9,
            )  # fmt: skip
            continue
        colour = (
            BLUE if word.startswith("better") else RED if word.startswith("worse") else GREY
        )
        ax.plot([100 * found.low, 100 * found.high], [place] * 2, color=colour, lw=2)
        ax.plot(100 * found.mean, place, "o", color=colour, ms=5)
    ax.set_yticks(range(len(rows)), verdicts)
    ax.yaxis.tick_right()
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    limit_ticks(ax.xaxis, 5)
