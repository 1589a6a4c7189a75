"""The runtimes to which a model can be ported, and the files that they execute."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

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
        module: the module of the runtime.
        package: the package that installs it.
        kinds: the kinds of models for which there is an official converter.
        converters: kind of model ↦ module of the converter, other than the framework.
    """

    name: str
    form: Form
    module: str
    package: str
    kinds: tuple[Kind, ...]
    converters: tuple[tuple[Kind, str, str], ...] = ()

    @property
    def is_int8(self) -> bool:
        """Whether the file computes with 8-bit integers."""
        return self.form == "litert-int8"


TARGETS = {
    target.name: target
    for target in (
        PortTarget(
            "onnxruntime", "onnx", "onnxruntime", "onnxruntime", ("keras", "torch", "onnx"),
            (("keras", "tf2onnx", "tf2onnx"), ("torch", "onnxscript", "onnxscript"),
             ("onnx", "onnx", "onnx")),
        ),
        PortTarget(
            "openvino", "openvino", "openvino", "openvino", ("keras", "torch", "onnx"),
            (("onnx", "onnx", "onnx"),),
        ),
        PortTarget("litert", "litert", "ai_edge_litert", "ai-edge-litert", ("keras",)),
        PortTarget(
            "litert-int8", "litert-int8", "ai_edge_litert", "ai-edge-litert", ("keras",),
        ),
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
        found = tuple(target for target in fitting if missing_package(target, kind) is None)
        if not found:
            raise _not_installed(fitting[0], kind)
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
        if missing_package(TARGETS[name], kind) is not None:
            raise _not_installed(TARGETS[name], kind)
    return tuple(TARGETS[name] for name in names)


def missing_package(target: PortTarget, kind: Kind) -> str | None:
    """Return a package that the target needs and that is not installed; None without one."""
    needed = [(target.module, target.package)]
    needed += [(module, package) for of, module, package in target.converters if of == kind]
    return next((package for module, package in needed if find_spec(module) is None), None)


def unused_targets(targets: Sequence[PortTarget], kind: Kind) -> dict[str, str]:
    """Return the targets that could be used if a package were installed: name ↦ package."""
    missing = {
        target.name: missing_package(target, kind)
        for target in TARGETS.values()
        if kind in target.kinds and target not in targets
    }
    return {name: package for name, package in missing.items() if package is not None}


def _not_installed(target: PortTarget, kind: Kind) -> RequestError:
    package = missing_package(target, kind)
    return RequestError(
        f"{target.name}: expected the installed package {package}, got none; "
        f"try pip install {package}"
    )


_ARTICLES: dict[Kind, str] = {
    "keras": "a Keras model", "torch": "an ExportedProgram of torch", "onnx": "an ONNX model",
}  # fmt: skip
