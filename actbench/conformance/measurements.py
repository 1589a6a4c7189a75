"""What a function gives, in every format, eager and compiled: looked at once, judged often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from actbench.conformance.inputs import inputs
from actbench.conformance.targets import Target
from actbench.frameworks.libraries import DTYPES, NotPossibleError

EAGER, COMPILED = "eager", "compiled"

ORDERS = {EAGER: (0, 1, 2), COMPILED: (0, 1)}
"""The derivatives that are looked at in each mode."""

_AT_ONCE = 2
_KNOWN = ("actbench", "keras", "tensorflow", "torch", "jax")

# torch.compile takes seconds for each function and dtype; one dtype shows what it does.
_COMPILED_DTYPES = {"torch": ("float32",)}


class Key(NamedTuple):
    """What was looked at: a mode, a dtype, and the order of the derivative."""

    mode: str
    dtype: str
    order: int


@dataclass(frozen=True, eq=False)
class Results:
    """What a function gave.

    Args:
        x: the inputs, of one axis.
        got: what it gave for them, in the dtype of x.
        dtype: the dtype that it gave.
    """

    x: Any
    got: Any
    dtype: str


@dataclass(frozen=True, eq=False)
class Observations:
    """All that was seen of a target: results, or why there are none."""

    results: dict[Key, Results]
    missing: dict[Key, NotPossibleError]


def observe(target: Target) -> Observations:
    """Evaluate and differentiate a target on all inputs.

    Two formats at a time: most of it is the compilers' work, outside the interpreter's lock.
    """
    inputs_of = {dtype: inputs(target.expected, dtype) for dtype in DTYPES}
    # A reader's function may have a state of its own.
    at_once = _AT_ONCE if target.package in _KNOWN else 1
    with ThreadPoolExecutor(at_once) as pool:
        parts = list(pool.map(partial(_observe, target), inputs_of, inputs_of.values()))
    keys = [
        Key(mode, dtype, order) for mode in ORDERS for dtype in DTYPES for order in ORDERS[mode]
    ]
    found: dict[Key, Results | NotPossibleError] = {}
    for part in parts:
        found |= part
    in_order = [(key, found[key]) for key in keys if key in found]
    return Observations(
        {key: seen for key, seen in in_order if isinstance(seen, Results)},
        {key: reason for key, reason in in_order if isinstance(reason, NotPossibleError)},
    )


def _observe(target: Target, dtype: str, x: Any) -> dict[Key, Results | NotPossibleError]:
    """Return what a target gives in a format, or why it gives nothing."""
    library = target.library
    compiled = library.compiler is not None and dtype in _COMPILED_DTYPES.get(
        library.name, DTYPES
    )
    found: dict[Key, Results | NotPossibleError] = {}
    for mode in (EAGER, COMPILED) if compiled else (EAGER,):
        for order in ORDERS[mode]:
            if mode == COMPILED and isinstance(
                found[Key(EAGER, dtype, order)], NotPossibleError
            ):
                continue
            try:
                found[Key(mode, dtype, order)] = look(target, Key(mode, dtype, order), x)
            except NotPossibleError as reason:
                found[Key(mode, dtype, order)] = reason
    return found


def look(target: Target, key: Key, x: Any) -> Results:
    """Return what a target gives for an array of one axis.

    Raises:
        NotPossibleError: it takes no such tensors, or has no such derivative.
    """
    library = target.library
    with library.running(key.dtype):
        function = library.derivative(target.make(key.dtype), key.order)
        if key.mode == COMPILED:
            function = library.compile(function)
        got = library.array(function(library.tensor(x.copy())))
        if got.shape != x.shape:
            raise NotPossibleError(f"gives shape {got.shape} for shape {x.shape}")
        return Results(x, np.array(got).astype(x.dtype, copy=False), got.dtype.name)
