"""Load, execute and convert an ExportedProgram, in the process of torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.activations.vector import VectorActivation, get_vector
from actbench.deployment.porting.data import load_data
from actbench.deployment.porting.places import IMAGES_FOR_ACTIVATIONS, Examination, Place
from actbench.errors import RequestError

if TYPE_CHECKING:
    import torch

Report = Callable[[object], None]
Floats = npt.NDArray[np.float32]

_BATCH = 100

# Operator ↦ record, and the parameters in the order of its arguments with their defaults.
_OPERATORS: dict[str, tuple[str, tuple[tuple[str, float], ...]]] = {
    "relu": ("relu", ()),
    "relu_": ("relu", ()),
    "relu6": ("relu6", ()),
    "sigmoid": ("sigmoid", ()),
    "tanh": ("tanh", ()),
    "silu": ("silu", ()),
    "mish": ("mish", ()),
    "selu": ("selu", ()),
    "hardswish": ("hard_silu", ()),
    "hardsigmoid": ("hard_sigmoid", ()),
    "log_sigmoid": ("log_sigmoid", ()),
    "elu": ("elu", (("alpha", 1.0),)),
    "celu": ("celu", (("alpha", 1.0),)),
    "leaky_relu": ("leaky_relu", (("negative_slope", 0.01),)),
    "softplus": ("softplus", (("beta", 1.0),)),
}


class _Loaded(NamedTuple):
    program: torch.export.ExportedProgram
    nodes: list[torch.fx.Node]
    batch: int | None
    """The size of a batch; None for any."""


def _alone(node: torch.fx.Node) -> torch.nn.Module:
    """Return one node of a graph as a module."""
    import torch

    class Alone(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return node.target(x, *node.args[1:], **node.kwargs)

    return Alone()


def _recorded(
    module: torch.fx.GraphModule, names: set[str], x: torch.Tensor
) -> dict[str, list[Floats]]:
    """Execute a graph, and return the inputs of some nodes."""
    import torch

    kept: dict[str, list[Floats]] = {name: [] for name in sorted(names)}

    class Recorder(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, n: torch.fx.Node) -> object:
            if n.name in kept:
                entry = self.fetch_args_kwargs_from_env(n)[0][0]
                kept[n.name].append(entry.detach().numpy().astype(np.float32))
            return super().run_node(n)

    Recorder(module).run(x)
    return kept


def examine(path: Path, data: Path | None, folder: Path, report: Report) -> Examination:
    """Execute the original model; see `keras_model.examine`."""
    import torch

    program, nodes, batch = _load(path)
    shape = _input(program).meta["val"].shape
    inputs, labels, calibration, origin = load_data(
        data, tuple(length if isinstance(length, int) else None for length in shape[1:])
    )
    np.save(folder / "x.npy", inputs)
    np.save(folder / "calibration.npy", calibration)
    if labels is not None:
        np.save(folder / "y.npy", labels)
    module = program.module()
    parts = []
    with torch.no_grad():
        for start in range(0, len(inputs), batch or _BATCH):
            x = torch.from_numpy(inputs[start : start + (batch or _BATCH)])
            parts.append(module(x).numpy().astype(np.float32))
            report(start)
        np.save(folder / "outputs.npy", np.concatenate(parts))
        first = torch.from_numpy(inputs[: batch or IMAGES_FOR_ACTIVATIONS])
        kept = _recorded(module, {node.name for node in nodes}, first)
    places = []
    for number, node in enumerate(nodes):
        values = np.concatenate(kept[node.name])
        np.save(folder / f"inputs_{number}.npy", values)
        record = _record(node)
        places.append(Place(node.name, str(node.target), record, values.shape[1:]))
    return Examination(tuple(places), origin, ("torch",), "torch")


def convert(
    path: Path, form: str, number: int | None, inputs: Path, target: Path, report: Report
) -> Path:
    """Convert with torch.onnx.export or openvino.convert_model; see `keras_model.convert`."""
    import torch

    del inputs, report
    program, nodes, _ = _load(path)
    if number is not None:
        example = nodes[number].args[0]
        if not isinstance(example, torch.fx.Node):
            raise RequestError(f"{nodes[number]}: expected a tensor as its input, got another")
        size = tuple(int(length) for length in example.meta["val"].shape[1:])
        program = torch.export.export(
            _alone(nodes[number]), (torch.zeros((2, *size)),),
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
        )  # fmt: skip
    try:
        if form == "openvino":
            import openvino

            file = target.with_suffix(".xml")
            openvino.save_model(openvino.convert_model(program), file, compress_to_fp16=False)
            return file
        import onnx

        file = target.with_suffix(".onnx")
        torch.onnx.export(program, (), file, dynamo=True, verbose=False)
        onnx.checker.check_model(file, full_check=True)
    except Exception as error:  # converters raise errors of many classes
        reason = " ".join(str(error).split())[:300]
        raise RequestError(
            f"conversion to {form}: expected a model that the converter accepts, got an error: "
            f"{reason}"
        ) from None
    return file


@contextmanager
def _without_code() -> Iterator[None]:
    """Let torch.load refuse pickled objects other than tensors.

    torch.export.load reads weights and constants of an archive with weights_only=False, so that
    a file could execute code.
    """
    import torch

    load = torch.load
    torch.load = lambda *args, **options: load(*args, **{**options, "weights_only": True})
    try:
        yield
    finally:
        torch.load = load


@cache
def _load(path: Path) -> _Loaded:
    import torch

    try:
        with _without_code():
            program = torch.export.load(path)
    except Exception as error:  # a file may contain anything
        reason = " ".join(str(error).split())[:200]
        raise RequestError(
            f"{path}: expected a file of torch.export.save, got an error: {reason}"
        ) from None
    if len(program.graph_signature.user_inputs) != 1:
        raise RequestError(f"{path}: expected one input, got another number")
    if len(program.graph_signature.user_outputs) != 1:
        raise RequestError(f"{path}: expected one output, got another number")
    first = _input(program).meta["val"].shape[0]
    nodes = [node for node in program.module().graph.nodes if _record(node) is not None]
    return _Loaded(program, nodes, first if isinstance(first, int) else None)


def _input(program: torch.export.ExportedProgram) -> torch.fx.Node:
    name = program.graph_signature.user_inputs[0]
    return next(node for node in program.graph.nodes if node.name == name)


def _record(node: torch.fx.Node) -> Activation | VectorActivation | None:
    """Return the record of a node; None if it is not an activation, or has other settings."""
    if node.op != "call_function" or not str(node.target).startswith("aten."):
        return None
    operator = str(node.target).split(".")[1]
    if operator == "gelu":
        approximate = node.kwargs.get("approximate", "none")
        return get("gelu_tanh" if approximate == "tanh" else "gelu")
    if operator == "softmax" and node.args[1] in (-1, 1):
        return get_vector("softmax")
    if operator not in _OPERATORS:
        return None
    name, parameters = _OPERATORS[operator]
    given = (*node.args[1:], *(default for _, default in parameters[len(node.args) - 1 :]))
    if operator == "softplus":  # its threshold changes results by less than rounding
        given = given[:1]
    if len(given) > len(parameters) or not all(isinstance(v, int | float) for v in given):
        return None
    return get(
        name, **{own: float(str(v)) for (own, _), v in zip(parameters, given, strict=True)}
    )
