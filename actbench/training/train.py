"""Train a block: all epochs, with curves, and a checkpoint after each."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import tensorflow as tf

from actbench.errors import RequestError
from actbench.training.block import Block
from actbench.training.observers import Observer
from actbench.training.settings import Settings, TrainingData, order, steps

# Steps between two reports of progress: TensorFlow runs them without Python.
_STEPS_AT_A_TIME = 25


@dataclass(frozen=True)
class Outcome:
    """What training gave a member."""

    curves: dict[str, list[float]]
    """Per epoch: accuracy (fraction), loss (nats), and val_ of both with validation. They end
    where the member was stopped early."""
    seconds: float
    """Its share of the block's wall time."""
    seconds_per_step: float
    observed: dict[str, list[Any]] = field(default_factory=dict)
    """What observers have seen: before training, and after each epoch."""


def train(
    block: Block,
    data: TrainingData,
    settings: Settings,
    *,
    seed: int,
    on_steps: Callable[[int], None] = lambda _: None,
    observers: Sequence[Observer] = (),
    checkpoint: Path | None = None,
    identity: Any = None,
) -> list[Outcome]:
    """Train the members of a block in place.

    Args:
        block: new, with the members that the checkpoint has.
        data: as `prepare` returns it.
        settings: epochs and batch size.
        seed: of the order of images, which depends on it and on the epoch alone.
        on_steps: called now and then with the number of steps made, those of an earlier run
            included.
        observers: called before training and after each epoch.
        checkpoint: file that is written whole after each epoch, and gone on from if it is
            there and was written with the same members and identity.
        identity: what else the result depends on, ready for JSON.

    Raises:
        RequestError: a batch is larger than the data, there is patience with nothing held
            out, or the checkpoint cannot be written.
    """
    count = len(data.train[1])
    if settings.batch_size > count:
        raise RequestError(
            f"batches of {settings.batch_size} are larger than the {count} training images: "
            f"from 1 to {count} would be right"
        )
    if settings.patience is not None and data.validation is None:
        raise RequestError(
            f"patience {settings.patience} without validation images: None, or images held "
            "out, would be right"
        )
    images, labels = (tf.constant(array) for array in data.train)
    progress = _Progress(said_members(block), identity)
    if checkpoint and checkpoint.exists():
        progress.read(checkpoint, block)
    if not progress.observed:
        progress.observe(observers, block, data)
    on_steps(len(progress.epochs) * steps(count, settings) // settings.epochs)
    for epoch in range(len(progress.epochs), settings.epochs):
        begun = time.perf_counter()
        rows = order(seed, epoch, count)
        sums = np.zeros((2, len(block.members)))
        stride = _STEPS_AT_A_TIME * settings.batch_size
        for start in range(0, count, stride):
            part = rows[start : start + stride]
            right, loss = block.train(images, labels, part, settings.batch_size)
            sums += right, loss
            if settings.stop_below_loss is not None:
                for place in np.flatnonzero(loss / len(part) < settings.stop_below_loss):
                    block.stop(int(place))
            on_steps(-(-len(part) // settings.batch_size))
        scores = dict(zip(("accuracy", "loss"), (sums / count).tolist(), strict=True))
        if data.validation is not None:
            found = block.accuracy_and_loss(*data.validation)
            names = ("val_accuracy", "val_loss")
            scores |= {name: of.tolist() for name, of in zip(names, found, strict=True)}
        progress.epochs.append(scores)
        progress.observe(observers, block, data)
        if settings.patience is not None:
            progress.stop(block, settings.patience)
        progress.seconds += time.perf_counter() - begun
        if checkpoint:
            progress.write(checkpoint, block)
    return progress.outcomes(steps(count, settings))


def said_members(block: Block) -> list[str]:
    """Return what a checkpoint says of who is in it."""
    return [repr(member) for member in block.members]


def members_in(checkpoint: Path) -> list[str]:
    """Return who is in a checkpoint; nobody if there is none, or it cannot be read."""
    said, _ = _kept(checkpoint)
    members: list[str] = said.get("members", [])
    return members


def _kept(checkpoint: Path) -> tuple[dict[str, Any], list[Any]]:
    """Return what a checkpoint says, and the state of its block; nothing if it is none."""
    try:
        # NumPy itself would leave a file open that is no archive.
        with checkpoint.open("rb") as file, np.load(file) as found:
            state = [found[name] for name in found.files if name != "said"]
            return json.loads(str(found["said"])), state
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}, []


@dataclass
class _Progress:
    """How far training is: of each epoch its scores, name ↦ one of each member."""

    members: list[str]
    identity: Any
    epochs: list[dict[str, list[float]]] = field(default_factory=list)
    observed: list[dict[str, list[Any]]] = field(default_factory=list)
    stopped: dict[str, int] = field(default_factory=dict)
    """Member (a text, for JSON) ↦ epochs that it was trained."""
    seconds: float = 0.0

    def observe(self, observers: Sequence[Observer], block: Block, data: TrainingData) -> None:
        """Take down what observers see now."""
        seen: dict[str, list[Any]] = {}
        for observer in observers:
            seen |= {
                name: np.asarray(of).tolist() for name, of in observer(block, data).items()
            }
        self.observed.append(seen)

    def stop(self, block: Block, patience: int) -> None:
        """Stop the members whose validation loss has not fallen for long enough."""
        for place in range(len(self.members)):
            losses = [epoch["val_loss"][place] for epoch in self.epochs]
            best = losses.index(min(losses, key=lambda loss: (np.isnan(loss), loss)))
            if str(place) not in self.stopped and len(losses) - 1 - best >= patience:
                self.stopped[str(place)] = len(losses)
                block.stop(place)

    def outcomes(self, steps: int) -> list[Outcome]:
        """Return what training gave each member."""
        seconds = self.seconds / len(self.members)

        def series(of: list[dict[str, list[Any]]], place: int) -> dict[str, list[Any]]:
            end = self.stopped.get(str(place), len(self.epochs)) + len(of) - len(self.epochs)
            return {name: [each[name][place] for each in of[:end]] for name in of[0]}

        return [
            Outcome(
                series(self.epochs, place), seconds, seconds / steps,
                series(self.observed, place),
            )
            for place in range(len(self.members))
        ]  # fmt: skip

    def write(self, path: Path, block: Block) -> None:
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                np.savez(file, *block.state(), said=np.array(json.dumps(asdict(self))))
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise RequestError(
                f"{path}: cannot be written ({error.strerror}); a --store on a writable disk "
                "with free space would be right"
            ) from None
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def read(self, path: Path, block: Block) -> None:
        """Go on from a checkpoint, unless it is of other members, data or settings."""
        said, state = _kept(path)
        if (said.get("members"), said.get("identity")) == (self.members, self.identity):
            block.restore(state)
            for name in ("epochs", "observed", "stopped", "seconds"):
                setattr(self, name, said[name])
