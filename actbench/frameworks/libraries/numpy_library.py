"""The adapter of NumPy."""

from collections.abc import Callable

import numpy as np

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
        found = getattr(function, name, None)
        if not callable(found):
            raise NotPossibleError(f"the function has no attribute {name}")
        return found  # type: ignore[no-any-return]

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
            f"print({call.replace('({x})', f'{name}(x)')}[0])",
        ]


def _dtype_expression(dtype: str) -> str:
    return "ml_dtypes.bfloat16" if dtype == "bfloat16" else f"np.{dtype}"
