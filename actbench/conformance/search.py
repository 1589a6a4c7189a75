"""A search for larger errors than those of a sample.

The errors of a function are a slowly varying envelope times rounding errors that look random.
So there are larger errors near the largest ones of a sample, and a maximum needs many inputs.
The search evaluates the function at several times as many inputs, most of them around the
largest errors. It screens the results with approximate true values, which take little time, and
compares the worst ones with true values.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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
_SCREENED, _JUDGED = 1 << 16, 384

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
    known = _Known(np.empty(0), np.empty(0)).with_more(errors.x, _severity(errors))
    count = min(errors.x.size, _SCREENED)
    for reach in _REACHES:
        low, high = known.gaps(count) if reach is None else known.surroundings(reach, count)
        new = _between(rng, low, high, errors.x.dtype)
        got = results(new)
        screened = _screen(new, got, reference, tolerance)
        worst = _largest(screened, _JUDGED)
        exact = reference_at(reference.activation, reference.order, new[worst])
        judged = errors_at(new[worst], got[worst], exact, tolerance)
        found.append((judged, exact))
        screened[worst] = _severity(judged)
        known = known.with_more(new, screened)
    return _joined(errors, reference, found)


class _Known(NamedTuple):
    """The inputs that have an error so far, in ascending order, and their severity."""

    x: Doubles
    severity: Doubles

    def with_more(self, x: Inputs, severity: Doubles) -> "_Known":
        """Return these inputs and others."""
        wide = x.astype(np.float64)
        order = np.argsort(wide)
        at = np.searchsorted(self.x, wide[order])
        return _Known(
            np.insert(self.x, at, wide[order]), np.insert(self.severity, at, severity[order])
        )

    def gaps(self, count: int) -> tuple[Doubles, Doubles]:
        """Return the ends of intervals between neighbours."""
        at = np.linspace(0, self.x.size - 2, count).astype(np.intp)
        return self.x[at], self.x[at + 1]

    def surroundings(self, reach: int, count: int) -> tuple[Doubles, Doubles]:
        """Return the ends of intervals around the worst inputs, some neighbours away."""
        parts = np.array_split(np.arange(self.x.size), _PARTS)
        worst = np.array([part[np.argmax(self.severity[part])] for part in parts])
        places = np.resize(worst[_largest(self.severity[worst], _PLACES)], count)
        low = self.x[np.maximum(places - reach, 0)]
        return low, self.x[np.minimum(places + reach, self.x.size - 1)]


def _screen(x: Inputs, got: Inputs, reference: Reference, tolerance: float) -> Doubles:
    """Return approximate errors as shares of the allowed errors."""
    known = approximation_at(reference.activation, reference.order, x)
    severity = _severity(errors_at(x, got, known, tolerance))
    # The scale near zeros takes three evaluations, so it is computed for large errors only.
    worst = _largest(severity, 8 * _JUDGED)
    scale = scale_at(known.activation, known.order, x[worst])
    near = known._replace(high=known.high[worst], low=known.low[worst], scale=scale)
    severity[worst] = _severity(errors_at(x[worst], got[worst], near, tolerance))
    return severity


def _severity(errors: Errors) -> Doubles:
    """Return the errors as shares of the allowed errors; 0 for an allowed flush to zero."""
    share = np.nan_to_num(errors.ulp / errors.limit, nan=np.inf)
    flushed = np.isin(errors.kind, (Kind.SUBNORMAL, Kind.SUBNORMAL_INPUT)) & ~errors.failing
    return np.where(flushed, 0.0, share)


def _largest(numbers: Doubles, count: int) -> npt.NDArray[np.intp]:
    """Return the indices of the largest numbers, in any order."""
    if numbers.size <= count:
        return np.arange(numbers.size)
    return np.argpartition(numbers, numbers.size - count)[-count:]


def _between(
    rng: np.random.Generator, low: Doubles, high: Doubles, dtype: np.dtype[np.floating]
) -> Inputs:
    """Return a random number of a format in each interval."""
    share = rng.uniform(0, 1, low.size)
    largest = float(np.finfo(dtype).max)
    return np.clip(low * (1 - share) + high * share, -largest, largest).astype(dtype)


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
