"""A search for larger errors around the largest errors of a sample.

The errors of a function are a slowly varying envelope times rounding errors that look random.
So larger errors are near the largest ones that a sample finds, and between two inputs of the
sample lie many more. Each round evaluates new inputs in the gaps around the worst ones; each
round has smaller gaps.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from actbench.conformance.accuracy import Errors, errors_at
from actbench.conformance.findings import Tolerance
from actbench.conformance.inputs import Doubles, Inputs
from actbench.conformance.measurements import Measurement, quiet
from actbench.conformance.reference import Reference, reference_at
from actbench.conformance.ulp import Kind
from actbench.frameworks.libraries import NotPossibleError

Results = Callable[[Inputs], Inputs]
"""A function of an array to its results in the same dtype."""

# New inputs around each of the worst ones, in each round.
_ROUNDS, _WORST, _NEW = 4, 32, 48

# Inputs of the sample on each side of one of the worst ones that are not worst ones themselves,
# so that the search looks at different places.
_APART = 4

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
    activation, order = reference.activation, reference.order
    rng = np.random.default_rng(0)
    found: list[tuple[Errors, Reference]] = []
    x, severity = errors.x, _severity(errors)
    for _ in range(_ROUNDS):
        new = _around_worst(rng, x, severity)
        if not new.size:
            break
        got = results(new)
        exact = reference_at(activation, order, new)
        found.append((errors_at(new, got, exact, tolerance), exact))
        x = np.concatenate([x, new])
        severity = np.concatenate([severity, _severity(found[-1][0])])
    return _joined(errors, reference, found)


def _severity(errors: Errors) -> Doubles:
    """Return the errors as shares of the allowed errors; 0 for an allowed flush to zero."""
    share = np.nan_to_num(errors.ulp / errors.limit, nan=np.inf)
    flushed = np.isin(errors.kind, (Kind.SUBNORMAL, Kind.SUBNORMAL_INPUT)) & ~errors.failing
    return np.where(flushed, 0.0, share)


def _around_worst(rng: np.random.Generator, x: Inputs, severity: Doubles) -> Inputs:
    """Return random inputs between the worst ones and their neighbours among the known ones."""
    order = np.argsort(x.astype(np.float64), kind="stable")
    places: list[int] = []
    rank = np.empty(x.size, np.intp)
    rank[order] = np.arange(x.size)
    for at in np.argsort(-severity, kind="stable")[: _WORST * (2 * _APART + 1)]:
        if all(abs(rank[at] - place) > _APART for place in places):
            places.append(int(rank[at]))
        if len(places) == _WORST:
            break
    wide = x[order].astype(np.float64)
    centre = wide[places]
    with np.errstate(over="ignore", invalid="ignore"):
        left = wide[np.maximum(np.array(places) - 1, 0)] - centre
        right = wide[np.minimum(np.array(places) + 1, x.size - 1)] - centre
        share = rng.uniform(0, 1, (2, _NEW // 2, centre.size)) ** 2
        new = np.concatenate([centre + left * share[0], centre + right * share[1]])
    new = new[np.isfinite(new)].astype(x.dtype)
    return np.setdiff1d(new[np.isfinite(new)], x)


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
