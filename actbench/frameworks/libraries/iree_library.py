"""The adapter of IREE, which compiles StableHLO for the CPU."""

from collections.abc import Callable
from importlib import import_module

import numpy as np

from actbench.frameworks.libraries.library import NumPyArray
from actbench.frameworks.libraries.runtime import Runtime

# IREE computes float64 in float32 by default, and for a CPU without vector instructions.
_OPTIONS = (
    "--iree-llvmcpu-target-cpu=host",
    "--iree-input-demote-f64-to-f32=false",
)


class Iree(Runtime[str]):
    """IREE on this CPU; a model is the text of a StableHLO module with the function main."""

    name = "iree-base-runtime"
    title = "IREE"
    packages = ("iree",)

    def load(self, model: str) -> Callable[[NumPyArray], NumPyArray]:
        """Return the function of a module, which is compiled once for all lengths."""
        binary = import_module("iree.compiler").compile_str(
            model,
            input_type="stablehlo",
            target_backends=["llvm-cpu"],
            extra_args=[*_OPTIONS],
        )
        module = import_module("iree.runtime").load_vm_flatbuffer(binary, driver="local-sync")
        return lambda x: np.asarray(module.main(x).to_host())

    def reason(self, error: Exception) -> str:
        """Return the line of the message that states the error."""
        lines = [line.strip() for line in str(error).splitlines() if "error:" in line]
        return lines[0] if lines else super().reason(error)

    def run_lines(self, values: str, dtype: str) -> list[str]:
        """Return lines of Python that compile and execute the module `model`."""
        kind = "ml_dtypes.bfloat16" if dtype == "bfloat16" else f"np.{dtype}"
        return [
            "import ml_dtypes, numpy as np; from iree import compiler, runtime",
            f"settings = {{'target_backends': ['llvm-cpu'], 'extra_args': {[*_OPTIONS]}}}",
            "binary = compiler.compile_str(model, input_type='stablehlo', **settings)",
            "module = runtime.load_vm_flatbuffer(binary, driver='local-sync')",
            f"print(module.main(np.array({values}, {kind})).to_host()[0])",
        ]
