"""The adapter of NumPy."""

from collections.abc import Callable

import numpy as np

from actbench.activations.user_code import attribute_of
from actbench.frameworks.libraries.library import (
    Function,
    Library,
    NotPossibleError,
    NumPyArray,
    Tensor,
)


class NumPy(Library):
    """NumPy: eager only. The derivatives of a function are attributes of it.

    The attributes are `derivative` and `second_derivative`, as for activations.
    """

    name = "numpy"
    differentiates = False
    packages = ("numpy", "scipy", "ml_dtypes")
    limits = (
        "not supported for the input types",
        "did not contain a loop with signature",
        "No loop matching the specified signature",
        "is unsupported in linalg",
    )

    def is_tensor(self, result: object) -> bool:
        """Return whether a result is an array without masked elements."""
        if isinstance(result, np.ma.MaskedArray):
            return not np.ma.is_masked(result)
        return isinstance(result, (np.ndarray, np.generic))

    def tensor(self, x: NumPyArray) -> Tensor:
        """Return the array itself."""
        return x

    def array(self, tensor: Tensor) -> NumPyArray:
        """Return the array itself."""
        return np.asarray(tensor)

    def derivative(self, function: Function, order: int) -> Function:
        """Return the attribute `derivative` or `second_derivative` of the function."""
        if order == 0:
            return function
        name = ("derivative", "second_derivative")[order - 1]
        found = attribute_of(function, name)
        if not callable(found):
            raise NotPossibleError(f"the function has no attribute {name}")
        return found

    def compile(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """Raise NotPossibleError, because NumPy has no compiler."""
        del function
        raise NotPossibleError("NumPy has no compiler")

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Raise NotPossibleError, because NumPy has no automatic differentiation."""
        del function, dtype
        raise NotPossibleError("NumPy has no automatic differentiation")

    def _program(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        del compiled
        name = ("", ".derivative", ".second_derivative")[order]
        modules = "ml_dtypes, numpy as np" if dtype == "bfloat16" else "numpy as np"
        return [
            f"import {modules}",
            f"x = np.array({values}, {_dtype_expression(dtype)})",
            f"print({call.replace('({x}', f'{name}(x')}[0])",
        ]


def _dtype_expression(dtype: str) -> str:
    return "ml_dtypes.bfloat16" if dtype == "bfloat16" else f"np.{dtype}"
