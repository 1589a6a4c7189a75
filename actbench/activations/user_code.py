"""Calls of user code: any error becomes one line, and results are checked."""

import dis
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from ml_dtypes import bfloat16

from actbench.errors import RequestError
from actbench.numerics.array import Array
from actbench.numerics.dispatch import tensor_package
from actbench.numerics.operations import Operations

_LIBRARIES = {"torch": "PyTorch", "jax": "JAX", "jaxlib": "JAX"}

# Longer messages of errors are cut.
_LONGEST_LINE = 200


def message_of(error: BaseException) -> str:
    """Return the message of an error."""
    try:
        return str(error).strip()
    except Exception as fault:  # the class of the error may be a user's as well
        return f"a message that raises {type(fault).__name__}"


def message_line(error: BaseException) -> str:
    """Return the first line of an error's message, without control characters."""
    line = (message_of(error).splitlines() or [""])[0]
    return "".join(each if each.isprintable() else "�" for each in line)[:_LONGEST_LINE]


def first_line(error: BaseException) -> str:
    """Return type and message of an error in one line."""
    return f"{type(error).__name__}: {message_line(error)}"


@contextmanager
def user_code(expectation: str) -> Iterator[None]:
    """Run user code, which may raise anything, even SystemExit.

    Args:
        expectation: subject and expectation of the error, "SUBJECT: expected X".

    Raises:
        RequestError: the code raised an error.
    """
    try:
        yield
    except (RequestError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        raise RequestError(f"{expectation}, got {first_line(error)}") from error


def compute_by_user_code(
    name: str, method: Callable[[Operations, Array], Array], ops: Operations, x: Array
) -> Array:
    """Call a method of a user's record, with a copy of an array.

    Args:
        name: name of the record.
        method: takes the operations of an array library, and an array or a tensor.
        ops: the operations.
        x: the array or tensor.

    Raises:
        RequestError: the method raised an error, or returned an array of another shape.
    """
    if not isinstance(x, np.ndarray):
        with user_code(f"{name}: expected a record of {library_of_tensor(x)} tensors"):
            return method(ops, x)
    with user_code(f"{name}: expected a record of arrays"):
        result = np.asarray(method(ops, cast(Array, x.copy())))
        return cast(Array, np.broadcast_to(result, x.shape))


def raised_by_statement(error: BaseException, outside: tuple[str, ...]) -> bool:
    """Return whether a statement `raise` outside these packages raised an error.

    An error of compiled code has the frame of the Python code that called it as its innermost
    frame; the instruction of that frame is then a call or an operator.
    """
    trace = error.__traceback__
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    if package in outside or trace.tb_lasti < 0:
        return False
    return dis.opname[frame.f_code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"


def attribute_of(found: object, name: str) -> object:
    """Return an attribute of a user's object; None if it has none, or if it raises an error."""
    try:
        return getattr(found, name, None)
    except Exception:  # a property may raise any error
        return None


def checked_array(
    name: str, x: npt.NDArray[np.floating], result: object
) -> npt.NDArray[np.generic]:
    """Return the result of a user function for an array; it may be a tensor as well.

    Args:
        name: name of the function.
        x: its argument.
        result: its result.

    Raises:
        RequestError: the result is not an array of real numbers, or its shape differs.
    """
    _check_shape(name, x.shape, result)
    if isinstance(result, np.ma.MaskedArray) and np.ma.is_masked(result):
        raise RequestError(f"{name}: expected a number for each element, got a masked array")
    array = np.asarray(result)
    if array.dtype.kind not in "biuf" and array.dtype != bfloat16:
        raise RequestError(f"{name}: expected real numbers, got an array of {array.dtype}")
    return array


def library_of_tensor(x: object) -> str:
    """Return the name of the library of a tensor: PyTorch, JAX or TensorFlow."""
    return _LIBRARIES.get(tensor_package(type(x)), "TensorFlow")


def checked_tensor(name: str, x: Any, result: Any) -> Any:
    """Return the result of a user function for a tensor.

    Args:
        name: name of the function.
        x: its argument.
        result: its result. It must be a tensor of the same library, because automatic
            differentiation does not see the operations of NumPy.

    Raises:
        RequestError: the result is not a tensor of the same library, dtype and shape.
    """
    library = library_of_tensor(x)
    if isinstance(result, np.ndarray):
        raise RequestError(
            f"{name}: expected a {library} tensor, got a NumPy array, which has no gradient; "
            f"use operations of {library}, or try formula:TEXT"
        )
    _check_shape(name, x.shape, result)
    if not tensor_package(type(result)) or library_of_tensor(result) != library:
        raise RequestError(
            f"{name}: expected a {library} tensor, got {type(result).__qualname__}"
        )
    if result.dtype != x.dtype:
        expected, got = (str(t.dtype).removeprefix("torch.") for t in (x, result))
        if library == "TensorFlow":
            expected, got = x.dtype.name, result.dtype.name
        raise RequestError(f"{name}: expected a result of {expected}, got {got}")
    return result


def _check_shape(name: str, shape: Any, result: Any) -> None:
    """Raise an error for a result without a shape or with another one."""
    if isinstance(result, type) or not hasattr(result, "shape"):
        raise RequestError(
            f"{name}: expected an elementwise function, got a result of the type "
            f"{type(result).__qualname__}"
        )
    compatible = getattr(shape, "is_compatible_with", None)  # parts of it may be unknown
    same = compatible(result.shape) if compatible else tuple(result.shape) == shape
    if not same:
        raise RequestError(
            f"{name}: expected an elementwise function, "
            f"got shape {result.shape} for an argument of shape {shape}"
        )
