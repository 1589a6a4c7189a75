"""Evaluate a record on whatever array it is given."""

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from threading import Thread
from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from actbench.numerics.operations import NUMPY

# The package that the type of a tensor comes from ↦ the module that evaluates it. The module
# is imported when the first such tensor arrives, so NumPy users never wait for a framework.
EVALUATORS = {"keras": "actbench.keras.tensors", "tensorflow": "actbench.keras.tensors"}

_FLOATS = tuple(np.dtype(t) for t in (np.float16, np.float32, np.float64, bfloat16))

# Elements evaluated at a time: temporaries of a block stay in the caches, and Python's share
# of the time is small.
_BLOCK = 65_536

# Quick forms have one temporary. Each of their few operations is worth more elements, since
# between them threads wait for each other's interpreter lock.
_QUICK_BLOCK = 4 * _BLOCK

# Arrays of this size and more are worth the start of threads (0.1 ms); NumPy's loops run
# outside the interpreter lock.
_THREADED = 8 * _BLOCK


def evaluate(activation: Any, x: Any, order: int) -> Any:
    """Return the activation (order 0) or its first or second derivative at x.

    Arrays, numbers and lists are evaluated in float64 and rounded once to their own dtype,
    so float16, bfloat16 and float32 results are within 0.51 ULP of the real value; a record
    may have a `quick` form of its value, and may use it in float32, within 4 ULP. Large arrays
    are evaluated in blocks, on all cores; what an element gives never depends on the others.

    At ±∞ the result is the limit there (where there is none, see `periodic`), and at NaN it
    is NaN.

    Raises:
        TypeError: x holds neither floats nor integers.
    """
    package = type(x).__module__.partition(".")[0]
    if package in EVALUATORS:
        return import_module(EVALUATORS[package]).evaluate_keras_tensor(activation, x, order)
    values = np.asarray(x)
    dtype = result_dtype(values.dtype)
    values = values.astype(dtype, copy=False)
    result = np.empty(values.shape, dtype)
    quick = _quick_dtype(activation, dtype) if order == 0 else None
    if quick is not None:
        block, fill = _QUICK_BLOCK, partial(_quickly, activation, quick)
    else:
        block, fill = _BLOCK, partial(_wide, activation, order)
    _in_blocks(fill, values, result, block if activation.blockwise else max(1, values.size))
    return result if isinstance(x, np.ndarray) else result[()]


def register_with_keras() -> None:
    """Register all activations with Keras, if Keras is imported: see `actbench.keras`.

    `get_config` calls this, because Keras reads the registered name of a class after that.
    """
    if "keras" in sys.modules:
        import_module("actbench.keras")


def _in_blocks(fill: Callable[[Any, Any], None], values: Any, result: Any, block: int) -> None:
    """Call fill(part of values, part of result) for all parts, in threads if it pays."""
    # Of one axis, so that a number is an array too, and divides by 0 without an error.
    x, out = values.reshape(-1), result.reshape(-1)
    if values.size <= block:
        fill(x, out)
        return
    parts = [slice(start, start + block) for start in range(0, x.size, block)]
    # One iterator for all threads: each takes the next part when it is free.
    todo = iter(parts)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for part in todo:
                fill(x[part], out[part])
        except BaseException as failure:
            failures.append(failure)

    threads = [Thread(target=work) for _ in range(_cores() - 1 if x.size >= _THREADED else 0)]
    for thread in threads:
        thread.start()
    # This thread works too: two new ones may both begin on its core.
    work()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _wide(activation: Any, order: int, values: Any, out: Any) -> None:
    # Overflow and underflow are the rounding of a true result; what else may happen happens
    # in a branch that is not taken, or at ±∞ and NaN, which are settled below.
    with np.errstate(all="ignore"):
        x = np.asarray(values, np.float64)
        result = np.asarray(activation.compute(NUMPY, x, order))
        special = ~np.isfinite(x)
        if special.any():
            left, right = activation.at_infinity(order)
            result = np.where(special, np.where(x > 0, right, np.where(x < 0, left, x)), result)
        out[...] = result


def _quick_dtype(activation: Any, dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """Return what the quick form computes in for values of a dtype; None if there is none."""
    wide = np.dtype(np.float64)
    if dtype == np.float32 and activation.fast_range(dtype) is not None:
        return dtype
    return wide if activation.fast_range(wide) is not None else None


def _quickly(activation: Any, dtype: np.dtype[Any], values: Any, out: Any) -> None:
    lower, upper = activation.fast_range(dtype)
    with np.errstate(all="ignore"):
        x = values.astype(dtype, copy=False)
        result = activation.fast_value(x, out if out.dtype == dtype else np.empty_like(x))
        if result is not out:
            out[...] = result
    if values.size == 0 or (lower <= x.min() and (upper == np.inf or x.max() <= upper)):
        return
    outside = ~((x >= lower) & (x <= upper))
    exact = np.empty(np.count_nonzero(outside), values.dtype)
    _wide(activation, 0, values[outside], exact)
    out[outside] = exact


def result_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of results for a dtype: the same float, or float64 for integers.

    Raises:
        TypeError: it is neither.
    """
    if dtype in _FLOATS:
        return dtype
    if dtype.kind in "iub":
        return np.dtype(np.float64)
    raise TypeError(
        f"an activation cannot take {dtype} values: "
        "float16, bfloat16, float32, float64 or integers would be right"
    )
