"""Switch a Keras model from Keras's own activations to their fused twins."""

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import keras

from actbench.activations.catalogue import RECORDS, get
from actbench.activations.record import Activation, finite_number
from actbench.errors import RequestError
from actbench.keras.layers import PReLU

_PLACE = "keras.activations."

# cuDNN's kernels are taken if the functions are Keras's own; steps are too small for ours.
_RECURRENT = (
    keras.layers.RNN,
    keras.layers.LSTMCell,
    keras.layers.GRUCell,
    keras.layers.SimpleRNNCell,
)


# One operation forward and one backward in TensorFlow, as fast as ours or faster (the figures
# are in results/throughput).
_FUSED_ALREADY = frozenset(
    {"relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softsign", "exponential"}
)

_FUSED = "TensorFlow has it fused"


class Replacement(NamedTuple):
    """What stood where in a model, and what stands there now."""

    layer: str
    """Its name."""
    what: str
    """Keras's name of it."""
    by: Activation | type[PReLU] | None
    """What it is now; None if it stays."""
    why: str = ""
    """The reason, if it stays."""

    def __str__(self) -> str:
        if self.by is None:
            return f"{self.layer}: {self.what} stays ({self.why})"
        now = self.by if isinstance(self.by, Activation) else "the layer PReLU"
        return f"{self.layer}: {self.what} is now actbench's {now}"


def accelerate(
    model: keras.Model, say: Callable[[str], Any] | None = print
) -> tuple[Replacement, ...]:
    """Replace Keras's own activations in a model by their fused twins, in place.

    Those that TensorFlow has as one fast operation stay: ReLU, ELU, the sigmoid, tanh and the
    like. A twin is the record that names Keras's function, with Keras's parameters. Weights,
    optimizer and what the model was compiled with are kept; changed are time, memory, errors in
    the last digits, and the derivatives that Keras gets wrong at joints (see `actbench audit`).

    Looked at are the layers of the model and of the models in it: their functions, such as
    `Dense(8, activation="silu")`, and the layers Activation, ReLU, LeakyReLU, ELU and PReLU.
    Functions called on symbolic tensors without a layer are not.

    Args:
        model: built or not, compiled or not, on the TensorFlow backend.
        say: called with one line for each activation, replaced or not; None says nothing.

    Returns:
        What was replaced, and what was not and why, in the order of the layers.

    Raises:
        RequestError: it is no Keras model, or Keras runs on another backend.

    Example:
        >>> model = keras.Sequential([
        ...     keras.Input((8,)), keras.layers.Dense(4, activation="silu", name="hidden"),
        ...     keras.layers.ELU(name="elu"),
        ...     keras.layers.Dense(2, activation="softmax", name="last"),
        ... ])
        >>> replaced = accelerate(model)
        hidden: silu is now actbench's swish(beta=1)
        elu: ELU stays (TensorFlow has it fused)
        last: softmax stays (no elementwise record names it)
    """
    if not isinstance(model, keras.Layer):
        raise RequestError(f"{type(model).__name__} is no Keras model; one would be right")
    if keras.backend.backend() != "tensorflow":
        raise RequestError(
            f"Keras runs on {keras.backend.backend()}; fused activations are TensorFlow's: "
            "KERAS_BACKEND=tensorflow would be right"
        )
    found = tuple(_replacements(model))
    if any(one.by is not None for one in found):
        for each in _models(model):
            # Compiled steps hold the functions they were traced with.
            each.train_function = each.test_function = each.predict_function = None
    if say:
        for one in found:
            say(str(one))
    return found


def _replacements(model: keras.Layer) -> Iterator[Replacement]:
    for layer in _layers(model):
        if type(layer) in _LAYERS:
            yield _replaced_layer(layer)
        for attribute, value in list(vars(layer).items()):
            if value is keras.activations.linear or not _is_keras_function(value):
                continue
            where, what = layer.name, value.__name__
            twin = _twins().get(value)
            if twin is None:
                yield Replacement(where, what, None, "no elementwise record names it")
            elif _is_fused(twin):
                yield Replacement(where, what, None, _FUSED)
            elif isinstance(layer, _RECURRENT):
                yield Replacement(where, what, None, "recurrent kernels compare with it")
            else:
                setattr(layer, attribute, twin)
                yield Replacement(where, what, twin)


def _layers(model: keras.Layer) -> list[keras.Layer]:
    # `layers` has those of a model alone, not those in wrappers, nor those of other layers.
    flat = model._flatten_layers()  # noqa: SLF001
    return list({id(layer): layer for layer in flat}.values())


def _models(model: keras.Layer) -> list[keras.Model]:
    return [layer for layer in _layers(model) if isinstance(layer, keras.Model)]


def _is_keras_function(value: Any) -> bool:
    name = getattr(value, "__name__", None)
    return callable(value) and getattr(keras.activations, str(name), None) is value


@cache
def _twins() -> dict[Any, Activation]:
    """Return the records of Keras's functions, with the parameters Keras gives them."""
    found: dict[Any, Activation] = {}
    for record in RECORDS:
        for there in record.counterparts:
            function = getattr(keras.activations, there.name.removeprefix(_PLACE), None)
            if function is None:
                continue
            defaults = inspect.signature(function).parameters
            parameters = {
                ours: defaults[theirs].default for ours, theirs in there.parameters.items()
            }
            usual = all(defaults[name].default == value for name, value in there.fixed.items())
            if usual and all(finite_number(value) is not None for value in parameters.values()):
                found.setdefault(function, get(record.name, **parameters))
    return found


def _replaced_layer(layer: keras.Layer) -> Replacement:
    """Turn a layer that is a function into Activation with its twin, where there is one.

    The layer stays the object that the model's graph, its weights and its optimizer know.
    """
    twin = _LAYERS[type(layer)](layer)
    where, what = layer.name, type(layer).__name__
    if twin is None:
        return Replacement(where, what, None, "no record has its threshold, ceiling and slope")
    if _is_fused(twin):
        return Replacement(where, what, None, _FUSED)
    if isinstance(twin, Activation):
        layer.__class__ = keras.layers.Activation
        layer.activation = twin
    else:
        layer.__class__ = twin
    return Replacement(where, what, twin)


def _is_fused(twin: Activation | type[PReLU]) -> bool:
    """Return whether TensorFlow has the function as one operation: ELU with α = 1 only."""
    if not isinstance(twin, Activation) or twin.name not in _FUSED_ALREADY:
        return False
    return twin.name == "leaky_relu" or twin == get(twin.name)


def _of_relu(layer: keras.layers.ReLU) -> Activation | None:
    ceiling, slope = layer.max_value, float(layer.negative_slope)
    if layer.threshold or (ceiling is not None and (slope or not ceiling)):
        return None
    if ceiling is not None:
        return get("relu6") if ceiling == 6 else get("clipped_relu", max_value=ceiling)
    return get("leaky_relu", negative_slope=slope) if slope else get("relu")


_LAYERS: dict[type, Callable[[Any], Activation | type[PReLU] | None]] = {
    keras.layers.ReLU: _of_relu,
    keras.layers.LeakyReLU: lambda layer: get(
        "leaky_relu", negative_slope=float(layer.negative_slope)
    ),
    keras.layers.ELU: lambda layer: get("elu", alpha=float(layer.alpha)),
    keras.layers.PReLU: lambda _: PReLU,
}
