"""Evaluate records on TensorFlow and Keras tensors, with the analytic gradient."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from typing import Any, cast

import keras
import tensorflow as tf

from actbench.activations.record import Activation
from actbench.activations.rectifiers import LeakyRelu, Linear, Relu, Relu6
from actbench.frameworks.low_precision import DOUBLE, SINGLE, narrow_operations
from actbench.frameworks.tensorflow_operations import operations
from actbench.numerics.operations import Operations

# Vectors of all 512 bits where the processor has them: kernels take two thirds of the time.
# XLA ends the process at a flag it does not know, so only versions that have it get it.
_WIDE_VECTORS = "--xla_cpu_prefer_vector_width=512"
_HAVE_WIDE_VECTORS = ("2.21",)


@keras.saving.register_keras_serializable(package="actbench")
class Evaluation(keras.Operation):  # type: ignore[misc]
    """An activation, or a derivative of it, as a node of a symbolic Keras model."""

    def __init__(self, activation: Activation, order: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.activation = activation
        self.order = order

    def call(self, x: Any) -> Any:
        """Return the derivative at a tensor."""
        return evaluate(self.activation, x, self.order)

    def get_config(self) -> dict[str, Any]:
        """Return what Keras writes into a saved model."""
        activation = keras.saving.serialize_keras_object(self.activation)
        return {"activation": activation, "order": self.order, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Evaluation":
        """Return the node that `get_config` described."""
        activation = keras.saving.deserialize_keras_object(config["activation"])
        return cls(activation, config["order"], config["name"])

    def compute_output_spec(self, x: Any) -> Any:
        """Return what `call` would return, without values."""
        return keras.KerasTensor(x.shape, x.dtype)


def evaluate(activation: Activation, x: Any, order: int) -> Any:
    """Return the activation (order 0) or a derivative of it (1, 2) at a tensor.

    The gradient of each order is the next order's formula, so only x is kept for it;
    what TensorFlow makes of the second derivative's own gradient is not checked. float16,
    bfloat16 and float32 are computed in float32 where a record says that it is precise enough
    (`single_precision`), else in float64 and rounded once.

    Args:
        activation: the record.
        x: a tensor or variable of float16, bfloat16, float32 or float64, any shape, or a
            symbolic `keras.KerasTensor`.
        order: 0, 1 or 2.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: the tensor does not hold floats.
    """
    # Asked early: the first graph that runs, compiled or not, has XLA read its flags.
    has_xla()
    if isinstance(x, keras.KerasTensor):
        if order == 0:
            return keras.layers.Activation(activation)(x)
        return Evaluation(activation, order)(x)
    x = tf.convert_to_tensor(x)
    if not x.dtype.is_floating:
        raise TypeError(
            f"an activation cannot take a tensor of {x.dtype.name}: "
            "float16, bfloat16, float32 or float64 would be right"
        )
    library = _of_tensorflow(activation, x.dtype) if order == 0 else None
    return library(x) if library else _with_gradient(activation, x, order)


def _of_tensorflow(activation: Activation, dtype: Any) -> Callable[[Any], Any] | None:
    """Return TensorFlow's own function where it is fused, and right by the audit.

    It costs less to start than a compiled kernel; its gradient keeps one tensor too.
    """
    match activation:
        case Linear():
            return cast(Callable[[Any], Any], tf.identity)
        case Relu():
            return cast(Callable[[Any], Any], tf.nn.relu)
        case Relu6():
            return cast(Callable[[Any], Any], tf.nn.relu6)
        # In float64 its slope is one of float32; 0 · −∞ is NaN.
        case LeakyRelu(slope) if dtype != tf.float64 and slope > 0:
            return partial(tf.nn.leaky_relu, alpha=slope)
    return None


def _with_gradient(activation: Activation, x: Any, order: int) -> Any:
    if order == 2 or not activation.has_derivative(order + 1):
        return _computed(activation, order, x)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def evaluated(x: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            return _weighted(activation, x, upstream, order + 1)

        return _computed(activation, order, x), gradient

    return evaluated(x)


def _weighted(activation: Activation, x: Any, upstream: Any, order: int) -> Any:
    """Return a derivative times what comes from above; the product has a gradient too.

    The product is one kernel with the derivative, so x and upstream are read once.
    """
    if order == 2 or not activation.has_derivative(order + 1):
        return _computed(activation, order, x, upstream)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def evaluated(x: Any, upstream: Any) -> Any:
        def gradient(above: Any) -> Any:
            return (
                _weighted(activation, x, above * upstream, order + 1),
                _weighted(activation, x, above, order),
            )

        return _computed(activation, order, x, upstream), gradient

    return evaluated(x, upstream)


def _computed(activation: Activation, order: int, x: Any, *upstream: Any) -> Any:
    """Return a derivative, times what comes from above if given, by one fused kernel."""
    if activation.formula is None or not has_xla():
        return _unfused(activation, order, x, *upstream)
    tensors = (x, *upstream)
    if order < 2:
        # Else a tape would have TensorFlow derive a gradient of the kernel, which has its own.
        tensors = tuple(map(tf.stop_gradient, tensors))
    result = _kernel(activation, order, x.dtype, len(upstream))(*tensors)
    result.set_shape(x.shape)
    return result


@lru_cache(maxsize=1024)
def _kernel(activation: Activation, order: int, dtype: Any, weights: int) -> Any:
    """Return the compiled function, traced once for all shapes; XLA compiles for each."""
    kernel = tf.function(
        partial(_unfused, activation, order),
        input_signature=[tf.TensorSpec(None, dtype)] * (1 + weights),
        jit_compile=True,
        autograph=False,
    )
    # Called itself it takes half the time from Python.
    return kernel.get_concrete_function()


@cache
def has_xla() -> bool:
    """Return whether XLA compiles here; if not, say so once."""
    try:
        # Run, not made a part of a graph that is being traced.
        with _wide_vectors(), tf.init_scope():
            tf.function(lambda x: tf.exp(x) + 1, jit_compile=True)(tf.zeros(64))
    except (tf.errors.OpError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        logging.getLogger(__name__).warning("no XLA here, activations are unfused: %s", reason)
        return False
    return True


@contextmanager
def _wide_vectors() -> Iterator[None]:
    """Have XLA use wide vectors, if it reads its flags now: it does so once.

    Whoever has set the width is left alone, and so is what reads these flags later (JAX).
    """
    given = os.environ.get("XLA_FLAGS")
    known = tf.__version__.startswith(_HAVE_WIDE_VECTORS)
    if not known or "prefer_vector_width" in (given or ""):
        yield
        return
    os.environ["XLA_FLAGS"] = f"{given or ''} {_WIDE_VECTORS}".strip()
    try:
        yield
    finally:
        if given is None:
            del os.environ["XLA_FLAGS"]
        else:
            os.environ["XLA_FLAGS"] = given


def _unfused(activation: Activation, order: int, x: Any, *upstream: Any) -> Any:
    result = rounded_once(activation, x, order)
    for weight in upstream:
        result = weight * result
    return result


def rounded_once(activation: Activation, x: Any, order: int) -> Any:
    """Compute a derivative in a precision that its dtype needs: a few operations, not fused."""
    if activation.formula is None:  # a reader's own callable, which knows its own dtypes
        return _compute(activation, operations(x.dtype), x, order)
    if x.dtype == tf.float64:
        return _compute(activation, operations(x.dtype, to_the_last_bit=True), x, order)
    working = SINGLE if order in activation.single_precision else DOUBLE
    result = _compute(activation, narrow_operations(working), tf.cast(x, working.dtype), order)
    return tf.cast(result, x.dtype)


def _compute(activation: Activation, ops: Operations, x: Any, order: int) -> Any:
    """Compute a derivative, with its limits at ±∞ and NaN at NaN."""
    left, right = activation.at_infinity(order)
    there = ops.where(tf.math.is_nan(x), x, ops.where(x > 0, right, left))
    return tf.where(tf.math.is_finite(x), activation.compute(ops, x, order), there)
