"""The interface of the adapters: evaluate, differentiate and compile with an array library."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, ClassVar, TypeAlias

import ml_dtypes
import numpy as np
import numpy.typing as npt

from actbench.activations.user_code import (
    first_line,
    message_line,
    message_of,
    raised_by_statement,
)
from actbench.errors import RequestError

Tensor: TypeAlias = Any
"""A tensor of the library. The libraries are optional, so their types cannot be named here."""

NumPyArray: TypeAlias = npt.NDArray[Any]
"""A NumPy array of one of the `DTYPES`; bfloat16 is not among NumPy's own types."""

Function = Callable[[Tensor], Tensor]

DTYPES = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}
"""Name ↦ NumPy dtype of each dtype that activations support."""

PROBE_SIZE = 1024
"""Number of elements of the tensor with which `bytes_kept` measures memory."""


class NotPossibleError(Exception):
    """A library cannot evaluate a function in this way; the message gives the reason.

    Such a reason is a statement of the library, for example that it has no kernel for a dtype.
    """


class BrokenError(NotPossibleError):
    """The function itself raised an error, or returned no tensor of the shape of its input."""


class NoGradientError(BrokenError):
    """The result does not depend on the input as far as automatic differentiation can see."""


NO_GRADIENT = (
    "no gradient reaches the input: the result is a constant for automatic differentiation, "
    "such as a result of NumPy or SciPy, or of a detached tensor"
)
"""The message of a `NoGradientError`."""


def installed(package: str) -> bool:
    """Return whether a package can be imported."""
    return find_spec(package) is not None


class Library(ABC):
    """An array library on one device.

    Args:
        device: "cpu", or "cuda" if the library supports it.

    Raises:
        RequestError: the library does not have this device here.
    """

    name: str
    compiler: str | None = None
    """Name of the compiler, the second mode of evaluation; None if there is none."""
    limits: ClassVar[tuple[str, ...]] = ()
    """Parts of the messages that state that the library has no such kernel or gradient."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Packages whose own statements `raise` are statements of the library."""
    differentiates: ClassVar[bool] = True
    """Whether the library has automatic differentiation."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        if device not in self.devices():
            raise RequestError(
                f"device of {self.name}: expected {' or '.join(self.devices())}, got {device!r}"
            )

    @property
    def version(self) -> str:
        """The installed version."""
        return version(self.name)

    def devices(self) -> tuple[str, ...]:
        """Return the available devices."""
        return ("cpu",)

    def scope(self, dtype: str) -> AbstractContextManager[object]:
        """Return the context in which tensors of a dtype are created and used."""
        del dtype
        return nullcontext()

    @contextmanager
    def running(self, dtype: str) -> Iterator[None]:
        """Run a function in the scope of a dtype.

        Raises:
            NotPossibleError: the library stated that it cannot do this, by one of its `limits`.
            BrokenError: the function raised another error; the message is its first line.
        """
        with np.errstate(all="ignore"), self.scope(dtype):
            try:
                yield
            except (NotPossibleError, KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:  # a user function may even raise SystemExit
                if self._states_limit(error):
                    raise NotPossibleError(message_line(error)) from None
                raise BrokenError(first_line(error)) from None

    def _states_limit(self, error: BaseException) -> bool:
        """Return whether an error is a statement of the library, not of the function."""
        if raised_by_statement(error, outside=self.packages):
            return False
        text = message_of(error)
        return any(limit in text for limit in self.limits)

    @abstractmethod
    def is_tensor(self, result: object) -> bool:
        """Return whether a result of a function is a tensor of the library."""

    def check_result(self, result: Tensor, shape: tuple[int, ...]) -> None:
        """Check the result of a function.

        Raises:
            BrokenError: the result is not a tensor of this shape.
        """
        if not self.is_tensor(result):
            kind = type(result)
            raise BrokenError(
                f"expected a {self.name} tensor, got {kind.__module__}.{kind.__qualname__}"
            )
        if tuple(result.shape) != shape:
            raise BrokenError(f"expected shape {shape}, got {tuple(result.shape)}")

    @abstractmethod
    def tensor(self, x: NumPyArray) -> Tensor:
        """Return an array as a tensor, which may share its memory."""

    @abstractmethod
    def array(self, tensor: Tensor) -> NumPyArray:
        """Return a tensor as an array of the same dtype, which may share its memory."""

    @abstractmethod
    def derivative(self, function: Function, order: int) -> Function:
        """Return the elementwise derivative of an order, by automatic differentiation.

        The result raises `NoGradientError` if the value does not depend on the input. A first
        derivative that does not depend on it has the second derivative 0.

        Args:
            function: an elementwise function.
            order: 0 for the function itself, 1 or 2.
        """

    def value_and_derivative(self, function: Function) -> Callable[..., tuple[Tensor, Tensor]]:
        """Return a function of x that gives value and derivative, in one pass if possible."""
        value, slope = (self.derivative(function, order) for order in (0, 1))
        return lambda x: (value(x), slope(x))

    @abstractmethod
    def compile(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """Return a compiled function; the function may return several tensors."""

    @abstractmethod
    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Return the bytes per element that are kept from the forward to the backward pass."""

    def reproducer(
        self, call: str, imports: str, x: str, dtype: str, order: int, *, compiled: bool = False
    ) -> str:
        """Return a program of three lines of Python that prints one result.

        The input is repeated 64 times, because libraries compute the last elements of an array
        by other instructions than the rest.

        Args:
            call: call of the function, with {x} for its tensor and {dtype} for a dtype.
            imports: modules that the call needs, or "". Other statements may come before the
                modules, each followed by "; ".
            x: the input as a Python expression.
            dtype: dtype of the input.
            order: 0 for the value, 1 or 2 for a derivative.
            compiled: whether to compile the function.
        """
        setup, _, modules = imports.rpartition("; ")
        text = call.replace("{dtype}", dtype)
        first, *rest = self._program(text, f"[{x}] * 64", dtype, order, compiled=compiled)
        first = f"{setup}; {first}" if setup else first
        return "\n".join([f"{first}, {modules}" if modules else first, *rest])

    @abstractmethod
    def _program(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        """Return the lines of `reproducer`; the first one imports the library."""


def as_function(call: str) -> str:
    """Return an expression for the function of a call, such as "f" for "f({x})"."""
    called = call.removesuffix("({x})")
    return f"lambda x: {call.replace('{x}', 'x')}" if called == call else called
