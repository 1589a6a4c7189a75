"""Description of a network as a sequence of layers, for plain and for stacked models."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from math import prod
from typing import Literal

import numpy as np

from actbench.errors import RequestError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Convolution:
    """A two-dimensional convolution with bias: `filters` kernels of `size` × `size`."""

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
    """The maximum or the mean of each square of `size` × `size` pixels."""

    size: int = 2
    kind: Literal["max", "average"] = "max"


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation over all axes except the channels, with Keras's defaults."""

    momentum: float = 0.99
    epsilon: float = 0.001


@dataclass(frozen=True)
class Dropout:
    """Dropout in training, at the rate of the member."""


@dataclass(frozen=True)
class Flatten:
    """Pixels and channels as one vector."""


Layer = Convolution | Dense | Activate | Pool | BatchNorm | Dropout | Flatten


@dataclass(frozen=True)
class Network:
    """A sequence of layers; the output layer, a dense layer with a unit per class, is implied.

    Args:
        layers: from the images on.

    Example:
        >>> STUDY.shapes((28, 28, 1))[1:3], STUDY.shapes((28, 28, 1))[-1]
        (((22, 22, 8), (22, 22, 8)), (2592,))
    """

    layers: tuple[Layer, ...]

    def shapes(self, input_shape: Shape) -> tuple[Shape, ...]:
        """Return the shape of an input, and the shape after each layer.

        Raises:
            RequestError: a layer does not fit its input, or the images are too small.
        """
        shapes = (input_shape, *self._output_shapes(input_shape))
        if not _are_positive(shapes):
            height, width, channels = input_shape
            least = next(
                size
                for size in count(1)
                if _are_positive(self._output_shapes((size, size, channels)))
            )
            raise RequestError(
                f"images for this network: expected at least {least}×{least} pixels, "
                f"got {height}×{width}"
            )
        return shapes

    def _output_shapes(self, shape: Shape) -> Iterator[Shape]:
        for number, layer in enumerate(self.layers, 1):
            name = f"layer {number} of the network, {layer}"
            if isinstance(layer, (Convolution, Pool)) and len(shape) != 3:
                raise RequestError(
                    f"{name}: expected images, got vectors; move it before Flatten"
                )
            if isinstance(layer, Dense) and len(shape) != 1:
                raise RequestError(
                    f"{name}: expected vectors, got images; try Flatten before it"
                )
            match layer:
                case Convolution(filters, size, padding):
                    lost = size - 1 if padding == "valid" else 0
                    shape = shape[0] - lost, shape[1] - lost, filters
                case Pool(size):
                    shape = shape[0] // size, shape[1] // size, shape[2]
                case Dense(units):
                    shape = (units,)
                case Flatten():
                    shape = (prod(shape),)
            yield shape


def _are_positive(shapes: Iterable[Shape]) -> bool:
    return all(min(shape) > 0 for shape in shapes)


STUDY = Network((Convolution(8, 7), Activate(), Convolution(8, 5), Activate(), Flatten()))
"""The source's network: 27,938 parameters for MNIST."""


def weight_seeds(network: Network, seed: int | None) -> list[int | None]:
    """Return a seed for each layer that has a kernel, the output layer included.

    A seed depends only on `seed` and on the number of the layer. If `seed` is None, all are.
    """
    kernels = 1 + sum(isinstance(layer, (Convolution, Dense)) for layer in network.layers)
    if seed is None:
        return [None] * kernels
    return [int(state) for state in np.random.SeedSequence(seed).generate_state(kernels)]
