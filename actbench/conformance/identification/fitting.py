"""The parameters with which a record is closest to a function.

The search combines a coordinate descent over candidates, which crosses local minima, with
the Levenberg–Marquardt method (Moré 1978, doi:10.1007/BFb0067700), which converges to all
digits.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from actbench.activations.parameter import Domain
from actbench.activations.record import Activation
from actbench.conformance.inputs import Doubles
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES

Parameters = tuple[float, ...]

# Half of the inputs of a fit are ordinary; the others show slopes, limits and the origin.
_FAR = np.geomspace(8.1, 100.0, 30)
_NEAR = np.geomspace(1e-6, 0.01, 8)
_NEAR_END = 2.0
FIT_INPUTS: Doubles = np.unique(
    np.concatenate([np.linspace(-8, 8, 641), -_FAR, _FAR, -_NEAR, _NEAR])
)
"""The inputs of a fit, a one-dimensional array."""

# Each candidate is 1.15 times the one before it, so that the fit of a sine finds its frequency.
_SIZES = np.geomspace(0.01, 100, 67)
_COARSE_SIZES = (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)

_STARTS = 2
_ROUNDS = 3
_POLISHED = 3
_STEPS = 60
_LARGEST_RESIDUAL = 1e3

# A fit ends after so many steps that decrease the sum of squares by less than this part: at the
# parameters of the function it becomes a millionth of itself in each step.
_SMALL_DECREASE, _SMALL_STEPS = 0.01, 4
_SMALLEST_DAMPING, _LARGEST_DAMPING = 1e-8, 1e6

# A short decimal is as good as the fitted value if it increases the residual by less.
_AS_GOOD = 1.02
_UNITS_AS_GOOD = 0.05
_MOST_DIGITS = 17

# Other parameters, except 0, are limits: swish is close to relu for a large beta.
_SMALLEST_PARAMETER, _LARGEST_PARAMETER = 1e-4, 1e4


class Problem:
    """The residuals of one record, for the values of a function.

    Args:
        kind: the record.
        x: inputs.
        y: values of the function; those that are not finite are left out.
    """

    def __init__(self, kind: type[Activation], x: Doubles, y: Doubles) -> None:
        known = np.isfinite(y)
        self.kind = kind
        self._x, self._y = x[known], y[known]
        self._weight = 1 / np.maximum(1.0, np.maximum(np.abs(self._x), np.abs(self._y)))
        self.domains: tuple[Domain, ...] = tuple(f.metadata["domain"] for f in fields(kind))

    def near(self) -> "Problem":
        """Return the problem near 0, where oscillating functions have few periods."""
        inside = np.abs(self._x) <= _NEAR_END
        return Problem(self.kind, self._x[inside], self._y[inside])

    def residuals(self, parameters: Parameters) -> Doubles | None:
        """Return the weighted differences; None outside the domain."""
        if any(
            p and not _SMALLEST_PARAMETER <= abs(p) <= _LARGEST_PARAMETER for p in parameters
        ):
            return None
        try:
            record = self.kind(*parameters)
        except RequestError:
            return None
        with np.errstate(all="ignore"):
            found = (record(self._x) - self._y) * self._weight
        found = np.nan_to_num(found, nan=_LARGEST_RESIDUAL)
        return np.clip(found, -_LARGEST_RESIDUAL, _LARGEST_RESIDUAL)

    def size(self, parameters: Parameters) -> float:
        """Return the root mean square of the residuals; infinity outside the domain."""
        found = self.residuals(parameters)
        if found is None or not found.size:
            return math.inf
        return float(np.sqrt(np.mean(found * found)))


@dataclass(frozen=True)
class Fit:
    """A record at its best parameters.

    Args:
        activation: the record.
        size: root mean square of the differences, each relative to max(1, |x|, |y|).
    """

    activation: Activation
    size: float


def fit(
    kind: type[Activation],
    x: Doubles,
    y: Doubles,
    candidates: Sequence[float],
    dtype: str,
    rounding: float,
) -> Fit:
    """Return a record at the parameters that are closest to a function.

    Args:
        kind: the record.
        x: inputs, such as `FIT_INPUTS`, and the numbers on both sides of jumps.
        y: values of the function at the inputs.
        candidates: numbers that may be parameters.
        dtype: the format of the function; its parameters may be rounded to it.
        rounding: the relative distance of neighbouring numbers of the format.
    """
    problem = Problem(kind, x, y)
    if not problem.domains:
        return Fit(kind(), problem.size(()))
    best, size = _search(problem, candidates, rounding)
    decimal = _as_decimals(problem, best, dtype, _AS_GOOD * size + _UNITS_AS_GOOD * rounding)
    return Fit(kind(*decimal), problem.size(decimal))


def _search(
    problem: Problem, candidates: Sequence[float], rounding: float
) -> tuple[Parameters, float]:
    """Return the best parameters that were found, and the size of their residuals."""
    sizes = _SIZES if len(problem.domains) == 1 else _COARSE_SIZES
    numbers = {float(each) for size in sizes for each in (size, -size)} | {*candidates}
    choices = [sorted(each for each in numbers if each in d) for d in problem.domains]
    found: list[tuple[float, Parameters]] = []
    for each in _polished(problem, choices):
        found.append((problem.size(each), each))
        if found[-1][0] < rounding:
            break
    size, best = min(found, key=lambda each: (each[0], -sum(each[1])))
    return best, size


def _polished(problem: Problem, choices: list[list[float]]) -> Iterator[Parameters]:
    """Yield parameters that are local minima, and the candidates that they came from."""
    near = problem.near()
    for start in _starts(problem, choices):
        for parameters in _descend(problem, start, choices):
            yield parameters
            yield _polish(problem, parameters)
        for parameters in _descend(near, start, choices):
            yield _polish(problem, _polish(near, parameters))


def _starts(problem: Problem, choices: list[list[float]]) -> Iterator[Parameters]:
    """Yield the defaults, and then random candidates if there are several parameters."""
    yield tuple(problem.kind().parameters.values())
    rng = np.random.default_rng(0)
    for _ in range(_STARTS if len(choices) > 1 else 0):
        yield tuple(float(rng.choice(each)) for each in choices)


def _descend(
    problem: Problem, start: Parameters, choices: list[list[float]]
) -> list[Parameters]:
    """Choose the best candidate of one parameter after another; return good combinations."""
    best = (problem.size(start), start)
    tried = {start: best[0]}
    for _ in range(_ROUNDS):
        before = best
        for index, numbers in enumerate(choices):
            for number in numbers:
                changed = (*best[1][:index], number, *best[1][index + 1 :])
                if changed not in tried:
                    tried[changed] = problem.size(changed)
            parameters = min(tried, key=lambda each: tried[each])
            best = (tried[parameters], parameters)
        if best == before or len(choices) == 1:
            break
    return sorted(tried, key=lambda each: tried[each])[:_POLISHED]


def _polish(problem: Problem, parameters: Parameters) -> Parameters:
    """Minimise the residuals by the Levenberg–Marquardt method."""
    damping, small, residuals = 1e-3, 0, problem.residuals(parameters)
    if residuals is None:
        return parameters
    for _ in range(_STEPS):
        slopes = _slopes(problem, parameters, residuals)
        if not slopes.any():
            break
        scale = np.linalg.norm(slopes, axis=0) + 1e-12
        stacked = np.vstack([slopes, np.diag(math.sqrt(damping) * scale)])
        target = np.concatenate([-residuals, np.zeros(len(parameters))])
        step = np.linalg.lstsq(stacked, target, rcond=None)[0]
        moved = tuple(float(p + s) for p, s in zip(parameters, step, strict=True))
        moved = tuple(map(_inside, moved, parameters, problem.domains))
        after = problem.residuals(moved)
        before, now = residuals @ residuals, math.inf if after is None else after @ after
        if after is None or now >= before:
            damping *= 10
            if damping > _LARGEST_DAMPING or moved == parameters:
                break
            continue
        small = small + 1 if now > (1 - _SMALL_DECREASE) * before else 0
        if small == _SMALL_STEPS:
            break
        parameters, residuals, damping = moved, after, max(damping / 10, _SMALLEST_DAMPING)
    return parameters


def _inside(moved: float, before: float, domain: Domain) -> float:
    """Return the end of a domain, or half of the way to it, in place of a number outside."""
    if moved in domain or not math.isfinite(moved):
        return moved if math.isfinite(moved) else before
    for end in (domain.least, domain.most):
        if end in domain and (moved - end) * (before - end) <= 0:
            return end
    end = domain.above if moved <= domain.above else domain.below
    return (before + end) / 2


def _slopes(problem: Problem, parameters: Parameters, residuals: Doubles) -> Doubles:
    """Return the derivatives of the residuals with respect to each parameter."""
    columns = []
    for index, number in enumerate(parameters):
        width = 1e-6 * max(abs(number), 1e-3)
        both = []
        for moved in (number + width, number - width):
            changed = (*parameters[:index], moved, *parameters[index + 1 :])
            found = problem.residuals(changed)
            both.append((moved, found) if found is not None else (number, residuals))
        (right, above), (left, below) = both
        columns.append((above - below) / (right - left) if right > left else 0 * residuals)
    return np.column_stack(columns)


def _as_decimals(problem: Problem, best: Parameters, dtype: str, allowed: float) -> Parameters:
    """Return the shortest decimals that are as good as the best parameters.

    A decimal is good as it is, or rounded to the format. All parameters are shortened at
    once at first, because errors of one may compensate those of another.
    """

    def good(parameters: Parameters) -> bool:
        rounded = tuple(float(DTYPES[dtype].type(each)) for each in parameters)
        return min(map(problem.size, {parameters, rounded})) <= allowed

    for digits in range(1, _MOST_DIGITS):
        shortened = tuple(_decimal(each, digits) for each in best)
        if good(shortened):
            best = shortened
            break
    for index in range(len(best)):
        for digits in range(_MOST_DIGITS):
            shortened = (*best[:index], _decimal(best[index], digits), *best[index + 1 :])
            if good(shortened):
                best = shortened
                break
    return best


def _decimal(number: float, digits: int) -> float:
    """Return a number with so many significant digits; 0 with none."""
    return float(f"{number:.{digits - 1}e}") if digits else 0.0
