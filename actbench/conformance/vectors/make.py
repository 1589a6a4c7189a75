"""Make the vectors of an activation."""

from collections.abc import Sequence

import numpy as np

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.conformance.tolerance_classes import EXACT, classes_of
from actbench.conformance.vectors.choice import chosen_inputs
from actbench.conformance.vectors.limits import breakpoints_with_limits
from actbench.conformance.vectors.results import limits_at, results_at
from actbench.conformance.vectors.vector_set import (
    FormatVectors,
    InputKind,
    Point,
    Result,
    Tolerances,
    Vectors,
)
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES


def make_vectors(
    activation: Activation | str, *, dtypes: Sequence[str] = tuple(DTYPES)
) -> Vectors:
    """Return hard inputs of an activation with correctly rounded values and derivatives.

    The same version of actbench returns the same vectors on every machine.

    Args:
        activation: an activation with a formula, or its name, which has default parameters.
        dtypes: names of formats: "float16", "bfloat16", "float32" or "float64".

    Raises:
        RequestError: the activation has no formula, or there is no such format.

    Example:
        >>> import actbench
        >>> made = actbench.vectors("gelu", dtypes=["float16"])
        >>> next(point.results[0].expected for point in made.formats[0].points if point.x == 1)
        0.84130859375
    """
    activation = get(activation) if isinstance(activation, str) else activation
    for dtype in dtypes:
        if dtype not in DTYPES:
            raise RequestError(f"dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    if activation.formula is None:
        raise RequestError(
            f"{activation}: expected an activation with a formula, got none; try formula:TEXT"
        )
    from actbench import __version__

    return Vectors(
        function=str(activation),
        name=activation.name,
        formula=activation.formula,
        parameters=activation.parameters,
        source=activation.source,
        breakpoints=breakpoints_with_limits(activation),
        formats=tuple(_of_format(activation, dtype) for dtype in dict.fromkeys(dtypes)),
        actbench=__version__,
    )


def _of_format(activation: Activation, dtype: str) -> FormatVectors:
    kinds = chosen_inputs(activation, dtype)
    x = list(kinds)
    points = [
        _point(at, kinds[at], results)
        for at, results in zip(x, results_at(activation, x, dtype), strict=True)
    ]
    zero = next(point for point in points if point.x == 0)
    minus_zero = Point(-0.0, (InputKind.SPECIAL,), zero.results)
    points.insert(points.index(zero), minus_zero)
    special = {
        at: _point(at, (InputKind.SPECIAL,), limits_at(activation, at, dtype))
        for at in (-np.inf, np.inf, np.nan)
    }
    left, right, nan = special.values()
    return FormatVectors(dtype, _tolerances(activation, dtype), (left, *points, right, nan))


def _point(x: float, kinds: tuple[InputKind, ...], results: list[Result]) -> Point:
    value, derivative, second_derivative = results
    return Point(x, kinds, (value, derivative, second_derivative))


def _tolerances(activation: Activation, dtype: str) -> tuple[Tolerances, ...]:
    rows = {row.order: row for row in classes_of(activation) if row.dtype == dtype}
    return tuple(
        Tolerances(order, EXACT, rows[order].tight, rows[order].typical)
        if order in rows
        else Tolerances(order, EXACT, None, None)
        for order in range(3)
    )
