"""Evaluation of a record on NumPy arrays, numbers, lists and tensors."""

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from threading import Thread
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from ml_dtypes import bfloat16

from actbench.numerics.array import Array
from actbench.numerics.operations import NUMPY, Operations

# The registry of tensor evaluators: package of the class of a tensor ↦ "module:function". They
# are named by strings, because the modules import this package and a framework. A module is
# imported when its first tensor arrives, so NumPy users never wait for a framework.
TENSOR_EVALUATORS = {
    "keras": "actbench.keras.tensors:evaluate_keras_tensor",
    "tensorflow": "actbench.keras.tensors:evaluate_keras_tensor",
    "torch": "actbench.frameworks.torch_tensors:evaluate_tensor",
    "jax": "actbench.frameworks.jax_tensors:evaluate_tensor",
    "jaxlib": "actbench.frameworks.jax_tensors:evaluate_tensor",
}

Evaluator = Callable[[Any, Any, int], Any]
"""(activation, tensor, order) ↦ tensor"""

_loaded: dict[str, Evaluator] = {}

_FLOATS: tuple[np.dtype[np.floating], ...] = tuple(
    np.dtype(t) for t in (np.float16, np.float32, np.float64, bfloat16)
)

# Elements in a block. The temporary arrays of a block fit into the caches, and a block is large
# enough for the overhead of Python to be small.
_BLOCK = 65_536

# Fast values have few operations and one temporary array. Larger blocks are faster there,
# because threads wait for the interpreter lock between the operations.
_FAST_BLOCK = 4 * _BLOCK

# Smallest number of elements for which several threads, which take 0.1 ms to start, are faster
# than one. The loops of NumPy do not hold the interpreter lock.
_THREADED = 8 * _BLOCK

FloatArray = npt.NDArray[np.floating]


class Evaluable(Protocol):
    """The part of `actbench.activations.record.Activation` that evaluation needs."""

    @property
    def blockwise(self) -> bool:
        """Whether blocks of an array may be evaluated separately."""

    def compute(self, ops: Operations, x: Array, order: int) -> Array:
        """Compute f, f' or f'' for finite x."""

    def at_infinity(self, order: int) -> tuple[float, float]:
        """Return the results at −∞ and +∞."""

    def fast_range(self, dtype: np.dtype[np.floating]) -> tuple[float, float] | None:
        """Return the range of x in which `fast_value` is accurate; None if there is none."""

    def fast_value(self, x: FloatArray, out: FloatArray) -> FloatArray:
        """Compute f with few operations."""


def evaluate(activation: Evaluable, x: Any, order: int) -> Any:
    """Return f(x), f'(x) or f''(x), elementwise.

    Arrays, numbers and lists are evaluated in float64 and rounded once to their own dtype, so
    float16, bfloat16 and float32 results have an error of at most 0.51 ULP. If a record has a
    `fast_value`, float32 values may use it, with an error of at most 4 ULP. Large arrays are
    evaluated in blocks by all cores. The result for an element never depends on the others.

    At ±∞ the result is the limit. `actbench.activations.periodic` states the results of
    functions without a limit. At NaN the result is NaN.

    Args:
        activation: the record.
        x: a number, list or array of floats or integers, any shape; or a tensor of a framework
            in `TENSOR_EVALUATORS`.
        order: 0 for f, 1 for f', 2 for f''.

    Returns:
        An array of the shape of x, or a NumPy number if x is no array. The dtype is that of x,
        or float64 for integers, in the byte order of the machine. A tensor gives a tensor.

    Raises:
        TypeError: x contains neither floats of at most 64 bits nor integers, or has a mask.
    """
    package = tensor_package(type(x))
    if package:
        # torch.compile traces this look-up, but not an import.
        evaluator = _loaded[package] if package in _loaded else load_evaluator(package)
        return evaluator(activation, x, order)
    values = plain_array(x)
    dtype = result_dtype(values.dtype)
    values = values.astype(dtype, copy=False)
    result = np.empty(values.shape, dtype)
    fast = _fast_dtype(activation, dtype) if order == 0 else None
    if fast is not None:
        block, fill = _FAST_BLOCK, partial(_fill_fast, activation, fast)
    else:
        block, fill = _BLOCK, partial(_fill_in_float64, activation, order)
    _fill_blocks(fill, values, result, block if activation.blockwise else max(1, values.size))
    return result if isinstance(x, np.ndarray) else result[()]


def tensor_package(kind: type) -> str:
    """Return the package in `TENSOR_EVALUATORS` of a class or of a base of it; "" if none."""
    for base in kind.__mro__:
        package = base.__module__.partition(".")[0]
        if package in TENSOR_EVALUATORS:
            return package
    return ""


def load_evaluator(package: str) -> Evaluator:
    """Return the evaluator of the tensors of a package; import it at the first call."""
    if package not in _loaded:
        module, _, function = TENSOR_EVALUATORS[package].partition(":")
        _loaded[package] = getattr(import_module(module), function)
    return _loaded[package]


def prepare_for_torch() -> None:
    """Load the evaluator of PyTorch if PyTorch is imported.

    torch.compile may trace the first call of an activation. It cannot trace imports.
    """
    if "torch" not in _loaded and sys.modules.get("torch") is not None:
        load_evaluator("torch")


def register_with_keras() -> None:
    """Register all activations with Keras, if Keras is imported: see `actbench.keras`.

    `get_config` of a record calls this, because Keras reads the registered name of the class
    next. The module is imported by name, because `actbench.keras` imports the records.
    """
    if "keras" in sys.modules:
        import_module("actbench.keras")


def _fill_blocks(
    fill: Callable[[FloatArray, FloatArray], None],
    values: FloatArray,
    result: FloatArray,
    block: int,
) -> None:
    """Call fill(part of values, part of result) for all parts; use threads for large arrays."""
    # One axis, because NumPy's scalars, unlike arrays, may raise an error when divided by 0.
    x, out = values.reshape(-1), result.reshape(-1)
    if values.size <= block:
        fill(x, out)
        return
    # All threads share one iterator: each takes the next part when it is free.
    parts = iter([slice(start, start + block) for start in range(0, x.size, block)])
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for part in parts:
                fill(x[part], out[part])
        except BaseException as failure:
            failures.append(failure)

    threads = [Thread(target=work) for _ in range(_cores() - 1 if x.size >= _THREADED else 0)]
    for thread in threads:
        thread.start()
    # This thread works too, because a new thread may start on the core of this one.
    work()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _fill_in_float64(
    activation: Evaluable, order: int, values: FloatArray, out: FloatArray
) -> None:
    # Overflow and underflow are correct roundings of the true result. Other warnings come from
    # branches that `where` does not select, or from ±∞ and NaN, which are handled below.
    with np.errstate(all="ignore"):
        x = np.asarray(values, np.float64)
        result = np.asarray(activation.compute(NUMPY, x, order))
        special = ~np.isfinite(x)
        if special.any():
            left, right = activation.at_infinity(order)
            result = np.where(special, np.where(x > 0, right, np.where(x < 0, left, x)), result)
        out[...] = result


def _fast_dtype(
    activation: Evaluable, dtype: np.dtype[np.floating]
) -> np.dtype[np.floating] | None:
    """Return the dtype in which the fast value is computed; None if there is no fast value."""
    float64 = np.dtype(np.float64)
    if dtype == np.float32 and activation.fast_range(dtype) is not None:
        return dtype
    return float64 if activation.fast_range(float64) is not None else None


def _fill_fast(
    activation: Evaluable, dtype: np.dtype[np.floating], values: FloatArray, out: FloatArray
) -> None:
    """Fill `out` with fast values, and with float64 values outside the range of these."""
    lower, upper = activation.fast_range(dtype) or (np.nan, np.nan)
    with np.errstate(all="ignore"):
        x = values.astype(dtype, copy=False)
        result = activation.fast_value(x, out if out.dtype == dtype else np.empty_like(x))
        if result is not out:
            out[...] = result
    if values.size == 0 or (lower <= x.min() and (upper == np.inf or x.max() <= upper)):
        return
    outside = ~((x >= lower) & (x <= upper))
    exact = np.empty(np.count_nonzero(outside), values.dtype)
    _fill_in_float64(activation, 0, values[outside], exact)
    out[outside] = exact


def plain_array(x: Any) -> npt.NDArray[Any]:
    """Return x as an array of NumPy's own class.

    Raises:
        TypeError: x is a masked array, whose mask would be lost, or cannot be an array.
    """
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(
            "x: expected an array without a mask, got a masked array; try x.filled(0.0)"
        )
    try:
        return np.asarray(x)
    except ValueError as error:  # a list of lists of different lengths, for example
        raise TypeError(
            f"x: expected numbers or an array, got {type(x).__name__}: {error}"
        ) from None


def result_dtype(dtype: np.dtype[np.generic]) -> np.dtype[np.floating]:
    """Return the dtype of results for a dtype, in the byte order of the machine.

    Floats keep their dtype, and integers become float64.

    Raises:
        TypeError: the dtype is neither a float of at most 64 bits nor an integer.
    """
    native = dtype.newbyteorder("=")
    for known in _FLOATS:
        if native == known:
            return known
    if dtype.kind in "iub":
        return np.dtype(np.float64)
    hint = "; try x.astype(np.float64)" if dtype.kind == "f" else ""
    raise TypeError(
        "dtype of x: expected float16, bfloat16, float32, float64 or an integer dtype, "
        f"got {dtype}{hint}"
    )
