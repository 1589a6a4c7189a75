"""Read a published table of results from a CSV file."""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path

import pandas as pd

from actbench.errors import RequestError
from actbench.files import read_text
from analysis.published.p_values import MISSING, parse_p

REQUIRED = ("name", "mean", "spread", "runs")
OPTIONAL = ("d", "low", "high", "interval_mean", "interval_half")
"""Columns of numbers that a table may have; the column p may have texts."""

_LIMIT = 2**20
_LARGEST, _MOST_RUNS = 1e9, 10**9
_NUMBER = re.compile(r"[+-]?(\d+\.?(?P<decimals>\d*)|\.(?P<only>\d+))(e(?P<exp>[+-]?\d{1,2}))?")


def read(path: Path) -> pd.DataFrame:
    """Return a published table.

    Returns:
        The columns line, name, mean, spread, runs, p (a text), those of `OPTIONAL` (NaN if not
        published), and rounding_NAME for each column of numbers: a unit of its last
        printed decimal; 0 if the column has no decimals.

    Raises:
        RequestError: the file cannot be read as CSV, a column is missing, there are fewer than
            two rows, or a number is missing or impossible.
    """
    text = read_text(path, limit=_LIMIT)
    lines = _lines(path, text)
    header_line, header = next(lines, (1, []))
    names = [name.strip() for name in header]
    _check_header(path, header_line, names)
    cells = []
    for line, fields in lines:
        if len(fields) != len(names):
            raise RequestError(
                f"{_place(path, line)}: expected {len(names)} fields, got {len(fields)}"
            )
        cells.append((line, dict(zip(names, (field.strip() for field in fields), strict=True))))
    if len(cells) < 2:
        raise RequestError(f"{path}: expected at least two rows, got {len(cells)}")
    rows = []
    for line, row in cells:
        try:
            rows.append({"line": line} | _parsed(row))
        except ValueError as error:
            raise RequestError(f"{_place(path, line)}: {error}") from None
    table = pd.DataFrame(rows)
    for name in (*REQUIRED[1:], *OPTIONAL):
        texts = [row.get(name, "") for _, row in cells]
        table[f"rounding_{name}"] = _roundings([_decimals(text) for text in texts])
    return table


def _place(path: Path, line: int) -> str:
    return f"{path}, line {line}"


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of each row that is not blank, with the number of its first line."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise RequestError(
                f"{_place(path, line)}: expected a row of CSV, got an error: {error}"
            ) from None
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield line, fields
        line = reader.line_num + 1


def _check_header(path: Path, line: int, names: list[str]) -> None:
    columns = ", ".join(REQUIRED)
    if not names:
        raise RequestError(f"{path}: expected a CSV file with the columns {columns}, got none")
    missing = ", ".join(name for name in REQUIRED if name not in names)
    if missing:
        raise RequestError(f"{path}: expected the columns {columns}, got no {missing}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RequestError(f"{_place(path, line)}: expected each column once, got {twice[0]!r}")


def _parsed(row: Mapping[str, str]) -> dict[str, str | float]:
    """Return the typed fields of a row; ValueError with one line for an impossible one."""
    if not row["name"].isprintable():
        raise ValueError(f"expected printable text as name, got {row['name'][:40]!r}")
    numbers = {name: _number(name, row[name]) for name in REQUIRED[1:]}
    for name, number in numbers.items():
        if math.isnan(number):
            raise ValueError(f"expected a number as {name}, got none")
    if numbers["runs"] != int(numbers["runs"]) or numbers["runs"] > _MOST_RUNS:
        raise ValueError(f"expected a whole number as runs, got {row['runs'][:40]}")
    if numbers["runs"] < 2 or numbers["spread"] < 1 / _LARGEST:
        raise ValueError(
            "expected at least 2 runs and a spread above 0, got "
            f"{numbers['runs']:g} runs and a spread of {numbers['spread']:g}"
        )
    optional = {name: _number(name, row.get(name, "")) for name in OPTIONAL}
    parse_p(row.get("p", ""))
    return {"name": row["name"], **numbers, "p": row.get("p", ""), **optional}


def _number(name: str, text: str) -> float:
    """Return a number; NaN if it is not published."""
    plain = text.replace("−", "-").lower()
    if plain in MISSING:
        return math.nan
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"expected a number as {name}, got {text[:40]!r}")
    number = float(plain)
    if abs(number) > _LARGEST:
        raise ValueError(f"expected a number up to {_LARGEST:g} as {name}, got {text[:40]}")
    return number


def _roundings(decimals: Sequence[int | None]) -> list[float]:
    """Return a unit of the last decimal of each number; 0 for whole numbers.

    Numbers may be cut off instead of rounded, so they are off by up to a unit. Programs drop
    zeros at the end, so a number has at least the decimals that most of its column have.
    """
    counts = Counter(each for each in decimals if each is not None)
    usual = max(counts, key=lambda each: (counts[each], each), default=0)
    printed = [max(usual, each or 0) for each in decimals]
    return [10.0**-each if each > 0 else 0.0 for each in printed]


def _decimals(text: str) -> int | None:
    match = _NUMBER.fullmatch(text.replace("−", "-").lower())
    if not match:
        return None
    return len(match["decimals"] or match["only"] or "") - int(match["exp"] or 0)
