"""The simulated behaviour of the statistics, as sections of the report."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from analysis.methods.simulation import MARGIN, REPEATS
from analysis.site.section import Section

_COMMAND = "Repeat with: python -m analysis.methods."


def path_of(name: str) -> Path:
    """Return the path of a committed table: intervals or errors."""
    return Path(__file__).with_name(f"{name}.csv")


def sections() -> Iterator[Section]:
    """Return coverage and width of intervals, and error rates and power of verdicts."""
    yield Section(
        title="Intervals of paired differences",
        description=f"{REPEATS:,} simulated data sets for each row, with a true mean of 0 and "
        "a standard deviation of 1. Coverage is the share of 95% intervals that contain the "
        "true mean, and width is their median width. Agreement is the share in which the "
        "interval excludes 0 if and only if p ≤ 5% by sign flips. The project uses sign flips: "
        "their interval and p always agree, and their coverage is near 95% where differences "
        "are symmetric. For skewed differences no method of few seeds reaches 95%.",
        table=pd.read_csv(path_of("intervals")),
        columns={
            "differences": "{shape}",
            "seeds": "{seeds}",
            "method": "{method}",
            "coverage": "{coverage:.1%}",
            "width": "{width:.2f}",
            "agreement with p": "{agreement:.1%}",
        },
        provenance=_COMMAND,
    )
    yield Section(
        title="Error rates and power of verdicts",
        description=f"{REPEATS:,} simulated data sets for each row. False verdicts are "
        "'supported' for a true difference of 0: of one comparison at 5%, and of any of three "
        "primary comparisons that share a condition. Power is the share of 'supported' for a "
        "true difference of 1 standard deviation, alone and as one of three. Equivalence has a "
        f"margin of {MARGIN:g} standard deviation: for a true difference of 0, and for one at "
        "the margin, where it is false. False discoveries are the mean share of false ones "
        "among the exploratory comparisons with q ≤ 5%, if 5 of 20 differ by 1 standard "
        "deviation. All rates are near or below 5%, with one exception: if differences are "
        "skewed, equivalence is found too often at the margin.",
        table=pd.read_csv(path_of("errors")),
        columns={
            "differences": "{shape}",
            "seeds": "{seeds}",
            "false, one": "{false:.1%}",
            "false, any of three": "{false_family:.1%}",
            "power, alone": "{power:.0%}",
            "power, one of three": "{power_family:.0%}",
            "equivalent, true": "{equivalent:.0%}",
            "equivalent, false": "{false_equivalent:.1%}",
            "false discoveries": "{false_discoveries:.1%}",
        },
        provenance=_COMMAND,
    )
