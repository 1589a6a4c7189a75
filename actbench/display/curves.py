"""Curves of activations and their derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from actbench.activations.breakpoints import has_jump, nonsmooth_points
from actbench.activations.record import Activation
from actbench.display.style import (
    BLACK,
    BLUE,
    COLOURS,
    RED,
    check_figure_path,
    house_style,
    new_axes,
    short_name,
    write_figure,
)
from actbench.errors import RequestError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT_RANGE = (-6.0, 6.0)
"""The range of x."""

ORDERS = ("f", "f′", "f″")
"""The labels of f and its derivatives, by order."""

_LINES = ("-", "--", ":")
_COLOURS_OF_ORDERS = (BLACK, RED, BLUE)  # of a single function, as in the report

_POINTS = 601
_NEAR = 1e-9
_MOST_NAMES = 3  # in a title

Doubles = npt.NDArray[np.float64]


class Curve(NamedTuple):
    """One line of a figure.

    Args:
        x: inputs in ascending order.
        y: results; NaN interrupts the line at a jump.
        chosen: points of f or f' at a jump, where the record chooses a result.
    """

    x: Doubles
    y: Doubles
    chosen: tuple[tuple[float, float], ...]


def curve_of(activation: Activation, order: int, x_range: tuple[float, float]) -> Curve:
    """Return the curve of f, f' or f'' (order 0, 1 or 2) over a range.

    Breakpoints are among its points, so that corners are sharp.
    """
    low, high = x_range
    function = (activation, activation.derivative, activation.second_derivative)[order]
    inside = [point for point in nonsmooth_points(activation) if low < point < high]
    jumps = [point for point in inside if has_jump(activation, point, order)]
    sides = [p + side * _NEAR * max(1.0, abs(p)) for p in inside for side in (-1, 1)]
    x = np.unique(np.concatenate([np.linspace(low, high, _POINTS), inside, sides]))
    with np.errstate(all="ignore"):
        y = np.asarray(function(x), np.float64)
    y[~np.isfinite(y)] = np.nan
    at_jumps = np.isin(x, jumps)
    chosen = tuple(zip(x[at_jumps].tolist(), y[at_jumps].tolist(), strict=True))
    y[at_jumps] = np.nan
    return Curve(x, y, chosen if order < 2 else ())


def draw(
    ax: Axes,
    activations: Sequence[Activation],
    *,
    orders: Sequence[int] = (0,),
    x_range: tuple[float, float] = DEFAULT_RANGE,
) -> None:
    """Draw activations and derivatives on axes, with a legend.

    One function has a colour for each order. Several functions have a colour each, and a line
    style for each order. Dots are the results that are chosen at jumps. Results larger than the
    range of x are beyond the figure.

    Args:
        ax: axes to draw on.
        activations: the functions.
        orders: 0 for f, 1 and 2 for the derivatives.
        x_range: the range of x.
    """
    single = len(activations) == 1
    ax.axhline(0, color="0.7", linewidth=0.6)
    ax.axvline(0, color="0.7", linewidth=0.6)
    seen = [0.0]
    largest = max(map(abs, x_range))
    for number, activation in enumerate(activations):
        for order in orders:
            curve = curve_of(activation, order, x_range)
            colour = _COLOURS_OF_ORDERS[order] if single else COLOURS[number % len(COLOURS)]
            name = ORDERS[order] if single else short_name(str(activation))
            label = name if single or order == orders[0] else None
            ax.plot(curve.x, curve.y, color=colour, linestyle=_LINES[order], label=label)
            for point in curve.chosen:
                ax.plot(*point, "o", color=colour, markersize=4)
            seen += np.clip(curve.y[~np.isnan(curve.y)], -largest, largest).tolist()
    if not single and len(orders) > 1:
        for order in orders:
            ax.plot([], [], color="0.3", linestyle=_LINES[order], label=ORDERS[order])
    margin = 0.05 * (max(seen) - min(seen)) or 1.0
    ax.set(xlim=x_range, ylim=(min(seen) - margin, max(seen) + margin), xlabel="x")
    ax.legend(fontsize="small")


def title_of(activations: Sequence[Activation], orders: Sequence[int]) -> str:
    """Return the title of a figure.

    Example:
        >>> import actbench
        >>> title_of([actbench.get("mish"), actbench.get("relu")], [0, 1])
        'f and f′ of mish and relu'
    """
    names = [short_name(str(each)) for each in activations]
    if len(names) > _MOST_NAMES:
        names = [f"{len(names)} activations"]
    return f"{_joined([ORDERS[order] for order in orders])} of {_joined(names)}"


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def write_curves(
    path: Path,
    activations: Sequence[Activation],
    *,
    orders: Sequence[int] = (0,),
    x_range: tuple[float, float] = DEFAULT_RANGE,
) -> None:
    """Write the figure of some activations; the arguments are those of `draw`.

    Text in an SVG file is text, so that it can be searched and edited.

    Raises:
        RequestError: the range is empty, or the file cannot be written.
    """
    import matplotlib as mpl

    check_figure_path(path)
    if not -np.inf < x_range[0] < x_range[1] < np.inf:
        raise RequestError(
            f"range: expected two finite numbers in ascending order, "
            f"got {x_range[0]:g}, {x_range[1]:g}"
        )
    with house_style(), mpl.rc_context({"svg.fonttype": "none"}):
        figure, (ax,) = new_axes(width=6.4, height=4.2)
        draw(ax, activations, orders=orders, x_range=x_range)
        ax.set_title(title_of(activations, orders))
        write_figure(figure, path)


def plot(
    activation: Activation,
    ax: Axes | None = None,
    *,
    derivative: bool = False,
    second_derivative: bool = False,
    x_range: tuple[float, float] = DEFAULT_RANGE,
) -> Axes:
    """Draw one activation; the arguments are those of `Activation.plot`."""
    if ax is None:
        from matplotlib import pyplot as plt

        ax = plt.gca()
    orders = orders_of(derivative=derivative, second_derivative=second_derivative)
    draw(ax, [activation], orders=orders, x_range=x_range)
    ax.set_title(title_of([activation], orders))
    return ax


def orders_of(*, derivative: bool, second_derivative: bool) -> list[int]:
    """Return the orders that are drawn; f always is."""
    return [0, *([1] if derivative else []), *([2] if second_derivative else [])]
