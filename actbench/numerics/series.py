"""How far functions are from the first term of their series, without cancellation."""

from typing import Any


def sinh_excess(square: Any) -> Any:
    """Return sinh(y)/y − 1, given y² ≤ 4, by its series y²/3! + y⁴/5! and so on."""
    total = square / 600
    for k in range(22, 1, -2):
        total = (1 + total) * square / (k * (k + 1))
    return total


def erf_excess(y: Any) -> Any:
    """Return erf(y) / (y erf'(y)) − 1, |y| ≤ 1, by its series: 2y²/3 + (2y²)²/(3 · 5)."""
    square = 2 * y * y
    total = square / 41
    for odd in range(39, 1, -2):
        total = (1 + total) * square / odd
    return total


def artanh_excess(y: Any) -> Any:
    """Return artanh(y)/y − 1, |y| ≤ ⅓, by its series y²/3 + y⁴/5 and so on."""
    total = y * y / 37
    for odd in range(35, 1, -2):
        total = (1 / odd + total) * y * y
    return total


def both_excesses(a: Any, b: Any) -> Any:
    """Return (1 + a)(1 + b) − 1."""
    return a + b + a * b
