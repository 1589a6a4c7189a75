"""The committed table of true values, computed once by the oracle.

`python -m tests.references` computes the table again and writes references.npz (minutes). Run
it after you add a record, or change a formula or the sample of inputs. The table has one row
for each activation, order and input. `tests/test_references.py` checks that it is complete and
that a sample of it agrees with the oracle.

A true value is stored as (hi + lo) · 2^exponent with float64 numbers hi and lo, which is a
double-double number with a wider range. NaN stands for a value that the oracle cannot compute.
The key of a row contains the formula, so that a changed formula never finds an old value.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import numpy.typing as npt

from actbench.activations.record import Activation
from actbench.formula.symbolic import oracle
from tests.cases import ACTIVATIONS, ORDERS, SAMPLE, SHIFTED
from tests.comparison import Oracle
from tests.conftest import FULL

PATH = Path(__file__).with_suffix(".npz")

Parts = npt.NDArray[np.float64]
"""A stored number: (hi, lo, exponent)."""

# Numbers outside 2^±_LARGEST_EXPONENT are 0 or infinite in every format.
_LARGEST_EXPONENT = 2**30

CASES = [
    *((activation, order, SAMPLE) for activation in ACTIVATIONS for order in ORDERS),
    *((activation, order, SAMPLE[::3]) for activation in SHIFTED for order in ORDERS),
]
"""Activation, order and inputs of all rows of the table."""


def reference(activation: Activation) -> Oracle:
    """Return the true values of an activation: from the table if possible, else the oracle.

    The long form of the tests (`--full`) takes all values from the oracle.
    """

    def true_value(x: float, order: int) -> mpmath.mpf:
        known = None if FULL else stored_values(activation, order).get(x)
        return oracle(activation, x, order=order) if known is None else decoded(known)

    return true_value


def stored_values(activation: Activation, order: int) -> Mapping[float, Parts]:
    """Return the stored numbers by x; none if the table does not contain this activation."""
    return _table().get(_key(activation, order), {})


def encoded(value: mpmath.mpf) -> tuple[float, float, int]:
    """Return (hi, lo, exponent) with value = (hi + lo) · 2^exponent to 100 bits."""
    with mpmath.workdps(50):
        significand, exponent = mpmath.frexp(value)
        if significand == 0 or exponent < -_LARGEST_EXPONENT:
            return 0.0, 0.0, 0
        hi = float(significand)
        return hi, float(significand - hi), int(min(exponent, _LARGEST_EXPONENT))


def decoded(parts: Parts) -> mpmath.mpf:
    """Return the number (hi + lo) · 2^exponent.

    Raises:
        ArithmeticError: the oracle could not compute the number.
    """
    hi, lo, exponent = parts.tolist()
    if np.isnan(hi):
        raise ArithmeticError("the oracle cannot compute this value")
    with mpmath.workdps(50):
        return mpmath.ldexp(mpmath.mpf(hi) + mpmath.mpf(lo), int(exponent))


def _key(activation: Activation, order: int) -> str:
    return json.dumps([activation.formula, activation.parameters, order])


@cache
def _table() -> dict[str, dict[float, Parts]]:
    with np.load(PATH) as file:
        keys, lengths = file["keys"].tolist(), file["lengths"]
        columns = [file[name] for name in ("hi", "lo", "exponent")]
        inputs = file["x"]
    values = np.stack([column.astype(np.float64) for column in columns], axis=1)
    ends = np.cumsum(lengths)
    return {
        key: dict(zip(inputs[start:end].tolist(), values[start:end], strict=True))
        for key, start, end in zip(keys, ends - lengths, ends, strict=True)
    }


def _computed(
    activation: Activation, order: int, inputs: npt.NDArray[np.float64]
) -> Iterator[tuple[float, float, int]]:
    for x in inputs.tolist():
        try:
            yield encoded(oracle(activation, x, order=order))
        except ArithmeticError:
            yield np.nan, 0.0, 0


def main() -> None:
    """Compute the table and write it."""
    parts = [part for case in CASES for part in _computed(*case)]
    hi, lo, exponent = zip(*parts, strict=True)
    np.savez_compressed(
        PATH,
        keys=[_key(activation, order) for activation, order, _ in CASES],
        lengths=[len(x) for *_, x in CASES],
        x=np.concatenate([x for *_, x in CASES]),
        hi=np.array(hi),
        lo=np.array(lo),
        exponent=np.array(exponent, np.int32),
    )


if __name__ == "__main__":
    main()
