"""Functions of a whole vector: softmax and its relatives, times_sigmoid units, maxout, CReLU.

They are a kind of their own: a result depends on all elements along an axis, and may have
another length. Their derivative is a Jacobian; `jvp` multiplies a vector by it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from functools import reduce
from typing import Any, ClassVar, Self

import numpy as np

from actbench.activations.gaussian import Gelu
from actbench.activations.record import Activation, Counterpart
from actbench.activations.rectifiers import Linear, Relu
from actbench.activations.self_gated import Swish
from actbench.activations.sigmoids import Sigmoid
from actbench.errors import RequestError, suggest
from actbench.numerics.dispatch import EVALUATORS, result_dtype


@dataclass(frozen=True)
class VectorActivation(ABC):
    """A function of the elements along one axis.

    `act(x)` takes a NumPy array of floats (computed in float64 and rounded once) or a
    TensorFlow tensor (float16 and bfloat16 computed in float32), and keeps its dtype.

    Args:
        axis: along which the elements belong together.

    Raises:
        RequestError: the axis, or the number of elements along it, does not fit.
    """

    axis: int = -1

    name: ClassVar[str]
    latex: ClassVar[str]
    """The textbook formula, for a vector x of n elements."""
    source: ClassVar[str]
    year: ClassVar[int]
    counterparts: ClassVar[tuple[Counterpart, ...]] = ()
    simplex: ClassVar[bool] = False
    """Whether results are non-negative and sum to 1."""
    shift_invariant: ClassVar[bool] = False
    """Whether adding one number to all elements changes nothing."""

    @abstractmethod
    def compute_value(self, xp: Any, x: Any) -> Any:
        """Compute f along the last axis with NumPy, or what TensorFlow has of it."""

    @abstractmethod
    def compute_jvp(self, x: Any, v: Any) -> Any:
        """Compute the Jacobian at x times v along the last axis, with NumPy."""

    def output_size(self, size: int) -> int:
        """Return how many elements the result has for so many.

        Raises:
            RequestError: there is no result for so many.
        """
        return size

    def __call__(self, x: Any) -> Any:
        """Return f(x) along the axis.

        Raises:
            TypeError: x does not hold floats or, in an array, integers.
        """
        if type(x).__module__.partition(".")[0] in EVALUATORS:
            return self._of_tensor(x)
        values = np.asarray(x)
        dtype = result_dtype(values.dtype)
        self._check(values.shape)
        with np.errstate(all="ignore"):
            result = self.compute_value(
                np, np.moveaxis(values.astype(np.float64), self.axis, -1)
            )
            return np.moveaxis(result, -1, self.axis).astype(dtype)

    def _of_tensor(self, x: Any) -> Any:
        import tensorflow as tf

        x = tf.convert_to_tensor(x)
        if not x.dtype.is_floating:
            raise TypeError(
                f"{self.name} cannot take a tensor of {x.dtype.name}: "
                "float16, bfloat16, float32 or float64 would be right"
            )
        if x.shape.rank is None:
            raise RequestError(f"{self.name}: a tensor of known rank would be right")
        self._check(x.shape)
        wide = tf.cast(x, tf.float32) if x.dtype.size < tf.float32.size else x
        xp = tf.experimental.numpy
        result = xp.moveaxis(
            self.compute_value(xp, xp.moveaxis(wide, self.axis, -1)), -1, self.axis
        )
        return tf.cast(result, x.dtype)

    def jvp(self, x: Any, v: Any) -> Any:
        """Return the Jacobian at x times v: the derivative of f in the direction v.

        Args:
            x: an array of floats.
            v: an array of the same shape.

        Returns:
            An array of the shape and dtype of f(x).

        Raises:
            RequestError: the shapes differ.
            TypeError: x or v does not hold floats or integers.
        """
        x, v = np.asarray(x), np.asarray(v)
        dtype = result_dtype(x.dtype)
        result_dtype(v.dtype)
        if x.shape != v.shape:
            raise RequestError(f"{self.name}: x is {x.shape}, v {v.shape}; one shape for both")
        self._check(x.shape)
        wide = (np.moveaxis(array.astype(np.float64), self.axis, -1) for array in (x, v))
        with np.errstate(all="ignore"):
            return np.moveaxis(self.compute_jvp(*wide), -1, self.axis).astype(dtype)

    def get_config(self) -> dict[str, int]:
        """Return the parameters: what Keras writes into a saved model."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_config(cls, config: dict[str, int]) -> Self:
        """Return the function that `get_config` described."""
        return cls(**config)

    def _check(self, shape: Any) -> None:
        axes = len(shape)
        if not -axes <= self.axis < axes:
            raise RequestError(
                f"{self.name}: axis {self.axis} of shape {tuple(shape)}; "
                f"{-axes} … {axes - 1} would be right"
                if axes
                else f"{self.name}: a number has no axis; an array would be right"
            )
        size = shape[self.axis]
        if size == 0:
            raise RequestError(f"{self.name}: axis {self.axis} is empty; one element or more")
        if size is not None:
            self.output_size(size)

    def __str__(self) -> str:
        return self.name if self.axis == -1 else f"{self.name}(axis={self.axis})"


def _below_largest(xp: Any, x: Any) -> Any:
    """Return x − max x; where both are the same infinity, 0."""
    largest = xp.max(x, axis=-1, keepdims=True)
    both = xp.logical_and(xp.isinf(x), x == largest)
    return xp.where(both, xp.zeros_like(x), x - largest)


@dataclass(frozen=True)
class Softmax(VectorActivation):
    """Softmax, f(x)ᵢ = e^xᵢ / Σⱼ e^xⱼ, computed from x − max x."""

    name = "softmax"
    latex = r"\frac{e^{x_i}}{\sum_j e^{x_j}}"
    source = "Bridle (1990), doi:10.1007/978-3-642-76153-9_28"
    year = 1990
    simplex = True
    shift_invariant = True
    counterparts = (
        Counterpart("keras.activations.softmax"),
        Counterpart("tf.nn.softmax"),
        Counterpart("torch.nn.functional.softmax", fixed={"dim": -1}),
        Counterpart("jax.nn.softmax"),
    )

    def compute_value(self, xp: Any, x: Any) -> Any:
        e = xp.exp(_below_largest(xp, x))
        return e / xp.sum(e, axis=-1, keepdims=True)

    def compute_jvp(self, x: Any, v: Any) -> Any:
        p = self.compute_value(np, x)
        return p * (v - np.sum(p * v, axis=-1, keepdims=True))


@dataclass(frozen=True)
class LogSoftmax(VectorActivation):
    """Logarithm of softmax, f(x)ᵢ = xᵢ − ln Σⱼ e^xⱼ."""

    name = "log_softmax"
    latex = r"x_i - \ln \sum_j e^{x_j}"
    source = "Bridle (1990), doi:10.1007/978-3-642-76153-9_28"
    year = 1990
    shift_invariant = True
    counterparts = (
        Counterpart("keras.activations.log_softmax"),
        Counterpart("tf.nn.log_softmax"),
        Counterpart("torch.nn.functional.log_softmax", fixed={"dim": -1}),
        Counterpart("jax.nn.log_softmax"),
    )

    def compute_value(self, xp: Any, x: Any) -> Any:
        below = _below_largest(xp, x)
        e = xp.exp(below)
        # Σ eᵢ − 1 without the rounding of 1: what the others add to one maximum.
        maxima = xp.sum(xp.where(below == 0, e, xp.zeros_like(e)), axis=-1, keepdims=True)
        others = xp.sum(xp.where(below == 0, xp.zeros_like(e), e), axis=-1, keepdims=True)
        return below - xp.log1p(others + (maxima - 1))

    def compute_jvp(self, x: Any, v: Any) -> Any:
        return v - np.sum(Softmax().compute_value(np, x) * v, axis=-1, keepdims=True)


@dataclass(frozen=True)
class Softmin(VectorActivation):
    """Softmin, softmax of −x."""

    name = "softmin"
    latex = r"\frac{e^{-x_i}}{\sum_j e^{-x_j}}"
    source = "PyTorch (torch.nn.Softmin)"
    year = 2012
    simplex = True
    shift_invariant = True
    counterparts = (Counterpart("torch.nn.functional.softmin", fixed={"dim": -1}),)

    def compute_value(self, xp: Any, x: Any) -> Any:
        return Softmax().compute_value(xp, -x)

    def compute_jvp(self, x: Any, v: Any) -> Any:
        return Softmax().compute_jvp(-x, -v)


@dataclass(frozen=True)
class Sparsemax(VectorActivation):
    """Sparsemax, the point of the simplex nearest to x: max(xᵢ − τ, 0), with many zeros."""

    name = "sparsemax"
    latex = r"\max(x_i - \tau(x), 0),\ \sum_i \max(x_i - \tau(x), 0) = 1"
    source = "Martins & Astudillo (2016), arXiv:1602.02068"
    year = 2016
    simplex = True
    shift_invariant = True
    counterparts = (
        Counterpart(
            "keras.activations.sparsemax", note="wrong in Keras 3.15: results need not sum to 1"
        ),
    )

    def compute_value(self, xp: Any, x: Any) -> Any:
        z = _below_largest(xp, x)
        falling = -xp.sort(-z, axis=-1)
        sums = xp.cumsum(falling, axis=-1)
        counts = xp.cumsum(xp.ones_like(z), axis=-1)
        inside = xp.where(1 + counts * falling > sums, xp.ones_like(z), xp.zeros_like(z))
        count = xp.sum(inside, axis=-1, keepdims=True)
        kept = xp.where(inside > 0, falling, xp.zeros_like(z))
        tau = (xp.sum(kept, axis=-1, keepdims=True) - 1) / count
        return xp.maximum(z - tau, xp.zeros_like(z))

    def compute_jvp(self, x: Any, v: Any) -> Any:
        support = self.compute_value(np, x) > 0
        count = np.sum(support, axis=-1, keepdims=True)
        mean = np.sum(np.where(support, v, 0.0), axis=-1, keepdims=True) / count
        return np.where(support, v - mean, 0.0)


@dataclass(frozen=True)
class Glu(VectorActivation):
    """Gated linear unit, f(a, b) = a · σ(b): the second half gates the first."""

    name = "glu"
    latex = r"a \odot \sigma(b),\ x = (a, b)"
    source = "Dauphin, Fan, Auli & Grangier (2016), arXiv:1612.08083"
    year = 2016
    counterparts: ClassVar[tuple[Counterpart, ...]] = (
        Counterpart("keras.activations.glu"),
        Counterpart("torch.nn.functional.glu"),
        Counterpart("jax.nn.glu"),
    )

    gate: ClassVar[Activation] = Sigmoid()

    def output_size(self, size: int) -> int:
        """Return half the size."""
        if size % 2:
            raise RequestError(f"{self.name}: {size} elements; an even number would be right")
        return size // 2

    def compute_value(self, xp: Any, x: Any) -> Any:
        a, b = xp.split(x, 2, axis=-1)
        return a * self.gate(b)

    def compute_jvp(self, x: Any, v: Any) -> Any:
        (a, b), (va, vb) = np.split(x, 2, axis=-1), np.split(v, 2, axis=-1)
        return va * self.gate(b) + a * self.gate.derivative(b) * vb


@dataclass(frozen=True)
class Bilinear(Glu):
    """Bilinear unit, f(a, b) = a · b: a times_sigmoid unit without the gate's function."""

    name = "bilinear"
    latex = r"a \odot b,\ x = (a, b)"
    source = "Shazeer (2020), arXiv:2002.05202"
    year = 2020
    counterparts = ()
    gate = Linear()


@dataclass(frozen=True)
class Reglu(Glu):
    """ReLU-gated unit, f(a, b) = a · max(b, 0)."""

    name = "reglu"
    latex = r"a \odot \max(b, 0),\ x = (a, b)"
    source = "Shazeer (2020), arXiv:2002.05202"
    year = 2020
    counterparts = ()
    gate = Relu()


@dataclass(frozen=True)
class Geglu(Glu):
    """GELU-gated unit, f(a, b) = a · b Φ(b)."""

    name = "geglu"
    latex = r"a \odot \operatorname{GELU}(b),\ x = (a, b)"
    source = "Shazeer (2020), arXiv:2002.05202"
    year = 2020
    counterparts = ()
    gate = Gelu()


@dataclass(frozen=True)
class Swiglu(Glu):
    """Swish-gated unit, f(a, b) = a · b σ(b)."""

    name = "swiglu"
    latex = r"a \odot b\,\sigma(b),\ x = (a, b)"
    source = "Shazeer (2020), arXiv:2002.05202"
    year = 2020
    counterparts = ()
    gate = Swish()


@dataclass(frozen=True)
class Maxout(VectorActivation):
    """Maxout, the largest of each k neighbours: n elements become n / k.

    Args:
        pieces: k.
    """

    pieces: int = 2

    name = "maxout"
    latex = r"\max(x_{ki}, \dots, x_{ki + k - 1})"
    source = "Goodfellow et al. (2013), arXiv:1302.4389"
    year = 2013

    def __post_init__(self) -> None:
        if self.pieces < 1:
            raise RequestError(f"maxout: pieces = {self.pieces}; 1 or more would be right")

    def output_size(self, size: int) -> int:
        """Return the size over the pieces."""
        if size % self.pieces:
            raise RequestError(
                f"maxout: {size} elements; a multiple of {self.pieces} would be right"
            )
        return size // self.pieces

    def compute_value(self, xp: Any, x: Any) -> Any:
        return reduce(xp.maximum, self._pieces(x))

    def compute_jvp(self, x: Any, v: Any) -> Any:
        winners = np.argmax(np.stack(self._pieces(x)), axis=0)
        return np.choose(winners, self._pieces(v)) if self.pieces > 1 else v

    def _pieces(self, x: Any) -> list[Any]:
        """Return the first, second … of each k neighbours."""
        return [x[..., piece :: self.pieces] for piece in range(self.pieces)]


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

    def compute_value(self, xp: Any, x: Any) -> Any:
        return xp.concatenate([Relu()(x), Relu()(-x)], axis=-1)

    def compute_jvp(self, x: Any, v: Any) -> Any:
        slope = Relu().derivative
        return np.concatenate([slope(x) * v, -slope(-x) * v], axis=-1)


VECTOR_RECORDS: tuple[type[VectorActivation], ...] = (
    Softmax, LogSoftmax, Softmin, Sparsemax, Glu, Bilinear, Reglu, Geglu, Swiglu, Maxout, Crelu,
)  # fmt: skip

_BY_NAME = {kind.name: kind for kind in VECTOR_RECORDS}


def vector_names() -> tuple[str, ...]:
    """Return the names of all functions of vectors.

    Example:
        >>> vector_names()[:2]
        ('softmax', 'log_softmax')
    """
    return tuple(_BY_NAME)


def get_vector(name: str, /, **parameters: int) -> VectorActivation:
    """Return the function of vectors of that name.

    Args:
        name: one of `vector_names()`.
        parameters: axis, and what else its record has.

    Raises:
        RequestError: no such function, no such parameter, or no whole number.

    Example:
        >>> get_vector("softmax")([1.0, 1.0, -1000.0]).tolist()
        [0.5, 0.5, 0.0]
    """
    if not isinstance(name, str):
        raise RequestError(f"{name!r} is no name of a function; a text would be right")
    if name not in _BY_NAME:
        raise RequestError(
            f"unknown function of vectors {name!r}: {suggest(name, vector_names())}"
        )
    kind = _BY_NAME[name]
    known = tuple(f.name for f in fields(kind))
    for given, value in parameters.items():
        if given not in known:
            right = f"{name} takes {', '.join(known)}"
            raise RequestError(f"unknown parameter {given!r}: {right}")
        if type(value) is not int:
            raise RequestError(f"{name}: {given} = {value!r}; a whole number would be right")
    return kind(**parameters)
