"""Functions that multiply x by a gate made from x: Swish, doubled Swish and Mish."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from actbench.activations.record import Activation, Interval, parameter
from actbench.activations.stable import Operations

# The depth of Swish's minimum: W(1/e), as scipy.special.lambertw(exp(-1)).real gives it.
_SWISH_DEPTH = 0.2784645427610738
# Mish's minimum, at x = −1.1924312145154223: mpmath.findroot on its derivative, 30 digits.
_MISH_MINIMUM = -0.3088434130172517


@dataclass(frozen=True)
class _ScaledSwish(Activation):
    """`height` · x · σ(βx), the common part of Swish and doubled Swish."""

    beta: float = parameter(1.0, symbol=r"\beta", meaning="sharpness of the gate")

    height: ClassVar[float]

    def f(self, ops: Operations, x: Any) -> Any:
        return self.height * ops.gated(x, ops.scale(self.beta, x))

    def df(self, ops: Operations, x: Any) -> Any:
        z = ops.finite(ops.scale(self.beta, x))
        return self.height * ops.gated(1 + ops.gated(z, -z), z)

    def d2f(self, ops: Operations, x: Any) -> Any:
        z = ops.finite(ops.scale(self.beta, x))
        curvature = ops.gated(ops.gated(2 - z * ops.tanh(z / 2), z), -z)
        return self.height * self.beta * curvature

    @property
    def bounds(self) -> Interval:
        if self.beta == 0:
            return (-math.inf, math.inf)
        extremum = -self.height * _SWISH_DEPTH / self.beta
        return (extremum, math.inf) if self.beta > 0 else (-math.inf, extremum)

    @property
    def limits(self) -> Interval:
        if self.beta == 0:
            return (-math.inf, math.inf)
        return (0.0, math.inf) if self.beta > 0 else (-math.inf, 0.0)

    @property
    def monotone(self) -> bool:
        return self.beta == 0


@dataclass(frozen=True)
class Swish(_ScaledSwish):
    """Self-gated linear unit, f(x) = x · σ(βx): x/2 at β = 0, ReLU as β → ∞.

    sup |f − ReLU| = 0.27846 / β. β = 1 is SiLU.

    Ramachandran, Zoph & Le (2017), arXiv:1710.05941; Elfwing, Uchibe & Doya (2017),
    arXiv:1702.03118.
    """

    name = "swish"
    formula = "x * sigmoid(beta * x)"
    source = "Ramachandran, Zoph & Le (2017), arXiv:1710.05941"
    height = 1.0


@dataclass(frozen=True)
class DoubledSwish(_ScaledSwish):
    """Swish scaled to hold the identity, f(x) = 2x · σ(βx): x at β = 0, 2 · ReLU as β → ∞.

    sup |f − 2 · ReLU| = 0.55693 / β.

    Ramachandran, Zoph & Le (2017), arXiv:1710.05941v1, section 4.
    """

    name = "doubled_swish"
    formula = "2 * x * sigmoid(beta * x)"
    source = "Ramachandran, Zoph & Le (2017), arXiv:1710.05941v1"
    height = 2.0


@dataclass(frozen=True)
class Mish(Activation):
    """Self-gated unit, f(x) = x · tanh(softplus(x)).

    With ω = softplus(x): f' = tanh ω + x · σ(x) · sech² ω.

    Misra (2019), arXiv:1908.08681.
    """

    name = "mish"
    formula = "x * tanh(log(1 + exp(x)))"
    source = "Misra (2019), arXiv:1908.08681"
    bounds = (_MISH_MINIMUM, math.inf)
    limits = (0.0, math.inf)
    monotone = False

    def f(self, ops: Operations, x: Any) -> Any:
        return ops.gated_tanh_softplus(x)

    def df(self, ops: Operations, x: Any) -> Any:
        sech = ops.sech_softplus(x)
        return ops.tanh_softplus(x) + ops.gated(ops.finite(x), x) * sech * sech

    def d2f(self, ops: Operations, x: Any) -> Any:
        x = ops.finite(x)
        bend = ops.sigmoid(-x) - 2 * ops.tanh_softplus(x) * ops.sigmoid(x)
        sech = ops.sech_softplus(x)
        return ops.gated(2 + x * bend, x) * sech * sech
