"""Concatenated ReLU: the positive and the negative part of each element."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from actbench.activations.record import Counterpart
from actbench.activations.rectifiers import Relu
from actbench.activations.vector.record import ArrayOrTensor, FloatArray, VectorActivation


@dataclass(frozen=True)
class Crelu(VectorActivation):
    """Concatenated ReLU, f(x) = (max(x, 0), max(−x, 0)): n elements become 2n."""

    name = "crelu"
    latex = r"(\max(x, 0), \max(-x, 0))"
    source = "Shang, Sohn, Almeida & Lee (2016), arXiv:1603.05201"
    year = 2016
    counterparts = (Counterpart("tf.nn.crelu"),)

    def output_size(self, size: int) -> int:
        """Return twice the size."""
        return 2 * size

    def compute_value(self, xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
        return xp.concatenate([Relu()(x), Relu()(-x)], axis=-1)

    def compute_jvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        slope = Relu().derivative
        return np.concatenate([slope(x) * v, -slope(-x) * v], axis=-1)
