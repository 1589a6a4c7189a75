"""Keras layers of activations whose parameters are trained."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Literal, TypeVar

import keras
import numpy as np

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.errors import RequestError
from actbench.frameworks.parametric import Parametric, parameter_domain, trainable_parameters
from actbench.keras.axes import checked_axes, positive_axes
from actbench.keras.constraints import domain_constraint
from actbench.keras.prelu import PReLU

__all__ = ["PReLU", "Trainable"]

# Named by strings, because each module imports its framework.
_EVALUATORS = {
    "tensorflow": "actbench.frameworks.parametric_kernels",
    "jax": "actbench.frameworks.jax_parametric",
    "torch": "actbench.frameworks.torch_parametric",
}

T = TypeVar("T")


@keras.saving.register_keras_serializable(package="actbench")
class Trainable(keras.layers.Layer):  # type: ignore[misc]
    """An activation with trained parameters, by default one value of each per channel.

    Value and gradients are computed in float64 and rounded once, for every dtype policy. The
    parameters have the policy's variable dtype. Inputs with |x| > 10¹⁰⁰, ±∞ included, are
    clipped to ±10¹⁰⁰. Gradients have no gradients of their own.

    The parameters have no regularizer by default. However, optimizers with `weight_decay`,
    such as AdamW, decay all trained variables, and Keras does not let a layer prevent that.
    This call before the first step prevents it; it replaces the exclusions of earlier calls:
    `optimizer.exclude_from_weight_decay(var_names=["actbench_"])`.

    Args:
        activation: name of a record with parameters, or an activation with parameters, from the
            catalogue or `from_formula`. Training begins at its parameters.
        trained: names of the trained parameters; None for all that a gradient can train. All
            other parameters keep their values.
        shared_axes: axes that share one value of a parameter; the batch is axis 0. None for all
            axes but the last, which gives one value per channel; () for one value per element;
            "all" for a single value.
        initializer: initializer of all parameters, or a dict from names of parameters to
            initializers; None for the values of the activation.
        regularizer: regularizer of all parameters, or a dict; None for no regularizer.
        constraint: constraint of all parameters, or a dict; None for no constraint. "domain"
            keeps each parameter in the domain that the record states, at a distance of 0.001
            from exclusive bounds. If two parameters bound each other, as the thresholds of
            `srelu` do, only the initial values are checked for that.
        options: options of every layer: name, dtype, trainable.

    Raises:
        RequestError: the activation or a parameter does not exist, a gradient cannot train a
            parameter, or the input does not have the axes.

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
        shared_axes: int | Sequence[int] | Literal["all"] | None = None,
        initializer: object = None,
        regularizer: object = None,
        constraint: object = "domain",
        **options: object,
    ) -> None:
        record = activation if isinstance(activation, Activation) else get(activation)
        if trained is None:
            names = trainable_parameters(record) or tuple(record.parameters)
        else:
            names = (trained,) if isinstance(trained, str) else tuple(trained)
        parametric = Parametric(record, names)
        if options.get("name") is None:
            options["name"] = _unique_layer_name(record.name)
        super().__init__(**options)
        self._parametric = parametric
        self.supports_masking = True
        self.activation = record
        self.trained = names
        self.shared_axes = checked_axes(shared_axes)
        # np.float64, because Keras rounds a Python float to float32 before it fills a float64.
        initial_values = {
            name: keras.initializers.Constant(np.float64(record.parameters[name]))
            for name in names
        }
        domains = {name: domain_constraint(parameter_domain(record, name)) for name in names}
        none = dict.fromkeys(names)
        self.initializer = _per_parameter(
            initializer, None, initial_values, keras.initializers.get
        )
        self.regularizer = _per_parameter(regularizer, None, none, keras.regularizers.get)
        self.constraint = _per_parameter(constraint, "domain", domains, keras.constraints.get)
        self.parameters: dict[str, keras.Variable] = {}
        """The trained parameters by name, once the layer is built."""

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Add the weights for inputs of a shape."""
        self._shared = positive_axes(self.shared_axes, input_shape, self.name)
        sizes = list(enumerate(input_shape))[1:]
        shape = [1 if axis in self._shared else size for axis, size in sizes]
        fixed = {axis: size for axis, size in sizes if shape[axis - 1] != 1}
        self.input_spec = keras.layers.InputSpec(ndim=len(input_shape), axes=fixed)
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
        """Return f(inputs): a tensor of the same shape, in the policy's compute dtype."""
        convert = keras.ops.convert_to_tensor
        x = convert(inputs)
        if "float" not in keras.backend.standardize_dtype(x.dtype):
            x = keras.ops.cast(x, self.compute_dtype)
        values = [convert(self.parameters[name]) for name in self.trained]
        return _evaluate()(self._parametric, x, values, self._shared)

    def compute_output_shape(self, input_shape: T) -> T:
        """Return the shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, object]:
        """Return the configuration that Keras writes into a saved model."""
        config: dict[str, object] = super().get_config()
        return config | {
            "activation": keras.saving.serialize_keras_object(self.activation),
            "trained": list(self.trained),
            "shared_axes": self.shared_axes,
            "initializer": _serialized(self.initializer),
            "regularizer": _serialized(self.regularizer),
            "constraint": _serialized(self.constraint),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> "Trainable":
        """Return the layer that `get_config` described."""
        objects = ("activation", "initializer", "regularizer", "constraint")
        made = {name: keras.saving.deserialize_keras_object(config[name]) for name in objects}
        # A name could be the import path of a module, which an untrusted file must not import.
        if not isinstance(made["activation"], Activation):
            raise RequestError(
                f"activation of {cls.__name__}: expected the configuration of an activation, "
                f"got {made['activation']!r}"
            )
        return cls(**{**config, **made})


@cache
def _evaluate() -> Callable[..., Any]:
    """Return the evaluation of records with tensors as parameters, on the backend of Keras.

    Raises:
        RequestError: the backend has no gradients.
    """
    backend = keras.backend.backend()
    if backend not in _EVALUATORS:
        raise RequestError(
            f"Keras backend: expected {' or '.join(_EVALUATORS)}, got {backend}; "
            "try KERAS_BACKEND=tensorflow"
        )
    evaluate: Callable[..., Any] = import_module(_EVALUATORS[backend]).evaluate_parametric
    return evaluate


def _unique_layer_name(name: str) -> str:
    """Return the next free name of a layer, numbered as in Keras: swish, then swish_1."""
    prefix = name if name.isidentifier() else "activation_of_formula"
    number = keras.backend.get_uid(prefix) - 1
    return f"{prefix}_{number}" if number else prefix


def _per_parameter(
    given: object,
    placeholder: object,
    defaults: Mapping[str, T],
    get: Callable[[object], T],
) -> dict[str, T]:
    """Return one object for each parameter.

    Args:
        given: a value for all parameters, or a dict from names to values.
        placeholder: the value that stands for the default.
        defaults: name of each parameter ↦ its default.
        get: converts a value, such as the name of an initializer, into an object.
    """
    values = given if isinstance(given, Mapping) else dict.fromkeys(defaults, given)
    for name in values:
        if name not in defaults:
            raise RequestError(
                f"trained parameter: expected one of {', '.join(defaults)}, got {name!r}"
            )
    chosen = {name: values.get(name, placeholder) for name in defaults}
    return {
        name: defaults[name] if value == placeholder else get(value)
        for name, value in chosen.items()
    }


def _serialized(objects: Mapping[str, object]) -> dict[str, object]:
    return {name: keras.saving.serialize_keras_object(one) for name, one in objects.items()}
