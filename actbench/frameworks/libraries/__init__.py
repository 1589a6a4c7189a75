"""What evaluates, differentiates and compiles: NumPy, TensorFlow, PyTorch and JAX alike.

A function takes one tensor of its library and gives another. A library is imported when it is
first used, so one that is not installed hurts nobody.
"""

from actbench.frameworks.libraries.jax_library import Jax
from actbench.frameworks.libraries.library import (
    DTYPES,
    BrokenError,
    Function,
    Library,
    NotPossibleError,
    installed,
)
from actbench.frameworks.libraries.numpy_library import NumPy
from actbench.frameworks.libraries.tensorflow_library import TensorFlow
from actbench.frameworks.libraries.torch_library import Torch

LIBRARIES: dict[str, type[Library]] = {
    kind.name: kind for kind in (NumPy, TensorFlow, Torch, Jax)
}
"""By the name of their package."""

__all__ = [
    "DTYPES",
    "LIBRARIES",
    "BrokenError",
    "Function",
    "Library",
    "NotPossibleError",
    "installed",
]
