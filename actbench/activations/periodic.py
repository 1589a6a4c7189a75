"""Functions that contain a sine.

Some of these functions, or their derivatives, have no limit at ±∞: `limits` and `slope_limits`
are NaN there. At ±∞ such a function returns the mean that it oscillates about, because only
NaN may give NaN.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from sys import float_info
from typing import ClassVar

from actbench.activations import properties
from actbench.activations.record import Activation, ErrorBound, Interval, parameter
from actbench.numerics.array import Array
from actbench.numerics.exp_operations import times
from actbench.numerics.operations import Operations
from actbench.numerics.series import sine_remainder

# With larger parameters, sums of products of them may overflow.
_LARGE = 1e300

# Sums of four such numbers are finite.
_LARGEST = float_info.max / 4

_ROUNDED = "the argument of the sine is rounded"
_TERMS = "the terms cancel near a zero"


@dataclass(frozen=True)
class _Oscillating(Activation):
    """A function whose value or derivatives have no limit at −∞ or +∞."""

    means: ClassVar[tuple[Interval, Interval, Interval]]
    """The results of f, f' and f'' at −∞ and +∞: limits, or means of oscillations."""
    oscillates: ClassVar[tuple[tuple[bool, bool], tuple[bool, bool]]]
    """Whether f and f' oscillate, and so have no limit, at −∞ and at +∞."""

    def at_infinity(self, order: int) -> Interval:
        """Return the results of f, f' or f'' at −∞ and +∞: limits, or means of oscillations."""
        return self.means[order] if self.oscillating else properties.at_infinity(self, order)

    @property
    def limits(self) -> Interval:
        """The limits of f at −∞ and +∞; NaN where f oscillates."""
        return self._limits(0)

    @property
    def slope_limits(self) -> Interval:
        """The limits of f' at −∞ and +∞; NaN where f' oscillates."""
        return self._limits(1)

    @property
    def oscillating(self) -> bool:
        """Whether the amplitude and the frequency of the sine are not 0."""
        return True

    def _limits(self, order: int) -> Interval:
        if not self.oscillating:
            return properties.at_infinity(self, order)
        (left, right), (no_left, no_right) = self.means[order], self.oscillates[order]
        return math.nan if no_left else left, math.nan if no_right else right


@dataclass(frozen=True)
class Sine(_Oscillating):
    """Sine, f(x) = sin(ωx).

    Sitzmann et al. (2020), arXiv:2006.09661; the first layer of SIREN has ω = 30.
    """

    omega: float = parameter(1.0, symbol=r"\omega", meaning="angular frequency")

    name = "sine"
    formula = "sin(omega * x)"
    source = "Sitzmann et al. (2020), arXiv:2006.09661"
    year = 2020
    error_bounds = (ErrorBound(4, 1, _ROUNDED),) * 3
    means = ((0.0, 0.0),) * 3
    oscillates = ((True, True), (True, True))

    @property
    def oscillating(self) -> bool:
        return self.omega != 0

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.sin(_angle(ops, self.omega, x))


@dataclass(frozen=True)
class Gcu(_Oscillating):
    """Growing cosine unit, f(x) = x · cos x.

    Noel et al. (2021), arXiv:2108.12943.
    """

    name = "gcu"
    formula = "x * cos(x)"
    source = "Noel et al. (2021), arXiv:2108.12943"
    year = 2021
    error_bounds = (ErrorBound(), ErrorBound(6, 1.5, _TERMS), ErrorBound(6, 1.5, _TERMS))
    means = ((0.0, 0.0),) * 3
    oscillates = ((True, True), (True, True))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return x * ops.cos(x)


@dataclass(frozen=True)
class Snake(_Oscillating):
    """Snake, f(x) = x + sin²(ax)/a, f' = 1 + sin(2ax) = (sin ax + cos ax)².

    Ziyin, Hartwig & Ueda (2020), arXiv:2006.08195.
    """

    a: float = parameter(1.0, symbol="a", meaning="half the angular frequency", above=0)

    name = "snake"
    formula = "x + sin(a * x)**2 / a"
    source = "Ziyin, Hartwig & Ueda (2020), arXiv:2006.08195"
    year = 2020
    error_bounds = (ErrorBound(4, 1.5, _ROUNDED),) * 3
    means = ((-math.inf, math.inf), (1.0, 1.0), (0.0, 0.0))
    oscillates = ((False, False), (True, True))
    monotone = True

    def compute_value(self, ops: Operations, x: Array) -> Array:
        sine = ops.sin(_angle(ops, self.a, x))
        return x + sine * sine / self.a

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        # 1 + s = c² / (1 − s) does not cancel near the double zeros and is never negative.
        s, c = self._doubled(ops, x)
        return ops.where(s < 0, c * c / (1 - ops.minimum(s, 0.0)), 1 + s)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        return self.a * (2 * self._doubled(ops, x)[1])

    def _doubled(self, ops: Operations, x: Array) -> tuple[Array, Array]:
        """Return sin(2ax) and cos(2ax), by double-angle formulas where 2ax may overflow."""
        angle = _angle(ops, self.a, x)
        sine, cosine = ops.sin(angle), ops.cos(angle)
        near = ops.absolute(angle) < 1e30
        twice = 2 * ops.where(near, angle, 0.0)
        return (
            ops.where(near, ops.sin(twice), 2 * sine * cosine),
            ops.where(near, ops.cos(twice), (cosine - sine) * (cosine + sine)),
        )


@dataclass(frozen=True)
class Sinlu(_Oscillating):
    """Sinu-sigmoidal linear unit, f(x) = (x + a · sin(bx)) · σ(x).

    Paul et al. (2022), doi:10.3390/math10030337.
    """

    a: float = parameter(1.0, symbol="a", meaning="amplitude of the sine")
    b: float = parameter(1.0, symbol="b", meaning="angular frequency")

    name = "sinlu"
    formula = "(x + a * sin(b * x)) * sigmoid(x)"
    source = "Paul et al. (2022), doi:10.3390/math10030337"
    year = 2022
    error_bounds = (
        ErrorBound(32, 2, _ROUNDED + "; x and a · sin(bx) may cancel where a b < 0"),
        ErrorBound(16, 2, _ROUNDED + "; its terms may cancel"),
        ErrorBound(16, 2, _ROUNDED + "; its terms may cancel"),
    )
    means = ((0.0, math.inf), (0.0, 1.0), (0.0, 0.0))
    oscillates = ((False, False), (False, True))

    @property
    def oscillating(self) -> bool:
        return self.a != 0 and self.b != 0

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return self._unscaled(ops.times_sigmoid(self._sum(ops, x), x))

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        return ops.times_sigmoid(x + self.a * ops.sin(_angle(ops, self.b, x)), x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        inside = ops.times_sigmoid(self._sum(ops, x), -x)
        return self._unscaled(ops.times_sigmoid(self._slope(ops, x) + inside, x))

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        # With w = x + a sin(bx), f'' = σ(x) (w'' + σ(−x) (2w' − w tanh(x/2))).
        bend = -self._wave(ops, 2, ops.sin(_angle(ops, self.b, x)))
        inside = 2 * self._slope(ops, x) - self._sum(ops, x) * ops.tanh(x / 2)
        inside = bend + ops.times_sigmoid(inside, -x)
        return self._unscaled(ops.times_sigmoid(inside, x))

    @property
    def _scale(self) -> float:
        """1, or a power of 2 that keeps sums of parts finite if a b² is large."""
        return 1.0 if abs(self.a) < _LARGE and abs(self.b) < _LARGE**0.25 else 1 / 16

    def _unscaled(self, result: Array) -> Array:
        return result if self._scale == 1 else result / self._scale

    def _sum(self, ops: Operations, x: Array) -> Array:
        """Return x + a sin(bx), times the scale."""
        product = ops.absolute(self.b * x)
        # For tiny bx, which may be subnormal, the sine is bx.
        line = self._wave(ops, 1, x)
        wave = self._wave(ops, 0, ops.sin(_angle(ops, self.b, x)))
        # The sum is finite at −∞, because its product with 0 would be NaN.
        total = times(self._scale, x) + ops.where(product < 1e-30, line, wave)
        if self.a * self.b < 0:
            # (1 + ab) x + a (sin(bx) − bx), because x and the wave may cancel near 0.
            slope = (1 + Fraction(self.a) * Fraction(self.b)) * Fraction(self._scale)
            rest = self._wave(ops, 0, sine_remainder(ops.clip(self.b * x, -1.0, 1.0)))
            total = ops.where(product < 1, ops.multiple(slope, x) + rest, total)
        return ops.maximum(total, -float_info.max)

    def _slope(self, ops: Operations, x: Array) -> Array:
        """Return 1 + ab cos(bx), times the scale."""
        angle, slope = _angle(ops, self.b, x), Fraction(self.a) * Fraction(self.b)
        if abs(slope) > 2:
            return self._scale + self._wave(ops, 1, ops.cos(angle))
        # It is computed with the half angle, because it cancels near double zeros.
        half, size = ops.cos(angle / 2) if slope > 0 else ops.sin(angle / 2), abs(slope)
        return times(self._scale, float(1 - size) + 2 * float(size) * (half * half))

    def _wave(self, ops: Operations, order: int, x: Array) -> Array:
        """Return a · b^order · x, times the scale; it is clipped where it may overflow."""
        amplitude = Fraction(self.a) * Fraction(self.b) ** order * Fraction(self._scale)
        wave = ops.multiple(amplitude, x)
        return wave if self._scale == 1 else ops.clip(wave, -_LARGEST, _LARGEST)


def _angle(ops: Operations, frequency: float, x: Array) -> Array:
    """Return frequency · x, or 0 where the product overflows."""
    angle = frequency * x
    return ops.where(ops.absolute(angle) < math.inf, angle, 0.0)
