"""Which initial scales and learning rates train, a map for each activation."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.results import Trial
from actbench.statistics import difference, estimate, holm
from analysis.comparisons import mean_table
from analysis.plotting import draw_heat_map, new_panels
from analysis.results import ExperimentResults, IncompleteError
from analysis.site.section import Section

THRESHOLDS = (0.5, 0.8, 0.95)
"""Test accuracies from which a network may count as trained: who is first depends on which."""


def right(trial: Trial) -> float:
    """Return the test accuracy on originals; of what diverged 0."""
    return 0.0 if trial.diverged else trial.test_accuracy_original


def summarise(found: ExperimentResults) -> pd.DataFrame:
    """Return the accuracy of each activation, scale and learning rate; diverged ones are 0."""
    table = mean_table(found, right)
    return table.merge(found.factor_table(), on="condition")


def shares(found: ExperimentResults, rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many settings train, by activation and threshold, means over seeds.

    Columns: activation, threshold, settings, seeds, share, low, high; and against the first
    activation, seed by seed over the settings that both have: points, points_low, points_high,
    p, p_holm.
    """
    settings = {
        name: [each.removeprefix(f"{name}, ") for each in part["condition"]]
        for name, part in rows.groupby("activation", sort=False)
    }
    first, *others = settings
    table = [
        {"activation": name, "threshold": threshold, "settings": len(of)}
        | _share(found.values_by_seed([f"{name}, {each}" for each in of], right) >= threshold)
        | (_beside(found, name, first, settings, threshold) if name in others else {})
        for threshold in THRESHOLDS
        for name, of in settings.items()
    ]
    columns = [*table[0], "points", "points_low", "points_high", "p"]
    shown = pd.DataFrame(table, columns=columns)
    return shown.assign(p_holm=holm(shown["p"].tolist()))


def _share(trained: npt.NDArray[np.bool_]) -> dict[str, Any]:
    mean = estimate(trained.mean(axis=0).tolist(), upper=1.0)
    low, high = mean.interval
    return {"seeds": mean.count, "share": mean.mean, "low": low, "high": high}


def _beside(
    found: ExperimentResults,
    name: str,
    first: str,
    settings: dict[str, list[str]],
    threshold: float,
) -> dict[str, float]:
    both = [each for each in settings[name] if each in settings[first]]
    try:
        scores = found.values_by_seed(
            [f"{who}, {each}" for who in (name, first) for each in both], right
        )
    except IncompleteError:
        return {}
    ours, theirs = ((part >= threshold).mean(axis=0).tolist() for part in np.split(scores, 2))
    d = difference(ours, theirs)
    low, high = d.interval
    return {
        "points": 100 * d.mean, "points_low": 100 * low, "points_high": 100 * high, "p": d.p
    }  # fmt: skip


def section(found: ExperimentResults) -> Section:
    """Return the maps and the shares."""
    rows = summarise(found)
    names = list(dict.fromkeys(rows["activation"]))
    figure, axes = new_panels(len(names), width=2.7)
    for ax, name in zip(axes, names, strict=True):
        part = rows[rows["activation"] == name]
        draw_heat_map(
            ax,
            part.pivot_table(index="init_scale", columns="learning_rate", values="mean"),
            name,
        )
        ax.set_xlabel("learning rate")
    axes[0].set_ylabel("initial weights, times Glorot's")
    return Section(
        title="Which settings train",
        description="The maps have the mean test accuracy in per cent, over seeds; what diverged "
        "counts as 0. The table has how many of an activation's settings reach an accuracy, by "
        f"three thresholds, means over seeds with 95% intervals; differences from {names[0]} "
        "are seed by seed, p by sign flips, Holm over the rows.",
        figure=figure,
        table=shares(found, rows),
        columns={
            "test accuracy": "{threshold:.0%} or more",
            "activation": "{activation}",
            "settings that reach it": "{share:.1%} of {settings}",
            "95% interval": "[{low:.1%}, {high:.1%}]",
            f"points more than {names[0]}": "{points:+.1f}",
            "95% interval ": "[{points_low:+.1f}, {points_high:+.1f}]",
            "p (Holm)": "{p_holm:.3f}",
            "seeds": "{seeds}",
        },
    )
