"""The adapter of OpenVINO."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

import ml_dtypes
import numpy as np

from actbench.frameworks.libraries.library import NumPyArray
from actbench.frameworks.libraries.runtime import Runtime


def _openvino() -> ModuleType:
    return import_module("openvino")


class OpenVino(Runtime[Any]):
    """OpenVINO on the CPU, with its default options; a model is an `openvino.Model`."""

    name = "openvino"
    title = "OpenVINO"
    packages = ("openvino",)
    type_names: ClassVar[Mapping[str, str]] = {
        "float16": "f16",
        "bfloat16": "bf16",
        "float32": "f32",
        "float64": "f64",
    }

    def load(self, model: Any) -> Callable[[NumPyArray], NumPyArray]:
        """Return the function of a model; bfloat16 is passed as uint16 bits."""
        openvino = _openvino()
        request = openvino.Core().compile_model(model, "CPU").create_infer_request()

        def run(x: NumPyArray) -> NumPyArray:
            if x.dtype == ml_dtypes.bfloat16:
                bits = x.view(np.uint16)
                entry = openvino.Tensor(bits, openvino.Shape(bits.shape), openvino.Type.bf16)
            else:
                entry = openvino.Tensor(x)
            request.infer({0: entry})
            result = request.get_output_tensor(0)
            data: NumPyArray = result.data
            if result.element_type == openvino.Type.bf16:
                data = data.view(ml_dtypes.bfloat16)
            return data.copy()

        return run

    def reason(self, error: Exception) -> str:
        """Return the last line of the message; the first ones are places in the source."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return lines[-1] if lines else type(error).__name__

    def run_lines(self, values: str, dtype: str) -> list[str]:
        """Return lines of Python that compile and execute the `openvino.Model` `model`."""
        if dtype == "bfloat16":
            return [
                "import ml_dtypes, numpy as np, openvino",
                f"x = np.array({values}, ml_dtypes.bfloat16).view(np.uint16)",
                "request = openvino.compile_model(model, 'CPU').create_infer_request()",
                "entry = openvino.Tensor(x, openvino.Shape(x.shape), openvino.Type.bf16)",
                "request.infer({0: entry})",
                "print(request.get_output_tensor(0).data.view(ml_dtypes.bfloat16)[0])",
            ]
        return [
            "import numpy as np, openvino",
            f"x = np.array({values}, np.{dtype})",
            "print(openvino.compile_model(model, 'CPU')(x)[0][0])",
        ]
