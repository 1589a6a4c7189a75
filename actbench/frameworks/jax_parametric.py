"""Records whose parameters are arrays of JAX, with gradients of x and of them."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, cast

import jax
import jax.numpy as jnp
from jax import lax

from actbench.errors import RequestError
from actbench.frameworks.elementary import DOUBLE
from actbench.frameworks.jax_arrays import (
    ExactArray,
    full_operations,
    operand,
    short_operations,
)
from actbench.frameworks.jax_tensors import enable_x64
from actbench.frameworks.parametric import LARGEST_X, Parametric, no_second_derivative


def evaluate_parametric(
    parametric: Parametric, x: jax.Array, tensors: Sequence[jax.Array], axes: Sequence[int]
) -> jax.Array:
    """Return f(x), with gradients with respect to x and the parameters.

    Results are computed in float64 and rounded once. Gradients of parameters are sums in
    float64, for narrower dtypes as well. A gradient has no gradient of its own.

    Args:
        parametric: the record and the names of its tensors.
        x: an array of float16, bfloat16, float32 or float64.
        tensors: the parameters, with one axis less than x (no batch axis) and size 1 along
            `axes`.
        axes: axes of x that share parameters, without the batch axis.

    Returns:
        An array of the shape and dtype of x; NaN only where x or a parameter is NaN.
    """
    return _function(parametric, tuple(axes))(x, *tensors)


@lru_cache(maxsize=1024)
def _function(parametric: Parametric, axes: tuple[int, ...]) -> Callable[..., jax.Array]:
    value = jax.jit(partial(_value, parametric))
    gradients = jax.jit(partial(_gradients, parametric, axes))

    def evaluated(x: jax.Array, *tensors: jax.Array) -> jax.Array:
        with enable_x64():
            return value(x, *tensors)

    @jax.custom_jvp  # type: ignore[untyped-decorator]
    def backward(*arrays: jax.Array) -> Any:
        with enable_x64():
            return gradients(*arrays)

    @backward.defjvp  # type: ignore[untyped-decorator]
    def differentiated(*_: object) -> None:
        raise RequestError(no_second_derivative(parametric))

    function: Any = jax.custom_vjp(evaluated)
    function.defvjp(
        lambda *arrays: (evaluated(*arrays), arrays),
        lambda arrays, upstream: backward(upstream, *arrays),
    )
    return cast(Callable[..., jax.Array], function)


def _derivatives(
    parametric: Parametric, x: jax.Array, tensors: Sequence[jax.Array]
) -> Iterator[jax.Array]:
    """Return f(x), then its derivatives with respect to x and each tensor, in float64."""
    wide = lax.convert_element_type(x, jnp.float64)
    clipped = ExactArray(jnp.clip(wide, -LARGEST_X, LARGEST_X))
    parameters = [ExactArray(lax.convert_element_type(t, jnp.float64)) for t in tensors]
    ops = full_operations() if x.dtype == jnp.float64 else short_operations(DOUBLE)
    for result in parametric.derivatives(ops, clipped, parameters):
        yield jnp.where(jnp.isnan(wide), wide, operand(result))


def _value(parametric: Parametric, x: jax.Array, *tensors: jax.Array) -> jax.Array:
    return lax.convert_element_type(next(_derivatives(parametric, x, tensors)), x.dtype)


def _gradients(
    parametric: Parametric,
    axes: tuple[int, ...],
    upstream: jax.Array,
    x: jax.Array,
    *tensors: jax.Array,
) -> tuple[jax.Array, ...]:
    """Compute the gradients of x and of each tensor, the latter summed over shared axes."""
    weight = lax.convert_element_type(upstream, jnp.float64)
    _, *slopes = _derivatives(parametric, x, tensors)
    by_x, *by_each = (weight * slope for slope in slopes)
    sums = [by.sum(axes, keepdims=True).sum(0) for by in by_each]
    by_tensors = (
        lax.convert_element_type(by, t.dtype) for by, t in zip(sums, tensors, strict=True)
    )
    return lax.convert_element_type(by_x, x.dtype), *by_tensors
