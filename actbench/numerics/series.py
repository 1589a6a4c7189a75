"""Differences between a function and the first term of its series, without cancellation."""

from actbench.numerics.array import Array


def sinh_excess(square: Array) -> Array:
    """Return sinh(y)/y − 1 for y² ≤ 4, given y²: the series y²/3! + y⁴/5! + …."""
    total = square / 600
    for k in range(22, 1, -2):
        total = (1 + total) * square / (k * (k + 1))
    return total


def erf_excess(y: Array) -> Array:
    """Return erf(y) / (y erf'(y)) − 1 for |y| ≤ 1: the series 2y²/3 + (2y²)²/(3 · 5) + …."""
    square = 2 * y * y
    total = square / 41
    for odd in range(39, 1, -2):
        total = (1 + total) * square / odd
    return total


def artanh_excess(y: Array) -> Array:
    """Return artanh(y)/y − 1 for |y| ≤ ⅓: the series y²/3 + y⁴/5 + …."""
    total = y * y / 37
    for odd in range(35, 1, -2):
        total = (1 / odd + total) * y * y
    return total


def sine_remainder(y: Array) -> Array:
    """Return sin y − y for |y| ≤ 1: the series −y³/3! + y⁵/5! − …."""
    square = y * y
    total = square / (22 * 23)
    for k in range(20, 3, -2):
        total = (1 - total) * square / (k * (k + 1))
    return (total - 1) * square / 6 * y


def product_excess(a: Array, b: Array) -> Array:
    """Return (1 + a)(1 + b) − 1."""
    return a + b + a * b
