"""The source's network: two convolutions and a dense layer, with LeakyReLU or PReLU."""

from typing import TYPE_CHECKING

import numpy as np

from actbench.models.member import leaky, prelu
from actbench.models.network import STUDY
from actbench.models.plain import plain

if TYPE_CHECKING:
    import keras

MNIST_SHAPE = (28, 28, 1)


def sequential_network(
    alpha: float,
    *,
    input_shape: tuple[int, int, int] = MNIST_SHAPE,
    classes: int = 10,
    seed: int | None = None,
) -> "keras.Sequential":
    """Return the study's network with LeakyReLU of slope `alpha`: 27,938 parameters.

    Conv2D(8, 7), Conv2D(8, 5), each followed by the activation, Flatten, Dense(softmax):
    400 + 1,608 + 25,930 parameters for MNIST.

    Args:
        alpha: slope for negative inputs; any finite number, also a negative one.
        input_shape: height, width and channels of an image, at least 11 × 11 × 1.
        classes: number of classes.
        seed: seed of the initial weights, which depend only on it and on the shapes. None
            gives other weights at each call.

    Returns:
        A model that is not compiled, from images (N, *input_shape) to float32 probabilities
        (N, classes).

    Raises:
        RequestError: alpha is not finite, or the image is too small.

    Example:
        >>> sequential_network(-0.5).count_params()
        27938
    """
    member = leaky(alpha)
    return plain(STUDY, member, input_shape=input_shape, classes=classes, seed=seed)


def sequential_network_prelu(
    *,
    shared: bool = False,
    input_shape: tuple[int, int, int] = MNIST_SHAPE,
    classes: int = 10,
    seed: int | None = None,
) -> "keras.Sequential":
    """Return the study's network with PReLU: one trained slope per filter, initially 0.

    Args:
        shared: whether one PReLU object follows both convolutions, as in the source. Then they
            share their 8 slopes (27,946 parameters); otherwise there are two objects
            (27,954 parameters).
        input_shape: as in `sequential_network`.
        classes: as in `sequential_network`.
        seed: as in `sequential_network`. The same seed gives both networks the same
            convolutions and dense layer.

    Returns:
        A model that is not compiled.

    Raises:
        RequestError: the image is too small.

    Example:
        >>> sequential_network_prelu().count_params()
        27954
        >>> sequential_network_prelu(shared=True).count_params()
        27946
    """
    member = prelu(tied=shared)
    return plain(STUDY, member, input_shape=input_shape, classes=classes, seed=seed)


def prelu_slopes(model: "keras.Sequential") -> list[list[float]]:
    """Return the trained slopes per filter, one list for each PReLU layer, first to last.

    If one object is used twice, its list appears twice. A model without PReLU gives [].

    Example:
        >>> prelu_slopes(sequential_network_prelu(shared=True))[1]
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    from actbench.keras import PReLU

    return [
        [float(slope) for slope in np.ravel(layer.alpha)]
        for layer in model.layers
        if isinstance(layer, PReLU)
    ]
