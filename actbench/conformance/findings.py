"""Findings: the outcomes of checks, and the audit of one target as a document."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from msgspec import Meta

from actbench.files import convert

SCHEMA = 3

NotNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]


class Outcome(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    FAIL = "fail"
    SKIPPED = "skipped"


OK, FAIL, SKIPPED = Outcome.OK, Outcome.FAIL, Outcome.SKIPPED


class Severity(StrEnum):
    """How serious wrong results are; the most serious one comes first."""

    ORDINARY = "wrong in the ordinary range"
    TAILS = "wrong only in the tails"
    ROUNDING = "rounding above the tolerance"


EXPORT = "export"
"""The check that fails if a function cannot be exported, or its model cannot be loaded."""


class Tolerance(NamedTuple):
    """The largest allowed errors of normal results in ULP, by order.

    Args:
        value: for values.
        derivative: for first derivatives.
        second_derivative: for second derivatives.
    """

    value: float = 4.0
    derivative: float = 16.0
    second_derivative: float = 64.0

    def of(self, order: int) -> float:
        """Return the tolerance of an order: 0 for values, 1 and 2 for derivatives."""
        return self[order]


STRICT = Tolerance()
"""The default. Derivatives have more, because autodiff composes results that are rounded."""


@dataclass(frozen=True)
class Point:
    """An input and its result, as text.

    Args:
        x: the input as a decimal number.
        bits: the bit pattern of the input.
        got: the result as a decimal number.
        expected: the true value as a decimal number.
        ulp: the error in ULP; None if it is infinite or no error was measured.
    """

    x: str
    bits: str
    got: str
    expected: str
    ulp: NotNegative | None


@dataclass(frozen=True)
class Coverage:
    """The inputs of a format at which a sample was taken.

    Args:
        count: their number, without the search around the largest errors.
        choice: how they are chosen.
    """

    count: Count
    choice: str


@dataclass(frozen=True)
class CodeHashes:
    """Hashes of the code that an audit depends on; "" in documents of earlier schemas.

    Args:
        function: the code that computes the results, or its framework's version.
        judge: the code that judges a sample, with the reference.
        exhaustive: the code that judges all float32 inputs, with the reference.
    """

    function: str = ""
    judge: str = ""
    exhaustive: str = ""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Args:
        check: name of the check, such as "value" or "kinks".
        outcome: whether the target passes the check.
        detail: one line of explanation.
        dtype: format of the inputs; "" for a check of all formats.
        mode: "eager" or "compiled".
        ulp: the largest error of normal results and of results near a breakpoint, in ULP; None
            if it is infinite or was not measured. In the pass over all inputs it is the error
            of normal results only.
        other_errors: the largest errors of the other kinds of results, by kind.
        failing: number of wrong results.
        checked: number of results that were checked, those of the search included.
        worst: the worst result.
        severity: how serious a failure is; None for other outcomes, and in documents of
            earlier schemas.
        example: the wrong result that shows a failure best; None if that is the worst result.
        reproducer: three lines of Python that print the example, or the worst result.
        bytes_per_element: memory that is kept for the backward pass.
    """

    check: str
    outcome: Outcome
    detail: str = ""
    dtype: str = ""
    mode: str = "eager"
    ulp: NotNegative | None = None
    other_errors: Mapping[str, NotNegative | None] = field(default_factory=dict)
    failing: Count = 0
    checked: Count = 0
    worst: Point | None = None
    severity: Severity | None = None
    example: Point | None = None
    reproducer: str = ""
    bytes_per_element: NotNegative | None = None


@dataclass(frozen=True, repr=False)
class Audit:
    """The audit of one target.

    Args:
        target: name of the target as it was requested.
        location: dotted name of the function, or the library that computes it for a function
            of actbench.
        package: package that contains the function.
        library: library that computed it.
        device: device that computed it.
        function: name of the activation that it was compared with, such as "celu".
        expected: that activation with its parameters, such as "celu(alpha=1)".
        parameters: its parameters.
        formula: the formula of that activation.
        record: name of the record that computes the results; "" for functions of others.
        call: the call in Python, with its arguments.
        code: hashes of the code that the results and the findings depend on.
        coverage: format ↦ the inputs of its sample.
        tolerance: allowed errors.
        findings: outcomes of all checks.
        versions: versions of Python and the packages.
        machine: properties of the machine.
        started: start of the audit in UTC, ISO 8601.
        seconds: wall time without imports.
        schema: version of the format of the document.
    """

    target: str
    location: str
    package: str
    library: str
    device: str
    function: str
    expected: str
    formula: str
    tolerance: Tolerance
    findings: tuple[Finding, ...]
    versions: Mapping[str, str]
    machine: Mapping[str, object]
    started: str
    seconds: NotNegative
    parameters: Mapping[str, float] = field(default_factory=dict)
    record: str = ""
    call: str = ""
    code: CodeHashes = CodeHashes()
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    schema: int = SCHEMA

    @property
    def conforms(self) -> bool:
        """Whether the target passes all checks."""
        return not self.failures

    @property
    def failures(self) -> list[Finding]:
        """The findings of the checks that fail."""
        return [finding for finding in self.findings if finding.outcome == FAIL]

    @property
    def severity(self) -> Severity | None:
        """The most serious severity of the failures; None if the target conforms."""
        found = {failure.severity or Severity.ORDINARY for failure in self.failures}
        return next((each for each in Severity if each in found), None)

    @property
    def worst(self) -> Finding | None:
        """The most serious failure with the most wrong results; None if there is none."""
        order = list(Severity)
        return min(
            self.failures,
            key=lambda each: (order.index(each.severity or Severity.ORDINARY), -each.failing),
            default=None,
        )

    def __str__(self) -> str:
        """Return the text that `actbench audit` prints."""
        from actbench.conformance.text_report import lines

        return "\n".join(lines(self)).rstrip("\n")

    def __repr__(self) -> str:
        result = "conforms" if self.conforms else f"{len(self.failures)} failures"
        return f"<Audit of {self.target} as {self.expected}: {result}>"

    def __rich__(self) -> str:
        """Return the text for `rich.print`."""
        from rich.markup import escape

        return escape(str(self))

    def _repr_html_(self) -> str:
        """Return the HTML that notebooks show."""
        from actbench.conformance.html_report import html_of

        return html_of(self)

    def with_findings(self, findings: Sequence[Finding]) -> Self:
        """Return the audit with other findings."""
        return replace(self, findings=tuple(findings))

    def to_dict(self) -> dict[str, object]:
        """Return the audit for JSON; empty fields of findings are left out."""
        findings = [_without_empty(asdict(finding)) for finding in self.findings]
        return asdict(self) | {"tolerance": self.tolerance._asdict(), "findings": findings}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the audit that a document describes.

        Raises:
            ValueError: the document describes no audit, or contradicts itself.
        """
        tolerance = document.get("tolerance")
        if not isinstance(tolerance, Mapping) or set(tolerance) != set(Tolerance._fields):
            raise ValueError(f"tolerance: expected {', '.join(Tolerance._fields)}, got others")
        audit = convert(
            {**document, "tolerance": [*map(tolerance.get, Tolerance._fields)]}, cls
        )
        for contradiction in contradictions(audit):
            raise ValueError(contradiction)
        return audit


def _without_empty(fields: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in fields.items() if value not in ("", None, {})}


EXHAUSTIVE_CHECKS = {
    "all float32 values": "value",
    "all float32 derivatives": "derivative",
}
"""The checks of all float32 inputs ↦ the checks of a sample that they include."""

# The reference of the exhaustive pass has an error of up to 1/100 ULP of float32.
_REFERENCE_ERROR = 0.02


def contradictions(audit: Audit) -> list[str]:
    """Return the contradictions of an audit: errors of a sample that all inputs do not have."""
    sample = {
        (finding.check, finding.mode): finding
        for finding in audit.findings
        if finding.dtype == "float32" and finding.outcome != SKIPPED
    }
    found = []
    for finding in audit.findings:
        check = EXHAUSTIVE_CHECKS.get(finding.check, "")
        part = sample.get((check, finding.mode))
        if part is None or finding.outcome == SKIPPED:
            continue
        largest, in_sample = (
            np.inf if each.ulp is None else each.ulp for each in (finding, part)
        )
        # The pass over all inputs reports the results near a breakpoint separately.
        of_breakpoint = part.ulp == part.other_errors.get("near a breakpoint", -1.0)
        if in_sample > largest + _REFERENCE_ERROR and not of_breakpoint:
            found.append(
                f"{check}, {finding.mode}: expected at most {largest:.3g} ULP, the largest "
                f"error of all inputs, got {in_sample:.3g} ULP in a sample"
            )
    return found


def outcome_of(failing: int | bool) -> Outcome:
    """Return FAIL if any result is wrong, else OK."""
    return FAIL if failing else OK


def point(x: np.floating, got: np.floating, expected: float, ulp: float | None = None) -> Point:
    """Return an input and its result, two numbers of the same dtype, as text."""
    size = x.dtype.itemsize
    bits = int(np.array(x).view(np.dtype(f"u{size}")))
    return Point(
        x=decimal(x),
        bits=f"0x{bits:0{2 * size}x}",
        got=decimal(got),
        expected=f"{expected:.9g}" if size < 8 else f"{expected:.17g}",
        ulp=finite_or_none(ulp) if ulp is not None else None,
    )


def finite_or_none(number: float) -> float | None:
    """Return a number, or None if it is infinite or NaN, which JSON does not have."""
    return float(number) if np.isfinite(number) else None


def decimal(number: np.floating) -> str:
    """Return the shortest decimal number that the format reads as this number."""
    return str(np.array(number)[()])
