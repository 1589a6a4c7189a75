"""Parameters of records: declaration, domain, and the check of their values."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Domain:
    """The interval of valid values of a parameter.

    Args:
        above: exclusive lower bound.
        least: inclusive lower bound.
        below: exclusive upper bound.
        most: inclusive upper bound.
    """

    above: float = -math.inf
    least: float = -math.inf
    below: float = math.inf
    most: float = math.inf

    def __contains__(self, value: float) -> bool:
        return self.above < value < self.below and self.least <= value <= self.most

    def __str__(self) -> str:
        bounds = {">": self.above, "≥": self.least, "<": self.below, "≤": self.most}
        finite = [f"{sign} {bound:g}" for sign, bound in bounds.items() if math.isfinite(bound)]
        return " and ".join(finite) or "any finite number"


def parameter(default: float, *, symbol: str, meaning: str, **domain: float) -> Any:
    """Declare a parameter of a record: a finite real number.

    Args:
        default: the value if the user gives none.
        symbol: LaTeX symbol.
        meaning: the role of the parameter in a few words.
        domain: arguments of `Domain`, such as above=0.
    """
    return field(
        default=default,
        metadata={"symbol": symbol, "meaning": meaning, "domain": Domain(**domain)},
    )


def finite_number(value: object) -> float | None:
    """Return a finite real number as a float, and None for any other value or a bool."""
    # NumPy counts time differences among the integers.
    if isinstance(value, (bool, np.timedelta64)):
        return None
    if not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
