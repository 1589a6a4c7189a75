"""Recompute differences, effect sizes, intervals and p; find rows that contradict themselves.

A table is a CSV file with the columns name, mean, spread (sample standard deviation) and runs;
what else it claims of the difference from its first row may follow: p (a number, or such as
<0.0001), d, low and high (95% interval); and interval_mean and interval_half, the row's own
mean and half its 95% interval printed elsewhere. `python -m analysis.published FILE` shows it.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from actbench.errors import RequestError
from actbench.statistics import Published, from_moments
from analysis.site.section import Section

MISH = Path(__file__).with_name("mish_cifar10.csv")
"""SqueezeNet on CIFAR-10, 23 runs of each: the README of github.com/digantamisra98/Mish, its
tables "Sample Size = 23" and "Confidence Interval Profiles"."""

_NEEDED = ("name", "mean", "spread", "runs")

# What rounding can do: to a mean printed with two decimals, and to what is made from it.
_OF_MEAN, _OF_EFFECT, _OF_P = 0.011, 0.06, 0.02


def read(path: Path) -> pd.DataFrame:
    """Return a published table.

    Raises:
        RequestError: it cannot be read, or has not the columns, or numbers that are none.
    """
    try:
        table = pd.read_csv(path, dtype={"name": str, "p": str})
    except (OSError, ValueError) as error:
        raise RequestError(
            f"{path}: cannot be read as CSV ({error}); a table with "
            f"the columns {', '.join(_NEEDED)} would be right"
        ) from None
    missing = [name for name in _NEEDED if name not in table]
    if missing:
        raise RequestError(
            f"{path}: has no column {', '.join(missing)}; {', '.join(_NEEDED)} would be right"
        )
    if len(table) < 2:
        raise RequestError(
            f"{path}: {len(table)} rows; a first and others to hold beside it would be right"
        )
    for number, row in enumerate(table.to_dict("records"), 2):
        numbers = [row[name] for name in _NEEDED[1:]]
        if not all(isinstance(n, (int, float)) and math.isfinite(n) for n in numbers):
            raise RequestError(
                f"{path}, line {number}: mean, spread and runs are not all numbers; numbers "
                "would be right"
            )
        if row["runs"] < 2 or row["spread"] <= 0:
            raise RequestError(
                f"{path}, line {number}: {row['runs']:g} runs with a spread of "
                f"{row['spread']:g}; two runs or more and a spread above 0 would be right"
            )
    return table


def recompute(table: pd.DataFrame) -> pd.DataFrame:
    """Return each row beside the first: what follows from its numbers, and what does not."""
    first, *others = table.to_dict("records")
    rows = []
    for row in others:
        found = from_moments(
            row["mean"], row["spread"], int(row["runs"]),
            first["mean"], first["spread"], int(first["runs"]),
        )  # fmt: skip
        claimed = {name: row.get(name, math.nan) for name in ("d", "low", "high")}
        rows.append(
            {
                "name": row["name"],
                "difference": found.difference,
                "low": found.interval[0],
                "high": found.interval[1],
                "d": found.cohens_d,
                "p": found.p,
                "runs_needed": found.required_runs,
                "claimed_d": claimed["d"],
                "claimed_p": row.get("p", None),
                "contradictions": "; ".join(_contradictions(row, found)),
            }
        )
    return pd.DataFrame(rows)


def _contradictions(row: Mapping[Any, Any], found: Published) -> list[str]:
    """Return what a row says that its own mean, spread and runs do not."""

    def number(name: str) -> float:
        return float(row.get(name, math.nan))

    said = []
    mean, spread, runs = (number(name) for name in ("mean", "spread", "runs"))
    if abs(number("interval_mean") - mean) > _OF_MEAN:
        said.append(f"mean {mean:g} here, {number('interval_mean'):g} elsewhere")
    half = float(stats.t.ppf(0.975, runs - 1)) * spread / math.sqrt(runs)
    if abs(number("interval_half") / half - 1) > _OF_EFFECT:
        said.append(f"interval ±{number('interval_half'):.3g}, from its spread ±{half:.3g}")
    middle, width = (number("low") + number("high")) / 2, number("high") - number("low")
    if abs(middle - found.difference) > 2 * _OF_MEAN:
        said.append(f"interval around {middle:.3g}, difference {found.difference:.3g}")
    right = found.interval[1] - found.interval[0]
    if abs(width / right - 1) > _OF_EFFECT:
        said.append(f"interval of {width:.3g}, recomputed {right:.3g}")
    d = abs(found.cohens_d)
    if abs(number("d") - d) > _OF_EFFECT * max(1.0, d):
        said.append(f"d {number('d'):.3g}, recomputed {d:.3g}")
    p, text = found.p, str(row.get("p", ""))
    if (text.startswith("<") and p >= float(text[1:])) or (
        text.replace(".", "").isdigit() and abs(float(text) - p) > _OF_P + 0.1 * p
    ):
        said.append(f"p {text}, recomputed {p:.2g}")
    return said


SHOWN = {
    "": "{name}",
    "difference": "{difference:+.2f} [{low:+.2f}, {high:+.2f}]",
    "d": "{d:+.2f}",
    "p (Welch)": "{p:.3g}",
    "runs of each to show it": "{needed}",
    "contradicts itself": "{contradictions}",
}


def section(path: Path = MISH) -> Section:
    """Return the table recomputed."""
    table = read(path)
    rows = recompute(table)
    rows["needed"] = [
        "—" if pd.isna(count) else f"{count:,.0f}" for count in rows["runs_needed"]
    ]
    wrong = int((rows["contradictions"] != "").sum())
    return Section(
        title="A published table, recomputed",
        description=f"{path.stem}: {len(table)} rows of {table['runs'].iloc[0]} runs each, held to "
        f"their own means and spreads. {wrong} of {len(rows)} rows contradict themselves. "
        f"Differences are from {table['name'].iloc[0]}. python -m analysis.published FILE "
        "does this to any.",
        table=rows,
        columns=SHOWN,
    )
