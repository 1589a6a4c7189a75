"""A search for larger errors than those of a sample.

The errors of a function are a slowly varying envelope times rounding errors that look random.
So there are larger errors near the largest ones of a sample, and a maximum needs many inputs.
The search evaluates the function at several times as many inputs, most of them around the
largest errors. It screens the results with approximate true values, which take little time, and
compares the worst ones with true values.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from actbench.conformance.accuracy import Errors, errors_at
from actbench.conformance.findings import Tolerance
from actbench.conformance.inputs import Doubles, Inputs
from actbench.conformance.measurements import Measurement, quiet
from actbench.conformance.reference import (
    Reference,
    approximation_at,
    reference_at,
    scale_at,
)
from actbench.conformance.ulp import Kind
from actbench.frameworks.libraries import NotPossibleError

Results = Callable[[Inputs], Inputs]
"""A function of an array to its results in the same dtype."""

# The first round has new inputs between all neighbours of the sample. The other rounds have
# them around the worst inputs, up to this many neighbours away.
_REACHES = (None, 16, 4, 1)

# Places in a round: the known inputs are divided into equal parts, and the worst inputs of the
# worst parts are chosen, because large errors may be in several places.
_PARTS, _PLACES = 128, 24

# Largest number of new inputs in a round, and of those that are compared with true values.
_SCREENED, _JUDGED = 1 << 17, 384

# Formats of this many bytes have samples of all their numbers.
_ALL_NUMBERS = 2


@quiet()
def with_search(
    measurement: Measurement, reference: Reference, tolerance: Tolerance
) -> tuple[Measurement, Reference]:
    """Return a measurement at its finite inputs and those of a search, with the true values.

    A measurement of all numbers of its format is returned as it is. So is one of a function
    that cannot be evaluated again.
    """
    again = measurement.again
    if measurement.x.itemsize <= _ALL_NUMBERS or again is None:
        return measurement, reference
    finite, limit = np.isfinite(measurement.x), tolerance.of(reference.order)
    sample = errors_at(measurement.x[finite], measurement.got[finite], reference, limit)

    def results(x: Inputs) -> Inputs:
        # Compilers would compile again for an array of another size.
        return again(np.concatenate([x, measurement.x[x.size :]]))[: x.size]

    try:
        found, known = search(results, sample, reference, limit)
    except NotPossibleError:
        return measurement, reference
    return replace(measurement, x=found.x, got=found.got), known


def search(
    results: Results, errors: Errors, reference: Reference, tolerance: float
) -> tuple[Errors, Reference]:
    """Return the errors of a sample and of further inputs around the largest of them.

    Args:
        results: evaluates the function.
        errors: errors of the sample.
        reference: true values of the sample.
        tolerance: allowed error in ULP.

    Returns:
        The errors and the true values of all inputs.
    """
    rng = np.random.default_rng(0)
    found: list[tuple[Errors, Reference]] = []
    x, severity = errors.x, _severity(errors)
    for reach in _REACHES:
        count = min(errors.x.size, _SCREENED)
        new = (
            _between_all(rng, x, count)
            if reach is None
            else _around(rng, x, severity, reach, count)
        )
        got = results(new)
        screened = _screen(new, got, reference, tolerance)
        worst = np.argsort(-screened, kind="stable")[:_JUDGED]
        exact = reference_at(reference.activation, reference.order, new[worst])
        judged = errors_at(new[worst], got[worst], exact, tolerance)
        found.append((judged, exact))
        screened[worst] = _severity(judged)
        x, severity = np.concatenate([x, new]), np.concatenate([severity, screened])
    return _joined(errors, reference, found)


def _screen(x: Inputs, got: Inputs, reference: Reference, tolerance: float) -> Doubles:
    """Return approximate errors as shares of the allowed errors."""
    known = approximation_at(reference.activation, reference.order, x)
    severity = _severity(errors_at(x, got, known, tolerance))
    # The scale near zeros takes three evaluations, so it is computed for large errors only.
    worst = np.argsort(-severity, kind="stable")[: 8 * _JUDGED]
    scale = scale_at(known.activation, known.order, x[worst])
    near = known._replace(high=known.high[worst], low=known.low[worst], scale=scale)
    severity[worst] = _severity(errors_at(x[worst], got[worst], near, tolerance))
    return severity


def _severity(errors: Errors) -> Doubles:
    """Return the errors as shares of the allowed errors; 0 for an allowed flush to zero."""
    share = np.nan_to_num(errors.ulp / errors.limit, nan=np.inf)
    flushed = np.isin(errors.kind, (Kind.SUBNORMAL, Kind.SUBNORMAL_INPUT)) & ~errors.failing
    return np.where(flushed, 0.0, share)


def _between_all(rng: np.random.Generator, x: Inputs, count: int) -> Inputs:
    """Return random inputs between neighbours of the known ones."""
    known = np.sort(x.astype(np.float64))
    at = np.linspace(0, x.size - 2, count).astype(np.intp)
    return _between(rng, known[at], known[at + 1], x)


def _around(
    rng: np.random.Generator, x: Inputs, severity: Doubles, reach: int, count: int
) -> Inputs:
    """Return random inputs around the worst ones, up to some neighbours away."""
    order = np.argsort(x.astype(np.float64), kind="stable")
    known, severe = x[order].astype(np.float64), severity[order]
    parts = np.array_split(np.arange(x.size), _PARTS)
    worst = np.array([part[np.argmax(severe[part])] for part in parts])
    worst = worst[np.argsort(-severe[worst], kind="stable")[:_PLACES]]
    places = np.resize(worst, count)
    low = known[np.maximum(places - reach, 0)]
    high = known[np.minimum(places + reach, x.size - 1)]
    return _between(rng, low, high, x)


def _between(rng: np.random.Generator, low: Doubles, high: Doubles, x: Inputs) -> Inputs:
    """Return a random number of the format of x in each interval."""
    share = rng.uniform(0, 1, low.size)
    new = low * (1 - share) + high * share
    largest = float(np.finfo(x.dtype).max)
    return np.clip(new, -largest, largest).astype(x.dtype)


def _joined(
    errors: Errors, reference: Reference, found: list[tuple[Errors, Reference]]
) -> tuple[Errors, Reference]:
    parts = [errors, *(each for each, _ in found)]
    exact = [reference, *(each for _, each in found)]
    joined = Errors(*(np.concatenate(field) for field in zip(*parts, strict=True)))
    high, low, scale = (
        np.concatenate([getattr(each, name) for each in exact])
        for name in ("high", "low", "scale")
    )
    return joined, Reference(reference.activation, reference.order, high, low, scale)
