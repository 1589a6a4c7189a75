"""The state of a training run, and the checkpoint file that keeps it after each epoch."""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from actbench.errors import RequestError
from actbench.files import InvalidFileError, complete_file, convert, parse_json, read_npz

if TYPE_CHECKING:  # because these import TensorFlow, and the members are read without it
    from actbench.training.block import Block
    from actbench.training.observers import Observer
    from actbench.training.settings import TrainingData

_DESCRIPTION, _CHECKSUM = "description", "sha256"
"""Names of the JSON text and of its checksum among the arrays of a checkpoint."""

_LIMIT = 4 * 2**30
"""Largest size of a checkpoint in bytes."""

_LOG = logging.getLogger(__name__)

Series = list[dict[str, list[object]]]
"""One entry per observation in time: name of the quantity -> one value per member."""

Variables = list[npt.NDArray[np.generic]]


class Description(TypedDict):
    """The JSON part of a checkpoint."""

    members: Annotated[list[str], Meta(min_length=1)]
    identity: object
    epochs: list[dict[str, list[float]]]
    observed: Series
    stopped: dict[str, Annotated[int, Meta(ge=1)]]
    seconds: Annotated[float, Meta(ge=0)]


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

    def observe(
        self, observers: "Sequence[Observer]", block: "Block", data: "TrainingData"
    ) -> None:
        """Call all observers and record their observations."""
        observations: dict[str, list[object]] = {}
        for observer in observers:
            for name, values in observer(block, data).items():
                observations[name] = np.asarray(values).tolist()
        self.observed.append(observations)

    def stop_members(self, block: "Block", patience: int) -> None:
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


def describe_members(block: "Block") -> list[str]:
    """Return the descriptions of the members that a checkpoint of a block contains."""
    return [repr(member) for member in block.members]


def members_in_checkpoint(path: Path) -> list[str]:
    """Return the descriptions of the members in a checkpoint; [] if it cannot be read."""
    try:
        return _read(path)[0]["members"]
    except InvalidFileError:
        return []


def write_checkpoint(path: Path, block: "Block", state: TrainingState) -> None:
    """Write a checkpoint completely or not at all.

    Raises:
        RequestError: the file cannot be written.
    """
    # NaN is a valid loss, and the reader accepts it here.
    text = json.dumps(asdict(state))
    variables = block.state()
    texts = {
        _DESCRIPTION: np.array(text),
        _CHECKSUM: np.array(_checksum(text, variables)),
    }
    try:
        with complete_file(path) as file:
            np.savez(file, *variables, allow_pickle=False, **texts)
    except OSError as error:
        raise RequestError(
            f"{path}: expected a writable path, got {error.strerror!r}; "
            "try a --store on a writable disk that has free space"
        ) from None


def restore_checkpoint(path: Path, block: "Block", state: TrainingState) -> None:
    """Restore the block and the state from a checkpoint with the same members and identity.

    Nothing changes if there is no such checkpoint. A damaged checkpoint is reported in one
    line, and nothing changes either, so that the block starts again.
    """
    if not os.path.lexists(path):
        return
    try:
        description, variables = _read(path)
        if (description["members"], description["identity"]) != (state.members, state.identity):
            return
        _check_variables(path, variables, block.state())
    except InvalidFileError as error:
        _LOG.warning("%s; the block starts again", error)
        return
    block.restore(variables)
    state.epochs, state.observed = (
        cast("Series", description["epochs"]),
        description["observed"],
    )
    state.stopped, state.seconds = description["stopped"], description["seconds"]


def _read(path: Path) -> tuple[Description, Variables]:
    """Return the content of a checkpoint.

    Raises:
        InvalidFileError: the file cannot be read, is no checkpoint, or is damaged.
    """
    arrays: dict[str, npt.NDArray[Any]] = read_npz(path, limit=_LIMIT)
    try:
        text, checksum = (_text(arrays.pop(name, None)) for name in (_DESCRIPTION, _CHECKSUM))
        variables = list(arrays.values())
        _check_sum(checksum, text, variables)
        description = convert(parse_json(text, allow_nan=True), Description)
        _check_description(description)
    except ValueError as error:
        raise InvalidFileError(
            path, f"expected a checkpoint, got a damaged one: {error}"
        ) from None
    return description, variables


def _text(array: npt.NDArray[Any] | None) -> str:
    if array is None or array.dtype.kind != "U" or array.shape:
        raise ValueError(f"expected the texts {_DESCRIPTION} and {_CHECKSUM}, got none")
    return str(array)


def _checksum(text: str, variables: Iterable[npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256(text.encode(errors="surrogatepass"))
    for array in variables:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _check_sum(stated: str, text: str, variables: Variables) -> None:
    if stated != _checksum(text, variables):
        raise ValueError("expected the content that its checksum states, got another one")


def _check_description(description: Description) -> None:
    """Raise ValueError unless there is a value for each member at each time."""
    members, epochs = len(description["members"]), len(description["epochs"])
    observed = len(description["observed"])
    if observed != epochs + 1:
        raise ValueError(f"expected {epochs + 1} observations, got {observed}")
    for series in (description["epochs"], description["observed"]):
        for entry in series:
            if entry.keys() != series[0].keys() or any(
                len(values) != members for values in entry.values()
            ):
                raise ValueError(f"expected the same quantities of {members} members each time")
    for number, end in description["stopped"].items():
        if number not in map(str, range(members)) or end > epochs:
            raise ValueError(f"expected a member that stopped, got {number!r}")


def _check_variables(path: Path, found: Variables, expected: Variables) -> None:
    """Raise InvalidFileError unless the variables have the shapes of those of the block."""
    forms = [[(array.dtype, array.shape) for array in arrays] for arrays in (found, expected)]
    if forms[0] != forms[1]:
        raise InvalidFileError(
            path,
            f"expected {len(expected)} variables with the shapes of this block, got "
            f"{len(found)} variables of other shapes",
        )
