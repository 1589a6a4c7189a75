"""PyTorch's primitives as the operations that records compute with.

The errors of PyTorch's elementary functions are about 1 ULP, in float32 and in float64. So the
formulas of float64 results are those of NumPy, and float32 needs no functions of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import pi, sqrt

import torch

from actbench.frameworks.elementary import scaled_normal_tail
from actbench.numerics.argument_operations import binary_parts
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, DoubleDouble, sum_of_parts
from actbench.numerics.operations import Operations

# Products with larger powers of 2 may overflow in float32.
_EXACT_EXPONENT = 20


@cache
def full_operations() -> Operations:
    """Return the operations for float64 results."""
    return Operations(**_primitives(torch.float64))


@dataclass(frozen=True, eq=False, repr=False)
class ShortOperations(Operations):
    """The formulas of `Operations` for results of float32 and narrower, with few operations.

    float64 results need double-double arguments of exponentials; here, the argument of an
    exponential in float64 is precise enough.
    """

    full_precision = False

    def in_float64(self, x: Array) -> Array:
        """Return x in float64."""
        return x.to(torch.float64)  # type: ignore[attr-defined, no-any-return]

    def product(self, c: float | Fraction, x: Argument) -> Argument:
        """Return c · x: in float64, unless c is 0 or ±2ᵏ and the product is exact."""
        mantissa, exponent = binary_parts(c)
        exact = abs(mantissa) in (0, Fraction(1, 2)) and abs(exponent) <= _EXACT_EXPONENT
        x = sum_of_parts(x)
        return float(c) * x if exact else self.multiple(c, self.in_float64(x))

    def exp_double_double(self, z: Argument) -> Argument:
        """Return e^z, as one number."""
        return self.exp(sum_of_parts(z))

    def times_gaussian(self, a: Array | float, x: Argument, scale: float = 1.0) -> Array:
        """Return a · e^(−scale · x²)."""
        wide = self.in_float64(self.clip(sum_of_parts(x), -60.0, 60.0))
        return self.times_exp(a, -scale * wide * wide)

    def mills_ratio(self, t: Array) -> DoubleDouble:
        """Return Φ(−t) / φ(t) for t ≥ 0; the low part is 0."""
        return DoubleDouble(sqrt(2 * pi) * self.scaled_normal_tail(t), 0.0)

    def scaled_normal_tail(self, t: Array) -> Array:
        """Return e^(t²/2) · Φ(−t) for t ≥ 0."""
        return scaled_normal_tail(self, t)


@cache
def short_operations(dtype: torch.dtype) -> ShortOperations:
    """Return the operations that compute in float32 or float64, for narrower results."""
    return ShortOperations(**_primitives(dtype))


def _primitives(dtype: torch.dtype) -> dict[str, Callable[..., torch.Tensor]]:
    """Return PyTorch's functions for tensors of a dtype."""

    def in_dtype(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        # The argument of an exponential may be float64.
        return lambda x: function(x).to(dtype)

    def where(
        condition: torch.Tensor, x: torch.Tensor | float, y: torch.Tensor | float
    ) -> torch.Tensor:
        if not isinstance(x, torch.Tensor) and not isinstance(y, torch.Tensor):
            # Two numbers would give a tensor of the default dtype.
            x = torch.tensor(x, dtype=dtype, device=condition.device)
        return torch.where(condition, x, y)

    def minimum(x: torch.Tensor, y: torch.Tensor | float) -> torch.Tensor:
        return torch.minimum(x, y) if isinstance(y, torch.Tensor) else torch.clamp(x, max=y)

    def maximum(x: torch.Tensor, y: torch.Tensor | float) -> torch.Tensor:
        return torch.maximum(x, y) if isinstance(y, torch.Tensor) else torch.clamp(x, min=y)

    return {
        "exp": in_dtype(torch.exp),
        "expm1": in_dtype(torch.expm1),
        "log": torch.log,
        "log1p": torch.log1p,
        "tanh": in_dtype(torch.tanh),
        "sqrt": torch.sqrt,
        "sin": torch.sin,
        "cos": torch.cos,
        "atan": torch.atan,
        "erf": torch.erf,
        "absolute": torch.abs,
        "round": torch.round,
        "minimum": minimum,
        "maximum": maximum,
        "where": where,
    }
