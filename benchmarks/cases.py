"""The cases of the throughput benchmarks: function, pass, dtype, size and kind of inputs."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from actbench.frameworks.libraries import DTYPES
from benchmarks.passes import Arrays

SIZES = (1_024, 32_768, 331_776, 4_194_304, 16_777_216)
"""Numbers of elements that fit in the first, second and third cache, and in memory only.

331,776 elements are the output of the first layer of the study's network for 128 images.
"""

INPUTS: Mapping[str, Callable[[np.random.Generator, int], npt.NDArray[np.float32]]] = {
    "mixed": lambda rng, size: 3 * rng.standard_normal(size, np.float32),
    "negative": lambda rng, size: -np.abs(3 * rng.standard_normal(size, np.float32)),
    "saturated": lambda rng, size: 100 * rng.standard_normal(size, np.float32),
}
"""Kinds of inputs: around 0, below 0, and mostly where exponentials overflow or underflow."""


class Case(NamedTuple):
    """One throughput benchmark.

    Args:
        function: a name of the catalogue, "formula:…", or a user function.
        pass_name: one of `benchmarks.passes.PASSES`.
        dtype: dtype of the arrays.
        size: elements of one array.
        inputs: kind of inputs, a key of `INPUTS`.
    """

    function: str
    pass_name: str
    dtype: str
    size: int
    inputs: str

    def __str__(self) -> str:
        return f"{self.function}-{self.pass_name}-{self.dtype}-{self.size:,}-{self.inputs}"

    def document(self) -> dict[str, object]:
        """Return the entries of this case in the saved file."""
        return {
            "function": self.function,
            "pass_name": self.pass_name,
            "dtype": self.dtype,
            "size": self.size,
            "kind": self.inputs,
        }

    @property
    def layers(self) -> int:
        """Number of layers in one call: a million elements together, but at most 32 layers."""
        return min(32, max(1, 2**20 // self.size))

    def arrays(self) -> tuple[Arrays, Arrays]:
        """Return the inputs and the upstream gradients, one array for each layer."""
        rng, dtype = np.random.default_rng(0), DTYPES[self.dtype]
        inputs = [INPUTS[self.inputs](rng, self.size).astype(dtype) for _ in range(self.layers)]
        gradients = [
            rng.standard_normal(self.size, np.float32).astype(dtype) for _ in range(self.layers)
        ]
        return inputs, gradients
