"""Adapters that evaluate and differentiate with NumPy, TensorFlow, PyTorch, JAX and MLX.

A function takes one tensor of its library and returns another. A library is imported when an
adapter first uses it, so libraries that are not installed cause no error until then.
"""

from actbench.frameworks.libraries.jax_library import Jax
from actbench.frameworks.libraries.library import (
    DTYPES,
    NO_GRADIENT,
    BrokenError,
    Function,
    Library,
    NoGradientError,
    NotPossibleError,
    Tensor,
    installed,
)
from actbench.frameworks.libraries.mlx_library import Mlx
from actbench.frameworks.libraries.numpy_library import NumPy
from actbench.frameworks.libraries.tensorflow_library import TensorFlow
from actbench.frameworks.libraries.torch_library import Torch

LIBRARIES: dict[str, type[Library]] = {
    kind.name: kind for kind in (NumPy, TensorFlow, Torch, Jax, Mlx)
}
"""Name of a package ↦ its adapter."""

__all__ = [
    "DTYPES",
    "LIBRARIES",
    "NO_GRADIENT",
    "BrokenError",
    "Function",
    "Library",
    "NoGradientError",
    "NotPossibleError",
    "Tensor",
    "installed",
]
