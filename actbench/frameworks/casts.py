"""Conversions between the formats of an array library."""

from collections.abc import Callable
from typing import Any, NamedTuple

from actbench.numerics.array import Array


class Casts(NamedTuple):
    """The conversions of one array library; dtypes have NumPy's names.

    Args:
        dtype_of: returns the name of an array's dtype.
        cast: returns an array with its values rounded to a dtype.
        bitcast: returns an array with its bits read as a dtype of the same width.
        shift_right: returns integers shifted right by a number of bits, with their sign.
    """

    dtype_of: Callable[[Any], str]
    cast: Callable[[Any, str], Array]
    bitcast: Callable[[Any, str], Array]
    shift_right: Callable[[Any, int], Array]
