"""Arrays of JAX whose arithmetic XLA does not change, and JAX's functions of them."""

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from actbench.frameworks.casts import Casts
from actbench.frameworks.elementary import BinaryFormat
from actbench.frameworks.low_precision import LowPrecisionOperations, low_precision_operations
from actbench.frameworks.xla_float64 import float64_operations
from actbench.numerics.array import Array, BooleanArray
from actbench.numerics.operations import Operations

_BITS = {"float32": (8, 23), "float64": (11, 52)}

Operand = Any
"""An array of JAX, or a Python number."""


class ExactArray:
    """An array whose operations XLA computes one by one, as they are written.

    XLA simplifies (1 + x) − 1 to x, a / b / c to a / (b · c) and eᵃ · eᵇ to e^(a + b), which
    loses compensated sums, overflows, and loses digits. A rounding to the array's own format
    after each operation prevents that; it takes no time.

    Args:
        array: the array.
    """

    __slots__ = ("array",)

    def __init__(self, array: jax.Array) -> None:
        self.array = array

    def __neg__(self) -> "ExactArray":
        return ExactArray(-self.array)

    def __add__(self, other: Operand) -> "ExactArray":
        return _rounded(self.array + operand(other))

    def __sub__(self, other: Operand) -> "ExactArray":
        return _rounded(self.array - operand(other))

    def __rsub__(self, other: Operand) -> "ExactArray":
        return _rounded(operand(other) - self.array)

    def __mul__(self, other: Operand) -> "ExactArray":
        return _rounded(self.array * operand(other))

    def __truediv__(self, other: Operand) -> "ExactArray":
        return _rounded(self.array / operand(other))

    def __rtruediv__(self, other: Operand) -> "ExactArray":
        return _rounded(operand(other) / self.array)

    def __pow__(self, power: Operand) -> "ExactArray":
        return _rounded(self.array ** operand(power))

    __radd__ = __add__
    __rmul__ = __mul__

    def __lt__(self, other: Operand) -> jax.Array:
        return self.array < operand(other)

    def __le__(self, other: Operand) -> jax.Array:
        return self.array <= operand(other)

    def __gt__(self, other: Operand) -> jax.Array:
        return self.array > operand(other)

    def __ge__(self, other: Operand) -> jax.Array:
        return self.array >= operand(other)


def operand(x: ExactArray | Operand) -> Operand:
    """Return the array of JAX, or a number as a Python number, which has no dtype."""
    if isinstance(x, ExactArray):
        return x.array
    return float(x) if isinstance(x, float) else x


def _rounded(array: jax.Array) -> ExactArray:
    bits = _BITS.get(array.dtype.name)
    return ExactArray(array if bits is None else lax.reduce_precision(array, *bits))


def _exact(function: Callable[..., jax.Array]) -> Callable[..., Array]:
    """Return a function of JAX as a function of exact arrays."""
    return lambda *arrays: _rounded(function(*map(operand, arrays)))


def _round(x: jax.Array) -> jax.Array:
    return lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN)


def _erf(x: jax.Array) -> jax.Array:
    # lax.erf returns NaN where x² overflows. erf x is ±1 long before |x| = 30.
    return lax.erf(jnp.clip(x, -30, 30))


@cache
def operations(dtype: str) -> Operations:
    """Return JAX's primitives for exact arrays of a dtype, float32 or float64."""

    def where(condition: BooleanArray, x: Array | float, y: Array | float) -> Array:
        # Two Python numbers would give an array of JAX's default dtype.
        a, b = (jnp.asarray(v) if hasattr(v, "dtype") else jnp.asarray(v, dtype)
                for v in map(operand, (x, y)))  # fmt: skip
        return ExactArray(jnp.where(condition, a, b))

    return Operations(
        exp=_exact(lax.exp),
        expm1=_exact(lax.expm1),
        log=_exact(lax.log),
        log1p=_exact(lax.log1p),
        tanh=_exact(lax.tanh),
        sqrt=_exact(lax.sqrt),
        sin=_exact(lax.sin),
        cos=_exact(lax.cos),
        atan=_exact(lax.atan),
        erf=_exact(_erf),
        absolute=_exact(lax.abs),
        round=_exact(_round),
        minimum=_exact(jnp.minimum),
        maximum=_exact(jnp.maximum),
        where=where,
    )


CASTS = Casts(
    dtype_of=lambda x: str(operand(x).dtype.name),
    cast=lambda x, dtype: ExactArray(lax.convert_element_type(operand(x), dtype)),
    bitcast=lambda x, dtype: ExactArray(lax.bitcast_convert_type(operand(x), dtype)),
    shift_right=lambda x, bits: ExactArray(operand(x) >> bits),
)
"""JAX's conversions between formats."""


@cache
def full_operations() -> Operations:
    """Return the operations for float64 results."""
    return float64_operations(operations("float64"))


@cache
def short_operations(working: BinaryFormat) -> LowPrecisionOperations:
    """Return the operations that compute in a format, for results of float32 and narrower."""
    return low_precision_operations(operations(working.dtype), CASTS, working)
