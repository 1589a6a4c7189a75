"""The runtimes to which a model can be ported, and the files that they execute."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from actbench.deployment.packages import missing, pip_name, require
from actbench.deployment.porting.model_file import Kind
from actbench.errors import RequestError, suggest

Form = Literal["onnx", "openvino", "litert", "litert-int8"]
"""A kind of converted file."""


@dataclass(frozen=True)
class PortTarget:
    """A runtime and a kind of file.

    Args:
        name: its name in `--to`.
        form: the kind of file.
        module: the package of the runtime, as it is imported.
        kinds: the kinds of models for which there is an official converter.
        converters: kind of model ↦ package of the converter, other than the framework.
    """

    name: str
    form: Form
    module: str
    kinds: tuple[Kind, ...]
    converters: tuple[tuple[Kind, str], ...] = ()

    @property
    def package(self) -> str:
        """The package of the runtime, as pip has it."""
        return pip_name(self.module)

    @property
    def is_int8(self) -> bool:
        """Whether the file computes with 8-bit integers."""
        return self.form == "litert-int8"


TARGETS = {
    target.name: target
    for target in (
        PortTarget(
            "onnxruntime", "onnx", "onnxruntime", ("keras", "torch", "onnx"),
            (("keras", "tf2onnx"), ("torch", "onnxscript"), ("onnx", "onnx")),
        ),
        PortTarget(
            "openvino", "openvino", "openvino", ("keras", "torch", "onnx"),
            (("onnx", "onnx"),),
        ),
        PortTarget("litert", "litert", "ai_edge_litert", ("keras",)),
        PortTarget("litert-int8", "litert-int8", "ai_edge_litert", ("keras",)),
    )
}  # fmt: skip
"""Name ↦ target, in the order of all tables."""


def chosen_targets(text: str | None, kind: Kind) -> tuple[PortTarget, ...]:
    """Return the targets of `--to`, or all that can be used without it.

    Args:
        text: names, separated by commas; None for all whose runtime is installed.
        kind: the kind of the model.

    Raises:
        RequestError: a name is unknown, there is no official converter, or a package is not
            installed.
    """
    if text is None:
        fitting = [target for target in TARGETS.values() if kind in target.kinds]
        found = tuple(target for target in fitting if not missing(_needs(target, kind)))
        if not found:
            require(fitting[0].name, _needs(fitting[0], kind))
        return found
    names = dict.fromkeys(name.strip() for name in text.split(","))
    for name in names:
        if name not in TARGETS:
            raise RequestError(
                f"--to: expected names of runtimes, got {name!r}; {suggest(name, [*TARGETS])}"
            )
        if kind not in TARGETS[name].kinds:
            raise RequestError(
                f"--to {name}: expected a Keras model, because TensorFlow's converter takes "
                f"no other, got {_ARTICLES[kind]}"
            )
        require(name, _needs(TARGETS[name], kind))
    return tuple(TARGETS[name] for name in names)


def _needs(target: PortTarget, kind: Kind) -> tuple[str, ...]:
    """Return the packages that a target needs for a kind of model, as they are imported."""
    return target.module, *(package for of, package in target.converters if of == kind)


def unused_targets(targets: Sequence[PortTarget], kind: Kind) -> dict[str, str]:
    """Return the targets that could be used if a package were installed: name ↦ package."""
    absent = {
        target.name: missing(_needs(target, kind))
        for target in TARGETS.values()
        if kind in target.kinds and target not in targets
    }
    return {name: pip_name(packages[0]) for name, packages in absent.items() if packages}


_ARTICLES: dict[Kind, str] = {
    "keras": "a Keras model", "torch": "an ExportedProgram of torch", "onnx": "an ONNX model",
}  # fmt: skip
