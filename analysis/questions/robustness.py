"""Which initial scales and learning rates train, a map for each activation."""

import numpy as np
import pandas as pd

from actbench.results import Trial
from actbench.statistics import difference, estimate, holm
from analysis.questions.drawing import heat, panels, parted
from analysis.section import Section
from analysis.trials import Found, means

THRESHOLDS = (0.5, 0.8, 0.95)
"""Test accuracies from which a network may count as trained: who is first depends on which."""


def right(trial: Trial) -> float:
    """Return the test accuracy on originals; of what diverged 0."""
    return 0.0 if trial.diverged else trial.test_accuracy_original


def summarise(found: Found) -> pd.DataFrame:
    """Return the accuracy of each activation, scale and learning rate; diverged ones are 0."""
    table = means(found, right)
    return table.join(parted(table["condition"], "activation", "scale", "rate"))


def shares(found: Found, rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many settings train, by activation and threshold, means over seeds.

    Columns: activation, threshold, settings, seeds, share, low, high; and against the first
    activation, seed by seed: points, points_low, points_high, p_family.
    """
    scores = found.together(rows["condition"].tolist(), right)
    of = {
        name: scores[(rows["activation"] == name).to_numpy()]
        for name in dict.fromkeys(rows["activation"])
    }
    first = next(iter(of))
    table = []
    for threshold in THRESHOLDS:
        share = {name: (values >= threshold).mean(0) for name, values in of.items()}
        for name, values in share.items():
            mean = estimate(values.tolist(), upper=1.0)
            row = {
                "activation": name, "threshold": threshold, "settings": len(of[name]),
                "seeds": mean.count, "share": mean.mean, "low": mean.interval[0],
                "high": mean.interval[1],
            }  # fmt: skip
            if name != first:
                d = difference(values.tolist(), share[first].tolist())
                row |= {"points": 100 * d.mean, "p": d.p}
                row |= dict(
                    zip(("points_low", "points_high"), 100 * np.array(d.interval), strict=True)
                )
            table.append(row)
    columns = [*table[0], "points", "p", "points_low", "points_high"]
    found_all = pd.DataFrame(table, columns=columns)
    return found_all.assign(p_family=holm(found_all["p"].tolist()))


def section(found: Found) -> Section:
    """Return the maps and the shares."""
    rows = summarise(found)
    names = list(dict.fromkeys(rows["activation"]))
    figure, axes = panels(len(names), width=2.7)
    for ax, name in zip(axes, names, strict=True):
        part = rows[rows["activation"] == name]
        heat(ax, part.pivot_table(index="scale", columns="rate", values="mean"), name)
        ax.set_xlabel("learning rate")
    axes[0].set_ylabel("initial weights, times Glorot's")
    return Section(
        title="Which settings train",
        text="The maps have the mean test accuracy in per cent, over seeds; what diverged "
        "counts as 0. The table has how many of an activation's settings reach an accuracy, by "
        f"three thresholds, means over seeds with 95% intervals; differences from {names[0]} "
        "are seed by seed, p by sign flips, Holm over the rows.",
        figure=figure,
        table=shares(found, rows),
        shown={
            "test accuracy": "{threshold:.0%} or more",
            "activation": "{activation}",
            "settings that reach it": "{share:.1%} [{low:.1%}, {high:.1%}] of {settings}",
            f"points more than {names[0]}": "{points:+.1f} [{points_low:+.1f}, "
            "{points_high:+.1f}]",
            "p (Holm)": "{p_family:.3f}",
            "seeds": "{seeds}",
        },
    )
