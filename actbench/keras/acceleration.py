"""Replace the activations of a Keras model by the fused kernels of actbench."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import keras

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.activations.vector import VectorActivation
from actbench.errors import RequestError
from actbench.frameworks.kernel_table import kernel_choice
from actbench.keras.known_functions import (
    KerasFunction,
    is_function,
    known_function,
    name_of,
    reason_for_no_record,
)
from actbench.keras.layers import PReLU
from actbench.keras.prelu import axes_of_keras

Successor = Activation | type[PReLU]

# Keras uses cuDNN's recurrent kernels only with its own activation functions. Moreover, the
# tensor of one time step is too small for a fused kernel to be faster.
_RECURRENT = (
    keras.layers.RNN,
    keras.layers.LSTMCell,
    keras.layers.GRUCell,
    keras.layers.SimpleRNNCell,
)

# Ends of the names of attributes that are functions of weights or of batches.
_OTHER_PURPOSES = ("_initializer", "_regularizer", "_constraint", "_function")

_NATIVE = "TensorFlow computes it by one operation"


class Replacement(NamedTuple):
    """One activation in a model, and the activation that replaced it."""

    layer: str
    """Name of the layer."""
    function: str
    """Name of the function, or of the class of the layer."""
    successor: Successor | None
    """The activation or the layer class that replaced it; None if it stays."""
    reason: str = ""
    """Why it stays."""

    def __str__(self) -> str:
        if self.successor is None:
            return f"{self.layer}: {self.function} stays ({self.reason})"
        layer = "the layer PReLU"
        now = self.successor if isinstance(self.successor, Activation) else layer
        return f"{self.layer}: {self.function} is now actbench's {now}"


def accelerate(
    model: keras.Model, print_fn: Callable[[str], object] | None = print
) -> tuple[Replacement, ...]:
    """Replace Keras's activations in a model by the same functions as fused kernels, in place.

    A function is replaced by the record that names it as its counterpart, with Keras's
    parameters. Functions that TensorFlow computes by one fast operation stay: ReLU, ELU, the
    sigmoid, tanh and others. The model keeps its weights, its optimizer and its compilation.
    Time and memory change, and so do errors in the last digits and derivatives at breakpoints
    that are wrong in Keras (see `actbench audit`).

    All layers of the model and of the models in it are searched: functions of layers, such as
    `Dense(8, activation="silu")`, and the layers Activation, ReLU, LeakyReLU, ELU and PReLU.
    The functions may be those of `keras.activations`, `keras.ops` and `tf.nn`, also in a
    `functools.partial`; any other function stays, and is reported. Functions that are called
    on symbolic tensors without a layer, or in the method `call` of a layer, are not found.

    Args:
        model: a model on the TensorFlow backend, built or not, compiled or not.
        print_fn: called with one line for each activation, replaced or not; None for no output.

    Returns:
        All activations in the order of the layers: the replaced ones, and the others with the
        reason why they stay.

    Raises:
        RequestError: the model is not a Keras model, or Keras runs on another backend.

    Example:
        >>> model = keras.Sequential([
        ...     keras.Input((8,)), keras.layers.Dense(4, activation="silu", name="hidden"),
        ...     keras.layers.ELU(name="elu"),
        ...     keras.layers.Dense(2, activation="softmax", name="last"),
        ... ])
        >>> replaced = accelerate(model)
        hidden: silu is now actbench's swish(beta=1)
        elu: ELU stays (TensorFlow computes it by one operation)
        last: softmax stays (expected the counterpart of a record)
    """
    if not isinstance(model, keras.Layer):
        raise RequestError(f"model: expected a Keras model, got {type(model).__name__}")
    if keras.backend.backend() != "tensorflow":
        raise RequestError(
            f"Keras backend: expected tensorflow, got {keras.backend.backend()}; "
            "try KERAS_BACKEND=tensorflow"
        )
    found = tuple(_replacements(model))
    if any(one.successor is not None for one in found):
        for each in _models(model):
            # Compiled steps hold the functions that they were traced with.
            each.train_function = each.test_function = each.predict_function = None
    if print_fn:
        for one in found:
            print_fn(str(one))
    return found


def _replacements(model: keras.Layer) -> Iterator[Replacement]:
    """Replace the activations, and yield one entry for each activation, replaced or not."""
    for layer in _layers(model):
        if type(layer) in _ACTIVATION_LAYERS:
            yield _replace_layer(layer)
        for attribute, function in _functions(layer):
            successor = known_function(function)
            reason = ""
            if isinstance(layer, keras.layers.Lambda):
                reason = "a Lambda layer may pass it further arguments"
            elif successor is None:
                reason = reason_for_no_record(function)
            elif kernel_choice(successor).native_in_keras(successor):
                reason = _NATIVE
            elif isinstance(layer, _RECURRENT):
                reason = "cuDNN requires it in recurrent layers"
            else:
                setattr(layer, attribute, successor)
            name = name_of(function)
            yield Replacement(layer.name, name, None if reason else successor, reason)


def _functions(layer: keras.Layer) -> Iterator[tuple[str, KerasFunction]]:
    """Return the attributes of a layer that are activations, other than those of actbench.

    These are all functions, except for initializers and similar ones, and all other callable
    objects whose name tells that they are activations.
    """
    for attribute, value in list(vars(layer).items()):
        other_purpose = attribute.startswith("_") or attribute.endswith(_OTHER_PURPOSES)
        if other_purpose or hasattr(type(layer), attribute) or not callable(value):
            continue
        if isinstance(value, keras.Layer | Activation | VectorActivation):
            continue
        if value is not keras.activations.linear and (
            "activation" in attribute or is_function(value)
        ):
            yield attribute, value


def _layers(model: keras.Layer) -> list[keras.Layer]:
    # The attribute `layers` lacks the layers in wrappers, and other layers do not have it.
    flat = model._flatten_layers()  # noqa: SLF001
    return list({id(layer): layer for layer in flat}.values())


def _models(model: keras.Layer) -> list[keras.Model]:
    return [layer for layer in _layers(model) if isinstance(layer, keras.Model)]


def _replace_layer(layer: keras.Layer) -> Replacement:
    """Turn a layer that is an activation into the layer Activation with a record, or PReLU.

    The class of the object changes, not the object, because the graph of the model, its weights
    and its optimizer refer to this object.
    """
    successor = _ACTIVATION_LAYERS[type(layer)](layer)
    name, function = layer.name, type(layer).__name__
    if successor is None:
        return Replacement(name, function, None, _NO_SUCCESSOR[type(layer)])
    if not isinstance(successor, Activation):
        layer.__class__ = successor
        layer.shared_axes = axes_of_keras(layer.shared_axes)
    elif kernel_choice(successor).native_in_keras(successor):
        return Replacement(name, function, None, _NATIVE)
    else:
        layer.__class__ = keras.layers.Activation
        layer.activation = successor
    return Replacement(name, function, successor)


def _of_relu(layer: keras.layers.ReLU) -> Activation | None:
    """Return the record of a layer ReLU with its ceiling and slope, if there is one."""
    ceiling, slope = layer.max_value, float(layer.negative_slope)
    if layer.threshold or (ceiling is not None and (slope or not ceiling)):
        return None
    if ceiling is not None:
        return get("relu6") if ceiling == 6 else get("clipped_relu", max_value=ceiling)
    return get("leaky_relu", negative_slope=slope) if slope else get("relu")


def _of_prelu(layer: keras.layers.PReLU) -> type[PReLU] | None:
    """Return this package's layer, unless Keras will build the layer with axes from the end."""
    from_the_end = any(axis <= 0 for axis in layer.shared_axes or ())
    return None if from_the_end and not layer.built else PReLU


_NO_SUCCESSOR: dict[type, str] = {
    keras.layers.ReLU: "no record has this threshold, ceiling and slope",
    keras.layers.PReLU: "expected a built layer or positive shared_axes",
}
_ACTIVATION_LAYERS: dict[type, Callable[[keras.Layer], Successor | None]] = {
    keras.layers.ReLU: _of_relu,
    keras.layers.LeakyReLU: lambda layer: get(
        "leaky_relu", negative_slope=float(layer.negative_slope)
    ),
    keras.layers.ELU: lambda layer: get("elu", alpha=float(layer.alpha)),
    keras.layers.PReLU: _of_prelu,
}
