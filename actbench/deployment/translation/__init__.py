"""Translation of calls: the same activation in Keras, TensorFlow, PyTorch, JAX and ONNX.

Calls are read, and their meanings found, by `actbench.activations.foreign`.

- `equalities`: functions with different names that are equal.
- `expressions`: expressions for functions that a framework lacks.
- `translate`: the translations of a call, and their differences from it.
- `runs`, `onnx_model`: source code is run in its framework, or with the evaluator of ONNX.
- `measurement`: the differences that runs of both sides show.
"""

from actbench.deployment.translation.measurement import measured
from actbench.deployment.translation.translate import (
    FRAMEWORKS,
    Answer,
    Source,
    Translation,
    translate,
)

__all__ = ["FRAMEWORKS", "Answer", "Source", "Translation", "measured", "translate"]
