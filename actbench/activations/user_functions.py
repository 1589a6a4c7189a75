"""User functions: imported by name, or registered as plug-ins by installed packages."""

import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from actbench.activations.record import Activation
from actbench.activations.user_code import (
    attribute_of,
    checked_array,
    checked_tensor,
    first_line,
    library_of_tensor,
    user_code,
)
from actbench.errors import RequestError
from actbench.numerics.array import Array
from actbench.numerics.dispatch import register_with_keras
from actbench.numerics.operations import Operations
from actbench.processes.import_path import working_folder_importable

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "actbench.activations"
"""The entry-point group in which packages name their records, activations and callables."""

# Named by a string, because the module imports Keras.
_SAVING = "actbench.keras.saved_functions"

_DERIVATIVES = ("", "derivative", "second_derivative")


@dataclass(frozen=True)
class CallableActivation(Activation):
    """A callable of arrays as an activation; no formula of it is known.

    It is called with one-dimensional float64 arrays, or with tensors of TensorFlow, PyTorch or
    JAX. Its
    attributes `derivative` and `second_derivative`, if present, are its derivatives. Without
    them, the gradient of a tensor is computed by the library's automatic differentiation.

    Args:
        target: its location `pkg.module:attribute`, which is also its name.
        function: the callable.
    """

    target: str
    function: Callable[[Any], Any] = field(repr=False, compare=False)

    source = "user function"
    formula = None
    blockwise = False

    def __post_init__(self) -> None:
        """Accept any callable; it has no parameters to check."""

    @property
    def name(self) -> str:  # type: ignore[override]
        """The location of the callable."""
        return self.target

    @property
    def family(self) -> str:
        """The family "user", of all user functions."""
        return "user"

    @property
    def parameters(self) -> dict[str, float]:
        """Empty: a callable has no parameters."""
        return {}

    @property
    def symbols(self) -> dict[str, str]:
        """Empty: a callable has no parameters."""
        return {}

    def compute_value(self, ops: Operations, x: Array) -> Array:
        """Call the function."""
        del ops
        return self._call(self.function, x)

    def compute_derivative(self, ops: Operations, x: Array) -> Array:
        """Call the function's derivative."""
        return self._call(self._derivative_function(1), x)

    def compute_second_derivative(self, ops: Operations, x: Array) -> Array:
        """Call the function's second derivative."""
        return self._call(self._derivative_function(2), x)

    def has_derivative(self, order: int) -> bool:
        """Return whether the function has the derivative of that order."""
        return order == 0 or attribute_of(self.function, _DERIVATIVES[order]) is not None

    def get_config(self) -> dict[str, object]:
        """Return the location of the function, which Keras writes into a saved model."""
        register_with_keras()
        if "keras" in sys.modules:
            import_module(_SAVING).register_function(self.target, self.function)
        return {"target": self.target}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "CallableActivation":
        """Return the function at the location that `get_config` returned.

        Raises:
            RequestError: there is no such function, or Keras loads the model in its safe mode
                and the function is not registered; see `actbench.keras.saved_functions`.
        """
        target = config["target"]
        function = import_module(_SAVING).saved_function(target)
        if not callable(function):
            raise RequestError(f"{target}: expected a callable, got {type(function).__name__}")
        return cls(target, function)

    def _derivative_function(self, order: int) -> Callable[[Array], Array]:
        name = _DERIVATIVES[order]
        function = attribute_of(self.function, name)
        if not callable(function):
            raise RequestError(
                f"{name.replace('_', ' ')} of {self.target}: expected a callable attribute "
                f"{name!r}, got none; add it, or give the function as formula:TEXT"
            )
        return function

    def _call(self, function: Callable[[Array], Array], x: Array) -> Array:
        """Call the function with a copy of an array, because it may write to its argument."""
        kind = "arrays" if isinstance(x, np.ndarray) else f"{library_of_tensor(x)} tensors"
        with user_code(f"{self.target}: expected a function of {kind}"):
            with _eager_tensorflow(x):
                result = function(x.copy() if isinstance(x, np.ndarray) else x)
            if isinstance(x, np.ndarray):
                return cast(Array, checked_array(self.target, x, result))
            return cast(Array, checked_tensor(self.target, x, result))


def _eager_tensorflow(x: Array) -> AbstractContextManager[object]:
    """Let TensorFlow compute with NumPy arrays eagerly even while it traces a graph."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not isinstance(x, np.ndarray):
        return nullcontext()
    scope: AbstractContextManager[object] = tensorflow.init_scope()
    return scope


def load(target: str) -> object:
    """Return the object at `pkg.module:attribute`.

    Raises:
        RequestError: there is no such module or attribute, or the module raises an error.
    """
    module_name, _, path = target.partition(":")
    if not path or not all(part.isidentifier() for part in path.split(".")):
        raise RequestError(f"user function: expected pkg.module:attribute, got {target!r}")
    expectation = f"{target}: expected a module {module_name!r} that can be imported"
    with user_code(expectation), working_folder_importable():
        found: object = import_module(module_name)
    for part in path.split("."):
        with user_code(f"{target}: expected an attribute of {module_name}"):
            try:
                found = getattr(found, part)
            except AttributeError:
                raise RequestError(
                    f"{target}: expected an attribute of {module_name}, got {path!r}"
                ) from None
    return found


def as_record(found: object, name: str) -> Activation | type[Activation]:
    """Return an activation or a record unchanged, and a callable as an activation.

    Args:
        found: the object.
        name: its location or the name of its plug-in.

    Raises:
        RequestError: it is none of these, or an incomplete record.
    """
    if isinstance(found, Activation):
        return found
    if isinstance(found, type) and issubclass(found, Activation):
        missing = [part for part in ("name", "formula", "source") if not hasattr(found, part)]
        missing += sorted(getattr(found, "__abstractmethods__", ()))
        if missing:
            raise RequestError(
                f"{name}: expected a complete record, got one without {', '.join(missing)}"
            )
        return found
    if isinstance(found, type) and has_callable_instances(found):
        with user_code(f"{name}: expected a class that needs no arguments"):
            found = found()
    if callable(found):
        return CallableActivation(name, found)
    raise RequestError(
        f"{name}: expected an activation, a record or a callable, got {type(found).__name__}"
    )


def has_callable_instances(kind: type) -> bool:
    """Return whether the instances of a class are callable, such as those of a layer."""
    return any("__call__" in vars(base) for base in kind.__mro__)


@lru_cache(maxsize=1)
def plug_ins() -> dict[str, Activation | type[Activation]]:
    """Return the plug-ins of installed packages by name.

    A plug-in that fails, or that exits, is skipped with a warning. Text that it prints is
    dropped with a warning, because standard output has the results of commands only.
    """
    from importlib.metadata import entry_points  # it is slow to import

    found: dict[str, Activation | type[Activation]] = {}
    for entry in entry_points(group=GROUP):
        printed = StringIO()
        try:
            with redirect_stdout(printed):
                found[entry.name] = _checked_plug_in(entry)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plug-in may raise any error, and SystemExit
            problem = f"is skipped: {first_line(error)}"
            warnings.warn(f"plug-in {entry.name!r} ({entry.value}) {problem}", stacklevel=2)
        else:
            if text := printed.getvalue().strip():
                warnings.warn(
                    f"plug-in {entry.name!r} ({entry.value}) printed {text.splitlines()[0]!r}",
                    stacklevel=2,
                )
    return found


def _checked_plug_in(entry: "EntryPoint") -> Activation | type[Activation]:
    """Return the record or activation of a plug-in that can be called."""
    record = as_record(entry.load(), entry.name)
    activation = record() if isinstance(record, type) else record
    activation(np.array([-1.0, 0.0, 1.0]))
    return record
