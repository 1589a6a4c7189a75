"""Gated linear units: the second half of a vector gates the first half."""

from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

import numpy as np

from actbench.activations.gaussian import Gelu
from actbench.activations.record import Activation, Counterpart
from actbench.activations.rectifiers import Linear, Relu
from actbench.activations.self_gated import Swish
from actbench.activations.sigmoids import Sigmoid
from actbench.activations.vector.record import ArrayOrTensor, FloatArray, VectorActivation
from actbench.errors import RequestError


@dataclass(frozen=True)
class Glu(VectorActivation):
    """Gated linear unit, f(a, b) = a · σ(b) for the halves a and b of x."""

    name = "glu"
    latex = r"a \odot \sigma(b),\ x = (a, b)"
    source = "Dauphin, Fan, Auli & Grangier (2016), arXiv:1612.08083"
    year = 2016
    counterparts: ClassVar[tuple[Counterpart, ...]] = (
        Counterpart("keras.activations.glu"),
        Counterpart("torch.nn.functional.glu"),
        Counterpart("jax.nn.glu"),
        Counterpart("mlx.nn.glu"),
    )

    gate: ClassVar[Activation] = Sigmoid()
    """The function of the second half."""

    def output_size(self, size: int) -> int:
        """Return half the size."""
        if size % 2:
            raise RequestError(f"{self.name}: expected an even number of elements, got {size}")
        return size // 2

    def compute_value(self, xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
        a, b = xp.split(x, 2, axis=-1)
        return a * self.gate(b)

    def compute_jvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        (a, b), (va, vb) = np.split(x, 2, axis=-1), np.split(v, 2, axis=-1)
        return va * self.gate(b) + a * self.gate.derivative(b) * vb


@dataclass(frozen=True)
class Bilinear(Glu):
    """Bilinear unit, f(a, b) = a · b for the halves a and b of x."""

    name = "bilinear"
    latex = r"a \odot b,\ x = (a, b)"
    source = "Shazeer (2020), arXiv:2002.05202"
    year = 2020
    counterparts = ()
    gate = Linear()


@dataclass(frozen=True)
class Reglu(Glu):
    """ReLU-gated unit, f(a, b) = a · max(b, 0) for the halves a and b of x."""

    name = "reglu"
    latex = r"a \odot \max(b, 0),\ x = (a, b)"
    source = "Shazeer (2020), arXiv:2002.05202"
    year = 2020
    counterparts = ()
    gate = Relu()


@dataclass(frozen=True)
class Geglu(Glu):
    """GELU-gated unit, f(a, b) = a · b Φ(b) for the halves a and b of x."""

    name = "geglu"
    latex = r"a \odot \operatorname{GELU}(b),\ x = (a, b)"
    source = "Shazeer (2020), arXiv:2002.05202"
    year = 2020
    counterparts = ()
    gate = Gelu()


@dataclass(frozen=True)
class Swiglu(Glu):
    """Swish-gated unit, f(a, b) = a · b σ(b) for the halves a and b of x."""

    name = "swiglu"
    latex = r"a \odot b\,\sigma(b),\ x = (a, b)"
    source = "Shazeer (2020), arXiv:2002.05202"
    year = 2020
    counterparts = ()
    gate = Swish()
