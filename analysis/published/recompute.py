"""Recompute the statistics of a published table and report rows that contradict themselves.

A table is a CSV file with the columns name, mean, spread (sample standard deviation), runs.
Each row after the first may also have published statistics of its difference from the first:

- p: a number, or a bound such as <0.0001.
- d: the absolute value of Cohen's d.
- low, high: the 95% interval of the difference.
- interval_mean, interval_half: the mean of the row and half of the 95% interval of its mean,
  from another table of the same source.
"""

import math
from collections.abc import Hashable, Mapping
from pathlib import Path

import pandas as pd
from scipy import stats

from actbench.errors import RequestError
from actbench.statistics import WelchComparison, from_moments
from analysis.site.section import Section

MISH = Path(__file__).with_name("mish_cifar10.csv")
"""SqueezeNet on CIFAR-10, 23 runs of each activation.

Source: the tables "Sample Size = 23" and "Confidence Interval Profiles" in the README of
github.com/digantamisra98/Mish.
"""

_REQUIRED = ("name", "mean", "spread", "runs")

# Rounding of the published numbers explains deviations up to these: of a mean that is printed
# with two decimals, of interval widths and d (relative), and of p.
_MEAN_TOLERANCE, _EFFECT_TOLERANCE, _P_TOLERANCE = 0.011, 0.06, 0.02

_Row = Mapping[Hashable, object]


def read(path: Path) -> pd.DataFrame:
    """Return a published table.

    Raises:
        RequestError: the file cannot be read as CSV, a column is missing, there are fewer than
            two rows, or a number is missing or impossible.
    """
    columns = ", ".join(_REQUIRED)
    try:
        table = pd.read_csv(path, dtype={"name": str, "p": str})
    except (OSError, ValueError) as error:
        raise RequestError(
            f"{path}: expected a CSV file with the columns {columns}, got an error: {error}"
        ) from None
    missing = [name for name in _REQUIRED if name not in table]
    if missing:
        raise RequestError(
            f"{path}: expected the columns {columns}, got no {', '.join(missing)}"
        )
    if len(table) < 2:
        raise RequestError(f"{path}: expected at least two rows, got {len(table)}")
    for line, row in enumerate(table.to_dict("records"), 2):
        numbers = [row[name] for name in _REQUIRED[1:]]
        if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
            raise RequestError(
                f"{path}, line {line}: expected numbers as mean, spread and runs, got "
                f"{', '.join(map(str, numbers))}"
            )
        if row["runs"] < 2 or row["spread"] <= 0:
            raise RequestError(
                f"{path}, line {line}: expected at least 2 runs and a spread above 0, got "
                f"{row['runs']:g} runs and a spread of {row['spread']:g}"
            )
    return table


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
                "contradictions": "; ".join(_contradictions(row, recomputed)),
            }
        )
    return pd.DataFrame(rows)


def _number(row: _Row, name: str) -> float:
    """Return a number of a row; NaN if the table does not have it."""
    return float(str(row.get(name, math.nan)))


# Each check compares one published statistic with the recomputed one. Comparisons with NaN are
# false, so a statistic that is not published is never reported.


def _check_mean(row: _Row, recomputed: WelchComparison) -> str | None:
    del recomputed
    mean, other = _number(row, "mean"), _number(row, "interval_mean")
    if abs(other - mean) > _MEAN_TOLERANCE:
        return f"mean {mean:g} in one table, {other:g} in the other"
    return None


def _check_interval_of_the_row(row: _Row, recomputed: WelchComparison) -> str | None:
    del recomputed
    spread, runs = _number(row, "spread"), _number(row, "runs")
    published = _number(row, "interval_half")
    half = float(stats.t.ppf(0.975, runs - 1)) * spread / math.sqrt(runs)
    if abs(published / half - 1) > _EFFECT_TOLERANCE:
        return f"interval ±{published:.3g}, recomputed ±{half:.3g}"
    return None


def _check_interval_centre(row: _Row, recomputed: WelchComparison) -> str | None:
    centre = (_number(row, "low") + _number(row, "high")) / 2
    # Both the centre and the difference are made of rounded numbers.
    if abs(centre - recomputed.difference) > 2 * _MEAN_TOLERANCE:
        return f"interval around {centre:.3g}, difference {recomputed.difference:.3g}"
    return None


def _check_interval_width(row: _Row, recomputed: WelchComparison) -> str | None:
    width = _number(row, "high") - _number(row, "low")
    expected = recomputed.interval[1] - recomputed.interval[0]
    if abs(width / expected - 1) > _EFFECT_TOLERANCE:
        return f"interval width {width:.3g}, recomputed {expected:.3g}"
    return None


def _check_effect_size(row: _Row, recomputed: WelchComparison) -> str | None:
    published, expected = _number(row, "d"), abs(recomputed.cohens_d)
    if abs(published - expected) > _EFFECT_TOLERANCE * max(1.0, expected):
        return f"d {published:.3g}, recomputed {expected:.3g}"
    return None


def _check_p(row: _Row, recomputed: WelchComparison) -> str | None:
    p, text = recomputed.p, str(row.get("p", ""))
    is_above_bound = text.startswith("<") and p >= float(text[1:])
    is_other_number = text.replace(".", "").isdigit() and (
        abs(float(text) - p) > _P_TOLERANCE + 0.1 * p
    )
    return f"p {text}, recomputed {p:.2g}" if is_above_bound or is_other_number else None


_CONSISTENCY_CHECKS = (
    _check_mean,
    _check_interval_of_the_row,
    _check_interval_centre,
    _check_interval_width,
    _check_effect_size,
    _check_p,
)


def _contradictions(row: _Row, recomputed: WelchComparison) -> list[str]:
    found = [check(row, recomputed) for check in _CONSISTENCY_CHECKS]
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
        description=f"The table {path.stem} has {len(table)} rows of {table['runs'].iloc[0]} "
        "runs each. Differences from the first row "
        f"({table['name'].iloc[0]}), intervals, effect sizes and p values are recomputed from "
        f"the published means and standard deviations. {wrong} of {len(rows)} rows contradict "
        "themselves. The command python -m analysis.published FILE does the same for any "
        "table.",
        table=rows,
        columns=_COLUMNS,
    )
