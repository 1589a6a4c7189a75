"""Translation of calls: the same activation in Keras, TensorFlow, PyTorch, JAX and ONNX.

- `signatures`: the form of a row of the table, and the functions that calls compute.
- `table`: the rows: callables of frameworks, their parameters and their meanings.
- `calls`: a call is read, found in the table, and its arguments are bound.
- `meanings`: the function of bound arguments, and the arguments of a function.
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
