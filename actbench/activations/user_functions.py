"""A reader's own functions: imported by name, or found as plug-ins of installed packages."""

import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from actbench.activations.record import Activation
from actbench.errors import RequestError
from actbench.numerics.operations import Operations

GROUP = "actbench.activations"
"""The entry-point group in which packages name their records, activations and callables."""


@dataclass(frozen=True)
class CallableActivation(Activation):
    """A callable of arrays as an activation; only what can be found by calling it is known.

    It is called with float64 arrays of one axis, or with TensorFlow tensors. Its derivative is
    its attribute `derivative`, and `second_derivative` likewise; the gradient of a tensor is
    TensorFlow's own where it has none.

    Args:
        target: where it was found; its name here.
    """

    target: str
    function: Callable[[Any], Any] = field(repr=False, compare=False)

    source = "a reader's function"
    formula = None
    blockwise = False

    def __post_init__(self) -> None:
        """Accept any callable; it has no parameters here."""

    @property
    def name(self) -> str:  # type: ignore[override]
        """Where it was found."""
        return self.target

    @property
    def family(self) -> str:
        """Readers' functions stand by themselves."""
        return "own"

    @property
    def parameters(self) -> dict[str, float]:
        """None: a callable is taken as it is."""
        return {}

    @property
    def symbols(self) -> dict[str, str]:
        """None either."""
        return {}

    def compute_value(self, ops: Operations, x: Any) -> Any:
        """Call it."""
        del ops
        return self._called(self.function, x)

    def compute_derivative(self, ops: Operations, x: Any) -> Any:
        """Call its derivative."""
        return self._derivative("derivative", x)

    def compute_second_derivative(self, ops: Operations, x: Any) -> Any:
        """Call its second derivative."""
        return self._derivative("second_derivative", x)

    def has_derivative(self, order: int) -> bool:
        """Return whether the derivative of that order is known."""
        return order == 0 or hasattr(self.function, _DERIVATIVES[order])

    def get_config(self) -> dict[str, Any]:
        """Return where it is: what Keras writes into a saved model."""
        return {"target": self.target}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "CallableActivation":
        """Return what is at the place that `get_config` named."""
        return cls(config["target"], load(config["target"]))

    def _derivative(self, name: str, x: Any) -> Any:
        function = getattr(self.function, name, None)
        if not callable(function):
            raise RequestError(
                f"{self.target}: its {name.replace('_', ' ')} is not known; a callable "
                f"attribute {name!r}, or the function as formula:TEXT, would be right"
            )
        return self._called(function, x)

    def _called(self, function: Callable[[Any], Any], x: Any) -> Any:
        try:
            with _at_once(x):
                result = function(x)
        except Exception as error:  # whatever a reader's function raises
            reason = (str(error).splitlines() or [""])[0]
            given = "array" if isinstance(x, np.ndarray) else "TensorFlow tensor"
            raise RequestError(
                f"{self.target}: fails on {'an' if given == 'array' else 'a'} {given} "
                f"({type(error).__name__}: {reason}); a function of {given}s would be right"
            ) from error
        if getattr(result, "shape", ()) != x.shape:
            raise RequestError(
                f"{self.target}: gives shape {getattr(result, 'shape', ())} for shape "
                f"{x.shape}; an elementwise function would be right"
            )
        return result


def _at_once(x: Any) -> AbstractContextManager[Any]:
    """Let TensorFlow compute with arrays at once, where it is making a graph as well."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not isinstance(x, np.ndarray):
        return nullcontext()
    scope: AbstractContextManager[Any] = tensorflow.init_scope()
    return scope


_DERIVATIVES = ("", "derivative", "second_derivative")


def load(target: str) -> Any:
    """Return what stands at `pkg.module:attribute`.

    Raises:
        RequestError: there is no such module or attribute, or the module fails.
    """
    module_name, _, path = target.partition(":")
    if not path or not all(part.isidentifier() for part in path.split(".")):
        raise RequestError(f"{target!r}: pkg.module:attribute would be right")
    try:
        found = import_module(module_name)
    except Exception as error:  # whatever a reader's module raises
        reason = (str(error).splitlines() or [""])[0]
        raise RequestError(
            f"{target!r}: module {module_name!r} cannot be imported "
            f"({type(error).__name__}: {reason})"
        ) from None
    for part in path.split("."):
        if not hasattr(found, part):
            raise RequestError(f"{target!r}: {module_name} has no {path!r}")
        found = getattr(found, part)
    return found


def as_record(found: Any, name: str) -> Activation | type[Activation]:
    """Return an activation, a record, or a callable made into an activation.

    Raises:
        RequestError: it is none of these.
    """
    if isinstance(found, Activation):
        return found
    if isinstance(found, type) and issubclass(found, Activation):
        missing = [fact for fact in ("name", "formula", "source") if not hasattr(found, fact)]
        if getattr(found, "__abstractmethods__", None) or missing:
            raise RequestError(
                f"{name!r}: is no whole record ({', '.join(missing) or 'abstract'})"
            )
        return found
    if callable(found):
        return CallableActivation(name, found)
    raise RequestError(
        f"{name!r}: is {type(found).__name__}; an Activation or a callable would be right"
    )


@lru_cache(maxsize=1)
def plug_ins() -> dict[str, Activation | type[Activation]]:
    """Return what installed packages add, by name; one that fails is reported and skipped."""
    from importlib.metadata import entry_points  # takes a tenth of our import time

    found: dict[str, Activation | type[Activation]] = {}
    for entry in entry_points(group=GROUP):
        try:
            record = as_record(entry.load(), entry.name)
            activation = record() if isinstance(record, type) else record
            activation(np.array([-1.0, 0.0, 1.0]))
            found[entry.name] = record
        except Exception as error:  # whatever a plug-in raises
            reason = (str(error).splitlines() or [""])[0]
            warnings.warn(
                f"plug-in {entry.name!r} ({entry.value}) is skipped: "
                f"{type(error).__name__}: {reason}",
                stacklevel=2,
            )
    return found
