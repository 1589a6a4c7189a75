"""PyTorch, and Keras on it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import ml_dtypes
import numpy as np

from actbench.frameworks.libraries.library import (
    MEASURED,
    Function,
    Library,
    NotPossibleError,
    as_function,
)


class Torch(Library):
    """PyTorch: eager, and compiled by torch.compile."""

    name = "torch"
    compiler = "torch.compile"

    def devices(self) -> tuple[str, ...]:
        """Return the devices that are here."""
        return ("cpu", "cuda") if import_module("torch").cuda.is_available() else ("cpu",)

    def tensor(self, x: Any) -> Any:
        """Return a tensor of the same memory; of bfloat16 by way of its bits."""
        torch = import_module("torch")
        x = np.ascontiguousarray(x)
        if x.dtype == ml_dtypes.bfloat16:
            return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16).to(self.device)
        return torch.from_numpy(x).to(self.device)

    def array(self, tensor: Any) -> Any:
        """Return an array of the same memory."""
        torch = import_module("torch")
        tensor = tensor.detach().cpu().contiguous()
        if tensor.dtype == torch.bfloat16:
            return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
        return tensor.numpy()

    def derivative(self, function: Function, order: int) -> Function:
        """Differentiate by autograd; what does not depend on x has derivative 0."""
        torch = import_module("torch")
        if order == 0:
            return function

        def differentiated(x: Any) -> Any:
            x = x.detach().requires_grad_()
            result = function(x)
            for last in range(order - 1, -1, -1):
                if not result.requires_grad:
                    return torch.zeros_like(x)
                try:
                    (result,) = torch.autograd.grad(
                        result, x, torch.ones_like(result), create_graph=last > 0
                    )
                except RuntimeError as error:
                    raise NotPossibleError(str(error).partition("\n")[0]) from None
            return result

        return differentiated

    def value_and_derivative(self, function: Function) -> Callable[[Any], tuple[Any, Any]]:
        """Differentiate by one backward pass."""
        torch = import_module("torch")

        def both(x: Any) -> tuple[Any, Any]:
            x = x.detach().requires_grad_()
            value = function(x)
            if not value.requires_grad:
                return value, torch.zeros_like(x)
            return value, torch.autograd.grad(value, x, torch.ones_like(value))[0]

        return both

    def compile(self, function: Function) -> Function:
        """Compile by torch.compile, for any number of elements."""
        torch = import_module("torch")
        torch.compiler.reset()
        return torch.compile(function, dynamic=True)  # type: ignore[no-any-return]

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Count the storages that autograd packs away."""
        torch = import_module("torch")
        kept: dict[int, int] = {}

        def pack(tensor: Any) -> Any:
            if tensor.numel() == MEASURED:
                storage = tensor.untyped_storage()
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        x = torch.ones(
            MEASURED, dtype=getattr(torch, dtype), device=self.device, requires_grad=True
        )
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            value = function(x)  # what it keeps lives as long as its value
        del value
        return sum(kept.values()) / MEASURED

    def _lines(
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
