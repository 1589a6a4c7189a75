"""The record of a function of vectors: the class that each of them derives from.

They differ from elementwise activations: a result depends on all elements along an axis, and
the result may have another number of elements. The derivative is a Jacobian matrix; `jvp`
computes the Jacobian-vector product.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from actbench.activations.record import Counterpart, FloatT
from actbench.errors import RequestError
from actbench.numerics.dispatch import (
    plain_array,
    register_with_keras,
    result_dtype,
    tensor_package,
)

if TYPE_CHECKING:
    import tensorflow as tf

FloatArray: TypeAlias = npt.NDArray[np.float64]
# Named by a string, because the module imports this package and TensorFlow.
_TENSOR_EVALUATOR = "actbench.keras.vectors"

ArrayOrTensor: TypeAlias = "FloatArray | tf.Tensor"
"""A float64 array of NumPy or a tensor of TensorFlow."""


@dataclass(frozen=True)
class VectorActivation(ABC):
    """A function of the elements along one axis.

    `act(x)` takes a NumPy array of floats, a TensorFlow tensor or a symbolic Keras tensor, and
    returns an array or tensor of the same dtype; integers become float64. Arrays are computed
    in float64 and rounded once. Tensors of float16 and bfloat16 are computed in float32.

    Args:
        axis: the axis along which the elements form a vector.

    Raises:
        RequestError: x has no such axis, or a number of elements along it that the function
            does not accept.
    """

    axis: int = -1

    name: ClassVar[str]
    """The name for `get_vector`."""
    latex: ClassVar[str]
    """The textbook formula in LaTeX, for a vector x of n elements."""
    source: ClassVar[str]
    """The publication of the function: authors and arXiv number or DOI."""
    year: ClassVar[int]
    """The year of that publication."""
    counterparts: ClassVar[tuple[Counterpart, ...]] = ()
    """The same function in other frameworks."""
    simplex: ClassVar[bool] = False
    """Whether results are non-negative and sum to 1."""
    shift_invariant: ClassVar[bool] = False
    """Whether f(x + c) = f(x) for every number c."""

    @abstractmethod
    def compute_value(self, xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
        """Compute f along the last axis.

        Args:
            xp: the array library, NumPy or `tensorflow.experimental.numpy`.
            x: an array of that library.
        """

    @abstractmethod
    def compute_jvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Compute the Jacobian at x times v along the last axis, with NumPy."""

    def output_size(self, size: int) -> int:
        """Return the number of elements of the result along the axis.

        Args:
            size: the number of elements of x along the axis.

        Raises:
            RequestError: the function does not accept that number of elements.
        """
        return size

    @overload
    def __call__(self, x: npt.NDArray[FloatT]) -> npt.NDArray[FloatT]: ...
    @overload
    def __call__(self, x: npt.ArrayLike) -> FloatArray: ...
    @overload
    def __call__(self, x: "tf.Tensor") -> "tf.Tensor": ...
    def __call__(
        self, x: "npt.ArrayLike | tf.Tensor"
    ) -> "npt.NDArray[np.floating] | tf.Tensor":
        """Return f(x) along the axis.

        Raises:
            TypeError: the dtype of x is neither a float nor an integer.
        """
        if tensor_package(type(x)) in ("keras", "tensorflow"):
            return import_module(_TENSOR_EVALUATOR).evaluate_keras_vector(self, x)
        values = plain_array(x)
        dtype = result_dtype(values.dtype)
        self.check_shape(values.shape)
        with np.errstate(all="ignore"):
            result = self.compute_value(
                np, np.moveaxis(values.astype(np.float64), self.axis, -1)
            )
            return np.moveaxis(result, -1, self.axis).astype(dtype)

    def jvp(self, x: npt.ArrayLike, v: npt.ArrayLike) -> npt.NDArray[np.floating]:
        """Return the Jacobian at x times v: the derivative of f in the direction v.

        Args:
            x: an array of floats or integers.
            v: an array of the same shape.

        Returns:
            An array of the shape and dtype of f(x).

        Raises:
            RequestError: the shapes differ.
            TypeError: the dtype of x or v is neither a float nor an integer.
        """
        x, v = plain_array(x), plain_array(v)
        dtype = result_dtype(x.dtype)
        result_dtype(v.dtype)
        if x.shape != v.shape:
            raise RequestError(
                f"x and v of {self.name}: expected the same shape, got {x.shape} and {v.shape}"
            )
        self.check_shape(x.shape)
        wide = (np.moveaxis(array.astype(np.float64), self.axis, -1) for array in (x, v))
        with np.errstate(all="ignore"):
            return np.moveaxis(self.compute_jvp(*wide), -1, self.axis).astype(dtype)

    def get_config(self) -> dict[str, int]:
        """Return the parameters, which Keras writes into a saved model."""
        register_with_keras()
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the function with the parameters that `get_config` returned."""
        return cls(**config)

    def check_shape(self, shape: Sequence[int | None]) -> None:
        """Check that the function accepts arrays of a shape; None is an unknown size.

        Raises:
            RequestError: there is no such axis, or the number of elements does not fit.
        """
        axes = len(shape)
        if axes == 0:
            raise RequestError(f"{self.name}: expected an array with an axis, got a number")
        if not -axes <= self.axis < axes:
            raise RequestError(
                f"axis of {self.name}: expected {-axes} to {axes - 1} for shape "
                f"{tuple(shape)}, got {self.axis}"
            )
        size = shape[self.axis]
        if size == 0:
            raise RequestError(
                f"{self.name}: expected at least one element along axis {self.axis}, got none"
            )
        if size is not None:
            self.output_size(size)

    def output_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return the shape of the result for a shape of x; None is an unknown size.

        Raises:
            RequestError: the function does not accept arrays of this shape.
        """
        self.check_shape(shape)
        sizes = list(shape)
        size = sizes[self.axis]
        sizes[self.axis] = None if size is None else self.output_size(size)
        return tuple(sizes)

    def __str__(self) -> str:
        return self.name if self.axis == -1 else f"{self.name}(axis={self.axis})"
