"""Why the linear network fails: plain and inverted data, losses, pools, and a bound."""

import numpy as np
import pandas as pd

from actbench.data import Dataset
from analysis.comparisons import mean_table
from analysis.plotting import format_percent, new_panels
from analysis.results import ExperimentResults
from analysis.site.section import Section


def linear_bound(data: Dataset) -> float:
    """Return the most that an affine classifier gets right of test images and their inverses.

    z(x) + z(1 − x) is the same for all x, so both of a pair are right only for the class that
    maximises it; of each other pair at most one is.
    """
    most = np.bincount(data.y_test).max() / len(data.y_test)
    return float((1 + most) / 2)


def summarise(found: ExperimentResults) -> pd.DataFrame:
    """Return the accuracy on originals and inverses, and how alike they are to a network."""
    halves = [
        mean_table(found, lambda trial, half=half: getattr(trial, f"test_accuracy_{half}"))  # type: ignore[misc]
        for half in ("original", "inverted")
    ]
    rows = halves[0].merge(halves[1], on=["condition", "seeds"], suffixes=("", "_inverted"))
    for name in ("agreement", "logit_correlation"):
        rows[name] = [
            np.mean([trial.measured[name] for trial in found.trials_of(condition)])
            for condition in rows["condition"]
        ]
    rows["both"] = (rows["mean"] + rows["mean_inverted"]) / 2
    return rows


def section(found: ExperimentResults, data: Dataset) -> Section:
    """Return the figure and the table."""
    rows, bound = summarise(found), linear_bound(data)
    figure, axes = new_panels(1, width=8, height=0.34 * len(rows) + 1.4)
    ax = axes[0]
    for place, row in enumerate(rows.itertuples()):
        ax.plot([row.low, row.high], [place - 0.16] * 2, color="#0072B2", lw=2)
        ax.plot(row.mean, place - 0.16, "^", color="#0072B2", label="original images")
        ax.plot(
            [row.low_inverted, row.high_inverted], [place + 0.16] * 2, color="#D55E00", lw=2
        )
        ax.plot(row.mean_inverted, place + 0.16, "v", color="#D55E00", label="inverted images")
        ax.plot(row.both, place, "|", color="black", ms=9, mew=1.6, label="both together")
    ax.axvline(bound, ls=":", color="gray", label="an affine classifier's most of both")
    ax.set_yticks(range(len(rows)), rows["condition"])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(format_percent)
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ax.legend(handles.values(), handles.keys(), fontsize=8, loc="lower right")
    return Section(
        title="Why the linear network fails",
        description="Test accuracy on originals and on inverses, trained on plain images or on "
        f"both. An affine classifier gets at most {bound:.3%} of both right. 'alike' is the "
        "share of images that are put into the same class as their inverse.",
        figure=figure,
        table=rows,
        columns={
            "condition": "{condition}",
            "seeds": "{seeds}",
            "originals": "{mean:.2%} [{low:.2%}, {high:.2%}]",
            "inverses": "{mean_inverted:.2%} [{low_inverted:.2%}, {high_inverted:.2%}]",
            "both": "{both:.2%}",
            "alike": "{agreement:.1%}",
            "correlation of outputs": "{logit_correlation:.2f}",
        },
    )
