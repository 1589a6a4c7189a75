"""How serious wrong results are, and which of them shows it best.

A result of 4.2 ULP where 4 are allowed fails, and so does a function with another formula.
The severity tells them apart.
"""

import numpy as np
import numpy.typing as npt

from actbench.conformance.findings import Finding, Severity
from actbench.conformance.inputs import PLAIN_NUMBERS, Doubles, Inputs
from actbench.conformance.ulp import format_of
from actbench.frameworks.libraries import DTYPES

SMALLEST_ORDINARY, LARGEST_ORDINARY = 1e-4, 10.0
"""The ordinary range is 0 and the numbers between these sizes."""


def severities(
    x: Inputs, ulp: Doubles, subnormal: npt.NDArray[np.bool_] | bool = False
) -> npt.NDArray[np.int8]:
    """Return the severity of each wrong result, as its index in `Severity`.

    A result is a matter of rounding if at least half of the digits of its format are correct.

    Args:
        x: the inputs, of a float dtype.
        ulp: the errors in ULP; infinite for NaN.
        subnormal: whether the true value is subnormal, so that the unit is the smallest normal
            number. Such a wrong result belongs to the tails if it is small itself.
    """
    numbers = format_of(x.dtype)
    subnormal = np.asarray(subnormal)
    small = subnormal & (ulp * numbers.tiny < 2.0 ** -((numbers.digits + 1) // 2))
    size = np.abs(x.astype(np.float64))
    ordinary = (size == 0) | ((size >= SMALLEST_ORDINARY) & (size <= LARGEST_ORDINARY))
    found = np.where(ordinary & ~small, _index(Severity.ORDINARY), _TAILS)
    rounding = (ulp <= rounding_limit(x.dtype)) & ~subnormal
    return np.where(rounding, _index(Severity.ROUNDING), found).astype(np.int8)


def _index(severity: Severity) -> int:
    return list(Severity).index(severity)


_TAILS = _index(Severity.TAILS)


def severity_at(index: int) -> Severity:
    """Return the severity of an index that `severities` returned."""
    return list(Severity)[index]


def rounding_limit(dtype: npt.DTypeLike) -> float:
    """Return the error in ULP up to which half of the digits of a format are correct.

    Example:
        >>> rounding_limit("float32")
        4096.0
    """
    return float(2.0 ** ((format_of(dtype).digits + 1) // 2))


def most_telling(
    x: Inputs, ulp: Doubles, levels: npt.NDArray[np.int8], wrong: npt.NDArray[np.intp]
) -> int:
    """Return the index of the wrong result that shows a fault best.

    It is one of the most serious results: at the plainest number, such as 1, if there is one,
    and else with the largest error.

    Args:
        x: the inputs.
        ulp: the errors in ULP.
        levels: the severities, as `severities` returns them.
        wrong: the indices of the wrong results; at least one.
    """
    serious = wrong[levels[wrong] == levels[wrong].min()]
    at = dict(zip(x[serious].astype(np.float64).tolist(), serious.tolist(), strict=True))
    plain = [at[number] for number in PLAIN_NUMBERS.tolist() if number in at]
    return plain[0] if plain else int(serious[np.argmax(ulp[serious])])


def severity_of(finding: Finding) -> Severity:
    """Return the severity of a failure that has no error in ULP at each input.

    A failure without a worst result, such as an error that the function raises, is a fault in
    the ordinary range.
    """
    worst = finding.worst
    if worst is None or not finding.dtype:
        return Severity.ORDINARY
    x = np.array([float(worst.x)]).astype(DTYPES[finding.dtype])
    ulp = np.array([np.inf if worst.ulp is None else worst.ulp])
    return severity_at(int(severities(x, ulp)[0]))
