"""NumPy."""

from typing import Any

import numpy as np

from actbench.frameworks.libraries.library import Function, Library, NotPossibleError


class NumPy(Library):
    """NumPy; a function's derivatives are its attributes of that name."""

    name = "numpy"

    def tensor(self, x: Any) -> Any:
        """Return the array itself."""
        return x

    def array(self, tensor: Any) -> Any:
        """Return the array itself."""
        return np.asarray(tensor)

    def derivative(self, function: Function, order: int) -> Function:
        """Return the attribute `derivative` or `second_derivative`."""
        if order == 0:
            return function
        name = ("derivative", "second_derivative")[order - 1]
        found = getattr(function, name, None)
        if not callable(found):
            raise NotPossibleError(f"it has no attribute {name}")
        return found  # type: ignore[no-any-return]

    def compile(self, function: Function) -> Function:
        """Refuse: NumPy has no compiler."""
        del function
        raise NotPossibleError("NumPy has no compiler")

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Refuse: NumPy has no autodiff."""
        del function, dtype
        raise NotPossibleError("NumPy has no autodiff")

    def _lines(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        del compiled
        name = ("", ".derivative", ".second_derivative")[order]
        modules = "ml_dtypes, numpy as np" if dtype == "bfloat16" else "numpy as np"
        return [
            f"import {modules}",
            f"x = np.array({values}, {_literal(dtype)})",
            f"print({call.replace('({x})', f'{name}(x)')}[0])",
        ]


def _literal(dtype: str) -> str:
    return "ml_dtypes.bfloat16" if dtype == "bfloat16" else f"np.{dtype}"
