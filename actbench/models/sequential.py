"""The source's network: two convolutions and a dense layer, with LeakyReLU or PReLU."""

from typing import Any

import numpy as np

from actbench.models.member import leaky, prelu
from actbench.models.network import STUDY
from actbench.models.plain import plain

MNIST_SHAPE = (28, 28, 1)


def sequential_network(
    alpha: float,
    *,
    input_shape: tuple[int, int, int] = MNIST_SHAPE,
    classes: int = 10,
    seed: int | None = None,
) -> Any:
    """Return the study's network with LeakyReLU of slope `alpha`: 27,938 parameters.

    Conv2D(8, 7), Conv2D(8, 5), each followed by the activation, Flatten, Dense(softmax):
    400 + 1,608 + 25,930 parameters for MNIST.

    Args:
        alpha: slope for negative inputs; any finite number, also a negative one.
        input_shape: height, width and channels of an image, at least 11 × 11 × 1.
        classes: number of classes.
        seed: of the initial weights, which depend on it and on the shapes alone; None
            takes new ones each time.

    Returns:
        A `keras.Sequential`, not compiled; images (N, *input_shape) to float32
        probabilities (N, classes).

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
) -> Any:
    """Return the study's network with PReLU, one trained slope per filter, first 0.

    Args:
        shared: use one PReLU object after both convolutions, as the source does, so that
            they share their 8 slopes (27,946 parameters), instead of one object each
            (27,954).
        input_shape: as in `sequential_network`.
        classes: as in `sequential_network`.
        seed: as in `sequential_network`; the same seed gives the same convolutions and
            dense layer there and here.

    Returns:
        A `keras.Sequential`, not compiled.

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


def prelu_slopes(model: Any) -> list[list[float]]:
    """Return the trained slopes per filter, one list for each PReLU place, first to last.

    One object in two places gives the same list twice; a model without PReLU gives none.

    Example:
        >>> prelu_slopes(sequential_network_prelu(shared=True))[1]
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    from actbench.keras.layers import PReLU

    return [
        [float(slope) for slope in np.ravel(layer.alpha)]
        for layer in model.layers
        if isinstance(layer, PReLU)
    ]
