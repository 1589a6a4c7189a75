"""Memory that an implementation keeps between the forward and the backward pass."""

from collections.abc import Iterator, Sequence

import pandas as pd

from analysis.cost.throughput import BOTH, summarise
from analysis.plotting import IMPLEMENTATION_COLOURS
from analysis.results import BenchmarkEntry
from analysis.site.section import Section


def bytes_kept(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the bytes per element: one row per function, one column per implementation."""
    kept = rows.dropna(subset="bytes_kept")
    kept = kept[kept["pass_name"] == BOTH].drop_duplicates(["function", "implementation"])
    return kept.pivot_table(
        index="function", columns="implementation", values="bytes_kept", sort=False
    ).reset_index()


def sections(entries: Sequence[BenchmarkEntry]) -> Iterator[Section]:
    """Return the table; nothing without documents."""
    rows = summarise(entries)
    if rows.empty:
        return
    table = bytes_kept(rows)
    if table.empty:
        return
    # A dot in the name of a template field would mean an attribute.
    fields = {name: name.replace(".", "_") for name in IMPLEMENTATION_COLOURS if name in table}
    yield Section(
        title="Memory kept for the backward pass",
        description="Bytes per float32 element that are kept between the forward and the "
        "backward pass. The input alone takes 4 bytes.",
        table=table.rename(columns=fields),
        columns={"function": "{function}"}
        | {name: f"{{{field}:.0f}}" for name, field in fields.items()},
        provenance="Repeat with: pytest benchmarks -m full.",
    )
