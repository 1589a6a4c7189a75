"""The adapter of ONNX Runtime."""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import ClassVar

import numpy as np

from actbench.frameworks.libraries.library import NotPossibleError, NumPyArray
from actbench.frameworks.libraries.runtime import Runtime

# ONNX Runtime logs the errors that it raises as well; 4 is the severity of fatal ones.
_FATAL = 4


def _onnxruntime() -> ModuleType:
    return import_module("onnxruntime")


class OnnxRuntime(Runtime[bytes]):
    """ONNX Runtime on the CPU: one session for each model, with its default options."""

    name = "onnxruntime"
    title = "ONNX Runtime"
    packages = ("onnxruntime",)
    type_names: ClassVar[Mapping[str, str]] = {
        "float16": "float16",
        "bfloat16": "bfloat16",
        "float32": "float",
        "float64": "double",
    }

    def load(self, model: bytes) -> Callable[[NumPyArray], NumPyArray]:
        """Return the function of an ONNX file."""
        runtime = _onnxruntime()
        runtime.set_default_logger_severity(_FATAL)
        session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
        (entry,) = session.get_inputs()
        if "bfloat16" in entry.type:
            raise NotPossibleError("the Python interface of ONNX Runtime returns no bfloat16")
        return lambda x: np.asarray(session.run(None, {entry.name: x})[0])

    def reason(self, error: Exception) -> str:
        """Return the message without its number and the names of nodes."""
        text = " ".join(str(error).split()).removeprefix("[ONNXRuntimeError] : ")
        text = re.sub(r"^\d+ : ", "", text)
        return re.sub(r" node with name '[^']*'| \(op_type:\w+, node name: [^)]*\)", "", text)

    def run_lines(self, values: str, dtype: str) -> list[str]:
        """Return lines of Python that execute the ONNX file `model`."""
        return [
            "import numpy as np, onnxruntime",
            f"session, x = onnxruntime.InferenceSession(model), np.array({values}, np.{dtype})",
            "print(session.run(None, {session.get_inputs()[0].name: x})[0][0])",
        ]
