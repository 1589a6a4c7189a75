"""One member of a network as a plain Keras model: what stacked ones must agree with."""

from collections.abc import Iterator
from math import ceil, sqrt
from typing import Any

from actbench.activations.rectifiers import Prelu
from actbench.models.member import Member
from actbench.models.network import (
    Activate,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Network,
    Pool,
    Shape,
    weight_seeds,
)

# Keras is imported where a network is built: who lists or checks experiments never waits.


def plain(
    network: Network, member: Member, *, input_shape: Shape, classes: int, seed: int | None
) -> Any:
    """Return a `keras.Sequential`, not compiled: images to probabilities (N, classes).

    Args:
        network: its layers; a dense layer with softmax follows them.
        member: what fills them in.
        input_shape: height, width and channels of an image.
        classes: number of outputs.
        seed: of the initial weights, which depend on it and on the shapes alone; None takes
            new ones each time.

    Raises:
        RequestError: the layers do not fit the images.
    """
    shapes = network.shapes(input_shape)
    import keras

    return keras.Sequential(
        [keras.Input(input_shape), *_layers(network, member, shapes, classes, seed)]
    )


def _layers(
    network: Network,
    member: Member,
    shapes: tuple[Shape, ...],
    classes: int,
    seed: int | None,
) -> Iterator[Any]:
    from keras import layers

    seeds = iter(weight_seeds(network, seed))
    activation: Any = None
    # Keras has no noise of more than 1; independent noises add up by their squares.
    parts = ceil(member.noise**2)
    for part in range(parts):
        own = None if seed is None else seed + part
        yield layers.GaussianNoise(member.noise / sqrt(parts), seed=own)
    for layer, before in zip(network.layers, shapes, strict=False):
        match layer:
            case Convolution(filters, size, padding):
                initial = member.kernel_initializer(next(seeds))
                yield layers.Conv2D(filters, size, padding=padding, kernel_initializer=initial)
            case Dense(units):
                yield layers.Dense(
                    units, kernel_initializer=member.kernel_initializer(next(seeds))
                )
            case Activate():
                if activation is None or not member.tied:
                    activation = _activation(member, images=len(before) == 3)
                yield activation
            case Pool(size, kind):
                pool = layers.MaxPooling2D if kind == "max" else layers.AveragePooling2D
                yield pool(size)
            case BatchNorm(momentum, epsilon):
                yield layers.BatchNormalization(momentum=momentum, epsilon=epsilon)
            case Dropout():
                yield layers.Dropout(member.dropout, seed=seed)
            case Flatten():
                yield layers.Flatten()
    initial = member.kernel_initializer(next(seeds))
    yield layers.Dense(classes, activation="softmax", kernel_initializer=initial)


def _activation(member: Member, *, images: bool) -> Any:
    import keras

    from actbench.keras.layers import PReLU, Trainable

    record = member.activation
    if not member.trained_parameters:
        return keras.layers.Activation(record)
    channel = 3 if images else 1
    # One in all, a channel's along its pixels, or nobody's.
    shared: Any = {"layer": [*range(1, channel + 1)], "channel": [*range(1, channel)]}.get(
        member.granularity, []
    )
    if isinstance(record, Prelu):
        start = keras.initializers.Constant(record.alpha)
        return PReLU(shared_axes=shared or None, alpha_initializer=start)
    return Trainable(record, trained=member.trained_parameters, shared_axes=shared)
