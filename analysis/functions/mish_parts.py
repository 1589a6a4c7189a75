"""The parts of Mish's derivative, and what its second derivative says of its smoothness."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

import actbench
from actbench.numerics.operations import NUMPY
from analysis.site.section import Section

NAMES = ("swish", "mish")
_LOOKS = {"swish": ("#0072B2", "-"), "mish": ("#D55E00", "--")}


def summarise() -> pd.DataFrame:
    """Return x, mish′, its two parts, and the second derivatives at 1,201 points."""
    x = np.linspace(-6, 6, 1201)
    swish, mish = (actbench.get(name) for name in NAMES)
    preconditioner = NUMPY.sech_softplus(x) ** 2
    return pd.DataFrame(
        {
            "x": x,
            "preconditioner": preconditioner,
            "preconditioned_swish": preconditioner * swish(x),
            # mish(x)/x, which is 0/0 at 0 as it is written.
            "mish_over_x": NUMPY.tanh_softplus(x),
            "mish_derivative": mish.derivative(x),
            "swish_derivative": swish.derivative(x),
            "mish_second": mish.second_derivative(x),
            "swish_second": swish.second_derivative(x),
        }
    )


def bends() -> pd.DataFrame:
    """Return the largest |f″|, where it is, and the integral of f″² over all x."""
    rows = []
    for name in NAMES:
        second = actbench.get(name).second_derivative
        peak = minimize_scalar(lambda x, f=second: -abs(float(f(x))), bounds=(-1, 1))
        energy = quad(lambda x, f=second: float(f(x)) ** 2, -40, 40, points=[-2, 0, 2])[0]
        rows.append(
            {
                "function": name,
                "largest_bend": -float(peak.fun),
                "at": float(peak.x),
                "energy": float(energy),
            }
        )
    return pd.DataFrame(rows)


def draw_parts(ax: Any, rows: pd.DataFrame) -> None:
    """Draw mish′ as the sum of its parts."""
    ax.plot(rows.x, rows.mish_derivative, color="#000000", linewidth=2, label="mish′")
    ax.plot(rows.x, rows.mish_over_x, color="#009E73", linestyle="--", label="mish(x)/x")
    ax.plot(
        rows.x,
        rows.preconditioned_swish,
        color="#CC79A7",
        linestyle="-.",
        label="Δ(x) · swish(x)",
    )
    ax.plot(rows.x, rows.preconditioner, color="0.5", linestyle=":", label="Δ(x)")
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.set(title="mish′ = Δ · swish + mish/x", xlabel="x", xlim=(-6, 6))
    ax.legend(fontsize=9)


def draw_second(ax: Any, rows: pd.DataFrame) -> None:
    """Draw f″ of both."""
    for name in NAMES:
        colour, line = _LOOKS[name]
        ax.plot(rows.x, rows[f"{name}_second"], color=colour, linestyle=line, label=f"{name}″")
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.set(title="Second derivative f″(x)", xlabel="x", xlim=(-6, 6))
    ax.legend(fontsize=9)


def section() -> Section:
    """Return the figure and the measures of bending."""
    rows, measures = summarise(), bends()
    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    draw_parts(axes[0], rows)
    draw_second(axes[1], rows)
    by_name = measures.set_index("function")
    mish, swish = by_name.loc["mish"], by_name.loc["swish"]
    verdict = (
        "Pointwise, then, Mish is the less smooth of the two"
        if mish.largest_bend > swish.largest_bend and mish.energy > swish.energy
        else "The two measures do not show Mish to be less smooth"
    )
    return Section(
        "Is Mish smoother than Swish?",
        "Left: with Δ(x) = sech²(softplus(x)), called a preconditioner, the derivative of Mish "
        "is a damped Swish plus the gate. Right: Mish bends up to "
        f"{mish.largest_bend:.4f} (at x = {mish['at']:.3f}), Swish up to "
        f"{swish.largest_bend:.4f}; ∫f″² is {mish.energy:.3f} against {swish.energy:.3f}. "
        f"{verdict}; whether a loss landscape is, has to be measured.",
        figure,
        measures,
        {
            "function": "{function}",
            "largest |f″|": "{largest_bend:.4f}",
            "at x": "{at:.3f}",
            "∫ f″² dx": "{energy:.4f}",
        },
    )
