"""Swish, Mish and their derivatives on [−6, 6]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import actbench
from analysis.plotting import FUNCTION_STYLES, new_axes
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def summarise() -> pd.DataFrame:
    """Return x, and the value and the derivative of each function, at 1,201 points."""
    x = np.linspace(-6, 6, 1201)
    curves = {"x": x}
    for name in FUNCTION_STYLES:
        activation = actbench.get(name)
        curves[name] = activation(x)
        curves[f"{name}_derivative"] = activation.derivative(x)
    return pd.DataFrame(curves)


def draw(axes: Sequence[Axes], rows: pd.DataFrame) -> None:
    """Draw the values on the first of two axes and the derivatives on the second."""
    for ax, suffix, title in zip(
        axes, ("", "_derivative"), ("Value f(x)", "Derivative f′(x)"), strict=True
    ):
        for name, style in FUNCTION_STYLES.items():
            y = rows[name + suffix]
            ax.plot(rows.x, y, label=name.capitalize(), **style)
            lowest = y.argmin()
            ax.plot(
                rows.x.iloc[lowest], y.iloc[lowest], "o", color=style["color"], markersize=4
            )
        ax.axhline(0, color="0.5", linewidth=0.8)
        ax.axvline(0, color="0.5", linewidth=0.8)
        ax.set(title=title, xlabel="x", xlim=(-6, 6))
        ax.legend()


def section() -> Section:
    """Return the figure, and a table of the minima and slopes."""
    figure, axes = new_axes(1, 2, width=9, height=3.8)
    rows = summarise()
    draw(axes, rows)
    table = pd.DataFrame(
        [
            {
                "function": name,
                "minimum": rows[name].min(),
                "minimum_at": rows.x.iloc[rows[name].argmin()],
                "slope_low": rows[f"{name}_derivative"].min(),
                "slope_high": rows[f"{name}_derivative"].max(),
                "slope_at_0": float(actbench.get(name).derivative(0.0)),
            }
            for name in FUNCTION_STYLES
        ]
    )
    return Section(
        "Swish, Mish and their derivatives",
        "Both functions are smooth and bounded below. From left to right they first fall and "
        "then rise; dots mark the minima. Mish has the lower minimum and the larger curvature: "
        "its maximum of |f″| is 0.644, that of Swish is 0.5.",
        figure,
        table,
        {
            "function": "{function}",
            "minimum": "{minimum:.3f} at {minimum_at:.2f}",
            "range of the slope": "{slope_low:.3f} … {slope_high:.3f}",
            "slope at 0": "{slope_at_0:.3f}",
        },
    )
