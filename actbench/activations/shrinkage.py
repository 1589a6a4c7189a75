"""Functions that shrink x towards 0."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from numpy.polynomial import Polynomial

from actbench.activations.record import Activation, Counterpart, ErrorBound, parameter
from actbench.numerics.array import Array
from actbench.numerics.operations import Operations

# Levels of the continued fraction of tanh. With 14, its error is below 2⁻⁵⁵ for |x| ≤ 2.
_LEVELS = 14


@cache
def _tanh_shrink_quotient() -> tuple[list[float], list[float]]:
    """Return numerator and denominator of (x − tanh x) / x³ for |x| ≤ 2, polynomials in x².

    All coefficients are positive, so nothing cancels. With s = x² and Lambert's continued
    fraction c = s/(3 + s/(5 + …)), tanh x = x / (1 + c) and x − tanh x = x · c / (1 + c).
    """
    s = Polynomial([0, 1])
    # The quotient of 3 + s/(5 + …), from its last level to its first.
    above, below = Polynomial([2 * _LEVELS + 1]), Polynomial([1])
    for odd in range(2 * _LEVELS - 1, 1, -2):
        above, below = odd * above + s * below, above
    whole = above + s * below
    # Scaled so that the first coefficients are 1 and 3, which are exact.
    return list(below.coef / below.coef[0]), list(whole.coef / below.coef[0])


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """Return the value of a polynomial at x; the coefficients begin with the constant."""
    total = float(coefficients[-2]) + float(coefficients[-1]) * x
    for coefficient in reversed(coefficients[:-2]):
        total = float(coefficient) + total * x
    return total


@dataclass(frozen=True)
class HardShrink(Activation):
    """Hard shrinkage, f(x) = x for |x| > λ, else 0.

    Donoho & Johnstone (1994), doi:10.1093/biomet/81.3.425. f jumps at ±λ; there f'(±λ) = 0.
    """

    threshold: float = parameter(
        0.5, symbol=r"\lambda", meaning="half-width of the gap", least=0
    )

    name = "hard_shrink"
    formula = "x if abs(x) > threshold else 0"
    source = "Donoho & Johnstone (1994), doi:10.1093/biomet/81.3.425"
    year = 1994
    counterparts = (
        Counterpart("keras.activations.hard_shrink", {"threshold": "threshold"}),
        Counterpart("torch.nn.functional.hardshrink", {"threshold": "lambd"}),
        Counterpart("mlx.nn.hard_shrink", {"threshold": "lambd"}),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.where(ops.absolute(x) > self.threshold, x, 0.0)


@dataclass(frozen=True)
class SoftShrink(Activation):
    """Soft shrinkage, f(x) = max(x − λ, 0) + min(x + λ, 0).

    Donoho & Johnstone (1994), doi:10.1093/biomet/81.3.425. At the kinks f'(±λ) = 0.
    """

    threshold: float = parameter(
        0.5, symbol=r"\lambda", meaning="half-width of the gap", least=0
    )

    name = "soft_shrink"
    formula = "max(x - threshold, 0) + min(x + threshold, 0)"
    source = "Donoho & Johnstone (1994), doi:10.1093/biomet/81.3.425"
    year = 1994
    counterparts = (
        Counterpart("keras.activations.soft_shrink", {"threshold": "threshold"}),
        Counterpart("torch.nn.functional.softshrink", {"threshold": "lambd"}),
        Counterpart("mlx.nn.softshrink", {"threshold": "lambd"}),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.maximum(x - self.threshold, 0.0) + ops.minimum(x + self.threshold, 0.0)


@dataclass(frozen=True)
class TanhShrink(Activation):
    """Hyperbolic tangent shrinkage, f(x) = x − tanh(x), f' = tanh² x.

    For |x| ≤ 2 it is a quotient of polynomials with positive coefficients, because the
    difference cancels near 0, where f is about x³/3. The source is `torch.nn.Tanhshrink`.
    """

    name = "tanh_shrink"
    formula = "x - tanh(x)"
    source = "PyTorch (torch.nn.Tanhshrink)"
    year = 2012
    error_bounds = (ErrorBound(), ErrorBound(6, 0, "a square"), ErrorBound(6, 0, "a product"))
    counterparts = (
        Counterpart("keras.activations.tanh_shrink"),
        Counterpart("torch.nn.functional.tanhshrink"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        near = ops.clip(x, -2.0, 2.0)
        square = near * near
        above, below = _tanh_shrink_quotient()
        # x² · above = x² + x⁴ · (…), because the first coefficient is 1.
        cubic = square + square * square * _polynomial(above[1:], square)
        inside = near * (cubic / _polynomial(below, square))
        return ops.where(ops.absolute(x) > 2, x - ops.tanh(x), inside)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        t = ops.tanh(x)
        return t * t

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return 2 * ops.tanh(x) * ops.sech_squared(x)
