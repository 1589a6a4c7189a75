"""The rows of the throughput benchmarks, and the fastest counterpart of each function."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from actbench.activations.catalogue import RECORDS
from analysis.results import BenchmarkEntry

FORWARD, BACKWARD, BOTH = "forward", "backward", "both"
"""Names of passes in the documents; `BOTH` is forward + backward."""

_ORDER = [kind.name for kind in RECORDS]


def summarise(entries: Sequence[BenchmarkEntry]) -> pd.DataFrame:
    """Return one row per implementation of each case, in catalogue order.

    A case is a function, a pass (forward, backward or both; the column `pass_name`), a dtype, a
    size and a kind of inputs. The column `ratio_to_actbench` is the time of the implementation
    divided by the time of actbench.
    """
    rows = [
        {
            **{key: entry[key] for key in ("function", "pass_name", "dtype", "size", "kind")},
            "noise": entry["noise"],
            "copy_bytes_per_second": entry["copy_bytes_per_second"],
            "cpu": entry["cpu"],
            "implementation": name,
            **{key: value for key, value in timing.items() if key != "interval"},
            "low": timing.get("interval", (np.nan, np.nan))[0],
            "high": timing.get("interval", (np.nan, np.nan))[1],
        }
        for entry in entries
        if "function" in entry
        for name, timing in entry["implementations"].items()
    ]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    table["place_in_order"] = [catalogue_place(name) for name in table["function"]]
    return table.sort_values(["place_in_order", "pass_name", "size"], ignore_index=True)


def catalogue_place(name: str) -> int:
    """Return the place of a function in the catalogue; other functions come last."""
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def main_cases(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of float32 inputs of both signs."""
    return rows[(rows["dtype"] == "float32") & (rows["kind"] == "mixed")]


def fastest_counterparts(rows: pd.DataFrame, counterparts: Sequence[str]) -> pd.DataFrame:
    """Return the row of the fastest counterpart for each function, pass and size."""
    timed = rows[rows["implementation"].isin(counterparts)].dropna(subset="ratio_to_actbench")
    fastest = timed.groupby(["function", "pass_name", "size"])["ratio_to_actbench"].idxmin()
    return timed.loc[sorted(fastest)]


def summarise_ratios(rows: pd.DataFrame, counterparts: Sequence[str]) -> pd.DataFrame:
    """Return the time of the fastest counterpart relative to actbench, for each pass.

    Returns:
        One row per pass (column `pass_name`), with the number of functions and sizes (count),
        the geometric mean of the ratios (mean), the smallest ratio (least) and its function
        (least_of).
    """
    return pd.DataFrame(
        {
            "pass_name": pass_name,
            "count": len(group),
            "mean": float(np.exp(np.log(group["ratio_to_actbench"]).mean())),
            "least": group["ratio_to_actbench"].min(),
            "least_of": group.loc[group["ratio_to_actbench"].idxmin(), "function"],
        }
        for pass_name, group in fastest_counterparts(rows, counterparts).groupby("pass_name")
    )
