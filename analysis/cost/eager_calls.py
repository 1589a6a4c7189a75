"""The time of eager calls on small arrays."""

from collections.abc import Iterator, Sequence

import pandas as pd

from analysis.results import BenchmarkEntry
from analysis.site.section import Section


def summarise(entries: Sequence[BenchmarkEntry]) -> pd.DataFrame:
    """Return one row per function; times in µs, `ratio` is actbench / counterpart."""
    return pd.DataFrame(
        {
            "function": entry["eager"],
            "counterpart": entry["counterpart"],
            "actbench_us": entry["seconds_per_call"]["actbench"] * 1e6,
            "counterpart_us": entry["seconds_per_call"][entry["counterpart"]] * 1e6,
            # The documents have the inverse ratio, counterpart / actbench.
            "ratio": 1 / entry["ratio_to_actbench"],
            "low": 1 / entry["interval"][1],
            "high": 1 / entry["interval"][0],
        }
        for entry in entries
        if "eager" in entry
    )


def sections(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    """Return the table; nothing without documents."""
    rows = summarise(entries)
    if rows.empty:
        return
    yield Section(
        title="Eager calls on small arrays",
        description="1,024 float32 elements; the functions are called from Python, without a "
        "graph.",
        table=rows,
        columns={
            "function": "{function}",
            "counterpart": "{counterpart}",
            "actbench, µs": "{actbench_us:.0f}",
            "counterpart, µs": "{counterpart_us:.0f}",
            "time of actbench / counterpart": "{ratio:.1f}",
            "95% interval": "[{low:.1f}, {high:.1f}]",
        },
        provenance="Repeat with: pytest benchmarks -m full.",
    )
