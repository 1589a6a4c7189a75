"""Keras layers of activations whose parameters are trained."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from actbench.activations.catalogue import get
from actbench.activations.record import Activation, Domain
from actbench.errors import RequestError
from actbench.frameworks.parametric import Parametric, domain, evaluate, trainable
from actbench.frameworks.tensorflow import has_xla

# How far inside a bound that is not its own a parameter is kept: many functions have 1/p.
_MARGIN = 1e-3


@keras.saving.register_keras_serializable(package="actbench")
class PReLU(keras.layers.PReLU):  # type: ignore[misc]
    """Parametric ReLU: f(x) = x for x > 0, else α · x, with trained slopes α.

    Keras's layer with its arguments (`shared_axes=[1, 2]` gives one slope per channel of
    an image), its weights and its initial slope 0 (the paper's is 0.25), but right at the
    edges: its value at −∞ with slope 0 is 0, not NaN, and its derivative at 0 is α, not 0.
    One object used in two places has one set of slopes. Slopes and their gradients have the
    policy's variable dtype, also where inputs are of float16.

    No regularizer decays the slopes, but optimizers with `weight_decay` do, unless
    `optimizer.exclude_from_weight_decay(var_names=["alpha"])` is called before the first step.

    He, Zhang, Ren & Sun (2015), arXiv:1502.01852.

    Example:
        >>> import numpy as np
        >>> layer = PReLU(alpha_initializer=keras.initializers.Constant(0.25))
        >>> np.asarray(layer(np.array([[-4.0, 2.0]], np.float32))).tolist()
        [[-1.0, 2.0]]
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Add the slopes for inputs of a shape, kept in the policy's variable dtype."""
        shared = self.shared_axes or ()
        self.alpha = self.add_weight(
            shape=[1 if axis in shared else n for axis, n in enumerate(input_shape) if axis],
            name="alpha",
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            autocast=False,
        )
        own = {axis: n for axis, n in enumerate(input_shape) if axis and axis not in shared}
        self.input_spec = keras.layers.InputSpec(
            ndim=len(input_shape), axes=own if shared else {}
        )

    def call(self, inputs: Any) -> Any:
        """Return f(inputs): a tensor of the same shape and dtype."""
        x = tf.convert_to_tensor(inputs)
        return _prelu(x, tf.convert_to_tensor(self.alpha))


@keras.saving.register_keras_serializable(package="actbench")
class Within(keras.constraints.Constraint):  # type: ignore[misc]
    """Keeps a weight between two numbers.

    Args:
        least: the smaller one.
        most: the larger one.

    Example:
        >>> Within(0.0, 1.0)(keras.ops.array([-2.0, 0.5, 3.0])).numpy().tolist()
        [0.0, 0.5, 1.0]
    """

    def __init__(self, least: float = -math.inf, most: float = math.inf) -> None:
        self.least = least
        self.most = most

    def __call__(self, weight: Any) -> Any:
        """Return the weight, what is outside moved to the nearest of the two."""
        return keras.ops.clip(weight, self.least, self.most)

    def get_config(self) -> dict[str, float]:
        """Return the two numbers: what Keras writes into a saved model."""
        return {"least": self.least, "most": self.most}


@keras.saving.register_keras_serializable(package="actbench")
class Trainable(keras.layers.Layer):  # type: ignore[misc]
    """An activation whose parameters are trained, by default one of each per channel.

    Value and gradients are computed in float64 and rounded once, whatever the dtype policy;
    parameters stay in the policy's variable dtype. Inputs beyond ±10¹⁰⁰, ±∞ included, are taken
    as ±10¹⁰⁰. Its gradients have no gradients.

    There is no weight decay by a regularizer, but optimizers with `weight_decay`, as AdamW
    has, decay every variable that is trained. Keras has no way for a layer to prevent that;
    this does, before the first step (each call replaces what an earlier one excluded):
    `optimizer.exclude_from_weight_decay(var_names=["actbench_"])`.

    Args:
        activation: the name of a record with parameters, or an activation with them, from the
            catalogue or `from_formula`; its parameters are where training begins.
        trained: which of them are trained; None for all that a gradient can train. The others
            keep their values.
        shared_axes: the axes along which a parameter is the same, counted from the batch,
            axis 0. None for all but the last, which gives one per channel; () for none, one
            per element; "all" for one in all.
        initializer: for all parameters, or a dict from their names; None for the
            activation's own.
        regularizer: likewise; None for none.
        constraint: likewise; "domain" keeps a parameter inside the record's domain, 0.001 from
            a bound that does not belong to it; None for none. Where two bound each other, as
            the thresholds of `srelu` do, only the initial values are held to that.
        options: those of every layer: name, dtype, trainable.

    Raises:
        RequestError: no such activation or parameter, one that no gradient can train, or axes
            that the input does not have.

    Example:
        >>> import numpy as np
        >>> swish = Trainable("swish")
        >>> swish(np.array([[-1.0, 0.0, 1.0]])).numpy().round(4).tolist()
        [[-0.2689..., 0.0, 0.7311...]]
        >>> {name: beta.shape for name, beta in swish.parameters.items()}
        {'beta': TensorShape([3])}
    """

    def __init__(
        self,
        activation: str | Activation,
        *,
        trained: Sequence[str] | None = None,
        shared_axes: Sequence[int] | Literal["all"] | None = None,
        initializer: Any = None,
        regularizer: Any = None,
        constraint: Any = "domain",
        **options: Any,
    ) -> None:
        record = activation if isinstance(activation, Activation) else get(activation)
        if trained is None:
            names = trainable(record) or tuple(record.parameters)
        else:
            names = (trained,) if isinstance(trained, str) else tuple(trained)
        computed = Parametric(record, names)
        if options.get("name") is None:
            options["name"] = _layer_name(record.name)
        super().__init__(**options)
        self._computed = computed
        self.supports_masking = True
        self.activation = record
        self.trained = names
        self.shared_axes = _axes(shared_axes)
        # Of a Python float Keras makes a float32 on the way to a float64.
        begins = {
            name: keras.initializers.Constant(np.float64(record.parameters[name]))
            for name in names
        }
        kept = {name: within(domain(record, name)) for name in names}
        self.initializer = _by_name(initializer, begins, None, keras.initializers.get)
        nothing = dict.fromkeys(names)
        self.regularizer = _by_name(regularizer, nothing, None, keras.regularizers.get)
        self.constraint = _by_name(constraint, kept, "domain", keras.constraints.get)
        self.parameters: dict[str, Any] = {}
        """The trained parameters by name, once the layer is built."""

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Add the weights for inputs of a shape."""
        self._shared = _shared(self.shared_axes, input_shape, self.name)
        shape = [1 if axis in self._shared else size for axis, size in enumerate(input_shape)][
            1:
        ]
        own = {
            axis: size for axis, size in enumerate(input_shape) if axis and shape[axis - 1] != 1
        }
        self.input_spec = keras.layers.InputSpec(ndim=len(input_shape), axes=own)
        self.parameters = {
            name: self.add_weight(
                shape=shape,
                name=f"actbench_{name}",
                initializer=self.initializer[name],
                regularizer=self.regularizer[name],
                constraint=self.constraint[name],
                autocast=False,
            )
            for name in self.trained
        }

    def call(self, inputs: Any) -> Any:
        """Return f(inputs): a tensor of the same shape, of the policy's compute dtype."""
        x = tf.convert_to_tensor(inputs)
        if not x.dtype.is_floating:
            x = tf.cast(x, self.compute_dtype)
        values = [tf.convert_to_tensor(self.parameters[name]) for name in self.trained]
        return evaluate(self._computed, x, values, self._shared)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what Keras writes into a saved model."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "activation": keras.saving.serialize_keras_object(self.activation),
            "trained": list(self.trained),
            "shared_axes": self.shared_axes,
            "initializer": _serialized(self.initializer),
            "regularizer": _serialized(self.regularizer),
            "constraint": _serialized(self.constraint),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Trainable":
        """Return the layer that `get_config` described."""
        objects = ("activation", "initializer", "regularizer", "constraint")
        made = {name: keras.saving.deserialize_keras_object(config[name]) for name in objects}
        return cls(**(config | made))


def _layer_name(name: str) -> str:
    """Return a name for the next layer, as Keras makes them: swish, then swish_1."""
    prefix = name if name.isidentifier() else "activation_of_formula"
    number = keras.backend.get_uid(prefix) - 1
    return f"{prefix}_{number}" if number else prefix


def _axes(axes: Any) -> tuple[int, ...] | str | None:
    """Return shared axes as they were given, in one form.

    Raises:
        RequestError: they are none.
    """
    if axes is None or axes == "all":
        return axes  # type: ignore[no-any-return]
    numbers = (axes,) if isinstance(axes, int) else axes
    if isinstance(numbers, str) or not all(
        isinstance(axis, int) and not isinstance(axis, bool) for axis in numbers
    ):
        raise RequestError(
            f"shared_axes = {axes!r} names no axes; a list such as [1, 2], 'all' or None "
            "would be right"
        )
    return tuple(numbers)


def _shared(
    axes: tuple[int, ...] | str | None, shape: Sequence[int | None], name: str
) -> tuple[int, ...]:
    """Return the axes that parameters are shared along, besides the first.

    Raises:
        RequestError: there are no such axes, or there is no telling how many parameters.
    """
    rank = len(shape)
    if axes is None:
        shared = tuple(range(1, rank - 1))
    elif isinstance(axes, str):
        shared = tuple(range(1, rank))
    else:
        shared = tuple(sorted({axis + rank if axis < 0 else axis for axis in axes}))
    if any(not 0 < axis < rank for axis in shared):
        raise RequestError(
            f"{name}: shared_axes = {list(axes or ())} of inputs {tuple(shape)}; axes from 1 "
            f"to {rank - 1} would be right (the batch, axis 0, is shared anyway)"
        )
    open_axes = [axis for axis in range(1, rank) if shape[axis] is None and axis not in shared]
    if open_axes:
        raise RequestError(
            f"{name}: inputs {tuple(shape)} have no fixed size along axis {open_axes[0]}; "
            "that axis among shared_axes would be right"
        )
    return shared


def within(bounds: Domain) -> Within | None:
    """Return the constraint that keeps a parameter in its domain, if that has a bound."""
    least = max(bounds.least, bounds.above + _MARGIN)
    most = min(bounds.most, bounds.below - _MARGIN)
    return None if bounds == Domain() else Within(least, most)


def _by_name(given: Any, defaults: Mapping[str, Any], default: Any, get: Any) -> dict[str, Any]:
    """Return what stands for each parameter: given for all or by name, or its default."""
    if not isinstance(given, Mapping):
        given = dict.fromkeys(defaults, given)
    for name in given:
        if name not in defaults:
            raise RequestError(
                f"{name!r} is no trained parameter; {', '.join(defaults)} would be right"
            )
    chosen = {name: given.get(name, default) for name in defaults}
    return {
        name: defaults[name] if one == default else get(one) for name, one in chosen.items()
    }


def _serialized(objects: Mapping[str, Any]) -> dict[str, Any]:
    return {name: keras.saving.serialize_keras_object(one) for name, one in objects.items()}


def _prelu(x: Any, slopes: Any) -> Any:
    forward, backward = _prelu_kernels(x.dtype, slopes.dtype, tuple(slopes.shape))

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def evaluated(x: Any, slopes: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            return backward(upstream, x, slopes)

        return forward(*map(tf.stop_gradient, (x, slopes))), gradient

    result = evaluated(x, slopes)
    result.set_shape(x.shape)
    return result


@lru_cache(maxsize=256)
def _prelu_kernels(dtype: Any, of_slopes: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Return the functions that compute values and gradients, traced once for all batches."""
    # A sum of thousands in float16 stands still.
    wide = tf.float64 if of_slopes == tf.float64 else tf.float32
    batch_and_shared = [0, *(axis for axis, size in enumerate(shape, 1) if size == 1)]

    def value(x: Any, slopes: Any) -> Any:
        slopes = tf.cast(slopes, dtype)
        # 0 · −∞ is NaN, but the limit of 0 · x is 0.
        finite = tf.where(tf.equal(slopes, 0), tf.maximum(x, dtype.min), x)
        return tf.where(x > 0, x, slopes * finite)

    def gradients(upstream: Any, x: Any, slopes: Any) -> tuple[Any, Any]:
        by_x = upstream * tf.where(x > 0, tf.ones_like(x), tf.cast(slopes, dtype))
        by_slopes = tf.cast(upstream, wide) * tf.cast(tf.minimum(x, 0), wide)
        total = tf.reduce_sum(by_slopes, batch_and_shared)
        return by_x, tf.reshape(tf.cast(total, of_slopes), shape)

    def compiled(function: Any, *like: Any) -> Any:
        return tf.function(
            function, input_signature=like, jit_compile=has_xla(), autograph=False
        ).get_concrete_function()

    like_x = tf.TensorSpec([None] * (1 + len(shape)), dtype)
    like_slopes = tf.TensorSpec(shape, of_slopes)
    return (
        compiled(value, like_x, like_slopes),
        compiled(gradients, like_x, like_x, like_slopes),
    )
