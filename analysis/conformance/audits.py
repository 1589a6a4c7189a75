"""What the audits found: who conforms, how far off, and the defects with reproducers."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.colors import BoundaryNorm, ListedColormap

from actbench.activations.catalogue import RECORDS
from actbench.conformance.findings import FAILS, Audit, Verdict
from actbench.frameworks.libraries import DTYPES
from actbench.provenance import NOT_INSTALLED
from analysis.plotting import new_axes
from analysis.site.section import Section

_ORDER = [kind.name for kind in RECORDS]

# What a failing check says of a function, the gravest first.
_REASONS = {
    "value": "V",
    "derivative": "D",
    "kinks": "K",
    "special values of the value": "∞",
    "special values of the derivative": "∞",
    "lower bound": "B",
    "upper bound": "B",
    "monotone": "M",
    "odd": "S",
    "even": "S",
    "input unchanged": "P",
    "each element by itself": "P",
    "second derivative": "2",
    "compiled value = eager": "C",
    "compiled derivative = eager": "C",
}
_LEGEND = (
    "V value, D derivative, K kink, ∞ at ±∞ or NaN, B bound, M monotone, S symmetry, "
    "P purity, 2 second derivative, C compiled differs from eager"
)

# Conforms; ∞, 2 or C; derivative; value. From blue to red, for colour-blind readers too.
_COLOURS = ("#2C7BB6", "#ABD9E9", "#FDAE61", "#D7191C")
_GRAVITY = {"V": 3, "D": 2, "K": 2, "B": 2, "M": 2, "S": 2, "P": 3}


def function_of(audit: Audit) -> str:
    """Return the name of the record that an audit is about."""
    return audit.expected.partition("(")[0]


def framework_of(audit: Audit) -> str:
    """Return the column an audit belongs to: the package, its version, what computes for it."""
    version = audit.versions[audit.package].partition("+")[0]
    on = "" if audit.library == audit.package else f" on {audit.library}"
    return f"{audit.package} {version}{on}".replace(f" {NOT_INSTALLED}", "")


def summarise(audits: Iterable[Audit]) -> pd.DataFrame:
    """Return a row for each audit: function, framework, letters of what fails, and why."""
    rows = []
    for audit in audits:
        letters = dict.fromkeys(_REASONS.get(v.check, "?") for v in audit.failures)
        ordered = [letter for letter in dict.fromkeys(_REASONS.values()) if letter in letters]
        rows.append(
            {
                "function": function_of(audit),
                "framework": framework_of(audit),
                "target": audit.target,
                "fails": "".join(ordered),
                "gravity": max([_GRAVITY.get(x, 1) for x in letters], default=0),
                "reason": "; ".join(_reasons(audit)) or "conforms",
            }
        )
    found = pd.DataFrame(rows)
    found["place"] = found["function"].map(_ORDER.index)
    return found.sort_values(["place", "framework", "target"], ignore_index=True)


def _reasons(audit: Audit) -> list[str]:
    """Return each failing check once, with what was seen in the plainest format it fails in."""
    said: dict[str, str] = {}
    for verdict in sorted(audit.failures, key=_plainness):
        said.setdefault(verdict.check, _seen(verdict))
    return list(said.values())


def _seen(verdict: Verdict) -> str:
    mode = " compiled" if verdict.mode == "compiled" and "compiled" not in verdict.check else ""
    text = f"{verdict.check} {verdict.dtype}{mode}"
    if verdict.worst is not None:
        text += f": {verdict.worst.got} for {verdict.worst.wanted} at {verdict.worst.x}"
    return text


def matrix(audits: Sequence[Audit]) -> Section:
    """Return the conformance matrix: function × framework."""
    rows = summarise(audits)
    columns = sorted(
        rows["framework"].unique(), key=lambda name: (name[:8] != "actbench", name)
    )
    functions = sorted(rows["function"].unique(), key=_ORDER.index)
    figure, (ax,) = new_axes(
        width=1.6 * len(columns) + 2.4, height=0.24 * len(functions) + 2
    )
    gravity = np.full((len(functions), len(columns)), np.nan)
    for (function, framework), group in rows.groupby(["function", "framework"]):
        at = functions.index(function), columns.index(framework)
        gravity[at] = group["gravity"].max()
        letters = "".join(dict.fromkeys("".join(group["fails"])))
        ax.text(
            at[1], at[0], letters or "ok", ha="center", va="center", fontsize=7,
            color="white" if gravity[at] in (0, 3) else "black",
        )  # fmt: skip
    norm = BoundaryNorm([-0.5, 0.5, 1.5, 2.5, 3.5], len(_COLOURS))
    ax.imshow(gravity, cmap=ListedColormap(_COLOURS), norm=norm, aspect="auto")
    ax.set_xticks(
        range(len(columns)), [c.replace(" on ", "\non ") for c in columns], fontsize=8
    )
    ax.set_yticks(range(len(functions)), functions, fontsize=8)
    ax.xaxis.tick_top()
    ax.grid(visible=False)
    ax.set_xlabel(_LEGEND.replace(", P", ",\nP"), fontsize=7)
    conforming = rows.groupby("framework")["gravity"].agg(
        lambda g: f"{(g == 0).sum()} of {len(g)}"
    )
    said = ", ".join(f"{name}: {conforming[name]}" for name in columns)
    return Section(
        "Who conforms to the formula",
        f"Each function of each framework held to its formula in every format, eager and "
        f"compiled. Conforming: {said}. {_LEGEND}. White: the framework has no such function.",
        figure,
        rows[["function", "framework", "target", "fails", "reason"]],
    )


def worst(audits: Sequence[Audit]) -> Section:
    """Return the largest errors of values and derivatives: function × framework and format."""
    rows = pd.DataFrame(
        [
            {
                "function": function_of(audit),
                "framework": framework_of(audit),
                "target": audit.target,
                "check": verdict.check,
                "dtype": verdict.dtype,
                "mode": verdict.mode,
                "ulp": math.inf if verdict.ulp is None else verdict.ulp,
            }
            for audit in audits
            for verdict in audit.verdicts
            if verdict.check in ("value", "derivative") and verdict.checked
        ]
    )
    eager = rows[rows["mode"] == "eager"]
    columns = sorted(
        eager["framework"].unique(), key=lambda name: (name[:8] != "actbench", name)
    )
    functions = sorted(eager["function"].unique(), key=_ORDER.index)
    cells = [(framework, dtype) for framework in columns for dtype in DTYPES]
    figure, axes = new_axes(
        1, 2, width=0.62 * len(cells) + 3, height=0.22 * len(functions) + 3, share_y=True
    )
    for ax, check in zip(axes, ("value", "derivative"), strict=True):
        chosen = eager[eager["check"] == check]
        sizes = np.full((len(functions), len(cells)), np.nan)
        for (function, framework, dtype), group in chosen.groupby(
            ["function", "framework", "dtype"]
        ):
            size = group["ulp"].max()
            digits = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}[dtype]
            lost = math.log2(max(size, 0.5)) + 1 if math.isfinite(size) else digits
            sizes[functions.index(function), cells.index((framework, dtype))] = min(
                1.0, lost / digits
            )
        image = ax.imshow(sizes, aspect="auto", cmap="cividis_r", vmin=0, vmax=1)
        ax.set_title(check)
        ax.set_xticks(range(len(cells)), [d for _, d in cells], rotation=90, fontsize=7)
        ax.set_yticks(range(len(functions)), functions, fontsize=7)
        ax.grid(visible=False)
        for i, framework in enumerate(columns):
            ax.axvline(len(DTYPES) * i - 0.5, color="white", linewidth=2)
            ax.annotate(
                framework.replace(" on ", "\non "),
                (len(DTYPES) * (i + 0.5) - 0.5, 0),
                (0, -48),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=7,
            )
    figure.colorbar(image, ax=axes, label="share of the format's digits that are lost")
    table = (
        rows.groupby(["function", "framework", "dtype", "check", "mode"], sort=False)["ulp"]
        .max()
        .reset_index()
    )
    table["place"] = table["function"].map(_ORDER.index)
    table = table.sort_values(["place", "check", "dtype", "framework"]).drop(columns="place")
    return Section(
        "The worst error of each function",
        "In normal results, eager, over all inputs that the audit looks at: 0 where the result "
        "is correctly rounded, 1 where no digit is right. The table has the errors in ULP, of "
        "compiled functions too.",
        figure,
        table,
        {
            "function": "{function}",
            "framework": "{framework}",
            "format": "{dtype}",
            "of the": "{check}, {mode}",
            "worst ULP": "{ulp:.4g}",
        },
    )


def defects(audits: Sequence[Audit]) -> Section:
    """Return what is wrong in frameworks, each with three lines that show it."""
    rows = []
    for audit in audits:
        seen = set()
        for verdict in sorted(audit.verdicts, key=_plainness):
            if verdict.outcome != FAILS or verdict.check in seen:
                continue
            seen.add(verdict.check)
            point = verdict.worst
            rows.append(
                {
                    "function": function_of(audit),
                    "where": f"{audit.place} ({framework_of(audit)})",
                    "what": verdict.check,
                    "format": verdict.dtype,
                    "x": point.x if point else "",
                    "got": point.got if point else "",
                    "wanted": point.wanted if point else "",
                    "reproducer": verdict.reproducer or "—",
                }
            )
    table = pd.DataFrame(rows)
    if not table.empty:
        table["place"] = table["function"].map(_ORDER.index)
        table["gravity"] = table["what"].map(lambda c: -_GRAVITY.get(_REASONS.get(c, "?"), 1))
        table = table.sort_values(["gravity", "place", "where"], kind="stable").drop(
            columns=["place", "gravity"]
        )
    return Section(
        "Defects, with reproducers",
        f"{len(table)} results outside the tolerance: each check that fails, once for each "
        "function, in the plainest format where it does. The three lines print what was got, "
        "but where a compiler makes other code for a short array; that an element differs from "
        "itself in another array takes more.",
        table=table,
    )


def _plainness(verdict: Verdict) -> tuple[int, int]:
    order = ["float32", "float64", "float16", "bfloat16"]
    return verdict.mode != "eager", order.index(verdict.dtype) if verdict.dtype in order else 4


def sections(audits: Sequence[Audit], store: Path) -> list[Section]:
    """Return all sections on conformance; where there are no audits, one that says so."""
    known = [audit for audit in audits if function_of(audit) in _ORDER]
    if not known:
        return [
            Section(
                "Who conforms to the formula",
                f"{store} holds no audits; `actbench audit --all --store {store}` makes them.",
            )
        ]
    return [matrix(known), worst(known), defects(known)]
