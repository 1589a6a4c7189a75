"""The two terms of the derivative of Mish, and the curvature of Mish and Swish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

import actbench
from actbench.activations.self_gated import sech_softplus, tanh_softplus
from actbench.numerics.operations import NUMPY
from analysis.plotting import BLACK, FUNCTION_STYLES, GREEN, PINK, new_axes
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def summarise() -> pd.DataFrame:
    """Return mish′, its two terms, and both second derivatives at 1,201 points."""
    x = np.linspace(-6, 6, 1201)
    swish, mish = (actbench.get(name) for name in FUNCTION_STYLES)
    preconditioner = sech_softplus(NUMPY, x) ** 2
    return pd.DataFrame(
        {
            "x": x,
            "preconditioner": preconditioner,
            "preconditioned_swish": preconditioner * swish(x),
            # This is mish(x)/x, in a form that is not 0/0 at 0.
            "mish_over_x": tanh_softplus(NUMPY, x),
            "mish_derivative": mish.derivative(x),
            "swish_derivative": swish.derivative(x),
            "mish_second": mish.second_derivative(x),
            "swish_second": swish.second_derivative(x),
        }
    )


def curvature() -> pd.DataFrame:
    """Return the maximum of |f″|, its place, and the integral of f″² over all x."""
    rows = []
    for name in FUNCTION_STYLES:
        second = actbench.get(name).second_derivative
        peak = minimize_scalar(lambda x, f=second: -abs(float(f(x))), bounds=(-1, 1))
        energy = quad(lambda x, f=second: float(f(x)) ** 2, -40, 40, points=[-2, 0, 2])[0]
        rows.append(
            {
                "function": name,
                "max_curvature": -float(peak.fun),
                "at": float(peak.x),
                "energy": float(energy),
            }
        )
    return pd.DataFrame(rows)


def draw_terms(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw mish′ and its two terms."""
    ax.plot(rows.x, rows.mish_derivative, color=BLACK, linewidth=2, label="mish′")
    ax.plot(rows.x, rows.mish_over_x, color=GREEN, linestyle="--", label="mish(x)/x")
    ax.plot(
        rows.x, rows.preconditioned_swish, color=PINK, linestyle="-.", label="Δ(x) · swish(x)"
    )
    ax.plot(rows.x, rows.preconditioner, color="0.5", linestyle=":", label="Δ(x)")
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.set(title="mish′ = Δ · swish + mish/x", xlabel="x", xlim=(-6, 6))
    ax.legend(fontsize=9)


def draw_second_derivatives(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw f″ of both functions."""
    for name, style in FUNCTION_STYLES.items():
        ax.plot(rows.x, rows[f"{name}_second"], label=f"{name}″", **style)
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.set(title="Second derivative f″(x)", xlabel="x", xlim=(-6, 6))
    ax.legend(fontsize=9)


def section() -> Section:
    """Return the figure and the table of curvatures."""
    rows, table = summarise(), curvature()
    figure, axes = new_axes(1, 2, width=10, height=4)
    draw_terms(axes[0], rows)
    draw_second_derivatives(axes[1], rows)
    by_name = table.set_index("function")
    mish, swish = by_name.loc["mish"], by_name.loc["swish"]
    conclusion = (
        "Mish is less smooth than Swish by both measures"
        if mish.max_curvature > swish.max_curvature and mish.energy > swish.energy
        else "The two measures do not show that Mish is less smooth"
    )
    return Section(
        "Is Mish smoother than Swish?",
        "Left: the derivative of Mish is the sum of Δ · swish and mish/x, with the "
        "preconditioner Δ(x) = sech²(softplus(x)). Right: the maximum of |f″| is "
        f"{mish.max_curvature:.4f} for Mish (at x = {mish['at']:.3f}) and "
        f"{swish.max_curvature:.4f} for Swish; ∫f″² is {mish.energy:.3f} for Mish and "
        f"{swish.energy:.3f} for Swish. {conclusion}. Whether the loss of a network with Mish "
        "is smoother must be measured.",
        figure,
        table,
        {
            "function": "{function}",
            "maximum of |f″|": "{max_curvature:.4f}",
            "at x": "{at:.3f}",
            "∫ f″² dx": "{energy:.4f}",
        },
    )
