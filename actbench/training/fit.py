"""Training of one Keras model with Keras's own `fit`, the reference for stacked blocks."""

import math
import time
from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.data import one_hot, scale
from actbench.training.settings import (
    LabelledImages,
    Settings,
    TrainingData,
    image_order,
    steps,
)
from actbench.training.train import TrainingResult

_EVALUATION_BATCH = 500


def fit(
    model: keras.Model,
    data: TrainingData,
    settings: Settings,
    *,
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> TrainingResult:
    """Train a model in place.

    Args:
        model: a Keras model from images to probabilities, not compiled.
        data: as `prepare` returns it.
        settings: epochs, batch size and optimizer, which has its default learning rate. An
            early stop is not supported.
        seed: seed of the order of images, which is new in each epoch and depends on nothing
            else. Models that are trained with the same seed see the same batches.
        on_step: called after each step.
    """
    total_steps = steps(len(data.train[0]), settings)
    model.compile(
        optimizer=_optimizer(settings, total_steps),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        # XLA's convolutions are slower than oneDNN's on a CPU.
        jit_compile=False,
    )
    classes = model.output_shape[-1]
    validation = data.validation and floats(data.validation, classes)
    started = time.perf_counter()
    history = model.fit(
        batches(data.train, settings, seed=seed, classes=classes),
        epochs=settings.epochs,
        steps_per_epoch=total_steps // settings.epochs,
        validation_data=validation,
        validation_batch_size=_EVALUATION_BATCH,
        callbacks=[_OnStep(on_step)],
        shuffle=False,
        verbose=0,
    ).history
    seconds = time.perf_counter() - started
    curves = {name: [float(value) for value in curve] for name, curve in history.items()}
    for prefix in ("", "val_") if validation else ("",):
        pairs = zip(curves[f"{prefix}accuracy"], curves[f"{prefix}loss"], strict=True)
        curves[f"{prefix}accuracy"] = [_accuracy(*pair) for pair in pairs]
    return TrainingResult(
        curves=curves,
        seconds=seconds,
        seconds_per_step=seconds / total_steps,
    )


def _optimizer(settings: Settings, total_steps: int) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.get(settings.optimizer)
    if settings.schedule == "constant":
        return optimizer
    rate = keras.optimizers.schedules.PolynomialDecay(
        float(optimizer.learning_rate), total_steps, end_learning_rate=0.0, power=1.0
    )
    return type(optimizer)(learning_rate=rate)


def accuracy_and_loss(model: keras.Model, images: LabelledImages) -> tuple[float, float]:
    """Return the accuracy (fraction) and the mean loss (nats) of a trained model."""
    scores = model.evaluate(
        *floats(images, model.output_shape[-1]),
        batch_size=_EVALUATION_BATCH,
        verbose=0,
        return_dict=True,
    )
    loss = float(scores["loss"])
    return _accuracy(float(scores["accuracy"]), loss), loss


def _accuracy(accuracy: float, loss: float) -> float:
    """Return the accuracy; 0 for a model that diverged, because it predicts no class."""
    return accuracy if math.isfinite(loss) else 0.0


def floats(
    images: LabelledImages, classes: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return images in [0, 1] and one-hot labels, both float32."""
    pixels, labels = images
    return scale(pixels[..., 0]), one_hot(labels, classes=classes)


def batches(
    train: LabelledImages, settings: Settings, *, seed: int, classes: int
) -> tf.data.Dataset:
    """Return the batches of all epochs as one dataset; `image_order` orders each epoch."""
    images, labels = (tf.constant(array) for array in train)
    count = settings.images_per_epoch(len(train[1]))

    def ordered(epoch: tf.Tensor) -> tf.data.Dataset:
        rows = tf.numpy_function(
            lambda number: image_order(seed, int(number), len(train[1]), count),
            [epoch],
            tf.int32,
        )
        rows = tf.data.Dataset.from_tensor_slices(tf.ensure_shape(rows, [count]))
        return rows.batch(settings.batch_size)

    def batch(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels = tf.cast(tf.gather(images, rows), tf.float32) / 255
        return pixels, tf.one_hot(tf.gather(labels, rows), classes)

    epochs = tf.data.Dataset.range(settings.epochs)
    return epochs.flat_map(ordered).map(batch).prefetch(tf.data.AUTOTUNE)


class _OnStep(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, on_step: Callable[[], None]) -> None:
        super().__init__()
        self.on_step = on_step

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        del batch, logs
        self.on_step()
