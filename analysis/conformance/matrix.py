"""The conformance matrix: the failing checks of each function in each framework."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actbench.conformance.findings import Audit, Finding
from actbench.conformance.measurements import COMPILED
from analysis.conformance.labels import (
    CODE_LEGEND,
    LEGEND,
    LETTERS,
    format_order,
    framework_of,
    framework_order,
    function_order,
    function_place,
    in_lines,
    severity,
)
from analysis.plotting import new_axes, short_name
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours of severity 0 (conforms) to 3. Red and blue differ for colour-blind people.
_COLOURS = ("#2C7BB6", "#ABD9E9", "#FDAE61", "#D7191C")


def section(audits: Sequence[Audit]) -> Section:
    """Return the conformance matrix: function × framework."""
    rows = summarise(audits)
    frameworks = framework_order(rows["framework"])
    functions = function_order(rows["function"])
    figure, (ax,) = new_axes(
        width=1.6 * len(frameworks) + 2.4, height=0.24 * len(functions) + 2
    )
    draw(ax, rows, functions, frameworks)
    counts = rows.groupby("framework")["severity"].agg(
        lambda severities: f"{(severities == 0).sum()} of {len(severities)}"
    )
    text = ", ".join(f"{name}: {counts[name]}" for name in frameworks)
    return Section(
        "Which functions conform to their formula",
        "Each function of each framework or runtime is compared with its formula in every "
        f"format, eager and compiled. Number of functions that conform: {text}. Letters name "
        f"the checks that fail: {LEGEND}. {CODE_LEGEND} A white cell means that there is no "
        "such function. Columns such as 'torch on onnxruntime' are functions of a framework "
        "after export.",
        figure,
        rows[["function", "framework", "target", "fails", "reason"]],
    )


def summarise(audits: Iterable[Audit]) -> pd.DataFrame:
    """Return a row for each audit: function, framework, letters of failing checks, reason."""
    rows = []
    for audit in audits:
        letters = {LETTERS.get(finding.check, "?") for finding in audit.failures}
        rows.append(
            {
                "function": audit.function,
                "framework": framework_of(audit),
                "target": audit.target,
                "fails": "".join(x for x in dict.fromkeys(LETTERS.values()) if x in letters),
                "severity": max((severity(each.check) for each in audit.failures), default=0),
                "reason": "; ".join(_reasons(audit)) or "conforms",
            }
        )
    table = pd.DataFrame(rows)
    table["order"] = table["function"].map(function_place)
    return table.sort_values(["order", "framework", "target"], ignore_index=True)


def draw(
    ax: Axes, rows: pd.DataFrame, functions: Sequence[str], frameworks: Sequence[str]
) -> None:
    """Draw a cell for each function and framework: its colour is the largest severity.

    Args:
        ax: axes to draw on.
        rows: the result of `summarise`.
        functions: names of the rows of the matrix.
        frameworks: names of the columns of the matrix.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    severities = np.full((len(functions), len(frameworks)), np.nan)
    for (function, framework), group in rows.groupby(["function", "framework"]):
        row, column = functions.index(function), frameworks.index(framework)
        severities[row, column] = group["severity"].max()
        letters = "".join(dict.fromkeys("".join(group["fails"])))
        ax.text(
            column, row, letters or "ok", ha="center", va="center", fontsize=7,
            color="white" if severities[row, column] in (0, 3) else "black",
        )  # fmt: skip
    norm = BoundaryNorm([-0.5, 0.5, 1.5, 2.5, 3.5], len(_COLOURS))
    ax.imshow(severities, cmap=ListedColormap(_COLOURS), norm=norm, aspect="auto")
    labels = [in_lines(name) for name in frameworks]
    ax.set_xticks(range(len(frameworks)), labels, fontsize=8)
    ax.set_yticks(range(len(functions)), map(short_name, functions), fontsize=8)
    ax.xaxis.tick_top()
    ax.grid(visible=False)
    ax.set_xlabel(LEGEND.replace(", P", ",\nP"), fontsize=7)


def _reasons(audit: Audit) -> list[str]:
    """Return each failing check once, with the worst result in the first format."""
    reasons: dict[str, str] = {}
    for finding in sorted(audit.failures, key=format_order):
        reasons.setdefault(finding.check, _reason(finding))
    return list(reasons.values())


def _reason(finding: Finding) -> str:
    compiled = finding.mode == COMPILED and "compiled" not in finding.check
    text = f"{finding.check} {finding.dtype}{' compiled' if compiled else ''}"
    if finding.worst is None:
        return f"{text}: {finding.detail}" if finding.detail else text
    worst = finding.worst
    return f"{text}: got {worst.got}, expected {worst.expected} at {worst.x}"
