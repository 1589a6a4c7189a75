"""Tolerance classes: tolerances in ULP by name, for each function, format and order.

* `exact`: ½ ULP, the largest error of a correctly rounded result. It depends on no
  implementation.
* `tight`: the smallest of the worst errors of all audited implementations, at least ½.
* `typical`: the largest of the worst errors of the implementations whose audit is ok, at least
  `tight`. The median of all implementations would be 2²⁴ ULP for GELU in float32, because most
  of them return 0 in the tail, and such a tolerance accepts every result.

The worst error of an implementation is the larger one of its eager and its compiled function.
The numbers are derived from the committed audits, and are stored in tolerance_classes.json, by
`python -m actbench.conformance.tolerance_classes results`.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from actbench.activations.record import Activation
from actbench.conformance.findings import FAIL, OK, Audit
from actbench.errors import RequestError

ClassName = Literal["exact", "tight", "typical"]

CLASSES: tuple[ClassName, ...] = ("exact", "tight", "typical")
"""The names of the classes, from the smallest tolerance to the largest."""

EXACT = 0.5
"""The largest error of a correctly rounded result in ULP."""

ORDERS = ("value", "derivative", "second derivative")
"""The checks whose errors are used, by order."""

_FILE = "tolerance_classes.json"


@dataclass(frozen=True)
class ToleranceClasses:
    """The tolerance classes of one function in one format.

    Args:
        function: the activation with its parameters, such as "elu(alpha=1)".
        dtype: name of the format.
        order: 0 for the value, 1 and 2 for the derivatives.
        tight: the tolerance `tight` in ULP; None if no implementation has a finite error.
        best: the implementation with the smallest error, with its package and version.
        typical: the tolerance `typical` in ULP; None if no audit is ok.
        conforming: number of implementations whose audit is ok.
        implementations: number of audited implementations.
    """

    function: str
    dtype: str
    order: int
    tight: float | None
    best: str
    typical: float | None
    conforming: int
    implementations: int

    def of(self, name: ClassName) -> float | None:
        """Return the tolerance of a class in ULP; None if there is none."""
        return {"exact": EXACT, "tight": self.tight, "typical": self.typical}[name]


def tolerance(activation: Activation, dtype: str, name: ClassName, *, order: int = 0) -> float:
    """Return the tolerance of a class in ULP.

    Args:
        activation: the activation with its parameters.
        dtype: "float16", "bfloat16", "float32" or "float64".
        name: "exact", "tight" or "typical".
        order: 0 for the value, 1 and 2 for the derivatives.

    Raises:
        RequestError: there is no such class, or no audit that it could be derived from.

    Example:
        >>> import actbench
        >>> tolerance(actbench.get("gelu"), "float32", "exact")
        0.5
    """
    if name not in CLASSES:
        raise RequestError(f"tolerance: expected one of {', '.join(CLASSES)}, got {name!r}")
    if name == "exact":
        return EXACT
    for row in classes_of(activation):
        if (row.dtype, row.order) == (dtype, order):
            found = row.of(name)
            if found is not None:
                return found
    raise RequestError(
        f"tolerance {name}: expected an audited function, format and order, "
        f"got {activation}, {dtype}, {order}; try exact or a number of ULP"
    )


def classes_of(activation: Activation) -> list[ToleranceClasses]:
    """Return the tolerance classes of an activation, by order and format; may be empty."""
    return [row for row in _table() if row.function == str(activation)]


def derive(audits: Iterable[Audit]) -> list[ToleranceClasses]:
    """Return the tolerance classes that follow from audits."""
    groups: dict[tuple[str, int, str], dict[str, list[tuple[float, bool]]]] = {}
    for audit in audits:
        source = f"{audit.target} ({audit.package} {audit.versions[audit.package]})"
        if audit.library != audit.package:
            source = f"{source[:-1]} on {audit.library})"
        for finding in audit.findings:
            if finding.check in ORDERS and finding.outcome in (OK, FAIL) and finding.dtype:
                key = audit.expected, ORDERS.index(finding.check), finding.dtype
                error = float("inf") if finding.ulp is None else finding.ulp
                made = groups.setdefault(key, {}).setdefault(source, [])
                made.append((error, finding.outcome == OK))
    return [_row(key, groups[key]) for key in sorted(groups)]


def _row(
    key: tuple[str, int, str], found: dict[str, list[tuple[float, bool]]]
) -> ToleranceClasses:
    function, order, dtype = key
    worst = {source: max(error for error, _ in each) for source, each in found.items()}
    conforming = [source for source, each in found.items() if all(ok for _, ok in each)]
    best = min(sorted(worst), key=worst.__getitem__)
    tight = max(worst[best], EXACT)
    typical = max([worst[source] for source in conforming], default=float("inf"))
    typical = max(typical, tight)
    return ToleranceClasses(
        function=function,
        dtype=dtype,
        order=order,
        tight=tight if tight < float("inf") else None,
        best=best,
        typical=typical if typical < float("inf") else None,
        conforming=len(conforming),
        implementations=len(worst),
    )


@cache
def _table() -> tuple[ToleranceClasses, ...]:
    text = (files("actbench.conformance") / _FILE).read_text(encoding="utf-8")
    return tuple(ToleranceClasses(**row) for row in json.loads(text))


def _write(store: Path) -> None:
    """Derive all rows from the audits of a store, and write the committed file."""
    from actbench.conformance.documents import read

    audits, _ = read(store)
    rows = ",\n ".join(
        json.dumps(asdict(row), ensure_ascii=False, allow_nan=False) for row in derive(audits)
    )
    Path(__file__).with_name(_FILE).write_text(f"[{rows}]\n", encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
