"""Which initial scales and learning rates train, a map for each activation."""

import pandas as pd

from analysis.questions.drawing import heat, panels, parted
from analysis.section import Section
from analysis.trials import Found, means

TRAINS = 0.8
"""Mean test accuracy from which a setting counts as one that trains."""


def summarise(found: Found) -> pd.DataFrame:
    """Return the accuracy of each activation, scale and learning rate; diverged ones are 0."""
    table = means(found, lambda trial: 0.0 if trial.diverged else trial.test_accuracy_original)
    return table.join(parted(table["condition"], "activation", "scale", "rate"))


def shares(rows: pd.DataFrame) -> pd.Series:
    """Return the share of settings that train, by activation."""
    return (rows["mean"] >= TRAINS).groupby(rows["activation"], sort=False).mean()


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
    share = shares(rows).rename("share").reset_index()
    share["settings"] = [int((rows["activation"] == name).sum()) for name in names]
    share["seeds"] = found.seeds
    return Section(
        title="Which settings train",
        text="Mean test accuracy in per cent, over seeds; what diverged counts as 0. A setting "
        f"trains if that reaches {TRAINS:.0%}.",
        figure=figure,
        table=share,
        shown={
            "activation": "{activation}",
            "settings that train": "{share:.0%} of {settings}",
            "seeds": "{seeds}",
        },
    )
