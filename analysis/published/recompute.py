"""Recompute the statistics of a published table and report rows that contradict themselves.

A table is a CSV file with the columns name, mean, spread (sample standard deviation), runs.
Each row after the first may also have published statistics of its difference from the first:

- p: a number, a bound such as <0.0001, stars, or n.s.
- d: Cohen's d, with or without its sign.
- low, high: the 95% interval of the difference.
- interval_mean, interval_half: the mean of the row and half of the 95% interval of its mean,
  from another table of the same source.

A number may be rounded or cut off in its last decimal. Most numbers of its column have the same
decimals, or fewer if they end in zeros; a column without decimals has exact numbers.
"""

import math
from collections.abc import Hashable, Mapping
from pathlib import Path

import pandas as pd
from scipy import stats

from actbench.statistics import WelchComparison, from_moments
from analysis.published.p_values import contradicts, parse_p
from analysis.published.table import read
from analysis.site.section import Section

MISH = Path(__file__).with_name("mish_cifar10.csv")
"""SqueezeNet on CIFAR-10, 23 runs of each activation.

Source: the tables "Sample Size = 23" and "Confidence Interval Profiles" in the README of
github.com/digantamisra98/Mish.
"""

# Rounding of other numbers explains relative deviations of interval widths and d up to this.
_EFFECT_TOLERANCE = 0.06

_ROUNDING_ERROR = 1e-9
"""Relative deviation that the arithmetic of floats explains."""

_Row = Mapping[Hashable, object]


def recompute(table: pd.DataFrame) -> pd.DataFrame:
    """Return the recomputed difference of each row from the first row.

    Returns:
        The columns name, difference, low and high (95% Welch interval), d (Cohen's d), p
        (Welch's test), runs_needed (runs of each row that detect such a difference with 80%
        power), claimed_d, claimed_p, and contradictions ("" if the row is consistent).
    """
    first, *others = table.to_dict("records")
    rows = []
    for row in others:
        recomputed = from_moments(
            row["mean"], row["spread"], int(row["runs"]),
            first["mean"], first["spread"], int(first["runs"]),
        )  # fmt: skip
        rows.append(
            {
                "name": row["name"],
                "difference": recomputed.difference,
                "low": recomputed.interval[0],
                "high": recomputed.interval[1],
                "d": recomputed.cohens_d,
                "p": recomputed.p,
                "runs_needed": recomputed.required_runs,
                "claimed_d": row.get("d", math.nan),
                "claimed_p": row.get("p", None),
                "contradictions": "; ".join(_contradictions(row, recomputed, first)),
            }
        )
    return pd.DataFrame(rows)


def _number(row: _Row, name: str) -> float:
    """Return a number of a row; NaN if the table does not have it."""
    return float(str(row.get(name, math.nan)))


# Each check compares one published statistic with the recomputed one, given the row and the
# first row. Comparisons with NaN are false, so a statistic that is not published is never
# reported.


def _check_mean(row: _Row, recomputed: WelchComparison, first: _Row) -> str | None:
    del recomputed, first
    mean, other = _number(row, "mean"), _number(row, "interval_mean")
    if abs(other - mean) > _rounding(row, "mean", "interval_mean"):
        return f"mean {mean:g} in one table, {other:g} in the other"
    return None


def _check_interval_of_the_row(
    row: _Row, recomputed: WelchComparison, first: _Row
) -> str | None:
    del recomputed, first
    spread, runs = _number(row, "spread"), _number(row, "runs")
    published = _number(row, "interval_half")
    half = float(stats.t.ppf(0.975, runs - 1)) * spread / math.sqrt(runs)
    if abs(published - half) > _EFFECT_TOLERANCE * half + _rounding(row, "interval_half"):
        return f"interval ±{published:.3g}, recomputed ±{half:.3g}"
    return None


def _check_interval_centre(row: _Row, recomputed: WelchComparison, first: _Row) -> str | None:
    del first
    centre = (_number(row, "low") + _number(row, "high")) / 2
    # The difference is made of two means, and the source may have rounded its two ends.
    if abs(centre - recomputed.difference) > _rounding(row, "mean", "mean", "low", "high"):
        return f"interval around {centre:.3g}, difference {recomputed.difference:.3g}"
    return None


def _check_interval_width(row: _Row, recomputed: WelchComparison, first: _Row) -> str | None:
    del first
    width = _number(row, "high") - _number(row, "low")
    expected = recomputed.interval[1] - recomputed.interval[0]
    if abs(width - expected) > _EFFECT_TOLERANCE * expected + _rounding(row, "low", "high"):
        return f"interval width {width:.3g}, recomputed {expected:.3g}"
    return None


def _check_effect_size(row: _Row, recomputed: WelchComparison, first: _Row) -> str | None:
    del first
    # The sign depends on the order of subtraction, which sources do not state.
    published = _number(row, "d")
    expected = math.copysign(recomputed.cohens_d, published)
    if abs(published - expected) > _EFFECT_TOLERANCE * max(1.0, abs(expected)):
        return f"d {published:.3g}, recomputed {expected:.3g}"
    return None


def _check_p(row: _Row, recomputed: WelchComparison, first: _Row) -> str | None:
    published = parse_p(str(row.get("p", "")))
    if published and contradicts(published, *_range_of_p(row, first)):
        return f"p {published.text}, recomputed {recomputed.p:.2g}"
    return None


def _range_of_p(row: _Row, first: _Row) -> tuple[float, float]:
    """Return the smallest and the largest p of Welch's test, given the rounding of the row."""
    difference = abs(_number(row, "mean") - _number(first, "mean"))
    off_mean, off_spread = _rounding(row, "mean", "mean"), _rounding(row, "spread")
    found = []
    for sign in (1, -1):
        spreads = [
            max(_number(each, "spread") - sign * off_spread, 0.1 * _number(each, "spread"))
            for each in (row, first)
        ]
        comparison = from_moments(
            max(0.0, difference + sign * off_mean), spreads[0], int(_number(row, "runs")),
            0.0, spreads[1], int(_number(first, "runs")),
        )  # fmt: skip
        found.append(comparison.p)
    return found[0], found[1]


def _rounding(row: _Row, *names: str) -> float:
    """Return the deviation that the rounding of columns explains together."""
    size = max(abs(_number(row, "mean")), 1.0)
    return sum(_number(row, f"rounding_{name}") for name in names) + _ROUNDING_ERROR * size


_CONSISTENCY_CHECKS = (
    _check_mean,
    _check_interval_of_the_row,
    _check_interval_centre,
    _check_interval_width,
    _check_effect_size,
    _check_p,
)


def _contradictions(row: _Row, recomputed: WelchComparison, first: _Row) -> list[str]:
    found = [check(row, recomputed, first) for check in _CONSISTENCY_CHECKS]
    return [text for text in found if text is not None]


_COLUMNS = {
    "": "{name}",
    "difference": "{difference:+.2f} [{low:+.2f}, {high:+.2f}]",
    "d": "{d:+.2f}",
    "p (Welch)": "{p:.3g}",
    "required runs of each": "{needed}",
    "contradictions": "{contradictions}",
}


def section(path: Path = MISH) -> Section:
    """Return the recomputed table."""
    table = read(path)
    rows = recompute(table)
    rows["needed"] = [
        "—" if pd.isna(count) else f"{count:,.0f}" for count in rows["runs_needed"]
    ]
    wrong = int((rows["contradictions"] != "").sum())
    return Section(
        title="A published table, recomputed",
        description=f"The table {path.stem} has {len(table)} rows of {_runs(table)} runs "
        "each. Differences from the first row "
        f"({table['name'].iloc[0]}), intervals, effect sizes and p values are recomputed from "
        f"the published means and standard deviations. {wrong} of {len(rows)} rows contradict "
        "themselves. The command python -m analysis.published FILE does the same for any "
        "table.",
        table=rows,
        columns=_COLUMNS,
    )


def _runs(table: pd.DataFrame) -> str:
    counts = f"{table['runs'].min():,.0f}", f"{table['runs'].max():,.0f}"
    return " to ".join(dict.fromkeys(counts))
