"""The gate of Mish, tanh(softplus(x)), and products with it.

These are operations, not functions in the file of Mish, because float32 kernels need other
formulas for them (`actbench.frameworks.low_precision`).
"""

from actbench.numerics.array import Array
from actbench.numerics.sigmoid_operations import SigmoidOperations


class TanhSoftplusOperations(SigmoidOperations):
    """tanh(ln(1 + eˣ)) = n / (n + 2), n = eˣ (eˣ + 2): one exponential, no logarithm.

    For x ≥ 0, numerator and denominator are multiplied by e^(−2x), so that nothing overflows.
    """

    def tanh_softplus(self, x: Array) -> Array:
        """Return tanh(ln(1 + eˣ))."""
        e = self.exp(-self.absolute(x))
        numerator = self.where(x >= 0, 1 + 2 * e, e * (2 + e))
        return numerator / self._denominator(x, e)

    def sech_softplus(self, x: Array) -> Array:
        """Return sech(ln(1 + eˣ)) = 2 (1 + eˣ) / (n + 2).

        The square of it would underflow before products with it do.
        """
        e = self.exp(-self.absolute(x))
        numerator = 2 * (1 + e) * self.where(x >= 0, e, 1.0)
        return numerator / self._denominator(x, e)

    def times_tanh_softplus(self, a: Array, x: Array) -> Array:
        """Return a · tanh(ln(1 + eˣ)) = a · n / (n + 2)."""
        h = self.exp(-self.absolute(x) / 2)
        e = h * h
        numerator = self.where(x >= 0, a * (1 + 2 * e), a * h * h * (2 + e))
        return numerator / self._denominator(x, e)

    def times_tanh_softplus_derivative(self, x: Array) -> Array:
        """Return (x · g)' = g + x g', where g = tanh(ln(1 + eˣ)).

        For x < 0 it is g' · (x + g / g'). The ratio is 1 plus a small sum, so the cancellation
        near the zero is exact.
        """
        low = self.clip(x, -2000.0, 0.0)
        e = self.exp(low)
        d = 2 + e * (2 + e)
        ratio = e * (2 + e * (4 + e)) / (4 * (1 + e))
        below = self.times_exp(4 * (1 + e) / (d * d) * (low + 1 + ratio), low)
        sech = self.sech_softplus(x)
        above = self.tanh_softplus(x) + self.times_sigmoid(x, x) * sech * sech
        return self.where(x > 0, above, below)

    def _denominator(self, x: Array, e: Array) -> Array:
        """Return n + 2, times e^(−2x) for x ≥ 0; e is e^−|x|."""
        return self.where(x >= 0, 1 + 2 * e + 2 * e * e, 2 + 2 * e + e * e)
