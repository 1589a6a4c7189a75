"""Limits from both sides of a breakpoint, from ball arithmetic."""

import numpy as np
from flint import arb, ctx

from actbench.activations import breakpoints
from actbench.activations.record import Activation
from actbench.conformance.ball_oracle import enclosures
from actbench.conformance.ulp import format_of
from actbench.conformance.vectors.rounding import approximately_rounded
from actbench.conformance.vectors.vector_set import Breakpoint

_ORDERS = (0, 1, 2)

# The results at this distance differ from the limits by less than float64 shows. A breakpoint
# that is no float64 number lies between its neighbours, so their results are used then.
_DISTANCE, _NEIGHBOURS = -600, 4
_PRECISION = 2048
_TINY = 2.0 ** (_DISTANCE // 2)

_SAME = 1e-5  # relative difference of a limit from its extrapolation by the stable code


# Oscillating functions have hundreds of breakpoints; those nearest to 0 are used.
_MOST_BREAKPOINTS = 32


def nearest_breakpoints(activation: Activation) -> list[float]:
    """Return the breakpoints nearest to 0, in ascending order."""
    known = sorted(breakpoints.breakpoints(activation), key=lambda x: (abs(x), x))
    return sorted(known[:_MOST_BREAKPOINTS])


def breakpoints_with_limits(activation: Activation) -> tuple[Breakpoint, ...]:
    """Return the breakpoints nearest to 0, in ascending order, with their limits."""
    kinks = {kink.x for kink in breakpoints.kinks(activation)}
    return tuple(
        Breakpoint(
            x=x,
            is_kink=x in kinks,
            value=float(activation(x)),
            derivative=float(activation.derivative(x)),
            left=_limits(activation, x, -1),
            right=_limits(activation, x, 1),
        )
        for x in nearest_breakpoints(activation)
    )


def _limits(activation: Activation, x: float, sign: int) -> tuple[float, float, float]:
    """Return the limits of f, f' and f'' from the left (sign −1) or the right, as float64."""
    numbers = format_of(np.float64)
    reach = _NEIGHBOURS * float(np.spacing(max(abs(x), numbers.tiny)))
    with ctx.workprec(_PRECISION):
        points = [arb(x) + sign * arb(2) ** _DISTANCE, arb(x) + sign * arb(reach)]
    nearest, other = (
        [_without_tiny(approximately_rounded(ball, numbers)) for ball in balls]
        for balls in enclosures(activation, points, precision=_PRECISION)
    )
    found = []
    for order in _ORDERS:
        sides = breakpoints.one_sided_limits(activation, x, order)
        estimate = sides[0] if sign < 0 else sides[1]
        close = abs(nearest[order] - estimate) <= _SAME * max(1.0, abs(estimate))
        found.append(nearest[order] if close else other[order])
    return found[0], found[1], found[2]


def _without_tiny(result: float) -> float:
    """Return 0 for the result at a small distance from a zero."""
    return 0.0 if abs(result) < _TINY else result
