"""The adapter of LiteRT (ai-edge-litert), the runtime of TensorFlow Lite files."""

from collections.abc import Callable
from importlib import import_module

from actbench.frameworks.libraries.library import NumPyArray
from actbench.frameworks.libraries.runtime import Runtime


class LiteRt(Runtime[bytes]):
    """LiteRT on the CPU: one interpreter for each model, with its default options.

    The input is resized only if its length changes.
    """

    name = "ai-edge-litert"
    title = "LiteRT"
    packages = ("ai_edge_litert",)

    def load(self, model: bytes) -> Callable[[NumPyArray], NumPyArray]:
        """Return the function of a TensorFlow Lite file."""
        runtime = import_module("ai_edge_litert.interpreter")
        interpreter = runtime.Interpreter(model_content=model)
        (entry,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
        rank = max(1, len(entry["shape_signature"]))
        length = -1

        def run(x: NumPyArray) -> NumPyArray:
            nonlocal length
            if x.size != length:
                interpreter.resize_tensor_input(entry["index"], [1] * (rank - 1) + [x.size])
                interpreter.allocate_tensors()
                length = x.size
            interpreter.set_tensor(entry["index"], x.reshape([1] * (rank - 1) + [x.size]))
            interpreter.invoke()
            computed: NumPyArray = interpreter.get_tensor(result["index"])
            return computed.reshape(-1)

        return run

    def reason(self, error: Exception) -> str:
        """Return the message in one line, without places in the source."""
        return " ".join(str(error).split()).replace(".Node number", "; node number")

    def run_lines(self, values: str, dtype: str) -> list[str]:
        """Return lines of Python that execute the TensorFlow Lite file `model`."""
        kind = "ml_dtypes.bfloat16" if dtype == "bfloat16" else f"np.{dtype}"
        return [
            "import ai_edge_litert.interpreter, ml_dtypes, numpy as np",
            "lite = ai_edge_litert.interpreter.Interpreter(model_content=model)",
            "entry = lite.get_input_details()[0]['index']",
            "lite.resize_tensor_input(entry, [64]); lite.allocate_tensors()",
            f"lite.set_tensor(entry, np.array({values}, {kind})); lite.invoke()",
            "print(lite.get_tensor(lite.get_output_details()[0]['index'])[0])",
        ]
