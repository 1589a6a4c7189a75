"""Plain Keras `fit`, fed the same batches for every condition of a seed."""

import time
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from actbench.data import one_hot, scale
from actbench.training.settings import Images, Settings, TrainingData, order, steps
from actbench.training.train import Outcome

_EVALUATION_BATCH = 500


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
        settings: epochs, batch size and optimizer, with its own learning rate; no early end.
        seed: of the order of images, drawn anew each epoch; it depends on nothing else,
            so models trained with the same seed see the same batches.
        on_step: called after each step.
    """
    model.compile(
        optimizer=settings.optimizer,
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        # XLA convolutions are slower than oneDNN's on a CPU.
        jit_compile=False,
    )
    classes = model.output_shape[-1]
    validation = data.validation and floats(data.validation, classes)
    started = time.perf_counter()
    history = model.fit(
        batches(data.train, settings, seed=seed, classes=classes),
        epochs=settings.epochs,
        steps_per_epoch=steps(len(data.train[0]), settings) // settings.epochs,
        validation_data=validation,
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


def accuracy_and_loss(model: Any, images: Images) -> tuple[float, float]:
    """Return the accuracy (fraction) and the loss (nats) of a trained model."""
    scores = model.evaluate(
        *floats(images, model.output_shape[-1]),
        batch_size=_EVALUATION_BATCH,
        verbose=0,
        return_dict=True,
    )
    return float(scores["accuracy"]), float(scores["loss"])


def floats(images: Images, classes: int) -> tuple[Any, Any]:
    """Return images in [0, 1] and one-hot labels, float32."""
    pixels, labels = images
    return scale(pixels[..., 0]), one_hot(labels, classes=classes)


def batches(train: Images, settings: Settings, *, seed: int, classes: int) -> Any:
    """Return the batches of all epochs as one `tf.data.Dataset`, each epoch in its `order`."""
    images, labels = (tf.constant(array) for array in train)

    def ordered(epoch: Any) -> Any:
        rows = tf.numpy_function(
            lambda number: order(seed, int(number), len(train[1])), [epoch], tf.int32
        )
        rows = tf.data.Dataset.from_tensor_slices(tf.ensure_shape(rows, [len(train[1])]))
        return rows.batch(settings.batch_size)

    def batch(rows: Any) -> Any:
        pixels = tf.cast(tf.gather(images, rows), tf.float32) / 255
        return pixels, tf.one_hot(tf.gather(labels, rows), classes)

    epochs = tf.data.Dataset.range(settings.epochs)
    return epochs.flat_map(ordered).map(batch).prefetch(tf.data.AUTOTUNE)


class _OnStep(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, on_step: Callable[[], None]) -> None:
        super().__init__()
        self.on_step = on_step

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        del batch, logs
        self.on_step()
