"""Evaluate records on TensorFlow and Keras tensors, with the analytic gradient."""

import logging
from functools import cache, lru_cache, partial
from typing import Any

import keras
import tensorflow as tf

from actbench.activations.formula import is_scaling, parse
from actbench.activations.record import Activation
from actbench.activations.stable import Operations


@cache
def operations(dtype: Any, *, to_the_last_bit: bool = False) -> Operations:
    """Return TensorFlow's primitives for tensors of a dtype.

    Args:
        dtype: of the tensors.
        to_the_last_bit: whether float64 results count to the last bit; XLA's own expm1 is up
            to 4.4 ULP off there, its tanh up to 6.5, which shows in no narrower format.
    """

    def where(condition: Any, x: Any, y: Any) -> Any:
        # Not `tf.cast`, which takes a Python number to float32 on its way to float64.
        return tf.where(
            condition, tf.convert_to_tensor(x, dtype), tf.convert_to_tensor(y, dtype)
        )

    def expm1(x: Any) -> Any:
        # W. Kahan's: what the rounding of u = eˣ does to u − 1 it does to ln u as well. XLA
        # would make x of ln eˣ, but for the choice in between.
        u = tf.exp(x)
        near = tf.where(tf.equal(u, 1), tf.constant(2, dtype), u)
        inside = (u - 1) * (x / tf.math.log(near))
        return tf.where(tf.equal(u, 1), x, tf.where(tf.abs(x) < 3, inside, u - 1))

    def tanh(x: Any) -> Any:
        # From 20 on it is 1.
        rising = expm1(2 * tf.minimum(tf.abs(x), 20))
        return tf.sign(x) * rising / (2 + rising)

    def erf(x: Any) -> Any:
        # TensorFlow's own is NaN where x² overflows.
        return tf.math.erf(tf.clip_by_value(x, -30, 30))

    return Operations(
        exp=tf.exp,
        expm1=expm1 if to_the_last_bit else tf.math.expm1,
        log=tf.math.log,
        log1p=tf.math.log1p,
        tanh=tanh if to_the_last_bit else tf.tanh,
        sqrt=tf.sqrt,
        sin=tf.sin,
        cos=tf.cos,
        atan=tf.atan,
        erf=erf,
        absolute=tf.abs,
        round=tf.round,
        minimum=tf.minimum,
        maximum=tf.maximum,
        where=where,
    )


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
    bfloat16 and float32 are computed in float64 and rounded once, unless a function is so
    plain that float32 does (see `formula.is_scaling`).

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
    return _with_gradient(activation, x, order)


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
    if activation.formula is None or not _has_xla():
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
    return tf.function(
        partial(_unfused, activation, order),
        input_signature=[tf.TensorSpec(None, dtype)] * (1 + weights),
        jit_compile=True,
        autograph=False,
    )


@cache
def _has_xla() -> bool:
    """Return whether XLA compiles here; if not, say so once."""
    try:
        tf.function(lambda x: x + 1, jit_compile=True)(tf.zeros(1))
    except (tf.errors.OpError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        logging.getLogger(__name__).warning("no XLA here, activations are unfused: %s", reason)
        return False
    return True


def _unfused(activation: Activation, order: int, x: Any, *upstream: Any) -> Any:
    result = _rounded_once(activation, x, order)
    for weight in upstream:
        result = weight * result
    return result


def _rounded_once(activation: Activation, x: Any, order: int) -> Any:
    if x.dtype == tf.float64 or (x.dtype == tf.float32 and _is_plain(activation)):
        ops = operations(x.dtype, to_the_last_bit=x.dtype == tf.float64)
        return _compute(activation, ops, x, order)
    wide = _compute(activation, operations(tf.float64), tf.cast(x, tf.float64), order)
    return tf.cast(wide, x.dtype)


@cache
def _is_plain(activation: Activation) -> bool:
    if activation.formula is None:  # a reader's own callable, which may know its own dtypes
        return True
    tree = parse(activation.formula, ("x", *activation.parameters))
    return is_scaling(tree, activation.parameters)


def _compute(activation: Activation, ops: Operations, x: Any, order: int) -> Any:
    """Compute a derivative, with its limits at ±∞ and NaN at NaN."""
    left, right = activation.at_infinity(order)
    there = ops.where(tf.math.is_nan(x), x, ops.where(x > 0, right, left))
    return tf.where(tf.math.is_finite(x), activation.compute(ops, x, order), there)
