"""One member as a plain Keras model, the reference for stacked models."""

from collections.abc import Iterator
from math import ceil, sqrt
from typing import TYPE_CHECKING

from actbench.activations.rectifiers import Prelu
from actbench.models.member import Member
from actbench.models.network import (
    Activate,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Network,
    Pool,
    Shape,
    weight_seeds,
)

if TYPE_CHECKING:  # Keras takes seconds to import; listing experiments does not need it.
    import keras


def plain(
    network: Network, member: Member, *, input_shape: Shape, classes: int, seed: int | None
) -> "keras.Sequential":
    """Return a Keras model, not compiled, from images to probabilities (N, classes).

    Args:
        network: its layers. A dense layer with softmax follows them.
        member: settings of the layers.
        input_shape: height, width and channels of an image.
        classes: number of outputs.
        seed: seed of the initial weights, which depend only on it and on the shapes. None
            gives other weights at each call.

    Raises:
        RequestError: the images are too small for the layers.
    """
    shapes = network.shapes(input_shape)
    import keras

    layers = _layers(network, member, shapes, classes, seed)
    return keras.Sequential([keras.Input(input_shape), *layers])


def _layers(
    network: Network,
    member: Member,
    shapes: tuple[Shape, ...],
    classes: int,
    seed: int | None,
) -> Iterator["keras.Layer"]:
    from keras import layers

    seeds = iter(weight_seeds(network, seed))
    yield from _noise(member, seed)
    tied: keras.Layer | None = None
    for layer, before in zip(network.layers, shapes, strict=False):
        if isinstance(layer, Activate):
            if tied is None or not member.tied:
                tied = _activation(member, images=len(before) == 3)
            yield tied
        else:
            yield _layer(layer, member, seeds, seed)
    initializer = member.kernel_initializer(next(seeds))
    yield layers.Dense(classes, activation="softmax", kernel_initializer=initializer)


def _noise(member: Member, seed: int | None) -> Iterator["keras.Layer"]:
    """Return layers of Gaussian noise, because one Keras layer has a deviation of at most 1.

    The variances of independent noises add up.
    """
    from keras import layers

    parts = ceil(member.noise**2)
    for part in range(parts):
        part_seed = None if seed is None else seed + part
        yield layers.GaussianNoise(member.noise / sqrt(parts), seed=part_seed)


def _layer(
    layer: Layer, member: Member, seeds: Iterator[int | None], seed: int | None
) -> "keras.Layer":
    from keras import layers

    match layer:
        case Convolution(filters, size, padding):
            initializer = member.kernel_initializer(next(seeds))
            return layers.Conv2D(filters, size, padding=padding, kernel_initializer=initializer)
        case Dense(units):
            initializer = member.kernel_initializer(next(seeds))
            return layers.Dense(units, kernel_initializer=initializer)
        case Pool(size, kind):
            pool = layers.MaxPooling2D if kind == "max" else layers.AveragePooling2D
            return pool(size)
        case BatchNorm(momentum, epsilon):
            return layers.BatchNormalization(momentum=momentum, epsilon=epsilon)
        case Dropout():
            return layers.Dropout(member.dropout, seed=seed)
        case Flatten():
            return layers.Flatten()
        case _:
            raise TypeError(f"layer: expected a layer with one Keras counterpart, got {layer}")


def _activation(member: Member, *, images: bool) -> "keras.Layer":
    import keras

    from actbench.keras import PReLU, Trainable

    record = member.activation
    if not member.trained_parameters:
        return keras.layers.Activation(record)
    channel_axis = 3 if images else 1
    shared_axes = {
        "layer": [*range(1, channel_axis + 1)],
        "channel": [*range(1, channel_axis)],
        "element": [],
    }[member.granularity]
    if isinstance(record, Prelu):
        initial = keras.initializers.Constant(record.alpha)
        return PReLU(shared_axes=shared_axes or None, alpha_initializer=initial)
    return Trainable(record, trained=member.trained_parameters, shared_axes=shared_axes)
