"""Evaluate records on arrays of JAX, with the analytic gradient."""

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from actbench.activations.record import Activation
from actbench.activations.user_functions import CallableActivation
from actbench.frameworks.elementary import DOUBLE, SINGLE
from actbench.frameworks.jax_arrays import (
    ExactArray,
    full_operations,
    operand,
    operations,
    short_operations,
)
from actbench.frameworks.kernel_table import kernel_choice

_FLOATS = ("float16", "bfloat16", "float32", "float64")

Function = Callable[[jax.Array], jax.Array]


def evaluate_tensor(activation: Activation, x: Any, order: int) -> jax.Array:
    """Return the activation (order 0) or its first or second derivative at an array of JAX.

    The gradient of each order is the formula of the next order, so only x is kept for the
    backward pass, and forward and reverse mode can be nested. The gradient of the second
    derivative is JAX's automatic one. XLA compiles each order once for each shape. Results of
    float16, bfloat16 and float32 are computed in the precision that
    `actbench.frameworks.kernel_table` states, and rounded once.

    Args:
        activation: the record.
        x: an array or a traced value of float16, bfloat16, float32, float64 or integers.
        order: 0, 1 or 2.

    Returns:
        An array of the same shape and dtype. Integers give float64, as for NumPy arrays, if
        64-bit numbers are enabled in JAX, else float32.

    Raises:
        TypeError: the array has another dtype.
    """
    x = float_array(x, activation.name)
    if isinstance(activation, CallableActivation):
        # Two user functions at one location are equal, so this result must not be kept.
        return _differentiable.__wrapped__(activation, order)(x)
    return _differentiable(activation, order)(x)


def float_array(x: Any, function: str) -> jax.Array:
    """Return an array of floats: x itself, or integers and booleans in JAX's widest float.

    Raises:
        TypeError: the array has another dtype.
    """
    x = jnp.asarray(x)
    if x.dtype.name in _FLOATS:
        return x
    if not (jnp.issubdtype(x.dtype, jnp.integer) or x.dtype == jnp.bool_):
        raise TypeError(
            f"{function}: expected an array of {', '.join(_FLOATS)} or integers, "
            f"got {x.dtype.name}"
        )
    return x.astype(jnp.float64 if jax.config.jax_enable_x64 else jnp.float32)


@lru_cache(maxsize=1024)
def _differentiable(activation: Activation, order: int) -> Function:
    """Return a derivative as a function with a gradient, the formula of the next order."""
    if order == 2 or not activation.has_derivative(order + 1):
        return partial(_computed, activation, order)

    @jax.custom_jvp  # type: ignore[untyped-decorator]
    def derivative(x: jax.Array) -> jax.Array:
        return _computed(activation, order, x)

    # A checkpoint keeps x and computes the slope in the backward pass. Without it, reverse mode
    # would compute the slope in the forward pass and keep it.
    @partial(jax.checkpoint, prevent_cse=False)
    def times_slope(x: jax.Array, tangent: jax.Array) -> jax.Array:
        return tangent * _differentiable(activation, order + 1)(x)

    @derivative.defjvp  # type: ignore[untyped-decorator]
    def differentiated(
        primals: tuple[jax.Array], tangents: tuple[jax.Array]
    ) -> tuple[jax.Array, jax.Array]:
        return derivative(*primals), times_slope(*primals, *tangents)

    return derivative  # type: ignore[no-any-return]


def _computed(activation: Activation, order: int, x: jax.Array) -> jax.Array:
    """Compute a derivative in the precision that its dtype needs."""
    if isinstance(activation, CallableActivation):
        return activation.compute(operations(x.dtype.name), x, order)
    # Only this context has float64 in JAX by default. It ends with the trace of the kernel.
    with enable_x64():
        return _kernel(activation, order)(x)


@lru_cache(maxsize=1024)
def _kernel(activation: Activation, order: int) -> Function:
    """Return a derivative as one compiled function."""
    return jax.jit(partial(_rounded_once, activation, order))  # type: ignore[no-any-return]


def _rounded_once(activation: Activation, order: int, x: jax.Array) -> jax.Array:
    if x.dtype == jnp.float64:
        ops, dtype = full_operations(), x.dtype
    else:
        working = SINGLE if order in kernel_choice(activation).float32_orders else DOUBLE
        ops, dtype = short_operations(working), jnp.dtype(working.dtype)
    wide = lax.convert_element_type(x, dtype)
    result = jnp.broadcast_to(
        operand(activation.compute(ops, ExactArray(wide), order)), x.shape
    )
    left, right = activation.at_infinity(order)
    special = jnp.where(x > 0, jnp.asarray(right, dtype), jnp.asarray(left, dtype))
    special = jnp.where(jnp.isnan(x), wide, special)
    return lax.convert_element_type(jnp.where(jnp.isfinite(x), result, special), x.dtype)


@cache
def _x64_place() -> Any:
    # It moved out of `experimental` in JAX 0.8.
    if hasattr(jax, "enable_x64"):
        return jax
    from jax import experimental

    return experimental


def enable_x64() -> Any:
    """Return the context in which JAX has float64."""
    return _x64_place().enable_x64(True)
