"""The axes along which the elements of an input share one value of a trained parameter."""

from collections.abc import Iterable, Sequence
from operator import index
from typing import Literal, SupportsIndex

from actbench.errors import RequestError

Axes = tuple[int, ...] | Literal["all"] | None


def checked_axes(axes: object) -> Axes:
    """Return shared axes as a tuple of Python integers, "all" or None.

    Args:
        axes: an integer, several integers, "all" or None.

    Raises:
        RequestError: the value is none of these.
    """
    if axes is None:
        return None
    if isinstance(axes, str) and axes == "all":
        return "all"
    given: tuple[object, ...] = (axes,)
    if isinstance(axes, Iterable) and not isinstance(axes, str):
        given = tuple(axes)
    numbers = tuple(
        index(axis)
        for axis in given
        if isinstance(axis, SupportsIndex) and not isinstance(axis, bool)
    )
    if len(numbers) < len(given):
        raise RequestError(
            "shared_axes: expected a list of integers such as [1, 2], 'all' or None, "
            f"got {axes!r}"
        )
    return numbers


def positive_axes(axes: Axes, shape: Sequence[int | None], layer: str) -> tuple[int, ...]:
    """Return the axes that share parameters as sorted positive numbers, without the batch axis.

    Args:
        axes: the axes, where negative ones count from the end; None for all but the last.
        shape: shape of the inputs; None is an unknown size.
        layer: name of the layer, for errors.

    Raises:
        RequestError: the input does not have these axes, or an axis that needs one value per
            element has no fixed size.
    """
    rank = len(shape)
    if axes is None:
        shared = tuple(range(1, rank - 1))
    elif axes == "all":
        shared = tuple(range(1, rank))
    else:
        shared = tuple(sorted({axis + rank if axis < 0 else axis for axis in axes}))
    if any(not 0 < axis < rank for axis in shared):
        raise RequestError(
            f"shared_axes of {layer}: expected axes from 1 to {rank - 1} for inputs "
            f"{tuple(shape)}, got {list(axes or ())}; the batch, axis 0, is always shared"
        )
    open_axes = [axis for axis in range(1, rank) if shape[axis] is None and axis not in shared]
    if open_axes:
        raise RequestError(
            f"inputs of {layer}: expected a fixed size along axis {open_axes[0]}, got shape "
            f"{tuple(shape)}; try to add this axis to shared_axes"
        )
    return shared
