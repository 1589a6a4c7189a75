"""How gradients pass: their norms by layer, saturation, and how soon a deep network learns."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.results import Trial
from analysis.plotting import COLOURS, MARKERS, format_percent, new_axes, use_integer_ticks
from analysis.results import ExperimentResults, curve
from analysis.site.section import Section

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


def summarise(found: ExperimentResults) -> pd.DataFrame:
    """Return a row for each activation and depth, medians over seeds.

    `ratio` is the norm of the first kernel's gradient over that of the last hidden one's before
    training.
    """
    rows = []
    for condition in found.conditions:
        trials = found.trials_of(condition)
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
    return table.merge(found.factor_table(), on="condition")


def norms(found: ExperimentResults, condition: str, epoch: int) -> npt.NDArray[np.float64]:
    """Return the norm of each hidden kernel's gradient, the first first; medians over seeds.

    Args:
        found: the trials.
        condition: one of theirs.
        epoch: 0 before training, -1 after.
    """
    of_seeds = [
        trial.measured["gradient_norm"][epoch][:-1] for trial in found.trials_of(condition)
    ]
    medians: npt.NDArray[np.float64] = np.median(np.array(of_seeds, float), axis=0)
    return medians


def section(found: ExperimentResults) -> Section:
    """Return the figure and the table."""
    rows = summarise(found)
    depths = sorted(rows["depth"].unique())
    # The deepest but one: in the deepest little is left of most.
    shown = depths[-2] if len(depths) > 1 else depths[-1]
    figure, (before, after, *below) = new_axes(2, 2, width=10, height=7.2)
    for number, (name, part) in enumerate(rows.groupby("activation", sort=False)):
        style: dict[str, Any] = {
            "color": COLOURS[number % 8], "marker": MARKERS[number % 8], "ms": 4, "lw": 1.2,
            "label": str(name),
        }  # fmt: skip
        for condition in part.loc[part["depth"] == shown, "condition"]:
            for ax, epoch in ((before, 0), (after, -1)):
                values = norms(found, condition, epoch)
                # On a logarithm's axis what is 0 has no place.
                values[values <= 0] = np.nan
                ax.plot(np.arange(1, len(values) + 1), values, **style)
        for ax, column in zip(below, ("saturated", "epochs"), strict=True):
            ax.plot([depths.index(depth) for depth in part["depth"]], part[column], **style)
    for ax, when in ((before, "before"), (after, "after")):
        ax.set_yscale("log")
        ax.set_title(f"norm of a kernel's gradient, {when} training")
        ax.set_xlabel(f"layer of {shown:g}, the input's first")
        use_integer_ticks(ax.xaxis)
    titles = ("saturated values, after training", f"epochs until {LEARNED:.0%}")
    for ax, title in zip(below, titles, strict=True):
        ax.set_xticks(range(len(depths)), [f"{depth:g}" for depth in depths])
        ax.set_title(title)
        ax.set_xlabel("hidden layers")
    below[0].yaxis.set_major_formatter(format_percent)
    figure.legend(*before.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return Section(
        title="How gradients flow",
        description="Dense layers of 64 units, Glorot's initial weights, plain MNIST; medians over "
        "seeds. Norms are of the loss's gradient with respect to a layer's kernel; 'first / "
        "last' is how much is left of it in the first layer before training. 'learned' counts "
        f"the seeds that reached {LEARNED:.0%} validation accuracy.",
        figure=figure,
        table=rows,
        columns={
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
