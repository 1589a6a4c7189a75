"""The activations in a Keras model, and the values that occur at their inputs."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.activations.vector import VectorActivation, get_vector
from actbench.deployment.porting.places import Place
from actbench.frameworks.counterparts import find
from actbench.keras.known_functions import is_function, known_function, name_of

Floats = npt.NDArray[np.float32]

# Images per call of the model while the values at its activations are recorded.
_BATCH = 100


class KerasPlace(NamedTuple):
    """An activation in a Keras model.

    Args:
        layer: the layer that has it.
        attribute: the attribute of the layer that is the function; None if the layer itself is.
    """

    layer: keras.Layer
    attribute: str | None

    @property
    def name(self) -> str:
        """The name of the layer, and the attribute unless it is `activation`."""
        special = self.attribute not in (None, "activation")
        return f"{self.layer.name}.{self.attribute}" if special else str(self.layer.name)

    @property
    def function(self) -> Callable[[object], object]:
        """The function, or the layer."""
        found: Callable[[object], object] = (
            self.layer if self.attribute is None else getattr(self.layer, self.attribute)
        )
        return found

    def describe(self, shape: tuple[int, ...]) -> Place:
        """Return this place as a record, with the shape of its input."""
        function = self.function
        if self.attribute is None:
            return Place(
                self.name, type(self.layer).__name__, _record_of_layer(self.layer), shape
            )
        if isinstance(function, Activation | VectorActivation):
            return Place(self.name, str(function), function, shape)
        record = known_function(function) or _vector_record(function)
        return Place(self.name, name_of(function), record, shape)


def keras_places(model: keras.Model) -> list[KerasPlace]:
    """Return the activations in the layers of a model, in the order of the layers."""
    flat = model._flatten_layers()  # noqa: SLF001 - it includes the layers in wrappers
    layers = list({id(layer): layer for layer in flat}.values())
    return [place for layer in layers for place in _places_of(layer)]


def _places_of(layer: keras.Layer) -> Iterator[KerasPlace]:
    if isinstance(layer, _LAYERS) or type(layer).__module__.startswith("actbench.keras"):
        yield KerasPlace(layer, None)
        return
    for attribute, value in list(vars(layer).items()):
        is_activation = attribute in ("activation", "recurrent_activation") and (
            is_function(value) or isinstance(value, Activation | VectorActivation)
        )
        if is_activation and value is not keras.activations.linear:
            yield KerasPlace(layer, attribute)


def recorded_inputs(
    model: keras.Model, places: list[KerasPlace], images: Floats
) -> list[Floats | None]:
    """Return the values at the input of each activation, (M, …); None if it was not executed.

    A layer that is executed several times per image has several rows per image. The model runs
    eagerly, with functions that keep their arguments.
    """
    kept: list[list[Floats]] = [[] for _ in places]
    before = [place.layer.call if p is None else p for place, p in _functions(places)]

    def recording(
        number: int, function: Callable[..., object], x: object, *others: object, **more: object
    ) -> object:
        kept[number].append(np.asarray(x, np.float32))
        return function(x, *others, **more)

    for number, (place, function) in enumerate(zip(places, before, strict=True)):
        setattr(place.layer, place.attribute or "call", partial(recording, number, function))
    try:
        for start in range(0, len(images), _BATCH):
            model(images[start : start + _BATCH], training=False)
    finally:
        for place, function in zip(places, before, strict=True):
            if place.attribute is None:
                del place.layer.call
            else:
                setattr(place.layer, place.attribute, function)
    return [np.concatenate(parts) if parts else None for parts in kept]


def _functions(
    places: list[KerasPlace],
) -> Iterator[tuple[KerasPlace, Callable[..., object] | None]]:
    for place in places:
        yield place, None if place.attribute is None else place.function


def use_keras_functions(places: list[KerasPlace]) -> None:
    """Replace records of actbench in a model by the same functions of Keras, in place.

    The kernels of actbench are compiled by XLA and compute in float64, which no converter
    accepts. A record without a counterpart in Keras stays.
    """
    for place in places:
        function = place.function
        if isinstance(function, Activation) and place.attribute is not None:
            counterpart = next(
                (c for c in function.counterparts if c.name.startswith("keras.activations.")),
                None,
            )
            if counterpart is not None:
                given = {
                    argument: getattr(function, name)
                    for name, argument in counterpart.parameters.items()
                }
                arguments = {**given, **counterpart.fixed}
                found = find(counterpart.name)
                replaced = partial(found, **arguments) if arguments else found
                setattr(place.layer, place.attribute, replaced)


def _vector_record(function: object) -> VectorActivation | None:
    names = {keras.activations.softmax: "softmax", keras.activations.log_softmax: "log_softmax"}
    name = names.get(function) if is_function(function) else None
    return None if name is None else get_vector(name)


def _record_of_layer(layer: keras.Layer) -> Activation | VectorActivation | None:
    """Return the record of a layer; None for trained parameters and unusual settings."""
    match layer:
        case keras.layers.LeakyReLU():
            return get("leaky_relu", negative_slope=float(layer.negative_slope))
        case keras.layers.ELU():
            return get("elu", alpha=float(layer.alpha))
        case keras.layers.Softmax(axis=-1):
            return get_vector("softmax")
        case keras.layers.ReLU(threshold=0, max_value=None):
            slope = float(layer.negative_slope)
            return get("leaky_relu", negative_slope=slope) if slope else get("relu")
        case keras.layers.ReLU(threshold=0, negative_slope=0) if layer.max_value > 0:
            return get("clipped_relu", max_value=float(layer.max_value))
    return None


_LAYERS = (
    keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU, keras.layers.PReLU,
    keras.layers.Softmax,
)  # fmt: skip
