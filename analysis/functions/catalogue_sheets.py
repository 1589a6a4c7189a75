"""Every function with its first and second derivative: all on one sheet, and by family."""

import math
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from actbench.activations import Activation
from actbench.activations.catalogue import FAMILIES, RECORDS
from actbench.activations.properties import nonsmooth_points
from analysis.site.section import Section

RANGE = 4.0
"""Functions are drawn on [−RANGE, RANGE]."""

LOOKS: dict[str, dict[str, Any]] = {
    "f": {"color": "#000000", "linestyle": "-", "linewidth": 1.6},
    "f′": {"color": "#D55E00", "linestyle": "--", "linewidth": 1.2},
    "f″": {"color": "#0072B2", "linestyle": ":", "linewidth": 1.2},
}

_COLUMNS = 8


def summarise(activation: Activation, points: int = 321) -> pd.DataFrame:
    """Return x, f, f′ and f″, with a gap at each seam so that no line is drawn across it."""
    x = np.linspace(-RANGE, RANGE, points)
    gaps = [seam for seam in nonsmooth_points(activation) if abs(seam) < RANGE]
    beside = [seam + side for seam in gaps for side in (-1e-9, 1e-9)]
    x = np.unique(np.concatenate([x[~np.isin(x, gaps)], beside, gaps]))
    functions = (activation, activation.derivative, activation.second_derivative)
    rows = pd.DataFrame({"x": x} | dict(zip(LOOKS, (f(x) for f in functions), strict=True)))
    rows.loc[np.isin(x, gaps), list(LOOKS)] = math.nan
    return rows


def draw(ax: Any, rows: pd.DataFrame, *, lower: float = -1.5, upper: float = 3.0) -> None:
    """Draw the three curves of one function within [lower, upper]."""
    ax.axhline(0, color="0.7", linewidth=0.6)
    ax.axvline(0, color="0.7", linewidth=0.6)
    for name, look in LOOKS.items():
        ax.plot(rows.x, rows[name], label=name, **look)
    ax.set(xlim=(-RANGE, RANGE), ylim=(lower, upper))
    ax.grid(visible=False)


def sections() -> list[Section]:
    """Return the contact sheet and one sheet for each family."""
    return [_contact_sheet(), *(_family(name) for name in family_names())]


def family_names() -> list[str]:
    """Return the families in catalogue order."""
    return [family.__name__.rpartition(".")[2] for family in FAMILIES]


def _contact_sheet() -> Section:
    height = math.ceil(len(RECORDS) / _COLUMNS)
    figure, axes = plt.subplots(
        height, _COLUMNS, figsize=(13, 1.45 * height + 0.3), sharex=True, sharey=True
    )
    for ax, kind in zip(axes.flat, RECORDS, strict=False):
        draw(ax, summarise(kind(), points=161))
        ax.set_title(kind.name, fontsize=8, pad=2)
        ax.set(xticks=[], yticks=[])
    for ax in axes.flat[len(RECORDS) :]:
        ax.set_axis_off()
    _legend(figure, axes.flat[0])
    return Section(
        f"All {len(RECORDS)} functions",
        f"On −{RANGE:g} ≤ x ≤ {RANGE:g} and −1.5 ≤ y ≤ 3, the same for all; each at the "
        "defaults of its parameters. Gaps in a line are breakpoints, where pieces of a function "
        "meet and a derivative jumps.",
        figure,
        pd.DataFrame([_row(kind()) for kind in RECORDS]),
    )


def _family(name: str) -> Section:
    members = [kind() for kind in RECORDS if kind().family == name]
    columns = min(4, len(members))
    height = math.ceil(len(members) / columns)
    figure, axes = plt.subplots(
        height, columns, figsize=(2.9 * columns, 2.4 * height), squeeze=False
    )
    for ax, activation in zip(axes.flat, members, strict=False):
        rows = summarise(activation)
        visible = rows.f[rows.x.abs() <= RANGE]
        draw(ax, rows, lower=min(-1.2, max(-4.0, visible.min() - 0.2)), upper=_top(visible))
        ax.set_title(fill(str(activation), 24, break_long_words=False), fontsize=9)
    for ax in axes.flat[len(members) :]:
        ax.set_axis_off()
    _legend(figure, axes[0, 0])
    return Section(
        f"Family: {name.replace('_', '-')}",
        f"The {len(members)} functions of this family with their derivatives.",
        figure,
    )


def _top(values: Any) -> float:
    return float(min(4.0, max(1.3, values.max() + 0.2)))


def _legend(figure: Any, ax: Any) -> None:
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)


def _row(activation: Activation) -> dict[str, Any]:
    low, high = activation.bounds
    return {
        "function": str(activation),
        "formula": activation.formula,
        "bounds": f"{low:.4g} … {high:.4g}",
        "monotone": "yes" if activation.monotone else "no",
        "smooth": "yes" if activation.smooth else "no",
        "kinks": ", ".join(f"{kink.x:g}" for kink in activation.kinks) or "—",
        "gain": f"{activation.gain:.4f}",
        "source": activation.source,
        "year": activation.year,
    }
