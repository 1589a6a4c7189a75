"""Train the study's network by Keras on JAX, an epoch for each line that comes.

Keras has one backend in a process: `loops` starts this one with KERAS_BACKEND=jax.
"""

import sys

import keras
import numpy as np

from actbench.data import load_mnist, one_hot, scale, with_inverted
from actbench.training.settings import order


def main(activation: str, members: int, images: int, batch: int) -> None:
    """Read lines from standard input, and say "done" after the epoch of each."""
    if keras.backend.backend() != "jax":
        raise RuntimeError("KERAS_BACKEND=jax would be right")
    data = load_mnist()
    pixels, labels = with_inverted(data.x_train[: images // 2], data.y_train[: images // 2])
    rows = order(0, 0, images)
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
            raise RuntimeError("training diverged")
        print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
