"""The part of a function that an audit compares: formats, derivatives and an interval."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from actbench.conformance.findings import Tolerance
from actbench.conformance.inputs import Interval
from actbench.frameworks.libraries import DTYPES


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The part of a function that is compared with its reference.

    Args:
        dtypes: names of the formats.
        orders: 0 for the value, 1 and 2 for the derivatives.
        interval: the smallest and the largest input; None for all numbers. With an interval,
            NaN, ±∞ and special numbers at each position are not checked.
        tolerances: format ↦ the tolerance in this format; other formats have that of the audit.
    """

    dtypes: tuple[str, ...] = tuple(DTYPES)
    orders: tuple[int, ...] = (0, 1, 2)
    interval: Interval | None = None
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)


EVERYTHING = Scope()
"""All formats, values and derivatives, at all numbers."""
