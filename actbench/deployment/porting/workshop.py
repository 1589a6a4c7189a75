"""The processes and the working folder of a port: convert models and execute them."""

from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from actbench.deployment.porting import runtimes, sources
from actbench.deployment.porting.model_file import Kind
from actbench.deployment.porting.places import Examination, Execution
from actbench.errors import RequestError
from actbench.processes.isolated import CallFailedError, IsolatedProcess

_Result = TypeVar("_Result")

# Calls of a process before it is replaced; no model has more activations.
_CALLS = 10_000


class Workshop:
    """Converts and executes one model, with a process for its framework and for each runtime.

    Args:
        path: the model.
        kind: its kind.
        folder: an empty folder for arrays and converted files.
        patience: seconds without progress after which a process is killed.
    """

    def __init__(self, path: Path, kind: Kind, folder: Path, patience: float) -> None:
        self._path, self._kind, self._folder = path, kind, folder
        self._patience = patience
        prepare = sources.prepare_keras if kind == "keras" else sources.hide_messages
        self._source = IsolatedProcess(prepare, calls=_CALLS)
        self._runtimes: dict[str, IsolatedProcess] = {}
        self._files = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._source, *self._runtimes.values()):
            process.end()

    def examine(self, data: Path | None) -> Examination:
        """Execute the original model.

        Raises:
            RequestError: the model or the data are not valid, or the framework fails.
        """
        return self._call(
            f"{self._path}: expected a model that its framework executes",
            self._source, sources.examine, self._kind, self._path, data, self._folder,
        )  # fmt: skip

    def convert(self, form: str, number: int | None = None) -> Path:
        """Convert the model, or one of its activations, and return the path of the file.

        Raises:
            RequestError: it does not convert, or the converter ends its process.
        """
        name = "calibration.npy" if number is None else f"calibration_{number}.npy"
        target = self._folder / ("model" if number is None else f"activation{number}") / form
        target.parent.mkdir(exist_ok=True)
        return self._call(
            f"conversion to {form}: expected a converted file",
            self._source, sources.convert, self._kind, self._path, form, number,
            self._folder / name, target,
        )  # fmt: skip

    def write_expression(self, expression: str, rank: int) -> Path:
        """Write an expression of x as an ONNX model, and return the path of the file.

        Args:
            expression: in the formula language.
            rank: number of axes of x.

        Raises:
            RequestError: the process ended.
            ModuleNotFoundError: the package onnx is not installed.
        """
        self._files += 1
        file = self._folder / f"expression_{self._files}.onnx"
        self._call(
            "expression: expected an ONNX model",
            self._source, sources.write_expression, expression, rank, file,
        )  # fmt: skip
        return file

    def execute(
        self, form: str, file: Path, inputs: npt.NDArray[np.generic] | Path
    ) -> tuple[npt.NDArray[np.generic], Execution]:
        """Execute a converted file, and return its outputs.

        Raises:
            RequestError: the runtime refuses the file, or ends its process.
        """
        self._files += 1
        outputs = self._folder / f"outputs_{self._files}.npy"
        if not isinstance(inputs, Path):
            given = self._folder / f"given_{self._files}.npy"
            np.save(given, inputs)
            inputs = given
        if form not in self._runtimes:
            self._runtimes[form] = IsolatedProcess(sources.hide_messages, calls=_CALLS)
        execution = self._call(
            f"{form}: expected a model that the runtime executes",
            self._runtimes[form], runtimes.execute, form, file, inputs, outputs,
        )  # fmt: skip
        found = np.load(outputs)
        outputs.unlink()
        return found, execution

    def load(self, name: str) -> npt.NDArray[np.generic]:
        """Return an array that `Examination` names."""
        return np.asarray(np.load(self._folder / f"{name}.npy", mmap_mode="r"))

    def path_of(self, name: str) -> Path:
        """Return the path of such an array."""
        return self._folder / f"{name}.npy"

    def _call(
        self,
        expected: str,
        process: IsolatedProcess,
        function: Callable[..., _Result],
        *arguments: object,
    ) -> _Result:
        try:
            return process.call(
                function, *arguments, patience=self._patience, on_report=lambda _: None
            )
        except CallFailedError as error:
            raise RequestError(f"{expected}, but {error}") from None
