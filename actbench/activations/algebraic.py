"""Functions made of fractions and roots."""

from dataclasses import dataclass
from math import sqrt

from actbench.activations.record import Activation, Counterpart, ErrorBound, parameter
from actbench.numerics.array import Array
from actbench.numerics.operations import Operations

_POWERS = (
    ErrorBound(),
    ErrorBound(8, 0, "a power of a rounded root"),
    ErrorBound(12, 0, "a power of a rounded root"),
)


@dataclass(frozen=True)
class Softsign(Activation):
    """Softsign, f(x) = x / (1 + |x|), f' = 1 / (1 + |x|)².

    Turian, Bergstra & Bengio (2009). f'' jumps at 0, where it is −2.
    """

    name = "softsign"
    formula = "x / (1 + abs(x))"
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(8, 0, "a third power"))
    source = "Turian, Bergstra & Bengio (2009), NAACL-HLT"
    year = 2009
    counterparts = (
        Counterpart("keras.activations.softsign"),
        Counterpart("tf.nn.softsign"),
        Counterpart("torch.nn.functional.softsign"),
        Counterpart("jax.nn.soft_sign"),
        Counterpart("mlx.nn.softsign"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return x / (1 + ops.absolute(x))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        r = 1 / (1 + ops.absolute(x))
        return r * r

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        r = 1 / (1 + ops.absolute(x))
        return _step(ops, x, 2.0, -2.0) * r * r * r


@dataclass(frozen=True)
class Elliott(Activation):
    """Elliott's sigmoid, f(x) = x / (2 (1 + |x|)) + ½.

    It is computed as t = ½ / (1 + |x|) for x ≤ 0 and 1 − t for x > 0, because the sum with ½
    cancels for x < 0. Elliott (1993); the shift to (0, 1) is that of FANN. f'' jumps at 0,
    where it is 1.
    """

    name = "elliott"
    formula = "x / (2 * (1 + abs(x))) + 0.5"
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(8, 0, "a third power"))
    source = "Elliott (1993), University of Maryland ISR TR 93-8; shifted to (0, 1) as in FANN"
    year = 1993

    def compute_value(self, ops: Operations, x: Array) -> Array:
        tail = 0.5 / (1 + ops.absolute(x))
        return ops.where(x > 0, 1 - tail, tail)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        r = 1 / (1 + ops.absolute(x))
        return 0.5 * r * r

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        r = 1 / (1 + ops.absolute(x))
        return _step(ops, x, 1.0, -1.0) * r * r * r


@dataclass(frozen=True)
class Isru(Activation):
    """Inverse square root unit, f(x) = x / √(1 + αx²), f' = (1 + αx²)^(−3/2).

    Carlile et al. (2017), arXiv:1710.09967.
    """

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the bound is ±1/√α", above=0)

    name = "isru"
    formula = "x / sqrt(1 + alpha * x**2)"
    source = "Carlile et al. (2017), arXiv:1710.09967"
    year = 2017
    error_bounds = _POWERS

    def compute_value(self, ops: Operations, x: Array) -> Array:
        # x is clipped where f is at its bound ±1/√α, because √α x may overflow there.
        end = 1e15 / sqrt(self.alpha)
        near = ops.clip(x, -end, end)
        return near / _hypotenuse(ops, sqrt(self.alpha) * near)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        r = 1 / _hypotenuse(ops, sqrt(self.alpha) * x)
        return r * r * r

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        r = 1 / _hypotenuse(ops, sqrt(self.alpha) * x)
        # Multiplied from left to right, no intermediate product underflows before the result.
        root = sqrt(self.alpha)
        return -3 * root * (root * (x * r)) * r * r * r * r


@dataclass(frozen=True)
class Isrlu(Activation):
    """Inverse square root linear unit, f(x) = x for x > 0, else x / √(1 + αx²).

    The first and second derivatives are continuous. Carlile et al. (2017), arXiv:1710.09967.
    """

    alpha: float = parameter(1.0, symbol=r"\alpha", meaning="the lower bound is −1/√α", above=0)

    name = "isrlu"
    formula = "x if x > 0 else x / sqrt(1 + alpha * x**2)"
    source = "Carlile et al. (2017), arXiv:1710.09967"
    year = 2017
    error_bounds = _POWERS

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, x, Isru(self.alpha).compute_value(ops, x))

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, 1.0, Isru(self.alpha).compute_derivative(ops, x))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, 0.0, Isru(self.alpha).compute_second_derivative(ops, x))


@dataclass(frozen=True)
class Squareplus(Activation):
    """Squareplus, f(x) = (x + √(x² + b)) / 2.

    With h = (|x| + √(x² + b)) / 2, f is h for x > 0, else (b/4) / h, which does not cancel.
    f' = f / √(x² + b). Barron (2021), arXiv:2112.11687.
    """

    b: float = parameter(4.0, symbol="b", meaning="f(0) = √b / 2", above=0)

    name = "squareplus"
    formula = "(x + sqrt(x**2 + b)) / 2"
    source = "Barron (2021), arXiv:2112.11687"
    year = 2021
    error_bounds = _POWERS
    counterparts = (
        Counterpart("keras.activations.squareplus", {"b": "b"}),
        Counterpart("jax.nn.squareplus", {"b": "b"}),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        root = self._root(ops, x)
        half = ops.absolute(x) / 2 + root / 2
        # b / 4 may be subnormal where the quotient is not.
        c = sqrt(self.b)
        below = self.b / 4 / half if self.b > 1e-300 else c / 4 / half * c
        return ops.where(x > 0, half, below)

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        root = self._root(ops, x)
        half = ops.absolute(x) / 2 + root / 2
        return ops.where(x > 0, half, self.b / 4 / half)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        root = self._root(ops, x)
        half = ops.absolute(x) / root / 2 + 0.5
        c = sqrt(self.b) / root
        return ops.where(x > 0, half, c * c / 4 / half)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        root = self._root(ops, x)
        c = sqrt(self.b) / root
        return c * c / (2 * root)

    def _root(self, ops: Operations, x: Array) -> Array:
        """Return √(x² + b) = √b · √(1 + x²/b); it is |x| long before x² overflows."""
        c = sqrt(self.b)
        size = ops.absolute(x)
        near = c * _hypotenuse(ops, ops.minimum(size, 1e10 * c) / c)
        return ops.where(size > 1e9 * c, size, near)


@dataclass(frozen=True)
class BentIdentity(Activation):
    """Bent identity, f(x) = (√(x² + 1) − 1) / 2 + x.

    It is computed as x + x · x / (√(x² + 1) + 1) / 2, because √(x² + 1) − 1 cancels near 0.
    The source is the article "Activation function" of Wikipedia.
    """

    name = "bent_identity"
    formula = "(sqrt(x**2 + 1) - 1) / 2 + x"
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(8, 0, "a third power"))
    source = "Wikipedia, Activation function"
    year = 2015

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return x + x * (x / (_hypotenuse(ops, x) + 1)) / 2

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        return 1 + x / _hypotenuse(ops, x) / 2

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        r = 1 / _hypotenuse(ops, x)
        return 0.5 * r * r * r


@dataclass(frozen=True)
class Arctan(Activation):
    """Arc tangent, f(x) = arctan x, f' = 1 / (1 + x²).

    Kamruzzaman & Aziz (2002), doi:10.1109/IJCNN.2002.1005481.
    """

    name = "arctan"
    formula = "atan(x)"
    source = "Kamruzzaman & Aziz (2002), doi:10.1109/IJCNN.2002.1005481"
    year = 2002
    error_bounds = (ErrorBound(), ErrorBound(), ErrorBound(6, 0, "a third power"))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.atan(x)


def _hypotenuse(ops: Operations, z: Array) -> Array:
    """Return √(1 + z²); it is |z| long before z² overflows."""
    z = ops.absolute(z)
    small = ops.minimum(z, 1e9)
    return ops.where(z > 1e9, z, ops.sqrt(1 + small * small))


def _step(ops: Operations, x: Array, below: float, above: float) -> Array:
    """Return `above` for x > 0, else `below`; NaN at NaN."""
    return ops.where(x > 0, above, ops.where(x <= 0, below, x))
