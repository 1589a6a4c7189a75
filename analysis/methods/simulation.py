"""Simulated coverage, width, error rates and power of the paired statistics.

Each row has random numbers of its own, so one row can be repeated alone.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.statistics import equivalence_test, mean_interval, q_values, sign_flip
from analysis.methods.shapes import SHAPES, Doubles, Draw

COUNTS = (6, 12, 20)
"""Numbers of seeds."""

REPEATS = 2_000
"""Simulated data sets of each row; the standard error of a share of 95% is 0.5 points."""

EFFECT = 1.0
"""Mean difference in standard deviations for which the power is measured."""

MARGIN = 1.0
"""Margin of equivalence in standard deviations; the true difference is then 0."""

_FAMILY = 3
_EXPLORATORY, _TRUE_EFFECTS = 20, 5
_LEVEL = PREREGISTRATION.level
_BOOTSTRAP_RESAMPLES = 999


def _student(d: Doubles) -> tuple[float, float]:
    half = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / len(d) ** 0.5
    return float(d.mean() - half), float(d.mean() + half)


def _bca(d: Doubles) -> tuple[float, float]:
    if np.ptp(d) == 0:
        return float(d[0]), float(d[0])
    found = stats.bootstrap(
        (d,), np.mean, n_resamples=_BOOTSTRAP_RESAMPLES, method="BCa", rng=0
    ).confidence_interval
    return float(found.low), float(found.high)


METHODS: Mapping[str, Callable[[Doubles], tuple[float, float]]] = {
    "sign flips": mean_interval,
    "Student's t": _student,
    "BCa bootstrap": _bca,
}
"""Methods of intervals; the first is that of the project."""


def _rng(*names: object) -> np.random.Generator:
    """Return the generator of one row."""
    return np.random.default_rng(zlib.crc32(repr(names).encode()))


def intervals(repeats: int = REPEATS) -> Iterator[dict[str, object]]:
    """Yield coverage and width of 95% intervals, by shape, number of seeds and method."""
    for shape, draw in SHAPES.items():
        for count in COUNTS:
            for method in METHODS:
                yield interval_row(shape, draw, count, method, repeats)


def interval_row(
    shape: str, draw: Draw, count: int, method: str, repeats: int
) -> dict[str, object]:
    """Return one row: the share of intervals that contain the true mean, and their width.

    The column agreement is the share in which the interval excludes 0 if and only if the
    two-sided sign-flip test rejects "the mean is 0" at 5%.
    """
    samples = draw(_rng("interval", shape, count), (repeats, count))
    bounds = np.array([METHODS[method](sample) for sample in samples])
    low, high = bounds.T
    p = np.array([sign_flip(sample) for sample in samples])
    excludes = (low > 0) | (high < 0)
    return {
        "shape": shape,
        "seeds": count,
        "method": method,
        "coverage": float(np.mean(~excludes)),
        "width": float(np.median(high - low)),
        "agreement": float(np.mean(excludes == (p <= _LEVEL))),
    }


def errors(repeats: int = REPEATS) -> Iterator[dict[str, object]]:
    """Yield error rates and power of the verdicts, by shape and number of seeds."""
    for shape, draw in SHAPES.items():
        for count in COUNTS:
            yield error_row(shape, draw, count, repeats)


def error_row(shape: str, draw: Draw, count: int, repeats: int) -> dict[str, object]:
    """Return one row of error rates and power.

    The columns are the rate of false "supported" of one test; the rate of any false "supported"
    among three primary comparisons that share a condition; the power for a difference of 1
    standard deviation, alone and as one of three; the rate of "equivalent" for a true
    difference of 0 and a margin of 1 standard deviation, and for a true difference at the
    margin; and the share of false ones among the exploratory comparisons with q ≤ 5%, if 5 of
    20 differ.
    """
    rng = _rng("error", shape, count)
    null = draw(rng, (repeats, count))
    greater = np.array([sign_flip(sample, "greater") for sample in null])
    shared = draw(rng, (repeats, 1, count))
    family = (draw(rng, (repeats, _FAMILY, count)) - shared) / np.sqrt(2)
    smallest = np.array([min(sign_flip(row, "greater") for row in rows) for rows in family])
    effect = np.array([sign_flip(sample + EFFECT, "greater") for sample in null])
    equivalent = np.array([equivalence_test(sample, MARGIN) for sample in null])
    at_margin = np.array([equivalence_test(sample + MARGIN, MARGIN) for sample in null])
    false_shares = []
    for rows in draw(rng, (repeats // _EXPLORATORY, _EXPLORATORY, count)):
        shifted = rows + EFFECT * (np.arange(_EXPLORATORY) < _TRUE_EFFECTS)[:, None]
        found = np.array(q_values([sign_flip(row, "greater") for row in shifted])) <= _LEVEL
        false_shares.append(found[_TRUE_EFFECTS:].sum() / max(1, found.sum()))
    return {
        "shape": shape,
        "seeds": count,
        "false": float(np.mean(greater <= _LEVEL)),
        "false_family": float(np.mean(smallest <= _LEVEL / _FAMILY)),
        "power": float(np.mean(effect <= _LEVEL)),
        "power_family": float(np.mean(effect <= _LEVEL / _FAMILY)),
        "equivalent": float(np.mean(equivalent <= _LEVEL)),
        "false_equivalent": float(np.mean(at_margin <= _LEVEL)),
        "false_discoveries": float(np.mean(false_shares)),
    }


def simulate() -> dict[str, pd.DataFrame]:
    """Return both tables: intervals, and errors."""
    return {"intervals": pd.DataFrame(intervals()), "errors": pd.DataFrame(errors())}
