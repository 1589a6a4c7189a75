"""A section of the report: a figure, a table or both, and their files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pandas as pd

from analysis.site.markdown import markdown_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Section:
    """The figure and the table that one module contributes to the report.

    Args:
        title: the heading; it names the content.
        description: the content, and the explanations that a reader needs.
        figure: a figure in the style of the report, or None.
        table: the unrounded numbers, or None.
        columns: the columns of the table in the report: a heading and a template for each,
            such as {"95% interval": "[{low:.2%}, {high:.2%}]"}. The template is filled from a
            row; the cell is "—" if a value is missing. None shows all columns of the table.
        provenance: machine and date of the measurement, and the command that repeats it.
        documents: names of the files of documents that the section is made from, such as
            "alpha-sweep-full".
        is_unfolded: whether the page shows the whole table, even if it is long.
        key: name of the files; "" makes it from the title.
    """

    title: str
    description: str
    figure: Figure | None = None
    table: pd.DataFrame | None = None
    columns: Mapping[str, str] | None = None
    provenance: str = ""
    documents: tuple[str, ...] = ()
    is_unfolded: bool = False
    key: str = ""

    @property
    def name(self) -> str:
        """The name of the section's files, without ending, and of its anchor on the page."""
        return self.key or file_name(self.title)

    def formatted_table(self) -> pd.DataFrame:
        """Return the table as the report shows it, as texts."""
        table = pd.DataFrame() if self.table is None else self.table
        columns = self.columns or {str(column): f"{{{column}}}" for column in table}
        rows = table.to_dict("records")
        return pd.DataFrame(
            {
                heading: [_fill(template, row) for row in rows]
                for heading, template in columns.items()
            }
        )

    def write(self, output: Path, *, png: bool = False) -> None:
        """Write figures/NAME.svg, tables/NAME.csv and .md below the output folder.

        Args:
            output: the folder.
            png: whether figures/NAME.png is written as well, which takes about as long as the
                SVG file.

        The CSV file has the unrounded numbers. The Markdown file has the table of the page.
        """
        if self.figure is not None:
            folder = output / "figures"
            folder.mkdir(parents=True, exist_ok=True)
            self.figure.savefig(folder / f"{self.name}.svg", metadata={"Date": None})
            if png:
                # The PNG file keeps the layout of the SVG file, because computing it is slow.
                self.figure.set_layout_engine("none")
                self.figure.savefig(folder / f"{self.name}.png", metadata={"Software": None})
        if self.table is not None:
            folder = output / "tables"
            folder.mkdir(parents=True, exist_ok=True)
            self.table.to_csv(
                folder / f"{self.name}.csv", index=False, encoding="utf-8", errors="replace"
            )
            markdown = markdown_table(self.formatted_table())
            (folder / f"{self.name}.md").write_text(f"{markdown}\n", "utf-8", "replace")

    def of_store(self, store: Path) -> Section:
        """Return the section with a label that names another store than that of the report."""
        table = self.table
        columns = self.columns
        if table is not None:
            label = "store" if "store" not in table else "store of the row"
            table = table.copy()
            table.insert(0, label, str(store))
            columns = columns and {label: f"{{{label}}}", **columns}
        return replace(
            self,
            title=f"{self.title} ({store})",
            description=f"These are results of another store, {store}. {self.description}",
            table=table,
            columns=columns,
            documents=tuple(f"{folder_name(store)}/{name}" for name in self.documents),
            key=f"{self.name}-{folder_name(store)}",
        )


def file_name(title: str) -> str:
    """Return a title as the name of a file.

    Example:
        >>> file_name("Test accuracy, per condition")
        'test-accuracy-per-condition'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def folder_name(store: Path) -> str:
    """Return the name of a folder for the documents of another store; it differs by store."""
    digest = hashlib.sha256(str(store).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{file_name(store.name)}-{digest[:8]}"


def _fill(template: str, row: Mapping[Hashable, object]) -> str:
    used = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    is_missing = any(pd.isna(row[name]) for name in used)
    return "—" if is_missing else template.format(**{str(k): v for k, v in row.items()})
