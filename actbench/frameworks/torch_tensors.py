"""Evaluate records on tensors of PyTorch, with the analytic gradient."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from actbench.activations.record import Activation
from actbench.activations.user_functions import CallableActivation
from actbench.errors import RequestError
from actbench.frameworks.kernel_table import kernel_choice
from actbench.frameworks.probes import FloatArray, is_piecewise_constant
from actbench.frameworks.torch_operations import full_operations, short_operations

_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def evaluate_tensor(activation: Activation, x: torch.Tensor, order: int) -> torch.Tensor:
    """Return the activation (order 0) or its first or second derivative at a tensor.

    The gradient of each order is the formula of the next order, so only x is kept for the
    backward pass. The gradient of the second derivative is autograd's. Results of float16,
    bfloat16 and float32 are computed in the precision that `actbench.frameworks.kernel_table`
    states, and rounded once.

    Args:
        activation: the record.
        x: a tensor of float16, bfloat16, float32, float64 or integers.
        order: 0, 1 or 2.

    Returns:
        A tensor of the same shape, dtype and device, or of float64 for integers, as for arrays.

    Raises:
        RequestError: autograd does not see the operations of a user function.
        TypeError: the tensor has another dtype.
    """
    x = float_tensor(x, activation.name)
    if isinstance(activation, CallableActivation):
        return _by_user_function(activation, x, order)
    return _traced_as_one(activation, x, order)


def float_tensor(x: torch.Tensor, function: str) -> torch.Tensor:
    """Return a tensor of floats: x itself, or integers and booleans as float64.

    Raises:
        TypeError: the tensor has another dtype.
    """
    if x.dtype in _FLOATS:
        return x
    if x.dtype.is_floating_point or x.dtype.is_complex or x.is_quantized:
        raise TypeError(
            f"{function}: expected a tensor of float16, bfloat16, float32, float64 or "
            f"integers, got {str(x.dtype).removeprefix('torch.')}"
        )
    return x.to(torch.float64)


class _Derivative(torch.autograd.Function):  # type: ignore[misc]
    """A derivative of a record whose gradient is the derivative of the next order."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: torch.Tensor, activation: Activation, order: int) -> torch.Tensor:
        return _computed(activation, x, order)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        del output
        x, ctx.activation, ctx.order = inputs
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (x,) = ctx.saved_tensors
        return upstream[0] * _differentiable(ctx.activation, x, ctx.order + 1), None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        slope: torch.Tensor = _differentiable(ctx.activation, x, ctx.order + 1)
        return slope * tangents[0]


def _differentiable(activation: Activation, x: torch.Tensor, order: int) -> torch.Tensor:
    if order == 2 or not activation.has_derivative(order + 1):
        return _computed(activation, x, order)
    return _Derivative.apply(x, activation, order)


# torch.compile cannot trace the code of records, which has classes and caches. It calls this
# function instead, and traces the operations on tensors that it performs.
_traced_as_one = torch.compiler.allow_in_graph(_differentiable)


def _computed(activation: Activation, x: torch.Tensor, order: int) -> torch.Tensor:
    """Compute a derivative in the precision that its dtype needs, with the limits at ±∞."""
    if isinstance(activation, CallableActivation):
        return activation.compute(full_operations(), x, order)
    wide = x.to(_working(activation, order, x.dtype))
    ops = full_operations() if x.dtype == torch.float64 else short_operations(wide.dtype)
    result: Any = activation.compute(ops, wide, order)
    left, right = activation.at_infinity(order)
    special = torch.nan_to_num(wide, nan=math.nan, posinf=right, neginf=left)
    return torch.where(wide.abs() < math.inf, result, special).to(x.dtype)


@lru_cache(maxsize=1024)
def _working(activation: Activation, order: int, dtype: torch.dtype) -> torch.dtype:
    """Return the dtype to compute in."""
    short = dtype != torch.float64 and order in kernel_choice(activation).float32_orders
    return torch.float32 if short else torch.float64


def _by_user_function(
    activation: CallableActivation, x: torch.Tensor, order: int
) -> torch.Tensor:
    """Return the result of a user function or of its derivative."""
    result = _differentiable(activation, x, order)
    lost = x.requires_grad and torch.is_grad_enabled() and not result.requires_grad
    if lost and not _is_piecewise_constant(activation, x, order):
        raise RequestError(
            f"{activation.target}: expected operations of PyTorch, got a result that does not "
            "depend on x for PyTorch, so its gradient is zero; try formula:TEXT"
        )
    return result


def _is_piecewise_constant(activation: CallableActivation, x: torch.Tensor, order: int) -> bool:
    """Return whether few results change if the inputs change a little."""

    def values(probes: FloatArray) -> npt.NDArray[np.generic]:
        tensor = torch.tensor(probes, dtype=x.dtype, device=x.device)
        return np.asarray(_differentiable(activation, tensor, order).double().cpu())

    return is_piecewise_constant(values)
