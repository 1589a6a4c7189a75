"""Measurements: the results of a target for all inputs, in every format, eager and compiled."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from actbench.activations.record import ErrorBound
from actbench.conformance.inputs import Inputs, Interval, inputs
from actbench.conformance.targets.target import Target
from actbench.conformance.ulp import FloatFormat, format_of
from actbench.frameworks.libraries import (
    DTYPES,
    NO_GRADIENT,
    NoGradientError,
    NotPossibleError,
)
from actbench.numerics.dispatch import evaluate

EAGER, COMPILED = "eager", "compiled"

ORDERS = {EAGER: (0, 1, 2), COMPILED: (0, 1)}
"""The orders that are measured in each mode: 0 is the value, 1 and 2 are derivatives."""

_THREADS = 2
_PACKAGES = ("actbench", "keras", "tensorflow", "torch", "jax")

# torch.compile takes seconds for each function and dtype, so one dtype is compiled.
_COMPILED_DTYPES = {"torch": ("float32",)}


class MeasurementKey(NamedTuple):
    """The mode, the dtype and the order of the derivative of a measurement."""

    mode: str
    dtype: str
    order: int


@dataclass(frozen=True, eq=False)
class Measurement:
    """The results of one function in one format.

    Args:
        key: mode, dtype and order.
        x: inputs, a one-dimensional array.
        got: results, converted to the dtype of x.
        result_dtype: dtype of the results before the conversion.
        x_after: the inputs after the call, which a function must not change.
        eager: the eager measurement of the same dtype and order, if this one is compiled.
        again: evaluates the same function, compiled or not, at other inputs.
        bound: the error bound that a record of actbench states for these results, if they are
            float64; None for functions of other packages.
    """

    key: MeasurementKey
    x: Inputs
    got: Inputs
    result_dtype: str
    x_after: Inputs
    eager: "Measurement | None" = None
    again: Callable[[Inputs], Inputs] | None = None
    bound: ErrorBound | None = None

    @property
    def numbers(self) -> FloatFormat:
        """The numbers of the format."""
        return format_of(self.x.dtype)


@dataclass(frozen=True, eq=False)
class Measurements:
    """All measurements of a target.

    Args:
        results: the measurements.
        missing: reasons why a measurement was not possible.
        seconds: wall time of measuring.
    """

    results: Mapping[MeasurementKey, Measurement]
    missing: Mapping[MeasurementKey, NotPossibleError]
    seconds: float


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore warnings of NumPy and of frameworks.

    Overflow and invalid results become findings, and warnings of frameworks are about
    compilation and future versions.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@quiet()
def measure(
    target: Target,
    *,
    dtypes: Sequence[str] = tuple(DTYPES),
    modes: Sequence[str] = (EAGER, COMPILED),
    orders: Sequence[int] = (0, 1, 2),
    interval: Interval | None = None,
) -> Measurements:
    """Evaluate and differentiate a target for all inputs.

    Two formats are measured at a time, because most of the time is spent in compilers, which
    release the interpreter lock.

    Args:
        target: the target.
        dtypes: names of the formats; all by default.
        modes: eager, or eager and compiled.
        orders: 0 for the value, 1 and 2 for the derivatives.
        interval: the interval of the inputs; by default all numbers are inputs.
    """
    start = time.perf_counter()
    inputs_of = {
        dtype: inputs(target.expected, dtype, interval)
        for dtype in dtypes
        if dtype in target.formats
    }
    # A user function may have state, so it is not called from two threads.
    threads = _THREADS if target.package in _PACKAGES else 1
    measure_format = partial(_measure_format, target, orders=orders, compiled=COMPILED in modes)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(measure_format, inputs_of, inputs_of.values()))
    found = {key: result for part in parts for key, result in part.items()}
    for dtype in set(dtypes) - set(target.formats):
        found[MeasurementKey(EAGER, dtype, 0)] = NotPossibleError(
            f"the function has only {' and '.join(target.formats)}"
        )
    keys = [
        MeasurementKey(mode, dtype, order)
        for mode in ORDERS
        for dtype in dtypes
        for order in ORDERS[mode]
        if order in orders
    ]
    in_order = [(key, found[key]) for key in keys if key in found]
    return Measurements(
        {key: result for key, result in in_order if isinstance(result, Measurement)},
        {key: result for key, result in in_order if isinstance(result, NotPossibleError)},
        time.perf_counter() - start,
    )


def _measure_format(
    target: Target, dtype: str, x: Inputs, *, orders: Sequence[int], compiled: bool
) -> dict[MeasurementKey, Measurement | NotPossibleError]:
    """Return the measurements of a target in a format, or the reasons why there are none."""
    found = {
        key: _measure_or_reason(target, key, x)
        for key in (MeasurementKey(EAGER, dtype, order) for order in orders)
    }
    library = target.library
    compiled &= library.compiler is not None
    if not compiled or dtype not in _COMPILED_DTYPES.get(library.name, DTYPES):
        return found
    for order in set(ORDERS[COMPILED]) & set(orders):
        eager = found[MeasurementKey(EAGER, dtype, order)]
        if isinstance(eager, Measurement):
            key = MeasurementKey(COMPILED, dtype, order)
            found[key] = _measure_or_reason(target, key, x, eager)
    return found


def _measure_or_reason(
    target: Target, key: MeasurementKey, x: Inputs, eager: Measurement | None = None
) -> Measurement | NotPossibleError:
    try:
        return measure_one(target, key, x, eager)
    except NotPossibleError as reason:
        return reason


def measure_one(
    target: Target, key: MeasurementKey, x: Inputs, eager: Measurement | None = None
) -> Measurement:
    """Return the results of a target for a one-dimensional array.

    Args:
        target: the target.
        key: mode, dtype and order.
        x: the inputs.
        eager: the eager measurement, if the mode is compiled.

    Raises:
        NotPossibleError: the target does not take such tensors, or has no such derivative.
    """
    library = target.library
    with library.running(key.dtype):
        function = library.derivative(target.make(key.dtype), key.order)
        if key.mode == COMPILED:
            function = library.compile(function)
        tensor = library.tensor(x.copy())
        try:
            result = function(tensor)
        except NoGradientError:
            if not _is_constant(target, x):
                raise
            result = library.tensor(np.zeros_like(x))
        library.check_result(result, x.shape)
        got = library.array(result)
        results, x_after = np.array(got).astype(x.dtype, copy=False), library.array(tensor)
    if key.order == 1 and not results.any() and not _is_constant(target, x):
        raise NoGradientError(NO_GRADIENT)

    def again(x: Inputs) -> Inputs:
        with library.running(key.dtype):
            result = library.array(function(library.tensor(x.copy())))
            return np.array(result).astype(x.dtype, copy=False)

    is_own = target.package == "actbench" and key.dtype == "float64"
    bound = target.expected.error_bounds[key.order] if is_own else None
    return Measurement(key, x, results, got.dtype.name, x_after, eager, again, bound)


def _is_constant(target: Target, x: Inputs) -> bool:
    """Return whether the derivative of the expected activation is 0 at all finite inputs."""
    finite = x[np.isfinite(x)].astype(np.float64)
    return not np.any(evaluate(target.expected, finite, 1))
