"""What the audit says: verdicts, and the audit of one target as a document."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

SCHEMA = 1

OK, FAILS, SKIPPED = "ok", "fails", "skipped"


class Tolerance(NamedTuple):
    """The largest errors in ULP that conform, in normal results: value, f' and f''."""

    value: float = 4.0
    derivative: float = 16.0
    second_derivative: float = 64.0

    def of(self, order: int) -> float:
        """Return that of a derivative."""
        return self[order]


STRICT = Tolerance()
"""The default: 4 ULP for values; autodiff composes rounded parts, so more for derivatives."""


@dataclass(frozen=True)
class Point:
    """An input and what came of it, as texts: decimal numbers, and the input's bits."""

    x: str
    bits: str
    got: str
    wanted: str
    ulp: float | None
    """The error; None where it is infinite or no error of size."""


@dataclass(frozen=True)
class Verdict:
    """What one check found.

    Args:
        check: which, such as "value" or "kinks".
        outcome: "ok", "fails" or "skipped".
        text: what was found, in a line.
        dtype: of the inputs; "" for a check of all.
        mode: "eager" or "compiled".
        ulp: the largest error of normal results, those beside a joint included, where errors
            were measured; None if it is infinite or was not.
        apart: the largest errors of the other kinds of results, by kind.
        failing: how many results are wrong.
        checked: of how many.
        worst: the worst result.
        reproducer: three lines of Python that print it.
        bytes_per_element: what is kept for the backward pass.
    """

    check: str
    outcome: str
    text: str = ""
    dtype: str = ""
    mode: str = "eager"
    ulp: float | None = None
    apart: dict[str, float | None] = field(default_factory=dict)
    failing: int = 0
    checked: int = 0
    worst: Point | None = None
    reproducer: str = ""
    bytes_per_element: float | None = None


@dataclass(frozen=True)
class Audit:
    """The audit of one target.

    Args:
        target: as it was asked for.
        place: where the function is.
        package: whose it is.
        library: what computed it.
        device: where.
        expected: what it was held to: a name and its parameters.
        formula: the same as a formula.
        tolerance: what it was held to, by order.
        verdicts: of all checks.
        versions: of Python and the packages.
        machine: on what.
        started: UTC, ISO 8601.
        seconds: how long it took, without imports.
    """

    target: str
    place: str
    package: str
    library: str
    device: str
    expected: str
    formula: str
    tolerance: Tolerance
    verdicts: tuple[Verdict, ...]
    versions: dict[str, str]
    machine: dict[str, Any]
    started: str
    seconds: float
    schema: int = SCHEMA

    @property
    def conforms(self) -> bool:
        """Whether no check fails."""
        return not any(verdict.outcome == FAILS for verdict in self.verdicts)

    @property
    def failures(self) -> list[Verdict]:
        """The verdicts of the checks that fail."""
        return [verdict for verdict in self.verdicts if verdict.outcome == FAILS]

    def document(self) -> dict[str, Any]:
        """Return it for JSON: what is empty is left out of the verdicts."""
        found = asdict(self) | {"tolerance": self.tolerance._asdict()}
        found["verdicts"] = [
            {key: value for key, value in verdict.items() if value not in ("", None, {})}
            for verdict in found["verdicts"]
        ]
        return found

    @classmethod
    def of_document(cls, found: dict[str, Any]) -> "Audit":
        """Return the audit that `document` described.

        Raises:
            TypeError, KeyError: it is none.
        """
        verdicts = tuple(
            Verdict(**(verdict | {"worst": Point(**verdict["worst"])}))
            if "worst" in verdict
            else Verdict(**verdict)
            for verdict in found["verdicts"]
        )
        tolerance = Tolerance(**found["tolerance"])
        return cls(**(found | {"verdicts": verdicts, "tolerance": tolerance}))


def point(x: Any, got: Any, wanted: float, ulp: float | None = None) -> Point:
    """Return an input and what came of it; the two numbers are of the format's dtype."""
    size = x.dtype.itemsize
    bits = int(np.array(x).view(np.dtype(f"u{size}")))
    return Point(
        x=decimal(x),
        bits=f"0x{bits:0{2 * size}x}",
        got=decimal(got),
        wanted=f"{wanted:.9g}" if size < 8 else f"{wanted:.17g}",
        ulp=float(ulp) if ulp is not None and np.isfinite(ulp) else None,
    )


def decimal(number: Any) -> str:
    """Return the shortest text that a format reads as that number."""
    return str(np.array(number)[()])
