"""Train a block for all epochs, with curves and a checkpoint after each epoch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import tensorflow as tf

from actbench.errors import RequestError
from actbench.training.block import Block
from actbench.training.checkpoint import (
    TrainingState,
    describe_members,
    restore_checkpoint,
    write_checkpoint,
)
from actbench.training.observers import Observer
from actbench.training.settings import Settings, TrainingData, image_order, steps

# Steps between two reports of progress. TensorFlow runs them without returning to Python.
_STEPS_PER_CALL = 25


@dataclass(frozen=True)
class TrainingResult:
    """The training record of one member."""

    curves: dict[str, list[float]]
    """One value per epoch: `accuracy` (fraction) and `loss` (nats), and `val_accuracy` and
    `val_loss` if there are validation images. They end when the member stopped early."""
    seconds: float
    """Wall-clock time of the block, divided by the number of its members."""
    seconds_per_step: float
    observed: dict[str, list[object]] = field(default_factory=dict)
    """Observations: one entry from before training, then one per epoch."""


def train(
    block: Block,
    data: TrainingData,
    settings: Settings,
    *,
    seed: int,
    on_steps: Callable[[int], None] = lambda _: None,
    observers: Sequence[Observer] = (),
    checkpoint: Path | None = None,
    identity: object = None,
) -> list[TrainingResult]:
    """Train the members of a block in place.

    Args:
        block: a new block, or one that was restarted.
        data: as `prepare` returns it.
        settings: epochs, batch size and rules for an early stop.
        seed: seed of the order of images, which depends only on it and on the epoch.
        on_steps: called repeatedly with the number of steps since the last call; the first
            call includes the steps that a checkpoint contains.
        observers: called before training and after each epoch.
        checkpoint: file that is written after each epoch. If it exists, and was written with
            the same members and identity, training continues from it.
        identity: everything else that the result depends on, ready for JSON.

    Raises:
        RequestError: a batch is larger than the data, there is patience without validation
            images, or the checkpoint cannot be written.
    """
    _check(data, settings)
    state = TrainingState(describe_members(block), identity)
    if checkpoint:
        restore_checkpoint(checkpoint, block, state)
    if not state.observed:
        state.observe(observers, block, data)
    total_steps = steps(len(data.train[1]), settings)
    on_steps(len(state.epochs) * total_steps // settings.epochs)
    images, labels = (tf.constant(array) for array in data.train)
    for epoch in range(len(state.epochs), settings.epochs):
        started = time.perf_counter()
        scores = _train_epoch(
            block, images, labels, settings, (seed, epoch), total_steps, on_steps
        )
        if data.validation is not None:
            accuracy, loss = block.accuracy_and_loss(*data.validation)
            scores |= {"val_accuracy": accuracy.tolist(), "val_loss": loss.tolist()}
        state.epochs.append(scores)
        state.observe(observers, block, data)
        if settings.patience is not None:
            state.stop_members(block, settings.patience)
        state.seconds += time.perf_counter() - started
        if checkpoint:
            write_checkpoint(checkpoint, block, state)
    return _results(state, total_steps)


def _check(data: TrainingData, settings: Settings) -> None:
    count = len(data.train[1])
    if settings.batch_size > count:
        raise RequestError(
            f"batch size: expected 1 to {count}, the number of training images, "
            f"got {settings.batch_size}"
        )
    if settings.patience is not None and data.validation is None:
        raise RequestError(
            f"patience: expected None without validation images, got {settings.patience}"
        )


def _train_epoch(
    block: Block,
    images: tf.Tensor,
    labels: tf.Tensor,
    settings: Settings,
    seed_and_epoch: tuple[int, int],
    total_steps: int,
    on_steps: Callable[[int], None],
) -> dict[str, list[object]]:
    """Train for one epoch and return `accuracy` and `loss`, one value per member."""
    count = settings.images_per_epoch(len(labels))
    rows = image_order(*seed_and_epoch, len(labels), count)
    sums = np.zeros((2, len(block.members)))
    stride = _STEPS_PER_CALL * settings.batch_size
    decay_steps = total_steps if settings.schedule == "linear" else None
    for start in range(0, count, stride):
        part = rows[start : start + stride]
        correct, loss = block.train(images, labels, part, settings.batch_size, decay_steps)
        sums += correct, loss
        if settings.stop_below_loss is not None:
            for member in np.flatnonzero(loss / len(part) < settings.stop_below_loss):
                block.stop(int(member))
        on_steps(-(-len(part) // settings.batch_size))
    accuracy, loss = (sums / count).tolist()
    return {"accuracy": accuracy, "loss": loss}


def _results(state: TrainingState, steps: int) -> list[TrainingResult]:
    seconds = state.seconds / len(state.members)
    return [
        TrainingResult(
            curves=cast("dict[str, list[float]]", state.series_of(state.epochs, member)),
            seconds=seconds,
            seconds_per_step=seconds / steps,
            observed=state.series_of(state.observed, member),
        )
        for member in range(len(state.members))
    ]
