"""Dispatch to the framework of a model, within the process of that framework."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from actbench.deployment.porting.model_file import Kind
from actbench.deployment.porting.places import Examination

Report = Callable[[object], None]


class _Source(Protocol):
    """The functions of the modules keras_model, torch_model and onnx_model."""

    def examine(
        self, path: Path, data: Path | None, folder: Path, report: Report
    ) -> Examination:
        """Execute the original model."""

    def convert(
        self,
        path: Path,
        form: str,
        number: int | None,
        inputs: Path,
        target: Path,
        report: Report,
    ) -> Path:
        """Convert the model, or one of its activations."""


def prepare_keras() -> None:
    """Start TensorFlow without messages."""
    hide_messages()
    from actbench.frameworks.start import start_quietly

    start_quietly()


def hide_messages() -> None:
    """Discard the messages of this process, because converters print hundreds of lines."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


def examine(
    kind: Kind, path: Path, data: Path | None, folder: Path, report: Report
) -> Examination:
    """Execute the original model; see `keras_model.examine`."""
    return _source(kind).examine(path, data, folder, report)


def convert(
    kind: Kind,
    path: Path,
    form: str,
    number: int | None,
    inputs: Path,
    target: Path,
    report: Report,
) -> Path:
    """Convert the model, or one of its activations; see `keras_model.convert`."""
    return _source(kind).convert(path, form, number, inputs, target, report)


def _source(kind: Kind) -> _Source:
    return cast(_Source, import_module(f"actbench.deployment.porting.{kind}_model"))


def write_expression(expression: str, rank: int, file: Path, report: Report) -> None:
    """Write an expression as an ONNX model; see `onnx_expression.write_expression`."""
    module = import_module("actbench.deployment.porting.onnx_expression")
    module.write_expression(expression, rank, file, report)
