"""A part of the report: a figure, a table or both, and their files."""

from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from analysis.training.study import file_name


@dataclass(frozen=True, eq=False)
class Section:
    """What one script contributes.

    Args:
        title: says what it shows.
        text: what to see in it and how to read it.
        figure: drawn in the house style, or None.
        table: numbers as they are, or None.
        shown: the columns of the table as a reader sees it: a title and a template for each,
            filled from a row, such as {"95% interval": "[{low:.2%}, {high:.2%}]"}. "—" stands
            where a value is missing.
        where: on what it was measured, and the command that does it again.
        data: the files of documents it was made from, such as "alpha-sweep-full".
        unfolded: whether its table is shown whole, however long it is.
    """

    title: str
    text: str
    figure: Any = None
    table: pd.DataFrame | None = None
    shown: dict[str, str] | None = None
    where: str = ""
    data: tuple[str, ...] = ()
    unfolded: bool = False

    @property
    def name(self) -> str:
        """The name of its files, without ending."""
        return file_name(self.title)

    def readable(self) -> pd.DataFrame:
        """Return the table as texts."""
        table = pd.DataFrame() if self.table is None else self.table
        shown = self.shown or {str(column): f"{{{column}}}" for column in table}
        rows = table.to_dict("records")
        return pd.DataFrame(
            {title: [_fill(template, row) for row in rows] for title, template in shown.items()}
        )

    def write(self, output: Path) -> None:
        """Write figures/NAME.svg and .png, tables/NAME.csv and .md below the output folder.

        CSV has the numbers, Markdown what is shown.
        """
        if self.figure is not None:
            folder = output / "figures"
            folder.mkdir(parents=True, exist_ok=True)
            self.figure.savefig(folder / f"{self.name}.svg", metadata={"Date": None})
            self.figure.savefig(folder / f"{self.name}.png", metadata={"Software": None})
            plt.close(self.figure)
        if self.table is not None:
            folder = output / "tables"
            folder.mkdir(parents=True, exist_ok=True)
            self.table.to_csv(folder / f"{self.name}.csv", index=False)
            markdown = self.readable().to_markdown(index=False, disable_numparse=True)
            (folder / f"{self.name}.md").write_text(f"{markdown}\n", encoding="utf-8")


def _fill(template: str, row: dict[Any, Any]) -> str:
    used = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    return "—" if any(pd.isna(row[name]) for name in used) else template.format(**row)
