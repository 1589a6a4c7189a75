"""Values that carry their derivatives: forward differentiation of stable code.

`f(JetOperations(ops), variable(x))` is f(x) with f'(x) and f''(x), made from the
stable pieces' own derivatives, so what f keeps clear of overflow stays clear of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

from actbench.numerics.operations import Operations


@dataclass(frozen=True, eq=False)
class Jet:
    """A value and its first and second derivative by x: (v, d, s).

    Arithmetic follows the product, quotient and chain rules; comparisons are the values'.
    """

    v: Any
    d: Any
    s: Any

    def __neg__(self) -> "Jet":
        return Jet(-self.v, -self.d, -self.s)

    def __add__(self, other: Any) -> "Jet":
        if isinstance(other, Jet):
            return Jet(self.v + other.v, self.d + other.d, self.s + other.s)
        return Jet(self.v + other, self.d, self.s)

    def __sub__(self, other: Any) -> "Jet":
        if isinstance(other, Jet):
            return Jet(self.v - other.v, self.d - other.d, self.s - other.s)
        return Jet(self.v - other, self.d, self.s)

    def __mul__(self, other: Any) -> "Jet":
        if isinstance(other, Jet):
            return Jet(
                self.v * other.v,
                self.d * other.v + self.v * other.d,
                self.s * other.v + 2 * self.d * other.d + self.v * other.s,
            )
        return Jet(self.v * other, self.d * other, self.s * other)

    def __truediv__(self, other: Any) -> "Jet":
        if not isinstance(other, Jet):
            return Jet(self.v / other, self.d / other, self.s / other)
        q = self.v / other.v
        d = (self.d - q * other.d) / other.v
        return Jet(q, d, (self.s - 2 * d * other.d - q * other.s) / other.v)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> "Jet":
        return (-self).__add__(other)

    def __rtruediv__(self, other: Any) -> "Jet":
        q = other / self.v
        d = -q * self.d / self.v
        return Jet(q, d, -(2 * d * self.d + q * self.s) / self.v)

    def __pow__(self, power: Any) -> "Jet":
        p = power
        if isinstance(p, Jet):
            raise TypeError("a power with x in its exponent is written with exp and log")
        first = p * self.v ** (p - 1) if p != 0 else 0 * self.v
        second = p * (p - 1) * self.v ** (p - 2) if p not in (0, 1) else 0 * self.v
        return self.through(self.v**p, first, second)

    def __gt__(self, other: Any) -> Any:
        return self.v > value(other)

    def __ge__(self, other: Any) -> Any:
        return self.v >= value(other)

    def __lt__(self, other: Any) -> Any:
        return self.v < value(other)

    def __le__(self, other: Any) -> Any:
        return self.v <= value(other)

    def through(self, f: Any, df: Any, d2f: Any) -> "Jet":
        """Return the jet of f ∘ self, given f, f' and f'' at this value."""
        return Jet(f, df * self.d, d2f * self.d * self.d + df * self.s)


def value(x: Any) -> Any:
    """Return the value of a jet; anything else is its own."""
    return x.v if isinstance(x, Jet) else x


def variable(x: Any) -> Jet:
    """Return x as the variable: its first derivative is 1, its second 0."""
    zero = 0 * x
    return Jet(x, zero + 1, zero)


@dataclass(frozen=True)
class JetOperations:
    """The operations of `Operations` on jets; numbers among the arguments are constants."""

    ops: Operations

    def where(self, condition: Any, a: Any, b: Any) -> Jet:
        """Choose elementwise, derivatives with the values."""
        a, b = (x if isinstance(x, Jet) else Jet(x, 0.0, 0.0) for x in (a, b))
        where = self.ops.where
        return Jet(
            where(condition, a.v, b.v), where(condition, a.d, b.d), where(condition, a.s, b.s)
        )

    def minimum(self, a: Any, b: Any) -> Jet:
        """Return the smaller one; of equal ones, the second."""
        return self.where(value(a) < value(b), a, b)

    def maximum(self, a: Any, b: Any) -> Jet:
        """Return the larger one; of equal ones, the second."""
        return self.where(value(a) > value(b), a, b)

    def clip(self, x: Any, lower: float, upper: float) -> Jet:
        """Return x held within [lower, upper]."""
        return self.minimum(self.maximum(x, lower), upper)

    def absolute(self, x: Jet) -> Jet:
        """Return |x|; at 0 its derivative is −1."""
        return self.where(x.v > 0, x, -x)

    def exp(self, x: Jet) -> Jet:
        """Return eˣ."""
        e = self.ops.exp(x.v)
        return x.through(e, e, e)

    def expm1(self, x: Jet) -> Jet:
        """Return eˣ − 1."""
        e = self.ops.exp(x.v)
        return x.through(self.ops.expm1(x.v), e, e)

    def log(self, x: Jet) -> Jet:
        """Return ln x."""
        return x.through(self.ops.log(x.v), 1 / x.v, -1 / (x.v * x.v))

    def log1p(self, x: Jet) -> Jet:
        """Return ln(1 + x)."""
        r = 1 / (1 + x.v)
        return x.through(self.ops.log1p(x.v), r, -r * r)

    def tanh(self, x: Jet) -> Jet:
        """Return tanh x."""
        t, slope = self.ops.tanh(x.v), self.ops.sech_squared(x.v)
        return x.through(t, slope, -2 * t * slope)

    def sqrt(self, x: Jet) -> Jet:
        """Return √x."""
        root = self.ops.sqrt(x.v)
        return x.through(root, 0.5 / root, -0.25 / (root * x.v))

    def sin(self, x: Jet) -> Jet:
        """Return sin x."""
        sine = self.ops.sin(x.v)
        return x.through(sine, self.ops.cos(x.v), -sine)

    def cos(self, x: Jet) -> Jet:
        """Return cos x."""
        cosine = self.ops.cos(x.v)
        return x.through(cosine, -self.ops.sin(x.v), -cosine)

    def atan(self, x: Jet) -> Jet:
        """Return arctan x."""
        r = 1 / (1 + x.v * x.v)
        return x.through(self.ops.atan(x.v), r, -2 * (x.v * r) * r)

    def erf(self, x: Jet) -> Jet:
        """Return erf x."""
        slope = self.ops.times_gaussian(2 / sqrt(pi), x.v)
        return x.through(self.ops.erf(x.v), slope, -2 * x.v * slope)

    def sigmoid(self, x: Jet) -> Jet:
        """Return σ(x)."""
        slope = self.ops.sigmoid_derivative(x.v)
        return x.through(self.ops.sigmoid(x.v), slope, -self.ops.tanh(x.v / 2) * slope)

    def softplus(self, x: Jet) -> Jet:
        """Return ln(1 + eˣ)."""
        return x.through(
            self.ops.softplus(x.v), self.ops.sigmoid(x.v), self.ops.sigmoid_derivative(x.v)
        )

    def softplus_tail(self, z: Jet) -> Jet:
        """Return ln(1 + e^−|z|)."""
        slope = self.ops.sigmoid(-self.ops.absolute(z.v))
        return z.through(
            self.ops.softplus_tail(z.v),
            self.ops.where(z.v > 0, -slope, slope),
            self.ops.sigmoid_derivative(z.v),
        )

    def tanh_softplus(self, x: Jet) -> Jet:
        """Return tanh(ln(1 + eˣ))."""
        return self.tanh(self.softplus(x))

    def times_exp(self, a: Any, z: Jet) -> Jet:
        """Return a · e^z: the derivatives are factors of e^z too."""
        a = _jet(a)
        first = a.d + a.v * z.d
        second = a.s + 2 * a.d * z.d + a.v * (z.d * z.d + z.s)
        times = self.ops.times_exp
        return Jet(times(a.v, z.v), times(first, z.v), times(second, z.v))

    def times_double_exp(self, a: Any, x: Jet) -> Jet:
        """Return a · exp(−eˣ): the derivatives are factors of it too."""
        a = _jet(a)
        e = self.ops.exp(self.ops.minimum(x.v, 7.0))
        first = a.d - a.v * e * x.d
        bend = (e - 1) * x.d * x.d - x.s
        second = a.s - 2 * a.d * e * x.d + a.v * e * bend
        times = self.ops.times_double_exp
        return Jet(times(a.v, x.v), times(first, x.v), times(second, x.v))

    def times_sigmoid(self, a: Any, z: Jet) -> Jet:
        """Return a · σ(z): the derivatives are factors of σ(z) too, by σ' = σ(z) · σ(−z).

        What has the factor σ(−z) is times_sigmoid by it, since that may be subnormal alone.
        """
        a = _jet(a)
        times_sigmoid, other = self.ops.times_sigmoid, -z.v
        bend = z.s - self.ops.tanh(z.v / 2) * z.d * z.d
        return Jet(
            times_sigmoid(a.v, z.v),
            times_sigmoid(a.d + times_sigmoid(a.v * z.d, other), z.v),
            times_sigmoid(a.s + times_sigmoid(2 * a.d * z.d + a.v * bend, other), z.v),
        )

    def normal_distribution(self, x: Jet) -> Jet:
        """Return Φ(x)."""
        density = self.ops.normal_density(x.v)
        return x.through(self.ops.normal_distribution(x.v), density, -x.v * density)


def _jet(x: Any) -> Jet:
    return x if isinstance(x, Jet) else Jet(x, 0.0, 0.0)


def derivative(f: Callable[[Any, Any], Any], ops: Operations, x: Any, order: int) -> Any:
    """Return f(x), f'(x) or f''(x) of a function written against `Operations`.

    Args:
        f: takes operations and x, as `Activation.f` does.
        ops: of the array library of x.
        x: an array of that library.
        order: 0, 1 or 2.
    """
    if order == 0:
        return f(ops, x)
    jet = f(JetOperations(ops), variable(x))
    result = (jet.d, jet.s)[order - 1] if isinstance(jet, Jet) else 0.0
    return result + 0 * x if isinstance(result, float) else result
