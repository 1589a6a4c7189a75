"""Exact tables: a quantised function whose every entry is correctly rounded."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from actbench.activations import Activation
from actbench.deployment.quantisation.grid import Grid, Integers, grid_of_range
from actbench.errors import RequestError

BITS = range(4, 17)
"""The numbers of bits of a table."""


@dataclass(frozen=True)
class Table:
    """The exact table of a quantised function.

    Args:
        function: the activation with its parameters.
        formula: its formula.
        input: the grid of the inputs.
        output: the grid of the outputs.
        entries: the output of every input, from the smallest input to the largest.
        largest_error: largest error in steps of the output; at most ½.
    """

    function: str
    formula: str | None
    input: Grid
    output: Grid
    entries: tuple[int, ...]
    largest_error: float


def exact_values(activation: Activation, grid: Grid) -> list[Fraction]:
    """Return the true values at all numbers of a grid, each with about 100 accurate bits.

    Raises:
        RequestError: the activation has no formula, or no real and finite value at a number.
    """
    from actbench.conformance.ball_oracle import true_values
    from actbench.formula.oracle import NotRealError, oracle, tree_of

    tree_of(activation)
    x = grid.numbers()
    high, low = true_values(activation, x, (0,))[0]
    for at in np.flatnonzero(np.isnan(high)):
        try:
            value = oracle(activation, float(x[at]))
        except (NotRealError, ArithmeticError):
            raise RequestError(
                f"{activation}: expected a real value on the whole range, got none at {x[at]:g}"
            ) from None
        high[at] = float(value)
        low[at] = float(value - high[at])
    infinite = ~(np.isfinite(high) & np.isfinite(low))
    if infinite.any():
        raise RequestError(
            f"{activation}: expected finite values on the whole range, "
            f"got {high[infinite][0]:g} at {x[infinite][0]:g}"
        )
    return [Fraction(a) + Fraction(b) for a, b in zip(high.tolist(), low.tolist(), strict=True)]


def steps_of(values: list[Fraction], output: Grid) -> list[Fraction]:
    """Return values in steps from the smallest number of a grid, clipped to the grid."""
    offset, last = output.zero_point - output.lowest, output.highest - output.lowest
    scale = Fraction(output.scale)
    return [min(max(value / scale + offset, Fraction(0)), Fraction(last)) for value in values]


def nearest_entries(values: list[Fraction], output: Grid) -> Integers:
    """Return the integers of a grid that are nearest to values; ties go to the even step."""
    return np.array([round(step) + output.lowest for step in steps_of(values, output)])


def errors_in_steps(values: list[Fraction], integers: Integers, output: Grid) -> list[float]:
    """Return the distances of integers from the values, in steps of the grid."""
    pairs = zip(steps_of(values, output), integers.tolist(), strict=True)
    return [float(abs(got - output.lowest - step)) for step, got in pairs]


def exact_table(
    activation: Activation,
    input_range: tuple[float, float],
    *,
    bits: int = 8,
    signed: bool = True,
    output_range: tuple[float, float] | None = None,
) -> Table:
    """Return the table of a quantised activation, correctly rounded from true values.

    Args:
        activation: the activation; it needs a formula.
        input_range: range of the inputs.
        bits: number of bits of inputs and outputs, 4 to 16.
        signed: whether the integers are signed.
        output_range: range of the outputs; by default the extremes over all inputs.

    Raises:
        RequestError: a range or the number of bits is invalid, or a value is not a finite real
            number.

    Example:
        >>> import actbench
        >>> table = exact_table(actbench.get("relu"), (-8, 8), bits=4)
        >>> table.entries
        (-8, -8, -8, -8, -8, -8, -8, -8, -8, -6, -4, -2, 0, 2, 4, 7)
    """
    if bits not in BITS:
        raise RequestError(f"bits: expected {BITS[0]} to {BITS[-1]}, got {bits}")
    grid = grid_of_range(*input_range, bits=bits, signed=signed)
    values = exact_values(activation, grid)
    ends = output_range or (float(min(values)), float(max(values)))
    if output_range is None and min(*ends, 0.0) == max(*ends, 0.0):
        raise RequestError(
            f"{activation}: expected values other than 0, got none; try --output-range"
        )
    if output_range is None:  # a constant has a range with 0
        ends = min(ends[0], 0.0), max(ends[1], 0.0)
    output = grid_of_range(*ends, bits=bits, signed=signed)
    entries = nearest_entries(values, output)
    largest = max(errors_in_steps(values, entries, output))
    return Table(
        str(activation), activation.formula, grid, output, tuple(entries.tolist()), largest
    )
