"""What a function gives, in every format, eager and compiled: looked at once, judged often."""

import warnings
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from actbench.audit.inputs import inputs
from actbench.audit.targets import Target
from actbench.frameworks.libraries import DTYPES, NotPossibleError

EAGER, COMPILED = "eager", "compiled"

ORDERS = {EAGER: (0, 1, 2), COMPILED: (0, 1)}
"""The derivatives that are looked at in each mode."""

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
    missing: dict[Key, str]


def observe(target: Target) -> Observations:
    """Evaluate and differentiate a target on all inputs."""
    results: dict[Key, Results] = {}
    missing: dict[Key, str] = {}
    modes = (EAGER,) if target.library.compiler is None else (EAGER, COMPILED)
    for mode in modes:
        for dtype in DTYPES:
            if mode == COMPILED and dtype not in _COMPILED_DTYPES.get(
                target.library.name, DTYPES
            ):
                continue
            for order in ORDERS[mode]:
                key = Key(mode, dtype, order)
                if mode == COMPILED and Key(EAGER, dtype, order) in missing:
                    continue
                try:
                    results[key] = look(target, key, inputs(target.expected, dtype))
                except NotPossibleError as reason:
                    missing[key] = str(reason)
    return Observations(results, missing)


def look(target: Target, key: Key, x: Any) -> Results:
    """Return what a target gives for an array of one axis.

    Raises:
        NotPossibleError: it takes no such tensors, or has no such derivative.
    """
    library = target.library
    with warnings.catch_warnings(), np.errstate(all="ignore"), library.scope(key.dtype):
        # Frameworks warn of what they compile and of what they will change.
        warnings.simplefilter("ignore")
        try:
            function = library.derivative(target.make(key.dtype), key.order)
            if key.mode == COMPILED:
                function = library.compile(function)
            got = library.array(function(library.tensor(x.copy())))
        except NotPossibleError:
            raise
        except Exception as error:  # whatever a framework or a reader's function raises
            reason = (str(error).strip().splitlines() or [""])[0]
            raise NotPossibleError(f"{type(error).__name__}: {reason[:200]}") from None
        if got.shape != x.shape:
            raise NotPossibleError(f"gives shape {got.shape} for shape {x.shape}")
        return Results(x, np.array(got).astype(x.dtype, copy=False), got.dtype.name)
