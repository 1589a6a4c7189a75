"""What a network is: layers in a row, described once for plain and stacked models."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np

from actbench.errors import RequestError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Convolution:
    """A two-dimensional convolution with bias: `filters` of `size` × `size`."""

    filters: int
    size: int
    padding: Literal["valid", "same"] = "valid"


@dataclass(frozen=True)
class Dense:
    """A dense layer with bias."""

    units: int


@dataclass(frozen=True)
class Activate:
    """The activation of the member."""


@dataclass(frozen=True)
class Pool:
    """The largest, or the mean, of each `size` × `size` pixels."""

    size: int = 2
    kind: Literal["max", "average"] = "max"


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation over all axes but the channels, as Keras has it."""

    momentum: float = 0.99
    epsilon: float = 0.001


@dataclass(frozen=True)
class Dropout:
    """Dropout in training; the rate is the member's."""


@dataclass(frozen=True)
class Flatten:
    """Pixels and channels as one vector."""


Layer = Convolution | Dense | Activate | Pool | BatchNorm | Dropout | Flatten


@dataclass(frozen=True)
class Network:
    """Layers in a row; a dense layer with a unit for each class follows them.

    Args:
        layers: from the images on.

    Example:
        >>> STUDY.shapes((28, 28, 1))[1:3], STUDY.shapes((28, 28, 1))[-1]
        (((22, 22, 8), (22, 22, 8)), (2592,))
    """

    layers: tuple[Layer, ...]

    def shapes(self, input_shape: Shape) -> tuple[Shape, ...]:
        """Return the shape of an input, and after each layer.

        Raises:
            RequestError: the layers do not fit it, or one another.
        """
        found = (input_shape, *self._shapes(input_shape))
        if not _is_left(found):
            height, width, channels = input_shape
            least = next(
                size for size in count(1) if _is_left(self._shapes((size, size, channels)))
            )
            raise RequestError(
                f"images are {height}×{width}; at least {least}×{least} would be right for "
                "this network's convolutions"
            )
        return found

    def _shapes(self, shape: Shape) -> Iterator[Shape]:
        for number, layer in enumerate(self.layers, 1):
            where = f"layer {number} of the network, {layer}"
            images = isinstance(layer, (Convolution, Pool))
            if images and len(shape) != 3:
                raise RequestError(f"{where}: takes images; before Flatten would be right")
            if isinstance(layer, Dense) and len(shape) != 1:
                raise RequestError(f"{where}: takes vectors; Flatten before it would be right")
            match layer:
                case Convolution(filters, size, padding):
                    lost = size - 1 if padding == "valid" else 0
                    shape = shape[0] - lost, shape[1] - lost, filters
                case Pool(size):
                    shape = shape[0] // size, shape[1] // size, shape[2]
                case Dense(units):
                    shape = (units,)
                case Flatten():
                    shape = (int(np.prod(shape)),)
            yield shape


def _is_left(shapes: Iterable[Shape]) -> bool:
    return all(min(shape) > 0 for shape in shapes)


STUDY = Network((Convolution(8, 7), Activate(), Convolution(8, 5), Activate(), Flatten()))
"""The source's network: 27,938 parameters for MNIST."""


def weight_seeds(network: Network, seed: int | None) -> list[int | None]:
    """Return a seed for each layer that has a kernel, the last one included.

    They depend on the seed and on the layer's number alone; None gives None.
    """
    count = 1 + sum(isinstance(layer, (Convolution, Dense)) for layer in network.layers)
    if seed is None:
        return [None] * count
    return [int(state) for state in np.random.SeedSequence(seed).generate_state(count)]
