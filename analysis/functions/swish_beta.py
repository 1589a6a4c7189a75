"""Swish between its two limits: the line x/2 at β = 0, and ReLU as β → ∞."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import actbench
from analysis.plotting import BLUE, RED, name_powers, new_axes
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BETAS = (0.1, 0.5, 1.0, 2.0, 10.0)
RANGE = 6.0

# W(1/e), where W is the Lambert function: the maximum over x of |x·σ(x) − max(x, 0)|.
_DISTANCE_TO_RELU = 0.2784645427610738


def summarise() -> pd.DataFrame:
    """Return the largest distance of Swish to both of its limits, for 41 values of β.

    The distance to ReLU is that over all x. It decreases exponentially for large |βx|, so a
    grid of βx on [−40, 40] finds its maximum. The distance to x/2 is that on [−6, 6], because
    it is unbounded over all x.
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


def draw_family(ax: Axes) -> None:
    """Draw Swish for several β, and both limits."""
    from matplotlib import colormaps

    # Colours from light to dark show the order of β in greyscale too.
    colours = colormaps["viridis_r"](np.linspace(0.15, 0.95, len(BETAS)))
    x = np.linspace(-RANGE, RANGE, 1201)
    ax.plot(x, x / 2, color="0.4", linestyle="--", label="x/2, β = 0")
    for beta, colour in zip(BETAS, colours, strict=True):
        ax.plot(x, actbench.get("swish", beta=beta)(x), color=colour, label=f"β = {beta:g}")
    ax.plot(x, actbench.get("relu")(x), color="0.4", linestyle=":", label="ReLU, β → ∞")
    ax.set(title="x · σ(βx)", xlabel="x", ylim=(-3, 6))
    ax.legend(fontsize=9)


def draw_distance(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw both distances over β, and the exact distance to ReLU as a line."""
    ax.loglog(rows.beta, rows.to_relu, "o", color=BLUE, markersize=4, label="to ReLU")
    ax.loglog(rows.beta, _DISTANCE_TO_RELU / rows.beta, color=BLUE, label="W(1/e)/β")
    ax.loglog(rows.beta, rows.to_half_x, "s", color=RED, markersize=4, label="to x/2, |x| ≤ 6")
    ax.set(title="Largest distance to the limit", xlabel="β")
    for axis in (ax.xaxis, ax.yaxis):
        name_powers(axis)
    ax.legend(fontsize=9)


def section() -> Section:
    """Return the figure and the distances."""
    rows = summarise()
    figure, axes = new_axes(1, 2, width=10, height=4)
    draw_family(axes[0])
    draw_distance(axes[1], rows)
    product = rows.beta * rows.to_relu
    return Section(
        "Swish between x/2 and ReLU",
        f"β times the largest distance to ReLU is between {product.min():.5f} and "
        f"{product.max():.5f} for all β in the figure, so Swish converges to ReLU uniformly, "
        "at the rate 1/β. At β = 0, Swish is x/2, half of the identity. The variant "
        "2x · σ(βx) is the identity at β = 0, and its limit is 2 · ReLU.",
        figure,
        rows,
        {
            "β": "{beta:.3g}",
            "to ReLU": "{to_relu:.4g}",
            "to x/2 on [−6, 6]": "{to_half_x:.4g}",
        },
    )
