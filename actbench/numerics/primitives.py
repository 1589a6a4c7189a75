"""The functions that an array library provides."""

from collections.abc import Callable
from dataclasses import dataclass

from actbench.numerics.array import Array, BooleanArray

Unary = Callable[[Array], Array]
Binary = Callable[[Array, Array | float], Array]


@dataclass(frozen=True, eq=False, repr=False)
class Primitives:
    """The elementwise functions of one array library.

    Args:
        exp: x ↦ eˣ.
        expm1: x ↦ eˣ − 1.
        log: x ↦ ln x.
        log1p: x ↦ ln(1 + x).
        tanh: x ↦ tanh x.
        sqrt: x ↦ √x.
        sin: x ↦ sin x.
        cos: x ↦ cos x.
        atan: x ↦ arctan x.
        erf: x ↦ erf x.
        absolute: x ↦ |x|.
        round: x ↦ the nearest integer.
        minimum: (x, y) ↦ the smaller one; y may be a number.
        maximum: (x, y) ↦ the larger one; y may be a number.
        where: (condition, x, y) ↦ x where the condition is true, else y; x and y may be
            numbers.
    """

    exp: Unary
    expm1: Unary
    log: Unary
    log1p: Unary
    tanh: Unary
    sqrt: Unary
    sin: Unary
    cos: Unary
    atan: Unary
    erf: Unary
    absolute: Unary
    round: Unary
    minimum: Binary
    maximum: Binary
    where: Callable[[BooleanArray, Array | float, Array | float], Array]

    def clip(self, x: Array, lower: float, upper: float) -> Array:
        """Return min(max(x, lower), upper)."""
        return self.minimum(self.maximum(x, lower), upper)
