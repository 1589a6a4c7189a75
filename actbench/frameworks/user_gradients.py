"""Check that automatic differentiation sees the operations of a user function.

TensorFlow converts a tensor to an array when NumPy or SciPy asks for it. The result is a
constant then, so the gradient is zero or lacks a term, and training continues in silence.
"""

from collections.abc import Callable
from functools import lru_cache

import keras
import numpy as np
import tensorflow as tf

from actbench.activations.user_code import message_of
from actbench.activations.user_functions import CallableActivation
from actbench.errors import RequestError
from actbench.frameworks.probes import PROBES, is_piecewise_constant

TensorFunction = Callable[[tf.Tensor], tf.Tensor]

# The error of TensorFlow when NumPy asks a tensor of a graph for its values.
_CONVERSION = "to a numpy array"

_NUMPY = "a function that NumPy computes, so its gradient is lost"
_UNCONNECTED = "a result that does not depend on x for TensorFlow, so its gradient is zero"


def require_gradient(activation: CallableActivation, dtype: tf.DType) -> None:
    """Check that TensorFlow can differentiate a user function.

    The function is traced once for each dtype, in a graph of its own. A piecewise constant
    function needs no gradient.

    Args:
        activation: a user function without the attribute `derivative`.
        dtype: dtype of the tensors.

    Raises:
        RequestError: NumPy computes the result or a part of it.
    """
    function = activation.function
    if isinstance(function, (keras.Layer, tf.Module)):
        return  # a trace would create its weights for another shape
    try:
        fault = _fault(function, dtype)
    except TypeError:  # the function is not hashable
        fault = _fault.__wrapped__(function, dtype)
    if fault:
        raise RequestError(
            f"{activation.target}: expected operations of TensorFlow, got {fault}; "
            "try formula:TEXT"
        )


@lru_cache(maxsize=256)
def _fault(function: TensorFunction, dtype: tf.DType) -> str:
    """Return why the gradient of a function is lost; "" if it is not, or if it is unknown."""
    connected = []

    def differentiated(x: tf.Tensor) -> tf.Tensor:
        connected.append(_is_connected(function, x))
        return x

    trace = tf.function(differentiated, autograph=False)
    try:
        trace.get_concrete_function(tf.TensorSpec((None,), dtype))
    except Exception as error:  # a user function may raise any error
        if _CONVERSION in message_of(error):
            return _NUMPY
    try:
        if not connected and tf.executing_eagerly():  # the function needs eager tensors
            connected.append(_is_connected(function, tf.constant(PROBES, dtype)))
        known = connected and not connected[0]
        if not known or _is_piecewise_constant(function, dtype):
            return ""
    except Exception:  # the call that follows reports it
        return ""
    return _UNCONNECTED


def _is_connected(function: TensorFunction, x: tf.Tensor) -> bool:
    """Return whether the gradient of a function reaches x; True if it cannot be computed."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        result = function(x)
    if not tf.is_tensor(result):
        return True  # `checked_tensor` reports it
    try:
        return tape.gradient(result, x) is not None
    except Exception:  # an operation without a gradient, which training reports
        return True


def _is_piecewise_constant(function: TensorFunction, dtype: tf.DType) -> bool:
    with tf.init_scope():  # eagerly, even while TensorFlow traces a graph
        return is_piecewise_constant(lambda x: np.asarray(function(tf.constant(x, dtype))))
