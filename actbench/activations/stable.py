"""Numerically stable pieces, written once for every array library.

A formula is written against `Operations`: a few primitives that each library brings, and
the pieces built on them here. No piece overflows, divides by zero or makes a NaN from
anything but a NaN, and each keeps its relative accuracy where its result underflows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Operations:
    """What a formula may use: an array library's primitives and the pieces built on them.

    Arrays are `Any`: NumPy's, TensorFlow's or another's.

    Args:
        largest: the largest finite number of the dtype that is computed in.
        exp: x ↦ eˣ.
        log1p: x ↦ ln(1 + x).
        tanh: x ↦ tanh x.
        absolute: x ↦ |x|.
        clip: (x, lower, upper) ↦ x held within [lower, upper]; NaN stays NaN.
        where: (condition, x, y) ↦ x where the condition holds, else y; either may be a
            number.
    """

    largest: float
    exp: Callable[[Any], Any]
    log1p: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    absolute: Callable[[Any], Any]
    clip: Callable[[Any, float, float], Any]
    where: Callable[[Any, Any, Any], Any]

    def finite(self, x: Any) -> Any:
        """Return x with ±∞ (and their neighbours) made finite.

        The bound is a sixteenth of the largest number, so that small multiples of the
        result do not overflow again; every bounded piece is at its limit long before.
        """
        return self.clip(x, -self.largest / 16, self.largest / 16)

    def step(self, x: Any, below: float, above: float) -> Any:
        """Return `above` for x > 0, `below` for x ≤ 0, NaN for NaN."""
        return self.where(x > 0, above, self.where(x <= 0, below, x))

    def scale(self, factor: float, x: Any) -> Any:
        """Return factor · x, with 0 · ±∞ = 0: the limit of the constant function."""
        return factor * (self.finite(x) if factor == 0 else x)

    def sigmoid(self, x: Any) -> Any:
        """Return σ(x) = 1 / (1 + e⁻ˣ); the exponential never exceeds 1."""
        e = self.exp(-self.absolute(x))
        return self.where(x >= 0, 1.0, e) / (1 + e)

    def softplus(self, x: Any) -> Any:
        """Return ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)."""
        return self.where(x > 0, x, 0.0) + self.log1p(self.exp(-self.absolute(x)))

    def gated(self, x: Any, z: Any) -> Any:
        """Return x · σ(z); 0 where σ(z) underflows, also for infinite x.

        For z < 0 the gate is e^z / (1 + e^z). Where e^z is subnormal x · e^z may not be,
        so e^z is applied as two factors of e^(z/2), neither of which is.
        """
        h = self.exp(-self.absolute(z) / 2)
        product = self.where(h > 0, x, self.finite(x)) * h * h
        return self.where(z >= 0, x, product) / (1 + h * h)

    def sech_squared(self, x: Any) -> Any:
        """Return sech² x = 4e / (1 + e)², e = e^(−2|x|): 1 − tanh² x without cancellation."""
        e = self.exp(-2 * self.absolute(x))
        return 4 * e / ((1 + e) * (1 + e))

    def tanh_softplus(self, x: Any) -> Any:
        """Return tanh(ln(1 + eˣ)) = n / (n + 2), n = eˣ(eˣ + 2): one exponential.

        For x ≥ 0 numerator and denominator are multiplied by e^(−2x).
        """
        e = self.exp(-self.absolute(x))
        numerator = self.where(x >= 0, 1 + 2 * e, e * (2 + e))
        return numerator / self._tanh_softplus_denominator(x, e)

    def gated_tanh_softplus(self, x: Any) -> Any:
        """Return x · tanh(ln(1 + eˣ)), in two factors of e^(x/2) as in `gated`."""
        h = self.exp(-self.absolute(x) / 2)
        e = h * h
        product = self.finite(x) * h * h * (2 + e)
        numerator = self.where(x >= 0, x * (1 + 2 * e), product)
        return numerator / self._tanh_softplus_denominator(x, e)

    def sech_softplus(self, x: Any) -> Any:
        """Return sech(ln(1 + eˣ)) = 2√(n + 1) / (n + 2), its root being 1 + eˣ.

        Not its square, which would underflow before products with it do.
        """
        e = self.exp(-self.absolute(x))
        numerator = 2 * (1 + e) * self.where(x >= 0, e, 1.0)
        return numerator / self._tanh_softplus_denominator(x, e)

    def _tanh_softplus_denominator(self, x: Any, e: Any) -> Any:
        return self.where(x >= 0, 1 + 2 * e + 2 * e * e, 2 + 2 * e + e * e)


NUMPY = Operations(
    largest=float(np.finfo(np.float64).max),
    exp=np.exp,
    log1p=np.log1p,
    tanh=np.tanh,
    absolute=np.absolute,
    clip=np.clip,
    where=np.where,
)
"""NumPy's, for float64 arrays."""
