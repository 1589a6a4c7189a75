"""The adapter of MLX."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

import ml_dtypes
import numpy as np

from actbench.frameworks.libraries.library import (
    Function,
    Library,
    NotPossibleError,
    NumPyArray,
    Tensor,
)


def _mlx() -> ModuleType:
    return import_module("mlx.core")


class Mlx(Library):
    """MLX on the CPU, which has all formats; its GPUs have no float64.

    It has one mode, because the functions of mlx.nn are compiled already.
    """

    name = "mlx"
    packages = ("mlx",)

    def is_tensor(self, result: object) -> bool:
        """Return whether a result is an array of MLX."""
        return isinstance(result, _mlx().array)

    @contextmanager
    def scope(self, dtype: str) -> Iterator[None]:
        """Compute on the CPU."""
        del dtype
        mlx = _mlx()
        with mlx.stream(mlx.cpu):
            yield

    def tensor(self, x: NumPyArray) -> Tensor:
        """Return an array of MLX with the same dtype; bfloat16 is passed as uint16 bits."""
        mlx = _mlx()
        if x.dtype == ml_dtypes.bfloat16:
            return mlx.array(x.view(np.uint16)).view(mlx.bfloat16)
        return mlx.array(x, getattr(mlx, x.dtype.name))

    def array(self, tensor: Tensor) -> NumPyArray:
        """Return an array; bfloat16 is passed as uint16 bits."""
        mlx = _mlx()
        if tensor.dtype == mlx.bfloat16:
            return np.array(tensor.view(mlx.uint16)).view(ml_dtypes.bfloat16)
        return np.array(tensor)

    def derivative(self, function: Function, order: int) -> Function:
        """Differentiate the sum of the elements in reverse mode."""
        if order == 0:
            return function
        inner = self.derivative(function, order - 1)
        slope: Function = _mlx().grad(lambda x: inner(x).sum())
        return slope

    def compile(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """Raise NotPossibleError, because there is no second mode."""
        del function
        raise NotPossibleError("the functions of mlx.nn are compiled already")

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Raise NotPossibleError, because MLX keeps a graph that it evaluates later."""
        del function, dtype
        raise NotPossibleError("MLX computes lazily, so it keeps no arrays until then")

    def _program(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        del compiled
        result = call.replace("{x}", "x")
        for _ in range(order):
            result = f"mx.grad(lambda x: {result}.sum())(x)"
        return [
            "import mlx.core as mx",
            f"mx.set_default_device(mx.cpu); x = mx.array({values}, mx.{dtype})",
            f"print({result}[0].item())",
        ]
