"""Functions of vectors on the tensors of Keras models, and as a layer."""

import sys
from collections.abc import Mapping, Sequence
from types import FrameType

import keras
import tensorflow as tf

from actbench.activations.vector import VectorActivation, get_vector
from actbench.errors import RequestError
from actbench.frameworks.tensorflow import float_tensor
from actbench.keras.tensors import symbolic_float


@keras.saving.register_keras_serializable(package="actbench")
class VectorLayer(keras.layers.Layer):  # type: ignore[misc]
    """A function of vectors, such as softmax or GLU, as a layer.

    Unlike `Dense(activation=…)`, the layer reports the shape of its results if the function
    changes the number of elements.

    Args:
        function: name of a function of vectors, or the function itself.
        options: options of every layer: name, dtype, trainable.

    Raises:
        RequestError: there is no such function.

    Example:
        >>> inputs = keras.Input((8,))
        >>> VectorLayer("glu")(inputs).shape
        (None, 4)
    """

    def __init__(self, function: str | VectorActivation, **options: object) -> None:
        super().__init__(**options)
        found = function if isinstance(function, VectorActivation) else get_vector(function)
        self.function = found
        self.supports_masking = found.output_size(2) == 2

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return f(inputs) in the policy's compute dtype."""
        return evaluate_vector_tensor(self.function, inputs)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return the shape of the results for inputs of a shape.

        Raises:
            RequestError: the inputs do not have the function's axis, or a number of elements
                along it that the function does not accept.
        """
        return self.function.output_shape(input_shape)

    def get_config(self) -> dict[str, object]:
        """Return the configuration that Keras writes into a saved model."""
        config: dict[str, object] = super().get_config()
        return config | {"function": keras.saving.serialize_keras_object(self.function)}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> "VectorLayer":
        """Return the layer that `get_config` described."""
        function = keras.saving.deserialize_keras_object(config["function"])
        return cls(**{**config, "function": function})


def evaluate_keras_vector(
    function: VectorActivation, x: tf.Tensor | keras.KerasTensor
) -> tf.Tensor | keras.KerasTensor:
    """Return a function of vectors at a tensor.

    Args:
        function: the function.
        x: a TensorFlow tensor or variable, a Keras variable, or a symbolic `keras.KerasTensor`.

    Returns:
        A tensor of the dtype of x, or float64 for integers; a symbolic one for a symbolic x.

    Raises:
        RequestError: x does not have the axis or the number of elements that the function
            needs; or a layer of Keras calls the function and would report another shape.
        TypeError: the dtype of x is neither a float nor an integer.
    """
    if isinstance(x, keras.KerasTensor):
        x = symbolic_float(x, function.name)
        return VectorLayer(function, dtype=x.dtype)(x)
    result = evaluate_vector_tensor(function, x)
    if result.shape != x.shape:
        _check_calling_layer(function)
    return result


def evaluate_vector_tensor(function: VectorActivation, x: tf.Tensor) -> tf.Tensor:
    """Return a function of vectors at a tensor of TensorFlow; see `evaluate_keras_vector`."""
    x = float_tensor(x, function.name)
    if x.shape.rank is None:
        raise RequestError(
            f"tensor for {function.name}: expected a known rank, got an unknown one"
        )
    function.check_shape(x.shape)
    wide = tf.cast(x, tf.float32) if x.dtype.size < tf.float32.size else x
    xp = tf.experimental.numpy
    axis = function.axis
    result = xp.moveaxis(function.compute_value(xp, xp.moveaxis(wide, axis, -1)), -1, axis)
    return tf.cast(result, x.dtype)


def _check_calling_layer(function: VectorActivation) -> None:
    """Raise an error if a layer of Keras calls a function that changes the number of elements.

    Such a layer computes its output shape without calling its activation. The next layer would
    be built for the wrong shape, and fail with an error that does not name the cause. Keras
    does not tell a function which layer calls it, so the call stack is searched.
    """
    layer = _calling_layer()
    if layer is None or not type(layer).__module__.startswith("keras."):
        return
    if any("activation" in name and value is function for name, value in vars(layer).items()):
        kind = type(layer).__name__
        raise RequestError(
            f"activation of {kind}: expected a function that keeps the number of elements, "
            f"got {function}; try the layer actbench.keras.VectorLayer({function.name!r})"
        )


def _calling_layer() -> keras.Layer | None:
    """Return the innermost layer with a running method; None if there is none."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        layer = frame.f_locals.get("self")
        if isinstance(layer, keras.Layer):
            return layer
        frame = frame.f_back
    return None
