"""Softmax and similar functions: log-softmax, softmin, sparsemax."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from actbench.activations.record import Counterpart
from actbench.activations.vector.record import ArrayOrTensor, FloatArray, VectorActivation


def _minus_maximum(xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
    """Return x − max x; 0 for an element that is the same infinity as the maximum."""
    maximum = xp.max(x, axis=-1, keepdims=True)
    both_infinite = xp.logical_and(xp.isinf(x), x == maximum)
    return xp.where(both_infinite, xp.zeros_like(x), x - maximum)


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
        Counterpart("mlx.nn.softmax"),
    )

    def compute_value(self, xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
        e = xp.exp(_minus_maximum(xp, x))
        return e / xp.sum(e, axis=-1, keepdims=True)

    def compute_jvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        p: FloatArray = self.compute_value(np, x)
        mean: FloatArray = np.sum(p * v, axis=-1, keepdims=True)
        return p * (v - mean)


@dataclass(frozen=True)
class LogSoftmax(VectorActivation):
    """Logarithm of softmax, f(x)ᵢ = xᵢ − ln Σⱼ e^xⱼ, computed from x − max x."""

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
        Counterpart("mlx.nn.log_softmax"),
    )

    def compute_value(self, xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
        z = _minus_maximum(xp, x)
        e = xp.exp(z)
        # log1p takes Σ eᵢ − 1. It is summed without one maximum, whose term is exactly 1, to
        # avoid the rounding of small terms that are added to 1.
        maxima = xp.sum(xp.where(z == 0, e, xp.zeros_like(e)), axis=-1, keepdims=True)
        others = xp.sum(xp.where(z == 0, xp.zeros_like(e), e), axis=-1, keepdims=True)
        return z - xp.log1p(others + (maxima - 1))

    def compute_jvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        p: FloatArray = Softmax().compute_value(np, x)
        mean: FloatArray = np.sum(p * v, axis=-1, keepdims=True)
        return v - mean


@dataclass(frozen=True)
class Softmin(VectorActivation):
    """Softmin, f(x)ᵢ = e^−xᵢ / Σⱼ e^−xⱼ: softmax of −x."""

    name = "softmin"
    latex = r"\frac{e^{-x_i}}{\sum_j e^{-x_j}}"
    source = "PyTorch (torch.nn.Softmin)"
    year = 2012
    simplex = True
    shift_invariant = True
    counterparts = (
        Counterpart("torch.nn.functional.softmin", fixed={"dim": -1}),
        Counterpart("mlx.nn.softmin"),
    )

    def compute_value(self, xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
        return Softmax().compute_value(xp, -x)

    def compute_jvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        return Softmax().compute_jvp(-x, -v)


@dataclass(frozen=True)
class Sparsemax(VectorActivation):
    """Sparsemax, f(x)ᵢ = max(xᵢ − τ, 0): the point of the probability simplex nearest to x.

    The threshold τ makes the sum of the results 1. Many results are exactly 0.
    """

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

    def compute_value(self, xp: ModuleType, x: ArrayOrTensor) -> ArrayOrTensor:
        z = _minus_maximum(xp, x)
        descending = -xp.sort(-z, axis=-1)
        sums = xp.cumsum(descending, axis=-1)
        ranks = xp.cumsum(xp.ones_like(z), axis=-1)
        support = xp.where(1 + ranks * descending > sums, xp.ones_like(z), xp.zeros_like(z))
        count = xp.sum(support, axis=-1, keepdims=True)
        kept = xp.where(support > 0, descending, xp.zeros_like(z))
        tau = (xp.sum(kept, axis=-1, keepdims=True) - 1) / count
        return xp.maximum(z - tau, xp.zeros_like(z))

    def compute_jvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        support = self.compute_value(np, x) > 0
        count = np.sum(support, axis=-1, keepdims=True)
        mean = np.sum(np.where(support, v, 0.0), axis=-1, keepdims=True) / count
        return np.where(support, v - mean, 0.0)
