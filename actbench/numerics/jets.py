"""Jets, values with their first and second derivatives: forward-mode differentiation.

`f(JetOperations(ops), variable(x))` returns f(x), f'(x) and f''(x). Each operation has its
own numerically stable derivative. Therefore f' and f'' avoid overflow where the code of f does.

Reference: Griewank & Walther (2008), Evaluating Derivatives, doi:10.1137/1.9780898717761.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import cast

from actbench.numerics.array import Array, BooleanArray
from actbench.numerics.double_double import Argument
from actbench.numerics.exp_operations import times
from actbench.numerics.operations import Operations


@dataclass(frozen=True, eq=False)
class Jet:
    """A value and its first and second derivatives with respect to x.

    Arithmetic follows the sum, product and quotient rules. Comparisons compare the values.

    Args:
        v: the value.
        d: the first derivative.
        s: the second derivative.
    """

    v: Array
    d: Array
    s: Array

    def __neg__(self) -> "Jet":
        return Jet(-self.v, -self.d, -self.s)

    def __add__(self, other: Array | float) -> "Jet":
        if isinstance(other, Jet):
            return Jet(self.v + other.v, self.d + other.d, self.s + other.s)
        return Jet(self.v + other, self.d, self.s)

    def __sub__(self, other: Array | float) -> "Jet":
        if isinstance(other, Jet):
            return Jet(self.v - other.v, self.d - other.d, self.s - other.s)
        return Jet(self.v - other, self.d, self.s)

    def __mul__(self, other: Array | float) -> "Jet":
        if isinstance(other, Jet):
            return Jet(
                self.v * other.v,
                self.d * other.v + self.v * other.d,
                self.s * other.v + 2 * self.d * other.d + self.v * other.s,
            )
        return Jet(self.v * other, self.d * other, self.s * other)

    def __truediv__(self, other: Array | float) -> "Jet":
        if not isinstance(other, Jet):
            return Jet(self.v / other, self.d / other, self.s / other)
        q = self.v / other.v
        d = (self.d - q * other.d) / other.v
        return Jet(q, d, (self.s - 2 * d * other.d - q * other.s) / other.v)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Array | float) -> "Jet":
        return (-self).__add__(other)

    def __rtruediv__(self, other: Array | float) -> "Jet":
        q = other / self.v
        d = -q * self.d / self.v
        return Jet(q, d, -(2 * d * self.d + q * self.s) / self.v)

    def __pow__(self, power: object) -> "Jet":
        if isinstance(power, Jet):
            raise TypeError(
                "power of a jet: expected a number as the exponent, got a jet; "
                "write such a power with exp and log"
            )
        p = cast(float, power)
        first = p * self.v ** (p - 1) if p != 0 else 0 * self.v
        second = p * (p - 1) * self.v ** (p - 2) if p not in (0, 1) else 0 * self.v
        return self.through(self.v**p, first, second)

    def __gt__(self, other: Array | float) -> BooleanArray:
        return self.v > value(other)

    def __ge__(self, other: Array | float) -> BooleanArray:
        return self.v >= value(other)

    def __lt__(self, other: Array | float) -> BooleanArray:
        return self.v < value(other)

    def __le__(self, other: Array | float) -> BooleanArray:
        return self.v <= value(other)

    def through(self, value: Array, first: Array, second: Array) -> "Jet":
        """Return the jet of f(self) by the chain rule, given f, f' and f'' at the value."""
        return Jet(value, first * self.d, second * self.d * self.d + first * self.s)


def value(x: Array | float) -> Array | float:
    """Return the value of a jet, or x itself if it is an array or a number."""
    return x.v if isinstance(x, Jet) else x


def variable(x: Array) -> Jet:
    """Return the jet of the variable x: its first derivative is 1, its second is 0."""
    zero = 0 * x
    return Jet(x, zero + 1, zero)


class JetOperations(Operations):
    """Operations on jets. Arrays and numbers among the arguments are constants.

    Operations without a rule here are computed from operations that have one.

    Args:
        ops: the operations of the array library that the jets consist of.
    """

    def __init__(self, ops: Operations) -> None:
        self.ops = ops

    def where(self, condition: BooleanArray, a: Array | float, b: Array | float) -> Jet:
        """Return a where the condition is true, else b, with the derivatives."""
        a, b = as_jet(a), as_jet(b)
        where = self.ops.where
        return Jet(
            where(condition, a.v, b.v), where(condition, a.d, b.d), where(condition, a.s, b.s)
        )

    def minimum(self, a: Array, b: Array | float) -> Jet:
        """Return the smaller one, or b if they are equal."""
        return self.where(value(a) < value(b), a, b)

    def maximum(self, a: Array, b: Array | float) -> Jet:
        """Return the larger one, or b if they are equal."""
        return self.where(value(a) > value(b), a, b)

    def clip(self, x: Array, lower: float, upper: float) -> Jet:
        """Return min(max(x, lower), upper)."""
        return self.minimum(self.maximum(x, lower), upper)

    def absolute(self, x: Array) -> Jet:
        """Return |x|; its derivative at 0 is −1."""
        x = as_jet(x)
        return self.where(x.v > 0, x, -x)

    def exp(self, x: Array) -> Jet:
        """Return eˣ."""
        x = as_jet(x)
        e = self.ops.exp(x.v)
        return x.through(e, e, e)

    def expm1(self, x: Array) -> Jet:
        """Return eˣ − 1."""
        x = as_jet(x)
        e = self.ops.exp(x.v)
        return x.through(self.ops.expm1(x.v), e, e)

    def log(self, x: Array) -> Jet:
        """Return ln x."""
        x = as_jet(x)
        return x.through(self.ops.log(x.v), 1 / x.v, -1 / (x.v * x.v))

    def log1p(self, x: Array) -> Jet:
        """Return ln(1 + x)."""
        x = as_jet(x)
        r = 1 / (1 + x.v)
        return x.through(self.ops.log1p(x.v), r, -r * r)

    def tanh(self, x: Array) -> Jet:
        """Return tanh x."""
        x = as_jet(x)
        t, slope = self.ops.tanh(x.v), self.ops.sech_squared(x.v)
        return x.through(t, slope, -2 * t * slope)

    def sqrt(self, x: Array) -> Jet:
        """Return √x."""
        x = as_jet(x)
        root = self.ops.sqrt(x.v)
        return x.through(root, 0.5 / root, -0.25 / (root * x.v))

    def sin(self, x: Array) -> Jet:
        """Return sin x."""
        x = as_jet(x)
        sine = self.ops.sin(x.v)
        return x.through(sine, self.ops.cos(x.v), -sine)

    def cos(self, x: Array) -> Jet:
        """Return cos x."""
        x = as_jet(x)
        cosine = self.ops.cos(x.v)
        return x.through(cosine, -self.ops.sin(x.v), -cosine)

    def atan(self, x: Array) -> Jet:
        """Return arctan x."""
        x = as_jet(x)
        r = 1 / (1 + x.v * x.v)
        return x.through(self.ops.atan(x.v), r, -2 * (x.v * r) * r)

    def erf(self, x: Array) -> Jet:
        """Return erf x."""
        x = as_jet(x)
        slope = self.ops.times_gaussian(2 / sqrt(pi), x.v)
        return x.through(self.ops.erf(x.v), slope, -2 * x.v * slope)

    def sigmoid(self, z: Argument) -> Jet:
        """Return σ(z)."""
        z = as_jet(z)
        slope = self.ops.sigmoid_derivative(z.v)
        return z.through(self.ops.sigmoid(z.v), slope, -self.ops.tanh(z.v / 2) * slope)

    def softplus(self, z: Argument) -> Jet:
        """Return ln(1 + e^z)."""
        z = as_jet(z)
        return z.through(
            self.ops.softplus(z.v), self.ops.sigmoid(z.v), self.ops.sigmoid_derivative(z.v)
        )

    def softplus_tail(self, z: Argument) -> Jet:
        """Return ln(1 + e^−|z|)."""
        z = as_jet(z)
        slope = self.ops.sigmoid(-self.ops.absolute(z.v))
        return z.through(
            self.ops.softplus_tail(z.v),
            self.ops.where(z.v > 0, -slope, slope),
            self.ops.sigmoid_derivative(z.v),
        )

    def times_exp(self, a: Array | float, z: Argument, b: float = 1.0) -> Jet:
        """Return a · b · e^z; the derivatives are products with e^z too."""
        a, z = as_jet(times(b, cast(Array, a))), as_jet(z)
        first = a.d + a.v * z.d
        second = a.s + 2 * a.d * z.d + a.v * (z.d * z.d + z.s)
        times_exp = self.ops.times_exp
        return Jet(times_exp(a.v, z.v), times_exp(first, z.v), times_exp(second, z.v))

    def times_double_exp(self, a: Array | float, x: Array) -> Jet:
        """Return a · exp(−eˣ); the derivatives are products with exp(−eˣ) too."""
        a, x = as_jet(a), as_jet(x)
        e = self.ops.exp(self.ops.minimum(x.v, 7.0))
        first = a.d - a.v * e * x.d
        bend = (e - 1) * x.d * x.d - x.s
        second = a.s - 2 * a.d * e * x.d + a.v * e * bend
        times = self.ops.times_double_exp
        return Jet(times(a.v, x.v), times(first, x.v), times(second, x.v))

    def times_sigmoid(self, a: Array | float, z: Argument, b: float = 1.0) -> Jet:
        """Return a · b · σ(z); the derivatives are products with σ(z), as σ' = σ(z) σ(−z).

        A factor σ(−z) is applied by `times_sigmoid`, because it may be subnormal.
        """
        a, z = as_jet(times(b, cast(Array, a))), as_jet(z)
        times_sigmoid, other = self.ops.times_sigmoid, -z.v
        bend = z.s - self.ops.tanh(z.v / 2) * z.d * z.d
        return Jet(
            times_sigmoid(a.v, z.v),
            times_sigmoid(a.d + times_sigmoid(a.v * z.d, other), z.v),
            times_sigmoid(a.s + times_sigmoid(2 * a.d * z.d + a.v * bend, other), z.v),
        )

    def normal_distribution(self, x: Array) -> Jet:
        """Return Φ(x)."""
        x = as_jet(x)
        density = self.ops.normal_density(x.v)
        return x.through(self.ops.normal_distribution(x.v), density, -x.v * density)


def as_jet(x: object) -> Jet:
    """Return x as a jet; arrays and numbers are constants."""
    return x if isinstance(x, Jet) else Jet(cast(Array, x), 0.0, 0.0)


def derivative(
    f: Callable[[Operations, Array], Array], ops: Operations, x: Array, order: int
) -> Array:
    """Return f(x), f'(x) or f''(x) for a function written with `Operations`.

    Args:
        f: a function of (ops, x), such as `Activation.compute_value`.
        ops: the operations of the array library of x.
        x: an array of that library.
        order: 0 for f, 1 for f', 2 for f''.
    """
    if order == 0:
        return f(ops, x)
    jet = f(JetOperations(ops), variable(x))
    result = (jet.d, jet.s)[order - 1] if isinstance(jet, Jet) else 0.0
    return result + 0 * x if isinstance(result, float) else result
