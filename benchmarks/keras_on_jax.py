"""A process that trains the study's network with Keras on JAX, one epoch for each input line.

It is separate from the other loops because Keras has one backend per process. The module
`training_loops` starts it with KERAS_BACKEND=jax.
"""

import sys

import keras
import numpy as np

from actbench.data import load_mnist, one_hot, scale, with_inverted
from actbench.training.settings import image_order


def main(activation: str, members: int, images: int, batch: int) -> None:
    """Train for an epoch and print "done" for each line of standard input.

    Args:
        activation: name of an activation in Keras.
        members: number of networks that are trained one after another.
        images: images in an epoch; half of them are inverted copies.
        batch: images per step.

    Raises:
        RuntimeError: the backend is another one, or the loss is not finite.
    """
    if (backend := keras.backend.backend()) != "jax":
        raise RuntimeError(f"KERAS_BACKEND: expected jax, got {backend}")
    data = load_mnist()
    pixels, labels = with_inverted(data.x_train[: images // 2], data.y_train[: images // 2])
    rows = image_order(0, 0, images)
    x, y = scale(pixels)[rows], one_hot(labels, classes=10)[rows]
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 7, activation=activation),
            layers.Conv2D(8, 5, activation=activation),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    for _ in sys.stdin:
        for _ in range(members):
            history = model.fit(x, y, batch_size=batch, shuffle=False, verbose=0).history
        if not np.isfinite(history["loss"]).all():
            raise RuntimeError(f"loss: expected finite numbers, got {history['loss']}")
        print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
