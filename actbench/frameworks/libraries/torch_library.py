"""The adapter of PyTorch, also for Keras on PyTorch."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import ml_dtypes
import numpy as np

from actbench.frameworks.libraries.library import (
    NO_GRADIENT,
    PROBE_SIZE,
    Function,
    Library,
    NoGradientError,
    NumPyArray,
    Tensor,
    as_function,
)


def _torch() -> ModuleType:
    return import_module("torch")


class Torch(Library):
    """PyTorch: eager, and compiled by torch.compile."""

    name = "torch"
    compiler = "torch.compile"
    packages = ("torch",)
    limits = (
        "not implemented for '",
        "not currently implemented",
        "is not implemented",
        "Could not run 'aten::",
        "@once_differentiable",
    )

    def is_tensor(self, result: object) -> bool:
        """Return whether a result is a tensor."""
        return bool(_torch().is_tensor(result))

    def devices(self) -> tuple[str, ...]:
        """Return the available devices."""
        return ("cpu", "cuda") if _torch().cuda.is_available() else ("cpu",)

    def tensor(self, x: NumPyArray) -> Tensor:
        """Return a tensor that shares the memory; bfloat16 is passed as int16 bits."""
        torch = _torch()
        x = np.ascontiguousarray(x)
        if x.dtype == ml_dtypes.bfloat16:
            return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16).to(self.device)
        return torch.from_numpy(x).to(self.device)

    def array(self, tensor: Tensor) -> NumPyArray:
        """Return an array that shares the memory; bfloat16 is passed as int16 bits."""
        torch = _torch()
        tensor = tensor.detach().cpu().contiguous()
        if tensor.dtype == torch.bfloat16:
            return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)  # type: ignore[no-any-return]
        return tensor.numpy()  # type: ignore[no-any-return]

    def derivative(self, function: Function, order: int) -> Function:
        """Differentiate by autograd."""
        torch = _torch()
        if order == 0:
            return function

        def differentiated(x: Tensor) -> Tensor:
            x = x.detach().requires_grad_()
            result = function(x)
            for last in range(order - 1, -1, -1):
                slope = None
                if result.requires_grad:
                    (slope,) = torch.autograd.grad(
                        result,
                        x,
                        torch.ones_like(result),
                        create_graph=last > 0,
                        allow_unused=True,
                    )
                if slope is None:
                    if last == order - 1:
                        raise NoGradientError(NO_GRADIENT)
                    return torch.zeros_like(x)
                result = slope
            return result

        return differentiated

    def value_and_derivative(self, function: Function) -> Callable[..., tuple[Tensor, Tensor]]:
        """Compute both by one forward and one backward pass."""
        torch = _torch()

        def both(x: Tensor) -> tuple[Tensor, Tensor]:
            x = x.detach().requires_grad_()
            value = function(x)
            if not value.requires_grad:
                return value, torch.zeros_like(x)
            return value, torch.autograd.grad(value, x, torch.ones_like(value))[0]

        return both

    def compile(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """Compile by torch.compile, for tensors of any size."""
        torch = _torch()
        torch.compiler.reset()
        return torch.compile(function, dynamic=True)  # type: ignore[no-any-return]

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Measure the tensors that autograd saves for the backward pass."""
        torch = _torch()
        kept: dict[int, int] = {}

        def pack(tensor: Tensor) -> Tensor:
            if tensor.numel() == PROBE_SIZE:
                storage = tensor.untyped_storage()
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        x = torch.ones(
            PROBE_SIZE, dtype=getattr(torch, dtype), device=self.device, requires_grad=True
        )
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            value = function(x)  # saved tensors are kept alive by the value
        del value
        return sum(kept.values()) / PROBE_SIZE

    def _program(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        function, call = as_function(call), call.replace("{x}", "x")
        if compiled:
            call = f"torch.compile({function})(x)"
        place = f"torch.tensor({values}, dtype=torch.{dtype}"
        if order == 0:
            return ["import torch", f"x = {place})", f"print({call}[0].item())"]
        result = f"({call}).sum()"
        for last in range(order - 1, -1, -1):
            kept = ", create_graph=True" if last else ""
            again = ".sum()" if last < order - 1 else ""
            result = f"torch.autograd.grad({result}{again}, x{kept})[0]"
        return [
            "import torch",
            f"x = {place}, requires_grad=True)",
            f"print({result}[0].item())",
        ]
