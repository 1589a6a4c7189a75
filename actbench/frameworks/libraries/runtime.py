"""The interface of the adapters of runtimes, which execute a model on NumPy arrays."""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

import numpy as np

from actbench.activations.user_code import first_line
from actbench.frameworks.libraries.library import (
    DTYPES,
    Function,
    Library,
    NotPossibleError,
    NumPyArray,
    Tensor,
)

_NO_DERIVATIVES = "a runtime has no automatic differentiation"

# A runtime may notice at the first execution only that it lacks a kernel.
_PROBE = np.array([-1.0, 0.5])

ModelT = TypeVar("ModelT")


class Runtime(Library, Generic[ModelT]):
    """A runtime: it executes models, and has neither derivatives nor a second mode.

    The type parameter is the type of its models, such as the bytes of a file.
    """

    differentiates = False
    title: ClassVar[str]
    """The name of the runtime in messages."""

    @abstractmethod
    def load(self, model: ModelT) -> Callable[[NumPyArray], NumPyArray]:
        """Return the function of a model with one input and one output, for any length.

        Args:
            model: the model; its input is one-dimensional.
        """

    @abstractmethod
    def run_lines(self, values: str, dtype: str) -> list[str]:
        """Return lines of Python that execute `model`, and print the first result.

        Args:
            values: the input as a Python expression, a list of numbers.
            dtype: dtype of the input.
        """

    def function(self, model: ModelT, dtype: str) -> Function:
        """Return the elementwise function of a model: one session for arrays of all shapes.

        Raises:
            NotPossibleError: the runtime refuses the model; the message gives its reason.
        """
        try:
            run = self.load(model)
            run(_PROBE.astype(DTYPES[dtype]))
        except NotPossibleError:
            raise
        except Exception as error:
            raise NotPossibleError(f"{self.title}: {self.reason(error)}") from None
        return lambda x: run(np.ascontiguousarray(x).reshape(-1)).reshape(x.shape)

    def reason(self, error: Exception) -> str:
        """Return the message of the runtime in one line."""
        return first_line(error)

    def is_tensor(self, result: object) -> bool:
        """Return whether a result is an array."""
        return isinstance(result, np.ndarray)

    def tensor(self, x: NumPyArray) -> Tensor:
        """Return the array itself."""
        return x

    def array(self, tensor: Tensor) -> NumPyArray:
        """Return the array itself."""
        return np.asarray(tensor)

    def derivative(self, function: Function, order: int) -> Function:
        """Return the function itself for order 0.

        Raises:
            NotPossibleError: the order is 1 or 2.
        """
        if order:
            raise NotPossibleError(_NO_DERIVATIVES)
        return function

    def compile(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """Raise NotPossibleError, because a runtime has one mode."""
        del function
        raise NotPossibleError("a runtime has one mode")

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Raise NotPossibleError, because there is no backward pass."""
        del function, dtype
        raise NotPossibleError(_NO_DERIVATIVES)

    def _program(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        """Return the lines `call`, which make the model, and the lines that execute it."""
        del order, compiled
        return [*call.splitlines(), *self.run_lines(values, dtype)]
