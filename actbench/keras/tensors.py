"""Evaluate records on the tensors of Keras models, symbolic tensors included."""

from typing import Any, TypedDict

import keras

from actbench.activations.record import Activation
from actbench.numerics.dispatch import evaluate, tensor_package

_FLOATS = ("float16", "bfloat16", "float32", "float64")

Tensor = Any
"""A tensor of the backend of Keras: TensorFlow, JAX or PyTorch."""


class EvaluationConfig(TypedDict):
    """The entry of an `Evaluation` in a saved model."""

    activation: dict[str, object]
    order: int
    name: str


@keras.saving.register_keras_serializable(package="actbench")
class Evaluation(keras.Operation):  # type: ignore[misc]
    """An activation or a derivative of it as a node of a symbolic Keras model.

    Args:
        activation: the record.
        order: 0 for the value, 1 or 2 for a derivative.
        name: name of the node; None for a name made by Keras.
    """

    def __init__(self, activation: Activation, order: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.activation = activation
        self.order = order

    def call(self, x: Tensor) -> Tensor:
        """Return the derivative at a tensor."""
        return evaluate(self.activation, x, self.order)

    def get_config(self) -> EvaluationConfig:
        """Return the configuration that Keras writes into a saved model."""
        activation = keras.saving.serialize_keras_object(self.activation)
        return {"activation": activation, "order": self.order, "name": self.name}

    @classmethod
    def from_config(cls, config: EvaluationConfig) -> "Evaluation":
        """Return the node that `get_config` described."""
        activation = keras.saving.deserialize_keras_object(config["activation"])
        return cls(activation, config["order"], config["name"])

    def compute_output_spec(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Return a symbolic tensor like the result of `call`."""
        return keras.KerasTensor(x.shape, x.dtype)


def evaluate_keras_tensor(
    activation: Activation, x: Tensor | keras.KerasTensor, order: int
) -> Tensor | keras.KerasTensor:
    """Return the activation (order 0) or its first or second derivative at a tensor.

    Args:
        activation: the record.
        x: a TensorFlow tensor or variable, a Keras variable of any backend, or a symbolic
            `keras.KerasTensor`.
        order: 0, 1 or 2.

    Returns:
        A tensor of the same shape and dtype, or of float64 for integers; a symbolic one for a
        symbolic x.

    Raises:
        TypeError: the dtype of the tensor is neither a float nor an integer.
    """
    if isinstance(x, keras.KerasTensor):
        return _symbolic(activation, x, order)
    if tensor_package(type(x)) == "keras" and keras.backend.backend() != "tensorflow":
        return evaluate(activation, keras.ops.convert_to_tensor(x), order)
    from actbench.frameworks.tensorflow import evaluate_tensor

    return evaluate_tensor(activation, x, order)


def _symbolic(activation: Activation, x: keras.KerasTensor, order: int) -> keras.KerasTensor:
    if keras.backend.backend() == "tensorflow":
        from actbench.frameworks.xla import has_xla

        # This comes first because XLA reads its flags when the first graph runs.
        has_xla()
    x = symbolic_float(x, activation.name)
    if order == 0:
        # The layer would convert x to the dtype of the global policy otherwise.
        return keras.layers.Activation(activation, dtype=x.dtype)(x)
    return Evaluation(activation, order)(x)


def symbolic_float(x: keras.KerasTensor, function: str) -> keras.KerasTensor:
    """Return a symbolic tensor of floats: x itself, or integers and booleans as float64.

    Args:
        x: a symbolic tensor.
        function: name of the function, for the error.

    Raises:
        TypeError: the tensor has another dtype.
    """
    if x.dtype in _FLOATS:
        return x
    if not x.dtype.startswith(("int", "uint", "bool")):
        raise TypeError(
            f"{function}: expected a tensor of {', '.join(_FLOATS)} or integers, got {x.dtype}"
        )
    return keras.ops.cast(x, "float64")
