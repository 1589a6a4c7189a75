"""The vectors of one activation, as typed records."""

from dataclasses import dataclass
from enum import StrEnum

SCHEMA = 1
"""The version of the format of the files."""


class InputKind(StrEnum):
    """The reason why an input is in a set of vectors."""

    SPECIAL = "special"
    """±0, ±∞, NaN, the smallest and largest subnormal, the smallest normal, the largest."""
    ORDINARY = "ordinary"
    """The multiples of ½ up to 10."""
    BREAKPOINT = "breakpoint"
    """A breakpoint and its neighbours."""
    ZERO = "zero"
    """The numbers next to a zero of f, f' or f''."""
    RANGE = "end of a range"
    """The numbers between which the result becomes 0, subnormal, infinite or its limit."""
    HARD_TO_ROUND = "hard to round"
    """The true value is almost halfway between two numbers of the format."""
    AUDITED = "worst in an audit"
    """An audited implementation, or the textbook formula itself, has a large error there."""


class Status(StrEnum):
    """The evidence for a correctly rounded result."""

    CONFIRMED = "confirmed"
    """Ball arithmetic proves it, and mpmath gives the same number."""
    BALLS = "balls only"
    """Ball arithmetic proves it, and mpmath gives no number."""
    ORACLE = "mpmath only"
    """No ball is small enough to decide it, so it is the number of mpmath."""
    DISPUTED = "disputed"
    """Ball arithmetic and mpmath give different numbers; it is that of ball arithmetic."""
    UNKNOWN = "unknown"
    """Neither gives a number."""
    LIMIT = "limit"
    """The input is ±∞ or NaN, and the result is the limit that the record states."""


@dataclass(frozen=True)
class Result:
    """The correctly rounded value or derivative at one input, and how an error is judged.

    The error of a result y is |(y − expected) / unit − rest| ULP. It conforms to a tolerance of
    t ULP if it is at most max(factor · t, minimum). This is the measure of the audit; see
    `actbench.conformance.ulp`. The sign of a result 0 is not judged.

    Args:
        expected: the number of the format nearest to the true value; None if it is unknown.
        rest: the true value minus `expected` in units.
        unit: one ULP at the true value; another measure near zeros and for subnormal results.
        factor: the tolerance is multiplied by this; 4 near a zero.
        minimum: the allowed error for any tolerance, such as that of a result flushed to zero.
        status: the evidence.
    """

    expected: float | None
    rest: float
    unit: float
    factor: float
    minimum: float
    status: Status


@dataclass(frozen=True)
class Point:
    """An input, the reasons for it, and the results of f, f' and f''."""

    x: float
    kinds: tuple[InputKind, ...]
    results: tuple[Result, Result, Result]


@dataclass(frozen=True)
class Tolerances:
    """The tolerance classes of one order in ULP; None if no audit has such a class."""

    order: int
    exact: float
    tight: float | None
    typical: float | None


@dataclass(frozen=True)
class FormatVectors:
    """The vectors of one format, in ascending order; NaN is the last input."""

    dtype: str
    tolerances: tuple[Tolerances, ...]
    points: tuple[Point, ...]

    def count(self, *statuses: Status) -> int:
        """Return the number of results with one of the statuses."""
        return sum(result.status in statuses for at in self.points for result in at.results)


@dataclass(frozen=True)
class Breakpoint:
    """A point where a piece of the formula ends, with float64 limits from both sides.

    Args:
        x: the point, rounded to float64.
        is_kink: whether f or f' jumps there.
        value: f(x).
        derivative: f'(x), the derivative of the piece that contains x.
        left: the limits of f, f' and f'' from the left; NaN if there is none.
        right: the limits from the right.
    """

    x: float
    is_kink: bool
    value: float
    derivative: float
    left: tuple[float, float, float]
    right: tuple[float, float, float]


@dataclass(frozen=True)
class Vectors:
    """Hard inputs of an activation with their correctly rounded results, by format.

    Args:
        function: the activation with its parameters, such as "elu(alpha=1.3)".
        name: its name.
        formula: its textbook formula.
        parameters: its parameters, by name.
        source: the publication of the function.
        breakpoints: the points where a piece of the formula ends.
        formats: the vectors of each format.
        actbench: the version that made them.
        schema: the version of the format of the files.
    """

    function: str
    name: str
    formula: str
    parameters: dict[str, float]
    source: str
    breakpoints: tuple[Breakpoint, ...]
    formats: tuple[FormatVectors, ...]
    actbench: str
    schema: int = SCHEMA
