"""One table: how tensors of TensorFlow, PyTorch and JAX are computed for each record.

The default is to compute in float64, in one fused kernel where the library compiles, and to
round once to the dtype of the tensor. The table lists only exceptions, so a new record needs no
entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING

from actbench.activations.catalogue import get
from actbench.activations.record import Activation

if TYPE_CHECKING:
    import tensorflow as tf

TensorFunction = Callable[["tf.Tensor"], "tf.Tensor"]
NativeFunction = Callable[[Activation, "tf.DType"], TensorFunction | None]


def _no_native(activation: Activation, dtype: "tf.DType") -> None:
    del activation, dtype


def _native(name: str) -> NativeFunction:
    return lambda *_: _tensorflow(name)


def _tensorflow(name: str) -> Callable[..., "tf.Tensor"]:
    """Return a function of TensorFlow, which is imported by its user only."""
    return attrgetter(name)(import_module("tensorflow"))  # type: ignore[no-any-return]


def _native_leaky_relu(activation: Activation, dtype: "tf.DType") -> TensorFunction | None:
    slope = activation.parameters["negative_slope"]
    # In float64, TensorFlow rounds the slope to float32. With slope 0, it returns NaN at −∞.
    if dtype.name == "float64" or slope <= 0:
        return None
    return partial(_tensorflow("nn.leaky_relu"), alpha=slope)


def _never(activation: Activation) -> bool:
    del activation
    return False


def _always(activation: Activation) -> bool:
    del activation
    return True


def _with_default_parameters(activation: Activation) -> bool:
    return activation == get(activation.name)


@dataclass(frozen=True)
class KernelChoice:
    """How tensors are computed for a record.

    Args:
        float32_orders: the orders of derivative that float32 is precise enough for, as the
            audit shows. They are computed in float32 for tensors of float32 and narrower;
            other orders are computed in float64 and rounded once.
        native: returns TensorFlow's own function for the value, or None for a fused kernel.
            A native function starts faster than a kernel; its gradient keeps one tensor too.
        native_in_keras: whether `actbench.accelerate` keeps Keras's function for this record,
            because TensorFlow computes it by one operation forward and one backward, as fast
            as a fused kernel or faster (measured in results/throughput).
    """

    float32_orders: tuple[int, ...] = ()
    native: NativeFunction = _no_native
    native_in_keras: Callable[[Activation], bool] = _never


_UP_TO_FIRST = KernelChoice((0, 1))
_UP_TO_SECOND = KernelChoice((0, 1, 2))

KERNEL_TABLE: Mapping[str, KernelChoice] = {
    # rectifiers
    "linear": KernelChoice((0, 1, 2), native=_native("identity")),
    "absolute": _UP_TO_SECOND,
    "relu": KernelChoice((0, 1, 2), native=_native("nn.relu"), native_in_keras=_always),
    "clipped_relu": _UP_TO_SECOND,
    "relu6": KernelChoice((0, 1, 2), native=_native("nn.relu6"), native_in_keras=_always),
    "leaky_relu": KernelChoice((0, 1, 2), native=_native_leaky_relu, native_in_keras=_always),
    "prelu": _UP_TO_SECOND,
    "rrelu": _UP_TO_SECOND,
    "srelu": _UP_TO_SECOND,
    # quadratics
    "square": _UP_TO_SECOND,
    "relu_squared": _UP_TO_SECOND,
    "sparse_plus": _UP_TO_SECOND,
    "smelu": _UP_TO_SECOND,
    "hard_silu": _UP_TO_SECOND,
    "hard_mish": _UP_TO_SECOND,
    "sqnl": _UP_TO_SECOND,
    # shrinkage
    "soft_shrink": _UP_TO_SECOND,
    "tanh_shrink": _UP_TO_FIRST,
    # sigmoids
    "sigmoid": KernelChoice((0, 1), native_in_keras=_always),
    "log_sigmoid": _UP_TO_FIRST,
    "softplus": _UP_TO_FIRST,
    "softclip": _UP_TO_FIRST,
    "tanh": KernelChoice((0, 1), native_in_keras=_always),
    "bipolar_sigmoid": _UP_TO_FIRST,
    "penalized_tanh": _UP_TO_FIRST,
    "hard_tanh": _UP_TO_SECOND,
    "hard_sigmoid": _UP_TO_SECOND,
    "hard_sigmoid_keras2": _UP_TO_SECOND,
    "sparse_sigmoid": _UP_TO_SECOND,
    # algebraic
    "softsign": KernelChoice((0, 1), native_in_keras=_always),
    "elliott": _UP_TO_FIRST,
    "isru": _UP_TO_FIRST,
    "isrlu": _UP_TO_FIRST,
    "squareplus": _UP_TO_FIRST,
    "bent_identity": _UP_TO_FIRST,
    "arctan": _UP_TO_FIRST,
    # exponentials
    "exponential": KernelChoice((0, 1), native_in_keras=_always),
    # TensorFlow has one operation for α = 1 only.
    "elu": KernelChoice((0, 1), native_in_keras=_with_default_parameters),
    "selu": KernelChoice((0, 1), native_in_keras=_always),
    "celu": _UP_TO_FIRST,
    # self-gated
    "swish": _UP_TO_FIRST,
    "quick_gelu": _UP_TO_FIRST,
    "lisht": _UP_TO_FIRST,
    "mish": _UP_TO_FIRST,
    "tanhexp": _UP_TO_FIRST,
    "logish": _UP_TO_FIRST,
    # Gaussian
    "gaussian": _UP_TO_FIRST,
    "gelu_tanh": _UP_TO_FIRST,
}

_DEFAULT = KernelChoice()


# Parameters outside this range, other than 0, or their products with x need float64.
_SMALLEST_PARAMETER, _LARGEST_PARAMETER = 1e-4, 1e4


def kernel_choice(activation: Activation) -> KernelChoice:
    """Return how tensors are computed for a record.

    Records outside the table, and records with very small or large parameters, have the
    default.
    """
    sizes = [abs(value) for value in activation.parameters.values() if value]
    if not all(_SMALLEST_PARAMETER <= size <= _LARGEST_PARAMETER for size in sizes):
        return _DEFAULT
    return KERNEL_TABLE.get(activation.name, _DEFAULT)
