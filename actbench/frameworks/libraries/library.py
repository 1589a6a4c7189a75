"""What an array library does for an audit: evaluate, differentiate, compile."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import ml_dtypes
import numpy as np

from actbench.errors import RequestError

Function = Callable[[Any], Any]

DTYPES = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}
"""The dtypes that activations are held to, as NumPy has them."""

MEASURED = 1024
"""Elements whose memory for the backward pass is counted."""


class NotPossibleError(Exception):
    """A library cannot do this with this function; the message says why."""


class BrokenError(NotPossibleError):
    """The function itself raised an error."""


def installed(package: str) -> bool:
    """Return whether a package can be imported."""
    return find_spec(package) is not None


class Library(ABC):
    """An array library, on one device.

    Args:
        device: "cpu", or "cuda" where the library knows it.

    Raises:
        RequestError: the library has no such device here.
    """

    name: str
    compiler: str | None = None
    """What compiles: the second mode a function is looked at in."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        if device not in self.devices():
            raise RequestError(
                f"{self.name} has no device {device!r} here; "
                f"{' or '.join(self.devices())} would be right"
            )

    @property
    def version(self) -> str:
        """The version that is installed."""
        return version(self.name)

    def devices(self) -> tuple[str, ...]:
        """Return the devices that are here."""
        return ("cpu",)

    def scope(self, dtype: str) -> Any:
        """Return the context in which tensors of a dtype are made and used."""
        del dtype
        return nullcontext()

    @contextmanager
    def running(self, dtype: str) -> Iterator[None]:
        """Run a function in the scope of a dtype.

        Raises:
            BrokenError: in place of whatever the function raises, in a line.
        """
        with np.errstate(all="ignore"), self.scope(dtype):
            try:
                yield
            except NotPossibleError:
                raise
            except Exception as error:
                reason = (str(error).strip().splitlines() or [""])[0]
                raise BrokenError(f"{type(error).__name__}: {reason[:200]}") from None

    @abstractmethod
    def tensor(self, x: Any) -> Any:
        """Return an array as a tensor, which may share its memory."""

    @abstractmethod
    def array(self, tensor: Any) -> Any:
        """Return a tensor as an array, dtype kept; it may share its memory."""

    @abstractmethod
    def derivative(self, function: Function, order: int) -> Function:
        """Return the derivative of that order, elementwise, by the library's autodiff."""

    def value_and_derivative(self, function: Function) -> Callable[[Any], tuple[Any, Any]]:
        """Return the function to value and derivative, in one pass where there is one."""
        value, slope = (self.derivative(function, order) for order in (0, 1))
        return lambda x: (value(x), slope(x))

    @abstractmethod
    def compile(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a function compiled; it may give several tensors."""

    @abstractmethod
    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Return how many bytes an element autodiff keeps from forward to backward."""

    def reproducer(
        self, call: str, imports: str, x: str, dtype: str, order: int, *, compiled: bool = False
    ) -> str:
        """Return three lines of Python that print a result.

        The input stands in an array of 64, since libraries compute the last elements of an
        array by other instructions than the rest.

        Args:
            call: the function's call as text, with {x} for its tensor and {dtype} for a dtype.
            imports: modules that the call needs, or "", with "; " after other statements.
            x: the input as Python writes it.
            dtype: of the input.
            order: 0 for the value, 1 and 2 for the derivatives.
            compiled: whether the compiled function is meant.
        """
        setup, _, modules = imports.rpartition("; ")
        text = call.replace("{dtype}", dtype)
        first, *rest = self._lines(text, f"[{x}] * 64", dtype, order, compiled=compiled)
        first = f"{setup}; {first}" if setup else first
        return "\n".join([f"{first}, {modules}" if modules else first, *rest])

    @abstractmethod
    def _lines(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        """Return the lines; the first imports the library."""


def as_function(call: str) -> str:
    """Return what is called, a layer itself, or a function of x that calls it."""
    called = call.removesuffix("({x})")
    return f"lambda x: {call.replace('{x}', 'x')}" if called == call else called
