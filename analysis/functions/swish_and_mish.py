"""Swish, Mish and their derivatives on [−6, 6]."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import actbench
from analysis.site.section import Section

NAMES = ("swish", "mish")
_LOOKS = {"swish": ("#0072B2", "-"), "mish": ("#D55E00", "--")}


def summarise() -> pd.DataFrame:
    """Return x, the value and the derivative of each function at 1,201 points."""
    x = np.linspace(-6, 6, 1201)
    curves = {"x": x}
    for name in NAMES:
        activation = actbench.get(name)
        curves[name] = activation(x)
        curves[f"{name}_derivative"] = activation.derivative(x)
    return pd.DataFrame(curves)


def draw(axes: Any, rows: pd.DataFrame) -> None:
    """Draw the values on the first of two axes, the derivatives on the second."""
    for ax, suffix, title in zip(
        axes, ("", "_derivative"), ("Value f(x)", "Derivative f′(x)"), strict=True
    ):
        for name in NAMES:
            colour, line = _LOOKS[name]
            y = rows[name + suffix]
            ax.plot(rows.x, y, color=colour, linestyle=line, label=name.capitalize())
            lowest = y.argmin()
            ax.plot(rows.x.iloc[lowest], y.iloc[lowest], "o", color=colour, markersize=4)
        ax.axhline(0, color="0.5", linewidth=0.8)
        ax.axvline(0, color="0.5", linewidth=0.8)
        ax.set(title=title, xlabel="x", xlim=(-6, 6))
        ax.legend()


def section() -> Section:
    """Return the figure and the points of its curves' minima."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8))
    rows = summarise()
    draw(axes, rows)
    minima = pd.DataFrame(
        [
            {
                "function": name,
                "minimum": rows[name].min(),
                "minimum_at": rows.x.iloc[rows[name].argmin()],
                "slope_low": rows[f"{name}_derivative"].min(),
                "slope_high": rows[f"{name}_derivative"].max(),
                "slope_at_0": float(actbench.get(name).derivative(0.0)),
            }
            for name in NAMES
        ]
    )
    return Section(
        "Swish, Mish and their derivatives",
        "Both are smooth, bounded below and fall before they rise; dots mark the minima. "
        "Mish dips lower and bends more: its largest |f″| is 0.644, that of Swish 0.5.",
        figure,
        minima,
        {
            "function": "{function}",
            "minimum": "{minimum:.3f} at {minimum_at:.2f}",
            "slope": "{slope_low:.3f} … {slope_high:.3f}",
            "slope at 0": "{slope_at_0:.3f}",
        },
    )
