"""Where trained β go."""

import numpy as np
import pandas as pd

from analysis.questions.accuracy import against
from analysis.questions.drawing import panels
from analysis.section import Section
from analysis.trials import Found, on_originals

TRAINED = ("trained per layer", "trained per channel")


def trained_betas(found: Found) -> pd.DataFrame:
    """Return every trained β: condition, seed, layer, value."""
    return pd.DataFrame(
        {"condition": condition, "seed": trial.seed, "layer": layer, "value": value}
        for condition in TRAINED
        if condition in found.conditions
        for trial in found.of(condition)
        for layer, values in enumerate(trial.slopes, 1)
        for value in values
    )


def sections(found: Found) -> list[Section]:
    """Return the accuracies, and the distribution of trained β."""
    made = [
        against(
            found, "beta=1", on_originals, "Which β trains best",
            "Swish x·σ(βx) with β fixed, or trained from 1.",
        )
    ]  # fmt: skip
    rows = trained_betas(found)
    if rows.empty:
        return made
    figure, axes = panels(2, width=4.6)
    bins = np.linspace(rows["value"].min(), rows["value"].max(), 31)
    for ax, condition in zip(axes, TRAINED, strict=True):
        for layer, part in rows[rows["condition"] == condition].groupby("layer"):
            ax.hist(part["value"], bins, alpha=0.6, label=f"layer {layer}")
        ax.axvline(1, ls=":", color="gray")
        ax.set_title(condition)
        ax.set_xlabel("β after training")
        ax.legend(fontsize=8)
    summary = rows.groupby(["condition", "layer"], sort=False)["value"]
    table = summary.describe(percentiles=[0.05, 0.5, 0.95]).reset_index()
    made.append(
        Section(
            title="Where a trained β goes",
            text="All trained β of all seeds; they begin at 1, the dotted line.",
            figure=figure,
            table=table,
            shown={
                "condition": "{condition}",
                "layer": "{layer}",
                "β": "{count:.0f}",
                "median": "{50%:.2f}",
                "90% of them": "{5%:.2f} to {95%:.2f}",
                "least": "{min:.2f}",
                "greatest": "{max:.2f}",
            },
        )
    )
    return made
