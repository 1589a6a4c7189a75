"""The largest errors of values and derivatives, for each function, framework and format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actbench.conformance.findings import Audit
from actbench.conformance.measurements import EAGER
from actbench.frameworks.libraries import DTYPES
from analysis.conformance.labels import (
    framework_of,
    framework_order,
    function_order,
    function_place,
    in_lines,
)
from analysis.plotting import new_axes, short_name
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

_TITLE = "The largest error of each function"
_ACCURACY_CHECKS = ("value", "derivative")
_BINARY_DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def section(audits: Sequence[Audit]) -> Section:
    """Return the largest errors: function × framework and format."""
    rows = summarise(audits)
    if rows.empty:
        return Section(_TITLE, "No audit has results that can be compared.")
    eager = rows[rows["mode"] == EAGER]
    functions = function_order(eager["function"])
    panels = _panels(eager)
    counts = [len(frameworks) for frameworks in panels.values()]
    figure, axes = new_axes(
        1,
        len(panels),
        width=0.31 * sum(counts) * len(DTYPES) + 3,
        height=0.22 * len(functions) + 3,
        share_y=True,
        width_ratios=counts,
    )
    for ax, (check, frameworks) in zip(axes, panels.items(), strict=True):
        image = draw(ax, eager[eager["check"] == check], functions, frameworks)
        ax.set_title(check)
    figure.colorbar(image, ax=axes, label="share of the format's digits that are wrong")
    groups = ["function", "framework", "dtype", "check", "mode"]
    table = rows.groupby(groups, sort=False)["ulp"].max().reset_index()
    table["order"] = table["function"].map(function_place)
    table = table.sort_values(["order", "check", "dtype", "framework"]).drop(columns="order")
    return Section(
        _TITLE,
        "Largest errors of normal results for all inputs of the audit, eager: 0 means that the "
        "result is correctly rounded, 1 that no digit is correct. White cells have no results: "
        "the framework lacks the function or the format. The table has the errors in "
        "ULP, also those of compiled functions.",
        figure,
        table,
        {
            "function": "{function}",
            "framework": "{framework}",
            "format": "{dtype}",
            "check": "{check}, {mode}",
            "largest error in ULP": "{ulp:.4g}",
        },
    )


def _panels(eager: pd.DataFrame) -> dict[str, list[str]]:
    """Return the frameworks that have results of each check; runtimes have no derivatives."""
    found = {
        check: framework_order(eager[eager["check"] == check]["framework"])
        for check in _ACCURACY_CHECKS
    }
    return {check: frameworks for check, frameworks in found.items() if frameworks}


def summarise(audits: Sequence[Audit]) -> pd.DataFrame:
    """Return a row for each finding on values and derivatives; the error may be infinite."""
    return pd.DataFrame(
        [
            {
                "function": audit.function,
                "framework": framework_of(audit),
                "target": audit.target,
                "check": finding.check,
                "dtype": finding.dtype,
                "mode": finding.mode,
                "ulp": math.inf if finding.ulp is None else finding.ulp,
            }
            for audit in audits
            for finding in audit.findings
            if finding.check in _ACCURACY_CHECKS and finding.checked
        ]
    )


def draw(
    ax: Axes, rows: pd.DataFrame, functions: Sequence[str], frameworks: Sequence[str]
) -> AxesImage:
    """Draw the share of wrong digits for each function, framework and format.

    Args:
        ax: axes to draw on.
        rows: rows of `summarise` of one check and mode.
        functions: names of the rows.
        frameworks: names of the columns, each of which is split into formats.
    """
    cells = [(framework, dtype) for framework in frameworks for dtype in DTYPES]
    shares = np.full((len(functions), len(cells)), np.nan)
    for (function, framework, dtype), group in rows.groupby(["function", "framework", "dtype"]):
        cell = functions.index(function), cells.index((framework, dtype))
        shares[cell] = _wrong_digits(group["ulp"].max(), dtype)
    image = ax.imshow(shares, aspect="auto", cmap="cividis_r", vmin=0, vmax=1)
    ax.set_xticks(range(len(cells)), [dtype for _, dtype in cells], rotation=90, fontsize=7)
    ax.set_yticks(range(len(functions)), map(short_name, functions), fontsize=7)
    ax.grid(visible=False)
    for number, framework in enumerate(frameworks):
        ax.axvline(len(DTYPES) * number - 0.5, color="white", linewidth=2)
        ax.annotate(
            in_lines(framework),
            (len(DTYPES) * (number + 0.5) - 0.5, 0),
            (0, -48),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=7,
        )
    return image


def _wrong_digits(ulp: float, dtype: str) -> float:
    """Return the share of a format's binary digits that an error in ULP makes wrong."""
    digits = _BINARY_DIGITS[dtype]
    wrong = math.log2(max(ulp, 0.5)) + 1 if math.isfinite(ulp) else digits
    return min(1.0, wrong / digits)
