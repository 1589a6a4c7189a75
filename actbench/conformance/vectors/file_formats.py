"""The files of vectors: JSON, CSV and NumPy's .npz. Equal vectors give equal bytes."""

import csv
import io
import json
from collections.abc import Callable, Iterator

import numpy as np

from actbench.conformance.vectors.document import document_of, number
from actbench.conformance.vectors.vector_set import FormatVectors, Result, Vectors

# Parts of a JSON document that are nested deeper stand in one line.
_DEPTH = 4

COLUMNS = (
    "dtype", "order", "x", "expected", "unit", "rest", "factor", "minimum",
    "exact", "tight", "typical", "kinds", "status", "x_decimal", "expected_decimal",
)  # fmt: skip
"""The columns of a CSV file. x, expected and unit are hexadecimal floats."""


def _json(made: Vectors) -> bytes:
    return ("".join(_parts(document_of(made), 0)) + "\n").encode()


def _parts(value: object, depth: int) -> Iterator[str]:
    """Yield the parts of a JSON text that has one line for each input."""
    if depth == _DEPTH or not isinstance(value, (dict, list)) or not value:
        yield json.dumps(value, ensure_ascii=False, allow_nan=False)
        return
    begin, end = "{}" if isinstance(value, dict) else "[]"
    items: list[tuple[str, object]] = (
        [(f"{json.dumps(key)}: ", part) for key, part in value.items()]
        if isinstance(value, dict)
        else [("", part) for part in value]
    )
    yield begin
    for count, (key, part) in enumerate(items):
        yield f"{',' if count else ''}\n{' ' * (depth + 1)}{key}"
        yield from _parts(part, depth + 1)
    yield f"\n{' ' * depth}{end}"


def _csv(made: Vectors) -> bytes:
    """Return a line for each result that is known: format, order and input."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for vectors in made.formats:
        for point in vectors.points:
            for order, result in enumerate(point.results):
                if result.expected is not None:
                    kinds = ";".join(point.kinds)
                    writer.writerow(_row(vectors, order, point.x, result, kinds))
    return text.getvalue().encode()


def _row(
    vectors: FormatVectors, order: int, x: float, result: Result, kinds: str
) -> tuple[object, ...]:
    known = vectors.tolerances[order]
    expected = number(np.nan if result.expected is None else result.expected)
    classes = ("NaN" if each is None else each for each in (known.tight, known.typical))
    return (
        vectors.dtype, order, number(x)["hex"], expected["hex"], number(result.unit)["hex"],
        result.rest, result.factor, result.minimum, known.exact, *classes,
        kinds, result.status, number(x)["decimal"], expected["decimal"],
    )  # fmt: skip


def _npz(made: Vectors) -> bytes:
    """Return arrays named FORMAT_x, FORMAT_expected (inputs × orders) and so on, in float64.

    An unknown result is NaN. The array `about` has the rest of the JSON document as text.
    """
    arrays: dict[str, object] = {}
    for vectors in made.formats:
        results = [point.results for point in vectors.points]
        arrays[f"{vectors.dtype}_x"] = np.array([point.x for point in vectors.points])
        arrays[f"{vectors.dtype}_kinds"] = np.array([";".join(p.kinds) for p in vectors.points])
        for field in ("expected", "rest", "unit", "factor", "minimum"):
            table = [[getattr(result, field) for result in row] for row in results]
            arrays[f"{vectors.dtype}_{field}"] = np.array(table, np.float64)
        statuses = [[str(result.status) for result in row] for row in results]
        arrays[f"{vectors.dtype}_status"] = np.array(statuses)
        rows = [(each.exact, each.tight, each.typical) for each in vectors.tolerances]
        arrays[f"{vectors.dtype}_tolerances"] = np.array(rows, np.float64)
    about = {key: value for key, value in document_of(made).items() if key != "formats"}
    file = io.BytesIO()
    np.savez(file, about=np.array(json.dumps(about, ensure_ascii=False)), **arrays)  # type: ignore[arg-type]
    return file.getvalue()


FORMATS: dict[str, Callable[[Vectors], bytes]] = {"json": _json, "csv": _csv, "npz": _npz}
"""The name of each file format ↦ the function that makes its file."""
