"""Execute converted models; each function is called in the process of one runtime."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from actbench.deployment.porting.places import Execution, Quantization
from actbench.errors import RequestError

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

BATCH = 500
"""Inputs per call; the last call has the rest."""

Array = npt.NDArray[np.generic]
Run = Callable[[Array], Array]


def execute(
    form: str, file: Path, inputs: Path, outputs: Path, report: Callable[[object], None]
) -> Execution:
    """Execute a converted model on the array of one file, and write its outputs to another.

    Float inputs of an int8 model are quantised, and its outputs are converted back to float32.
    If the inputs are int8, the outputs stay int8.

    Args:
        form: the kind of the converted model.
        file: the model; a file or a folder.
        inputs: an .npy file, (N, …).
        outputs: the .npy file that is written.
        report: called after each batch.

    Raises:
        RequestError: the runtime refuses the model.
    """
    x = np.load(inputs, mmap_mode="r")
    try:
        run, execution = _LOADERS[form](file)
        parts = []
        for start in range(0, len(x), BATCH):
            parts.append(run(np.ascontiguousarray(x[start : start + BATCH])))
            report(start)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # runtimes raise errors of their own classes
        reason = " ".join(str(error).split())[:300]
        raise RequestError(
            f"{form}: expected a model that the runtime executes, got {reason}"
        ) from None
    np.save(outputs, np.concatenate(parts))
    return execution


def _onnxruntime(file: Path) -> tuple[Run, Execution]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        str(file), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return lambda x: np.asarray(session.run(None, {name: x})[0]), Execution()


def _openvino(file: Path) -> tuple[Run, Execution]:
    import openvino

    core = openvino.Core()
    # Each file is converted by openvino.convert_model; an .xml file was converted before.
    model = core.read_model(file) if file.suffix == ".xml" else openvino.convert_model(file)
    compiled = core.compile_model(model, "CPU")
    return lambda x: np.array(compiled(x)[0]), Execution()


def _litert(file: Path) -> tuple[Run, Execution]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(file))
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    of_input, of_output = _quantization(source), _quantization(result)

    def run(x: Array) -> Array:
        quantised = x
        if of_input is not None and x.dtype != np.int8:
            quantised = quantize(x.astype(np.float64), of_input)
        interpreter.resize_tensor_input(source["index"], x.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(source["index"], quantised)
        interpreter.invoke()
        y = np.array(interpreter.get_tensor(result["index"]))
        return y if of_output is None or x.dtype == np.int8 else dequantize(y, of_output)

    return run, Execution(of_input, of_output, tuple(_all_quantizations(interpreter)))


def _all_quantizations(interpreter: "Interpreter") -> Iterator[Quantization]:
    for detail in interpreter.get_tensor_details():
        found = _quantization(detail)
        if found is not None:
            yield found


def _quantization(detail: dict[str, tuple[float, int]]) -> Quantization | None:
    scale, zero_point = detail["quantization"]
    return Quantization(float(scale), int(zero_point)) if scale else None


def quantize(x: npt.NDArray[np.floating], by: Quantization) -> npt.NDArray[np.int8]:
    """Return the nearest int8 of each number.

    Example:
        >>> quantize(np.array([-1.0, 0.26, 99.0]), Quantization(0.5, 2)).tolist()
        [0, 3, 127]
    """
    nearest = np.rint(x / by.scale) + by.zero_point
    clipped: npt.NDArray[np.int8] = np.clip(nearest, -128, 127).astype(np.int8)
    return clipped


def dequantize(q: npt.NDArray[np.generic], by: Quantization) -> npt.NDArray[np.float32]:
    """Return the number of each int8.

    Example:
        >>> dequantize(np.array([0, 127], np.int8), Quantization(0.5, 2)).tolist()
        [-1.0, 62.5]
    """
    return ((q.astype(np.float64) - by.zero_point) * by.scale).astype(np.float32)


_LOADERS: dict[str, Callable[[Path], tuple[Run, Execution]]] = {
    "onnx": _onnxruntime,
    "openvino": _openvino,
    "litert": _litert,
    "litert-int8": _litert,
}
