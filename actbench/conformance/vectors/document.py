"""Vectors as a JSON document, and the JSON Schema of these documents.

Each number is written twice: as a hexadecimal float, which C's `strtod` reads, and as the
shortest decimal number that a reader of float64 reads as the same number, also in JavaScript.
The words Infinity, -Infinity and NaN are read by both.

`python -m actbench.conformance.vectors results` writes the committed schema again.
"""

import json
import math
from importlib.resources import files
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

from actbench.conformance.vectors.vector_set import (
    Breakpoint,
    FormatVectors,
    InputKind,
    Point,
    Result,
    Status,
    Tolerances,
    Vectors,
)

SCHEMA_FILE = "vectors.schema.json"

_WORDS = "-?Infinity|NaN"
Hexadecimal = Annotated[str, Meta(pattern=rf"^(-?0x[01]\.[0-9a-f]+p[+-]\d+|{_WORDS})$")]
Decimal = Annotated[str, Meta(pattern=rf"^(-?\d+(\.\d+)?(e[+-]\d+)?|{_WORDS})$")]
NotNegative = Annotated[float, Meta(ge=0)]


class NumberDocument(TypedDict):
    """One number in two notations."""

    hex: Hexadecimal
    decimal: Decimal


class ResultDocument(TypedDict):
    """A correctly rounded result; see `Result`."""

    order: Literal[0, 1, 2]
    expected: NumberDocument | None
    unit: NumberDocument
    rest: Annotated[float, Meta(ge=-1, le=1)]
    factor: NotNegative
    minimum: NotNegative
    status: Status


class PointDocument(TypedDict):
    """An input and its results."""

    x: NumberDocument
    kinds: Annotated[list[InputKind], Meta(min_length=1)]
    results: Annotated[list[ResultDocument], Meta(min_length=3, max_length=3)]


class TolerancesDocument(TypedDict):
    """The tolerance classes of one order in ULP."""

    order: Literal[0, 1, 2]
    exact: NotNegative
    tight: NotNegative | None
    typical: NotNegative | None


class FormatDocument(TypedDict):
    """The vectors of one format, with the number of results by status."""

    dtype: Literal["float16", "bfloat16", "float32", "float64"]
    counts: dict[Status, int]
    tolerances: Annotated[list[TolerancesDocument], Meta(min_length=3, max_length=3)]
    points: list[PointDocument]


class BreakpointDocument(TypedDict):
    """A breakpoint with the limits of f, f' and f'' from both sides."""

    x: NumberDocument
    is_kink: bool
    value: NumberDocument
    derivative: NumberDocument
    left: Annotated[list[NumberDocument], Meta(min_length=3, max_length=3)]
    right: Annotated[list[NumberDocument], Meta(min_length=3, max_length=3)]


class VectorsDocument(TypedDict):
    """The vectors of one activation."""

    schema: Literal[1]
    actbench: str
    function: str
    name: str
    formula: str
    source: str
    parameters: dict[str, NumberDocument]
    rounding: Literal["to nearest, ties to even"]
    breakpoints: list[BreakpointDocument]
    formats: Annotated[list[FormatDocument], Meta(min_length=1)]


def document_of(made: Vectors) -> VectorsDocument:
    """Return vectors ready for JSON."""
    return {
        "schema": 1,
        "actbench": made.actbench,
        "function": made.function,
        "name": made.name,
        "formula": made.formula,
        "source": made.source,
        "parameters": {name: number(value) for name, value in made.parameters.items()},
        "rounding": "to nearest, ties to even",
        "breakpoints": [_breakpoint(each) for each in made.breakpoints],
        "formats": [_format(each) for each in made.formats],
    }


def number(value: float) -> NumberDocument:
    """Return a number in both notations.

    Example:
        >>> number(0.1)
        {'hex': '0x1.999999999999ap-4', 'decimal': '0.1'}
    """
    if math.isfinite(value):
        return {"hex": value.hex(), "decimal": repr(value)}
    word = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return {"hex": word, "decimal": word}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the documents."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(VectorsDocument),
    }


def committed_schema() -> dict[str, Any]:
    """Return the schema that is part of the package."""
    text = (files("actbench.conformance.vectors") / SCHEMA_FILE).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _format(made: FormatVectors) -> FormatDocument:
    counts = {status: made.count(status) for status in Status}
    return {
        "dtype": made.dtype,  # type: ignore[typeddict-item]
        "counts": {status: count for status, count in counts.items() if count},
        "tolerances": [_tolerances(each) for each in made.tolerances],
        "points": [_point(each) for each in made.points],
    }


def _tolerances(made: Tolerances) -> TolerancesDocument:
    return {
        "order": made.order,  # type: ignore[typeddict-item]
        "exact": made.exact,
        "tight": made.tight,
        "typical": made.typical,
    }


def _point(made: Point) -> PointDocument:
    return {
        "x": number(made.x),
        "kinds": list(made.kinds),
        "results": [_result(order, each) for order, each in enumerate(made.results)],
    }


def _result(order: int, made: Result) -> ResultDocument:
    return {
        "order": order,  # type: ignore[typeddict-item]
        "expected": None if made.expected is None else number(made.expected),
        "unit": number(made.unit),
        "rest": made.rest,
        "factor": made.factor,
        "minimum": made.minimum,
        "status": made.status,
    }


def _breakpoint(made: Breakpoint) -> BreakpointDocument:
    return {
        "x": number(made.x),
        "is_kink": made.is_kink,
        "value": number(made.value),
        "derivative": number(made.derivative),
        "left": [number(each) for each in made.left],
        "right": [number(each) for each in made.right],
    }
