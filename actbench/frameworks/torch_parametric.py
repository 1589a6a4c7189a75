"""Records whose parameters are tensors of PyTorch, with gradients of x and of them."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from actbench.frameworks.parametric import LARGEST_X, Parametric
from actbench.frameworks.torch_operations import full_operations, short_operations


def evaluate_parametric(
    parametric: Parametric,
    x: torch.Tensor,
    tensors: Sequence[torch.Tensor],
    axes: Sequence[int],
) -> torch.Tensor:
    """Return f(x), with gradients with respect to x and the parameters.

    Results are computed in float64 and rounded once. Gradients of parameters are sums in
    float64, for narrower dtypes as well. A gradient has no gradient of its own.

    Args:
        parametric: the record and the names of its tensors.
        x: a tensor of float16, bfloat16, float32 or float64.
        tensors: the parameters, with one axis less than x (no batch axis) and size 1 along
            `axes`.
        axes: axes of x that share parameters, without the batch axis.

    Returns:
        A tensor of the shape and dtype of x; NaN only where x or a parameter is NaN.
    """
    return _Parametric.apply(parametric, tuple(axes), x, *tensors)


class _Parametric(torch.autograd.Function):  # type: ignore[misc]
    """The values of a parametric record; the gradients are computed from the inputs."""

    @staticmethod
    def forward(
        ctx: Any,
        parametric: Parametric,
        axes: tuple[int, ...],
        x: torch.Tensor,
        *tensors: torch.Tensor,
    ) -> torch.Tensor:
        ctx.parametric, ctx.axes = parametric, axes
        ctx.save_for_backward(x, *tensors)
        return next(_derivatives(parametric, x, tensors)).to(x.dtype)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of x and of each tensor, the latter summed over shared axes."""
        x, *tensors = ctx.saved_tensors
        weight = upstream.double()
        _, *slopes = _derivatives(ctx.parametric, x, tensors)
        by_x, *by_each = (weight * slope for slope in slopes)
        batch_and_shared = (0, *ctx.axes)
        by_tensors = (
            by.sum(batch_and_shared, keepdim=True)[0].to(t.dtype)
            for by, t in zip(by_each, tensors, strict=True)
        )
        return None, None, by_x.to(x.dtype), *by_tensors


def _derivatives(
    parametric: Parametric, x: torch.Tensor, tensors: Sequence[torch.Tensor]
) -> Iterator[torch.Tensor]:
    """Return f(x), then its derivatives with respect to x and each tensor, in float64."""
    wide = x.double()
    clipped = wide.clamp(-LARGEST_X, LARGEST_X)
    exact = x.dtype == torch.float64
    ops = full_operations() if exact else short_operations(torch.float64)
    for result in parametric.derivatives(ops, clipped, [t.double() for t in tensors]):
        yield torch.where(torch.isnan(wide), wide, result)
