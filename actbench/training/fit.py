"""Plain Keras `fit`, fed the same batches for every condition of a seed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from actbench.training.settings import Floats, Settings, TrainingData, steps

_EVALUATION_BATCH = 500


@dataclass(frozen=True)
class Outcome:
    """What training gave."""

    curves: dict[str, list[float]]
    """Per epoch: accuracy (fraction), loss (nats), and val_ of both with validation."""
    seconds: float
    seconds_per_step: float


def fit(
    model: Any,
    data: TrainingData,
    settings: Settings,
    *,
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> Outcome:
    """Train a model in place.

    Args:
        model: a Keras model, not compiled, from images to probabilities.
        data: as `prepare` returns it.
        settings: epochs and batch size.
        seed: of the order of images, drawn anew each epoch; it depends on nothing else,
            so models trained with the same seed see the same batches.
        on_step: called after each step.
    """
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        # XLA convolutions are slower than oneDNN's on a CPU.
        jit_compile=False,
    )
    started = time.perf_counter()
    history = model.fit(
        batches(data.train, settings, seed=seed),
        epochs=settings.epochs,
        validation_data=data.validation,
        validation_batch_size=_EVALUATION_BATCH,
        callbacks=[_OnStep(on_step)],
        shuffle=False,
        verbose=0,
    ).history
    seconds = time.perf_counter() - started
    return Outcome(
        curves={name: [float(value) for value in curve] for name, curve in history.items()},
        seconds=seconds,
        seconds_per_step=seconds / steps(len(data.train[0]), settings),
    )


def evaluate(model: Any, images: Floats, labels: Floats) -> tuple[float, float]:
    """Return the accuracy (fraction) and the loss (nats) of a trained model."""
    scores = model.evaluate(
        images, labels, batch_size=_EVALUATION_BATCH, verbose=0, return_dict=True
    )
    return float(scores["accuracy"]), float(scores["loss"])


def batches(train: tuple[Floats, Floats], settings: Settings, *, seed: int) -> Any:
    """Return the batches as a `tf.data.Dataset`; each pass over it is a new random order.

    The order depends on the seed, the pass and the number of images alone.
    """
    images, labels = (tf.constant(array) for array in train)
    order = tf.data.Dataset.range(len(images)).shuffle(
        len(images), seed=seed, reshuffle_each_iteration=True
    )
    return (
        order.batch(settings.batch_size)
        .map(lambda rows: (tf.gather(images, rows), tf.gather(labels, rows)))
        .prefetch(tf.data.AUTOTUNE)
    )


class _OnStep(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, on_step: Callable[[], None]) -> None:
        super().__init__()
        self.on_step = on_step

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        del batch, logs
        self.on_step()
