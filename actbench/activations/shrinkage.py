"""Functions that shrink towards 0."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from numpy.polynomial import Polynomial

from actbench.activations.record import Activation, Counterpart, parameter
from actbench.numerics.operations import Operations

# Levels of the continued fraction of tanh; 14 leave less than 2⁻⁵⁵ for |x| ≤ 2.
_LEVELS = 14


@cache
def _shrunk() -> tuple[list[float], list[float]]:
    """Return what (x − tanh x) / x³ is the quotient of, for |x| ≤ 2: terms of x², all positive.

    tanh x = x / (1 + c), c the continued fraction s/(3 + s/(5 + …)) of Lambert, s = x²; so
    f = x · c / (1 + c).
    """
    s = Polynomial([0, 1])
    # 3 + s/(5 + …) as a quotient, from the last level on.
    above, below = Polynomial([2 * _LEVELS + 1]), Polynomial([1])
    for odd in range(2 * _LEVELS - 1, 1, -2):
        above, below = odd * above + s * below, above
    whole = above + s * below
    # So that the first terms are 1 and 3, which need no rounding.
    return list(below.coef / below.coef[0]), list(whole.coef / below.coef[0])


def _sum(terms: Sequence[float], x: Any) -> Any:
    """Return a polynomial at x; its terms, lowest first."""
    total = float(terms[-2]) + float(terms[-1]) * x
    for term in reversed(terms[:-2]):
        total = float(term) + total * x
    return total


@dataclass(frozen=True)
class HardShrink(Activation):
    """Hard shrinkage, f(x) = x where |x| > λ, else 0; it jumps at ±λ."""

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
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.where(ops.absolute(x) > self.threshold, x, 0.0)


@dataclass(frozen=True)
class SoftShrink(Activation):
    """Soft shrinkage, f(x) = x − λ above λ, x + λ below −λ, 0 between."""

    threshold: float = parameter(
        0.5, symbol=r"\lambda", meaning="half-width of the gap", least=0
    )

    name = "soft_shrink"
    formula = "max(x - threshold, 0) + min(x + threshold, 0)"
    source = "Donoho & Johnstone (1994), doi:10.1093/biomet/81.3.425"
    year = 1994
    single_precision = (0, 1, 2)
    counterparts = (
        Counterpart("keras.activations.soft_shrink", {"threshold": "threshold"}),
        Counterpart("torch.nn.functional.softshrink", {"threshold": "lambd"}),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        return ops.maximum(x - self.threshold, 0.0) + ops.minimum(x + self.threshold, 0.0)


@dataclass(frozen=True)
class TanhShrink(Activation):
    """Hyperbolic tangent shrinkage, f(x) = x − tanh(x), about x³/3 near 0.

    The difference loses all accuracy near 0; there f is a quotient of sums of positive terms.
    """

    name = "tanh_shrink"
    formula = "x - tanh(x)"
    source = "PyTorch (torch.nn.Tanhshrink)"
    year = 2012
    single_precision = (0, 1)
    counterparts = (
        Counterpart("keras.activations.tanh_shrink"),
        Counterpart("torch.nn.functional.tanhshrink"),
    )

    def compute_value(self, ops: Operations, x: Any) -> Any:
        near = ops.clip(x, -2.0, 2.0)
        square = near * near
        above, below = (_sum(terms, square) for terms in _shrunk())
        return ops.where(ops.absolute(x) > 2, x - ops.tanh(x), near * (square * above / below))

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        t = ops.tanh(x)
        return t * t

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        return 2 * ops.tanh(x) * ops.sech_squared(x)
