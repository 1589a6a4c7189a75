"""Errors of float32 results in ULP, compiled by XLA for the exhaustive pass.

The reference is the stable code in float64. The rules are those of `ulp.py`.
"""

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.activations.record import Activation
from actbench.conformance.findings import Tolerance
from actbench.conformance.ulp import (
    FAR_APART,
    ArrayNamespace,
    Breakpoint,
    Doubles,
    Kind,
    breakpoints_of,
    compute_errors,
    format_of,
    scale_nearby,
)
from actbench.frameworks.tensorflow_operations import operations
from actbench.numerics.dispatch import evaluate

Floats = npt.NDArray[np.float32]

_FLOAT32 = format_of(np.float32)

# One of this many inputs is checked for a zero or a dip of the function nearby.
_SCALE_STRIDE = 1 << 10


class _TensorNamespace:
    """The functions of `ArrayNamespace` for float64 tensors."""

    abs = staticmethod(tf.abs)
    minimum = staticmethod(tf.minimum)
    maximum = staticmethod(tf.maximum)
    clip = staticmethod(tf.clip_by_value)
    equal = staticmethod(tf.equal)
    isnan = staticmethod(tf.math.is_nan)

    @staticmethod
    def where(condition: tf.Tensor, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.where(condition, tf.convert_to_tensor(x, y.dtype), y)

    @staticmethod
    def full_like(x: tf.Tensor, value: float) -> tf.Tensor:
        return tf.fill(tf.shape(x), tf.constant(value, x.dtype))

    @staticmethod
    def frexp(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return 0 in place of the mantissa, and the exponent of normal numbers."""
        exponent = tf.bitwise.right_shift(tf.bitcast(x, tf.int64), 52) - 1022
        return tf.zeros_like(x), exponent

    @staticmethod
    def ldexp(x: float, exponent: tf.Tensor) -> tf.Tensor:
        power = tf.bitcast(tf.bitwise.left_shift(exponent + 1023, 52), tf.float64)
        return x * power


_TENSORS = cast(ArrayNamespace, _TensorNamespace)


def compile_errors(
    expected: Activation, tolerance: Tolerance
) -> Callable[[Floats, Sequence[Floats]], list[Floats]]:
    """Return a compiled function of inputs and results to errors.

    The results are values, or values and derivatives. The function returns one float32 array
    for each, of the shape of the inputs:

    * ≥ 0: error of a normal result in ULP;
    * < 0: minus (error / allowed error) of any other result.

    Errors at infinite and NaN inputs are 0.
    """
    breakpoints = [breakpoints_of(expected, order, np.dtype(np.float32)) for order in range(2)]

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def all_errors(
        x: tf.Tensor, results: list[tf.Tensor], near_zero: bool, special: bool
    ) -> list[tf.Tensor]:
        wide = tf.cast(x, tf.float64)
        return [
            _signed_errors(
                expected,
                order,
                wide,
                tf.cast(got, tf.float64),
                near_zero=near_zero,
                at_zero=float(evaluate(expected, 0.0, order)) if special else None,
                breakpoints=breakpoints[order] if special else (),
                tolerance=tolerance.of(order),
            )
            for order, got in enumerate(results)
        ]

    def compute(x: Floats, results: Sequence[Floats]) -> list[Floats]:
        arrays = [x, *results]
        with np.errstate(all="ignore"):
            near_zero = _has_zeros(expected, x)
            if any(_has_subnormal_numbers(array) for array in arrays):
                # XLA would flush them to zero when it converts float32 to float64.
                arrays = [array.astype(np.float64) for array in arrays]
        inputs, *tensors = map(tf.constant, arrays)
        special = _has_special(breakpoints, x)
        computed = all_errors(inputs, tensors, near_zero, special)
        return [tensor.numpy() for tensor in computed]

    return compute


def _signed_errors(
    expected: Activation,
    order: int,
    x: tf.Tensor,
    got: tf.Tensor,
    *,
    near_zero: bool,
    at_zero: float | None,
    breakpoints: tuple[Breakpoint, ...],
    tolerance: float,
) -> tf.Tensor:
    """Return the errors of one order, as `compile_errors` describes them.

    The sign tells the two kinds of results apart in a single array, because XLA would compute
    everything twice for two arrays.
    """
    ops = operations(tf.float64)
    high = expected.compute(ops, x, order)
    scale = None
    if near_zero:
        distance = tf.maximum(tf.minimum(tf.abs(x) / 8, 0.5), FAR_APART * tf.abs(x))
        left, right = (expected.compute(ops, x + s * distance, order) for s in (-1, 1))
        scale = tf.minimum(tf.abs(left), tf.abs(right))
    errors = compute_errors(
        _TENSORS,
        x,
        got,
        high,
        tf.zeros_like(high),
        scale=scale,
        at_zero=at_zero,
        breakpoints=breakpoints,
        numbers=_FLOAT32,
        tolerance=tolerance,
    )
    is_normal = tf.equal(errors.kind, Kind.NORMAL)
    signed = tf.where(is_normal, errors.ulp, -errors.ulp / errors.limit)
    signed = tf.where(tf.math.is_nan(got), tf.constant(np.inf, tf.float64), signed)
    return tf.cast(tf.where(tf.math.is_finite(x), signed, tf.zeros_like(x)), tf.float32)


def _has_subnormal_numbers(array: Floats) -> bool:
    return bool(((np.abs(array) < _FLOAT32.tiny) & (array != 0)).any())


def _has_special(breakpoints: Sequence[Sequence[Breakpoint]], x: Floats) -> bool:
    """Return whether a sorted part has subnormal numbers or numbers near breakpoints."""
    low, high = sorted((float(x[0]), float(x[-1])))
    if min(abs(low), abs(high)) <= _FLOAT32.tiny:
        return True
    return any(
        low - point.reach <= point.x <= high + point.reach
        for points in breakpoints
        for point in points
    )


def _has_zeros(expected: Activation, x: Floats) -> bool:
    """Return whether a part has zeros or dips of f or f', where other rules apply."""
    part = x[::_SCALE_STRIDE]
    sample: Doubles = part[np.isfinite(part)].astype(np.float64)

    def scale(order: int) -> Doubles:
        return scale_nearby(lambda x: evaluate(expected, x, order), sample)

    return any(scale(order).any() for order in range(2))
