"""Swish between its two limits: the line x/2 at β = 0 and ReLU as β → ∞."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import actbench
from analysis.site.section import Section

BETAS = (0.1, 0.5, 1.0, 2.0, 10.0)
RANGE = 6.0

# Light to dark along β: the order can be seen without colour.
_COLOURS = plt.get_cmap("viridis_r")(np.linspace(0.15, 0.95, len(BETAS)))


def summarise() -> pd.DataFrame:
    """Return β, and the largest distance of swish-β to either limit, measured on a grid.

    To ReLU over all x (the distance falls off exponentially, so a grid in βx finds it); to
    x/2 on [−6, 6], since over all x it is infinite.
    """
    relu = actbench.get("relu")
    rows = []
    for beta in np.geomspace(0.01, 100, 41):
        swish = actbench.get("swish", beta=beta)
        scaled = np.linspace(-40, 40, 160_001) / beta
        near = np.linspace(-RANGE, RANGE, 24_001)
        rows.append(
            {
                "beta": float(beta),
                "to_relu": float(np.abs(swish(scaled) - relu(scaled)).max()),
                "to_half_x": float(np.abs(swish(near) - near / 2).max()),
            }
        )
    return pd.DataFrame(rows)


def draw_family(ax: Any) -> None:
    """Draw swish for some β, and both limits."""
    x = np.linspace(-RANGE, RANGE, 1201)
    ax.plot(x, x / 2, color="0.4", linestyle="--", label="x/2, β = 0")
    for beta, colour in zip(BETAS, _COLOURS, strict=True):
        ax.plot(x, actbench.get("swish", beta=beta)(x), color=colour, label=f"β = {beta:g}")
    ax.plot(x, actbench.get("relu")(x), color="0.4", linestyle=":", label="ReLU, β → ∞")
    ax.set(title="x · σ(βx)", xlabel="x", ylim=(-3, 6))
    ax.legend(fontsize=9)


def draw_distance(ax: Any, rows: pd.DataFrame) -> None:
    """Draw both distances against β, and what mathematics says of the first."""
    ax.loglog(rows.beta, rows.to_relu, "o", color="#0072B2", markersize=4, label="to ReLU")
    ax.loglog(rows.beta, 0.2784645427610738 / rows.beta, color="#0072B2", label="W(1/e)/β")
    ax.loglog(
        rows.beta, rows.to_half_x, "s", color="#D55E00", markersize=4, label="to x/2, |x| ≤ 6"
    )
    ax.set(title="Largest distance to the limit", xlabel="β")
    ax.legend(fontsize=9)


def section() -> Section:
    """Return the figure and the distances."""
    rows = summarise()
    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    draw_family(axes[0])
    draw_distance(axes[1], rows)
    product = rows.beta * rows.to_relu
    return Section(
        "Swish between x/2 and ReLU",
        f"β times the largest distance to ReLU is {product.min():.5f} to {product.max():.5f} "
        "for every β drawn: the approach is uniform, at the rate 1/β. At β = 0 it is not the "
        "identity but half of it; 2x · σ(βx) holds the identity, and tends to 2 · ReLU.",
        figure,
        rows,
        {
            "β": "{beta:.3g}",
            "to ReLU": "{to_relu:.4g}",
            "to x/2 on [−6, 6]": "{to_half_x:.4g}",
        },
    )
