"""Evaluate records on TensorFlow tensors, with the analytic gradient."""

from collections.abc import Callable
from functools import lru_cache, partial

import tensorflow as tf

from actbench.activations.record import Activation
from actbench.activations.user_functions import CallableActivation
from actbench.frameworks.elementary import DOUBLE, SINGLE
from actbench.frameworks.kernel_table import kernel_choice
from actbench.frameworks.kernels import compile_kernel, with_gradient
from actbench.frameworks.tensorflow_operations import (
    full_operations,
    operations,
    short_operations,
)
from actbench.frameworks.user_gradients import require_gradient
from actbench.frameworks.xla import has_xla
from actbench.numerics.operations import Operations

_FLOATS = (tf.float16, tf.bfloat16, tf.float32, tf.float64)


def evaluate_tensor(activation: Activation, x: tf.Tensor, order: int) -> tf.Tensor:
    """Return the activation (order 0) or its first or second derivative at a tensor.

    The gradient of each order is the formula of the next order, so only x is kept for the
    backward pass. The gradient of the second derivative is TensorFlow's automatic one. Results
    of float16, bfloat16 and float32 are computed in the precision that
    `actbench.frameworks.kernel_table` states, and rounded once.

    Args:
        activation: the record.
        x: a tensor or variable of float16, bfloat16, float32, float64 or integers.
        order: 0, 1 or 2.

    Returns:
        A tensor of the same shape and dtype, or of float64 for integers, as for arrays.

    Raises:
        TypeError: the tensor has another dtype.
    """
    # This comes first because XLA reads its flags when the first graph runs.
    has_xla()
    x = float_tensor(x, activation.name)
    native = kernel_choice(activation).native(activation, x.dtype) if order == 0 else None
    return native(x) if native else _differentiable(activation, order, x)


def float_tensor(x: tf.Tensor, function: str) -> tf.Tensor:
    """Return a tensor of floats: x itself, or integers and booleans as float64.

    Args:
        x: a tensor or variable of TensorFlow or Keras.
        function: name of the function, for the error.

    Raises:
        TypeError: the tensor has another dtype.
    """
    x = tf.convert_to_tensor(x)
    if x.dtype in _FLOATS:
        return x
    if not (x.dtype.is_integer or x.dtype.is_bool) or x.dtype.is_quantized:
        raise TypeError(
            f"{function}: expected a tensor of float16, bfloat16, float32, float64 or "
            f"integers, got {x.dtype.name}"
        )
    return tf.cast(x, tf.float64)


def _differentiable(
    activation: Activation, order: int, x: tf.Tensor, *upstream: tf.Tensor
) -> tf.Tensor:
    """Return a derivative at x, times the upstream gradient if given, with its gradient.

    The product is computed by one kernel, which reads x and the upstream gradient once.
    """
    if isinstance(activation, CallableActivation) and not activation.has_derivative(1):
        require_gradient(activation, x.dtype)
    computed = partial(_computed, activation, order)
    if order == 2 or not activation.has_derivative(order + 1):
        result = computed(x, *upstream)
        result.set_shape(x.shape)
        return result

    def backward(above: tf.Tensor, x: tf.Tensor, *upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        factor = above * upstream[0] if upstream else above
        by_x = _differentiable(activation, order + 1, x, factor)
        return by_x, *(_differentiable(activation, order, x, above) for _ in upstream)

    return with_gradient(computed, backward, x, *upstream)


def _computed(
    activation: Activation, order: int, x: tf.Tensor, *upstream: tf.Tensor
) -> tf.Tensor:
    """Compute a derivative, times the upstream gradient if given, by a fused kernel."""
    if activation.formula is None or not has_xla():
        return _product(activation, order, x, *upstream)
    kernel = _kernel(activation, order, x.dtype, len(upstream))
    size = x.shape.num_elements()
    if size != 1 and not _may_have_one_element(x.shape):
        return kernel(x, *upstream)
    if size == 1:
        return _with_two_elements(kernel, x, *upstream)
    return tf.cond(
        tf.size(x) == 1,
        lambda: _with_two_elements(kernel, x, *upstream),
        lambda: kernel(x, *upstream),
    )


def _may_have_one_element(shape: tf.TensorShape) -> bool:
    """Return whether a shape that is not known completely may be that of one element."""
    if shape.rank is None:
        return True
    return not shape.is_fully_defined() and all(size in (None, 1) for size in shape)


def _with_two_elements(kernel: Callable[..., tf.Tensor], *tensors: tf.Tensor) -> tf.Tensor:
    """Compute the first element by a kernel, in an array of two.

    XLA simplifies arithmetic of one element with constants, such as (1 + x) − 1 to x and
    a / b / c to a / (b · c), which loses compensated sums and overflows.
    """
    padded = [tf.pad(tf.reshape(tensor, [-1])[:1], [[0, 1]]) for tensor in tensors]
    return tf.fill(tf.shape(tensors[0]), kernel(*padded)[0])


@lru_cache(maxsize=1024)
def _kernel(
    activation: Activation, order: int, dtype: tf.DType, factors: int
) -> Callable[..., tf.Tensor]:
    """Return the kernel of `_product` for a number of factors, traced once for all shapes."""
    signature = [tf.TensorSpec(None, dtype)] * (1 + factors)
    return compile_kernel(partial(_product, activation, order), signature)


def _product(
    activation: Activation, order: int, x: tf.Tensor, *upstream: tf.Tensor
) -> tf.Tensor:
    result = compute_rounded_once(activation, x, order)
    for factor in upstream:
        result = factor * result
    return result


def compute_rounded_once(activation: Activation, x: tf.Tensor, order: int) -> tf.Tensor:
    """Compute a derivative in the precision that its dtype needs, as a part of a kernel.

    Args:
        activation: the record.
        x: a tensor of floats.
        order: 0, 1 or 2.
    """
    if activation.formula is None:  # a user function, which chooses its precision itself
        return _with_limits(activation, operations(x.dtype), x, order)
    if x.dtype == tf.float64:
        return _with_limits(activation, full_operations(), x, order)
    working = SINGLE if order in kernel_choice(activation).float32_orders else DOUBLE
    ops = short_operations(working)
    return tf.cast(_with_limits(activation, ops, tf.cast(x, working.dtype), order), x.dtype)


def _with_limits(
    activation: Activation, ops: Operations, x: tf.Tensor, order: int
) -> tf.Tensor:
    """Compute a derivative; at ±∞ the result is the limit, at NaN it is NaN."""
    left, right = activation.at_infinity(order)
    special = ops.where(tf.math.is_nan(x), x, ops.where(x > 0, right, left))
    return tf.where(tf.math.is_finite(x), activation.compute(ops, x, order), special)
