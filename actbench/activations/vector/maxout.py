"""Maxout: the maximum of each group of neighbours."""

from dataclasses import dataclass
from functools import reduce
from types import ModuleType

import numpy as np

from actbench.activations.vector.record import ArrayOrTensor, FloatArray, VectorActivation
from actbench.errors import RequestError


@dataclass(frozen=True)
class Maxout(VectorActivation):
    """Maxout, f(x)ᵢ = max(x_ki, …, x_(ki + k − 1)): n elements become n / k.

    Args:
        pieces: the number k of elements in a group.
    """

    pieces: int = 2

    name = "maxout"
    latex = r"\max(x_{ki}, \dots, x_{ki + k - 1})"
    source = "Goodfellow et al. (2013), arXiv:1302.4389"
    year = 2013

    def __post_init__(self) -> None:
        if self.pieces < 1:
            raise RequestError(
                f"parameter pieces of maxout: expected a positive integer, got {self.pieces}"
            )

    def output_size(self, size: int) -> int:
        """Return the size divided by the number of pieces."""
        if size % self.pieces:
            raise RequestError(
                f"maxout: expected a multiple of {self.pieces} elements, got {size}"
            )
        return size // self.pieces

    def compute_value(self, xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
        return reduce(xp.maximum, self._members(x))

    def compute_jvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        if self.pieces == 1:
            return v
        largest = np.argmax(np.stack(self._members(x)), axis=0)
        derivative: FloatArray = np.choose(largest, self._members(v))
        return derivative

    def _members(self, x: ArrayOrTensor) -> list[ArrayOrTensor]:
        """Return the first, second … elements of all groups."""
        return [x[..., piece :: self.pieces] for piece in range(self.pieces)]
