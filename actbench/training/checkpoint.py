"""The state of a training run, and the checkpoint file that keeps it after each epoch."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict, cast
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from actbench.errors import RequestError
from actbench.training.block import Block
from actbench.training.observers import Observer
from actbench.training.settings import TrainingData

_DESCRIPTION = "description"
"""Name of the JSON text among the arrays of a checkpoint."""

Series = list[dict[str, list[object]]]
"""One entry per observation in time: name of the quantity -> one value per member."""


class Description(TypedDict):
    """The JSON part of a checkpoint."""

    members: list[str]
    identity: object
    epochs: Series
    observed: Series
    stopped: dict[str, int]
    seconds: float


@dataclass
class TrainingState:
    """Everything that a run needs to continue, except for the variables of the block."""

    members: list[str]
    """Descriptions of the members, in order."""
    identity: object
    """Everything else that the result depends on. A checkpoint with another identity is not
    used."""
    epochs: Series = field(default_factory=list)
    """Scores of each finished epoch."""
    observed: Series = field(default_factory=list)
    """Observations before training and after each epoch."""
    stopped: dict[str, int] = field(default_factory=dict)
    """Number of a member that stopped early, as a string -> epochs that it was trained."""
    seconds: float = 0.0

    def observe(self, observers: Sequence[Observer], block: Block, data: TrainingData) -> None:
        """Call all observers and record their observations."""
        observations: dict[str, list[object]] = {}
        for observer in observers:
            for name, values in observer(block, data).items():
                observations[name] = np.asarray(values).tolist()
        self.observed.append(observations)

    def stop_members(self, block: Block, patience: int) -> None:
        """Stop members whose validation loss has not fallen for `patience` epochs."""
        for number in range(len(self.members)):
            losses = [cast("float", epoch["val_loss"][number]) for epoch in self.epochs]
            # NaN counts as larger than every number.
            best = losses.index(min(losses, key=lambda loss: (np.isnan(loss), loss)))
            if str(number) not in self.stopped and len(losses) - 1 - best >= patience:
                self.stopped[str(number)] = len(losses)
                block.stop(number)

    def series_of(self, series: Series, member: int) -> dict[str, list[object]]:
        """Return a member's part of `epochs` or `observed`, up to the epoch that it stopped."""
        # `observed` has one entry more than there are epochs.
        offset = len(series) - len(self.epochs)
        end = self.stopped.get(str(member), len(self.epochs)) + offset
        return {name: [entry[name][member] for entry in series[:end]] for name in series[0]}


def describe_members(block: Block) -> list[str]:
    """Return the descriptions of the members that a checkpoint of a block contains."""
    return [repr(member) for member in block.members]


def members_in_checkpoint(path: Path) -> list[str]:
    """Return the descriptions of the members in a checkpoint; [] if it cannot be read."""
    content = _read(path)
    return content[0]["members"] if content else []


def write_checkpoint(path: Path, block: Block, state: TrainingState) -> None:
    """Write a checkpoint to a temporary file and rename it, so that it is always complete.

    Raises:
        RequestError: the file cannot be written.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    description = {_DESCRIPTION: np.array(json.dumps(asdict(state)))}
    try:
        with temporary.open("wb") as file:
            np.savez(file, *block.state(), allow_pickle=False, **description)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RequestError(
            f"{path}: expected a writable path, got {error.strerror!r}; "
            "try a --store on a writable disk that has free space"
        ) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def restore_checkpoint(path: Path, block: Block, state: TrainingState) -> None:
    """Restore the block and the state from a checkpoint with the same members and identity.

    Nothing changes if there is no such checkpoint, or if it cannot be read.
    """
    content = _read(path)
    if content is None:
        return
    description, variables = content
    if (description["members"], description["identity"]) == (state.members, state.identity):
        block.restore(variables)
        state.epochs, state.observed = description["epochs"], description["observed"]
        state.stopped, state.seconds = description["stopped"], description["seconds"]


def _read(path: Path) -> tuple[Description, list[npt.NDArray[np.generic]]] | None:
    """Return the content of a checkpoint; None if there is none, or it is damaged."""
    try:
        # If np.load gets a path and the file is no archive, it leaves the file open.
        with path.open("rb") as file, np.load(file) as arrays:
            variables = [arrays[name] for name in arrays.files if name != _DESCRIPTION]
            description = json.loads(str(arrays[_DESCRIPTION]))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    if not isinstance(description, dict):
        return None
    is_complete = Description.__required_keys__ <= description.keys()
    return (cast("Description", description), variables) if is_complete else None
