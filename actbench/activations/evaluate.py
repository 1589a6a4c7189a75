"""Evaluate a record on whatever array it is given."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from actbench.activations.stable import NUMPY

# Who evaluates a tensor, by the package its type comes from. The module is imported when
# the first such tensor arrives, so NumPy users never wait for a framework.
EVALUATORS = {
    "keras": "actbench.frameworks.tensorflow",
    "tensorflow": "actbench.frameworks.tensorflow",
}

_FLOATS = tuple(np.dtype(t) for t in (np.float16, np.float32, np.float64, bfloat16))


def evaluate(activation: Any, x: Any, order: int) -> Any:
    """Return the activation (order 0) or its first or second derivative at x.

    Arrays, numbers and lists are evaluated in float64 and rounded once to their own
    dtype, so float16, bfloat16 and float32 results are within 0.51 ULP of the real value.

    Raises:
        TypeError: x holds neither floats nor integers.
    """
    package = type(x).__module__.partition(".")[0]
    if package in EVALUATORS:
        return import_module(EVALUATORS[package]).evaluate(activation, x, order)
    values = np.asarray(x)
    dtype = _result_dtype(values.dtype)
    formula: Callable[..., Any] = (activation.f, activation.df, activation.d2f)[order]
    # Overflow and underflow here are the rounding of a true result, "invalid" is what a
    # signalling NaN in the input raises; none is an accident.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        result = np.asarray(formula(NUMPY, values.astype(np.float64))).astype(dtype)
    return result if isinstance(x, np.ndarray) else result[()]


def _result_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype in _FLOATS:
        return dtype
    if dtype.kind in "iub":
        return np.dtype(np.float64)
    raise TypeError(
        f"an activation cannot take {dtype} values: "
        "float16, bfloat16, float32, float64 or integers would be right"
    )
