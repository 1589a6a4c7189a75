"""The largest error of a converted activation, compared with its record."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from actbench.activations.record import Activation
from actbench.activations.vector import VectorActivation
from actbench.conformance.inputs import inputs
from actbench.conformance.reference import is_trusted, reference_at
from actbench.deployment.porting.places import Quantization
from actbench.deployment.porting.runtimes import dequantize, quantize

Doubles = npt.NDArray[np.float64]

LIMIT = {"ULP": 16.0, "steps": 1.0}
"""The largest error with which an activation conforms.

16 ULP of float32 is a relative error of 2·10⁻⁶, which vectorised exponentials have in several
runtimes. One step of int8 is the error of rounding the input and the output once.
"""

_TINY = float(np.finfo(np.float32).tiny)
_MAX = float(np.finfo(np.float32).max)

# Values whose reference comes from the oracle if the stable code is not accurate enough.
_ORACLE_SAMPLE = 2_000


@dataclass(frozen=True)
class LargestError:
    """The largest error over a set of inputs.

    Args:
        unit: ULP of float32 at the true value, or steps of the int8 output.
        size: the error in that unit; None if the result is not finite and should be.
        x: the input.
        got: the result; None if it is not finite.
        expected: the true value.
        absolute: the largest absolute error, which may be at another input; None if a result
            is not finite.
        count: number of inputs.
    """

    unit: str
    size: float | None
    x: float
    got: float | None
    expected: float
    absolute: float | None
    count: int

    @property
    def conforms(self) -> bool:
        """Whether the error is at most `LIMIT`."""
        return self.size is not None and self.size <= LIMIT[self.unit]


def dense_sample(activation: Activation) -> npt.NDArray[np.float32]:
    """Return finite float32 numbers of all exponents and both signs, about 400,000."""
    x = inputs(activation, "float32").astype(np.float32)
    return x[np.isfinite(x)]


def float_error(
    activation: Activation | VectorActivation,
    x: npt.NDArray[np.float32],
    got: npt.NDArray[np.floating],
) -> LargestError | None:
    """Return the largest error of float32 results.

    True values below the smallest normal number may be flushed to 0.

    Args:
        activation: the record.
        x: the inputs, (N, …).
        got: the results.

    Returns:
        The error; None if no true value is a finite float32 number.
    """
    if isinstance(activation, Activation):
        x, first = np.unique(x, return_index=True)
        got = got.ravel()[first]
        x, got = _reduced(activation, x, got)
    with np.errstate(all="ignore"):
        expected = _true_values(activation, x)
        error = np.abs(got.astype(np.float64) - expected).ravel()
        unit = np.spacing(np.maximum(np.abs(expected), _TINY).astype(np.float32)).ravel()
    x, got, expected = x.ravel(), got.ravel(), expected.ravel()
    known = np.isfinite(expected) & (np.abs(expected) <= _MAX)
    if not known.any():
        return None
    is_flushed = (np.abs(expected) < _TINY) & (error <= _TINY)
    with np.errstate(all="ignore"):
        size = np.where(known & ~is_flushed, error / unit, -1.0)
        size[known & is_flushed] = 0.0
    size[known & ~np.isfinite(got)] = np.inf
    at = int(np.argmax(size))
    return LargestError(
        "ULP", _finite(size[at]), float(x[at]), _finite(got[at]), float(expected[at]),
        _finite(np.where(np.isfinite(got[known]), error[known], np.inf).max()), int(x.size),
    )  # fmt: skip


def int8_error(
    activation: Activation,
    codes: npt.NDArray[np.int8],
    got: npt.NDArray[np.int8],
    of_input: Quantization,
    of_output: Quantization,
) -> LargestError:
    """Return the largest error of int8 results, in steps of the output.

    The true value of an input is rounded to the nearest int8 of the output.

    Args:
        activation: the record.
        codes: the inputs, (N,).
        got: the results, (N,).
        of_input: quantisation of the inputs.
        of_output: quantisation of the results.
    """
    x = (codes.astype(np.float64) - of_input.zero_point) * of_input.scale
    expected = _true_values(activation, x.astype(np.float32))
    best = quantize(expected, of_output).astype(int)
    steps = np.abs(got.astype(int) - best)
    at = int(np.argmax(steps))
    results = dequantize(got, of_output).astype(np.float64)
    return LargestError(
        "steps", float(steps[at]), float(x[at]), float(results[at]), float(expected[at]),
        float(np.abs(results - expected).max()), int(codes.size),
    )  # fmt: skip


def _true_values(
    activation: Activation | VectorActivation, x: npt.NDArray[np.floating]
) -> Doubles:
    if isinstance(activation, Activation) and not _is_accurate(activation):
        return reference_at(activation, 0, x.astype(np.float32)).high
    return np.asarray(activation(x.astype(np.float64)), np.float64)


def _reduced(
    activation: Activation, x: npt.NDArray[np.float32], got: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.floating]]:
    """Return a sample of the inputs if the oracle has to compute their true values."""
    if _is_accurate(activation) or x.size <= _ORACLE_SAMPLE:
        return x, got
    chosen = np.linspace(0, x.size - 1, _ORACLE_SAMPLE).astype(int)
    return x[chosen], got[chosen]


@cache
def _is_accurate(activation: Activation) -> bool:
    """Return whether the stable code in float64 is accurate enough to be the reference."""
    return is_trusted(activation, 0)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
