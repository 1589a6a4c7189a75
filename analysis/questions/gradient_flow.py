"""How gradients pass: their norms by layer, saturation, and how soon a deep network learns."""

import numpy as np
import pandas as pd

from actbench.results import Trial
from analysis.questions.drawing import COLOURS, MARKERS, panels, parted
from analysis.section import Section
from analysis.trials import Found, curve

LEARNED = 0.97
"""Validation accuracy that counts as learned."""


def epochs_until(trial: Trial) -> float:
    """Return the first epoch with enough validation accuracy; infinity if there is none."""
    enough = [n for n, v in enumerate(curve(trial, "val_accuracy"), 1) if v >= LEARNED]
    return float(enough[0]) if enough else float("inf")


def _median_if_any(epochs: list[float]) -> float:
    """Return the median; NaN where half have not learned."""
    middle = float(np.median(epochs))
    return middle if np.isfinite(middle) else float("nan")


def summarise(found: Found) -> pd.DataFrame:
    """Return a row for each activation and depth, medians over seeds.

    `ratio` is the norm of the first kernel's gradient over that of the last hidden one's before
    training.
    """
    rows = []
    for condition in found.conditions:
        trials = found.of(condition)
        start = np.array([trial.measured["gradient_norm"][0] for trial in trials])
        rows.append(
            {
                "condition": condition,
                "seeds": len(trials),
                "first": float(np.median(start[:, 0])),
                "ratio": float(np.median(start[:, 0] / start[:, -2])),
                "saturated": float(
                    np.median([np.mean(trial.measured["saturated"][-1]) for trial in trials])
                ),
                "accuracy": float(np.median([t.test_accuracy_original for t in trials])),
                "epochs": _median_if_any([epochs_until(trial) for trial in trials]),
                "learned": sum(np.isfinite(epochs_until(trial)) for trial in trials),
            }
        )
    table = pd.DataFrame(rows)
    return table.join(parted(table["condition"], "activation", "depth"))


def section(found: Found) -> Section:
    """Return the figure and the table."""
    rows = summarise(found)
    figure, axes = panels(2, width=5, height=3.8)
    depths = sorted(rows["depth"].unique())
    for number, (name, part) in enumerate(rows.groupby("activation", sort=False)):
        style = {
            "color": COLOURS[number % 8],
            "marker": MARKERS[number % 8],
            "ms": 4,
            "lw": 1.2,
        }
        for ax, column in zip(axes, ("ratio", "accuracy"), strict=True):
            places = [depths.index(depth) for depth in part["depth"]]
            ax.plot(places, part[column], label=str(name), **style)
    axes[0].set_yscale("log")
    axes[0].set_title("gradient of the first kernel / of the last")
    axes[1].set_title("test accuracy")
    for ax in axes:
        ax.set_xticks(range(len(depths)), [f"{depth:g}" for depth in depths])
        ax.set_xlabel("hidden layers")
    axes[1].legend(fontsize=8)
    return Section(
        title="How gradients flow",
        text="Dense layers of 64 units, Glorot's initial weights, plain MNIST. Left: how "
        "much of the gradient is left in the first layer before training. Medians over "
        f"seeds. 'learned' counts the seeds that reached {LEARNED:.0%} validation accuracy.",
        figure=figure,
        table=rows,
        shown={
            "activation": "{activation}",
            "hidden layers": "{depth:g}",
            "first gradient": "{first:.2g}",
            "first / last": "{ratio:.2g}",
            "saturated after training": "{saturated:.1%}",
            "test accuracy": "{accuracy:.2%}",
            "learned": "{learned} of {seeds}",
            "epochs until then": "{epochs:g}",
        },
    )
