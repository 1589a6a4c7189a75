"""Load and execute an ONNX model with the reference implementation of the onnx package."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from actbench.deployment.porting.data import ItemShape, load_data
from actbench.deployment.porting.onnx_patterns import Found, Graph, activations
from actbench.deployment.porting.places import IMAGES_FOR_ACTIVATIONS, Examination, Place
from actbench.errors import RequestError

if TYPE_CHECKING:
    import onnx

Floats = npt.NDArray[np.float32]
Report = Callable[[object], None]

_BATCH = 100


class _Loaded(NamedTuple):
    model: onnx.ModelProto
    shape: ItemShape
    found: list[Found]


def examine(path: Path, data: Path | None, folder: Path, report: Report) -> Examination:
    """Execute the original model; see `keras_model.examine`."""
    model, shape, found = _load(path)
    inputs, labels, calibration, origin = load_data(data, shape)
    np.save(folder / "x.npy", inputs)
    np.save(folder / "calibration.npy", calibration)
    if labels is not None:
        np.save(folder / "y.npy", labels)
    np.save(folder / "outputs.npy", np.concatenate(_run(model, inputs, report)[0]))
    kept = _run(_with_outputs(model, found), inputs[:IMAGES_FOR_ACTIVATIONS], report)
    places = []
    for number, (each, parts) in enumerate(zip(found, kept[1:], strict=True)):
        values = np.concatenate(parts)
        np.save(folder / f"inputs_{number}.npy", values)
        places.append(Place(each.result, each.function, each.activation, values.shape[1:]))
    return Examination(tuple(places), origin, ("onnx",), "the reference implementation of ONNX")


def convert(
    path: Path, form: str, number: int | None, inputs: Path, target: Path, report: Report
) -> Path:
    """Return the file itself, or one with a single activation; see `keras_model.convert`."""
    import onnx

    del form, inputs, report
    model, _, found = _load(path)
    file = target.with_suffix(".onnx")
    if number is not None:
        each = found[number]
        inferred = onnx.shape_inference.infer_shapes(model)
        model = onnx.utils.Extractor(inferred).extract_model([each.source], [each.result])
    onnx.save(model, file)
    return file


@cache
def _load(path: Path) -> _Loaded:
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # a file may contain anything
        reason = " ".join(str(error).split())[:200]
        raise RequestError(
            f"{path}: expected a valid ONNX model, got an error: {reason}"
        ) from None
    constants = {each.name for each in model.graph.initializer}
    sources = [each for each in model.graph.input if each.name not in constants]
    if len(sources) != 1 or len(model.graph.output) != 1:
        raise RequestError(
            f"{path}: expected one input and one output, got {len(sources)} and "
            f"{len(model.graph.output)}"
        )
    kind = sources[0].type.tensor_type
    if kind.elem_type != onnx.TensorProto.FLOAT:
        raise RequestError(f"{path}: expected a float32 input, got another type")
    shape = tuple(axis.dim_value or None for axis in kind.shape.dim[1:])
    return _Loaded(model, shape, activations(Graph(model.graph)))


def _with_outputs(model: onnx.ModelProto, found: list[Found]) -> onnx.ModelProto:
    """Return a model that also returns the inputs of its activations."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for each in found:
        copy.graph.output.append(onnx.ValueInfoProto(name=each.source))
    return copy


def _run(model: onnx.ModelProto, inputs: Floats, report: Report) -> list[list[Floats]]:
    """Return the parts of each output of the model, one part for each batch."""
    from onnx.reference import ReferenceEvaluator

    try:
        evaluator = ReferenceEvaluator(model)
        name = next(iter(evaluator.input_names))
        parts = []
        for start in range(0, len(inputs), _BATCH):
            parts.append(evaluator.run(None, {name: inputs[start : start + _BATCH]}))
            report(start)
    except Exception as error:  # an operator of another domain, or a batch of fixed size
        reason = " ".join(str(error).split())[:200]
        raise RequestError(
            "model: expected one that the reference implementation of ONNX executes in batches "
            f"of any size, got an error: {reason}"
        ) from None
    return [list(each) for each in zip(*parts, strict=True)]
