"""A small curve of an activation, drawn in characters."""

import numpy as np

from actbench.activations import Activation

COLUMNS, ROWS = 61, 13
"""Size of the curve in characters."""

_LIMIT = 6.0  # both axes end at ±6


def curve(activation: Activation) -> list[str]:
    """Return the curve of f on [−6, 6] as lines; labels on the left are values of f.

    Values beyond ±6 are drawn at ±6, and NaN is left out.

    Args:
        activation: f.

    Returns:
        `ROWS` lines of the curve, then one line with the ends of the x axis.
    """
    x = np.linspace(-_LIMIT, _LIMIT, COLUMNS)
    y = np.clip(np.asarray(activation(x), np.float64), -_LIMIT, _LIMIT)
    drawable = np.flatnonzero(~np.isnan(y))
    low, high = min([0.0, *y[drawable].tolist()]), max([0.0, *y[drawable].tolist()])
    height = (high - low) or 1.0
    rows = np.rint((high - y[drawable]) / height * (ROWS - 1)).astype(int)
    zero_row = round(high / height * (ROWS - 1))
    grid = [["─" if row == zero_row else " "] * COLUMNS for row in range(ROWS)]
    for row in range(ROWS):
        grid[row][COLUMNS // 2] = "┼" if row == zero_row else "│"
    for column, row in zip(drawable, rows, strict=True):
        grid[row][column] = "●"
    labels = {0: f"{high:.3g}", ROWS - 1: f"{low:.3g}", zero_row: "0"}
    lines = [f"{labels.get(row, ''):>7} {''.join(grid[row])}" for row in range(ROWS)]
    return [*lines, f"{'':>7} −6{'':<{COLUMNS - 3}}6"]
