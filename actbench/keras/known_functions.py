"""The records of the functions of Keras and TensorFlow that a model may contain."""

import inspect
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache, partial
from types import BuiltinFunctionType, FunctionType, MethodType

import keras
import numpy as np
import tensorflow as tf

from actbench.activations.catalogue import RECORDS, get
from actbench.activations.parameter import finite_number
from actbench.activations.record import Activation, Counterpart
from actbench.frameworks.counterparts import find

KerasFunction = Callable[..., object]

_FUNCTION_TYPES = (
    BuiltinFunctionType,
    FunctionType,
    MethodType,
    np.ufunc,
    partial,
    tf.types.experimental.GenericFunction,
)


def is_function(value: object) -> bool:
    """Return whether an object is a function, as opposed to another callable object."""
    return isinstance(value, _FUNCTION_TYPES)


def known_function(function: KerasFunction) -> Activation | None:
    """Return the record of a function of Keras or TensorFlow; None if there is none.

    Args:
        function: the function, or a `functools.partial` of it with keyword arguments.

    Example:
        >>> print(known_function(partial(tf.nn.leaky_relu, alpha=0.5)))
        leaky_relu(negative_slope=0.5)
    """
    keywords: Mapping[str, object] = {}
    inner: KerasFunction = function
    if isinstance(function, partial):
        if function.args:  # the first argument is x
            return None
        inner, keywords = function.func, function.keywords
    # An object that is not hashable is no function.
    candidates = _records_by_function().get(inner, []) if is_function(inner) else []
    found = (_activation(*each, inner, keywords) for each in candidates)
    return next((activation for activation in found if activation is not None), None)


def reason_for_no_record(function: KerasFunction) -> str:
    """Return why `known_function` found no record."""
    inner = function.func if isinstance(function, partial) else function
    modules = "keras.activations, keras.ops or tf.nn"
    if _path(inner) is not None:
        return "expected the counterpart of a record"
    if is_function(inner):
        return f"expected a function of {modules}, got another function"
    return f"expected a function of {modules}, got an object of {type(inner).__name__}"


def name_of(function: KerasFunction) -> str:
    """Return a function as text, such as silu, tf.nn.silu, partial(gelu, b=1) or a lambda."""
    if isinstance(function, partial):
        arguments = [*map(repr, function.args)]
        arguments += [f"{name}={value!r}" for name, value in function.keywords.items()]
        return f"partial({', '.join([name_of(function.func), *arguments])})"
    path = _path(function)
    if path is not None:
        return path.removeprefix("keras.activations.")
    name = str(getattr(function, "__name__", type(function).__name__))
    return "a lambda" if name == "<lambda>" else name


@cache
def _records_by_function() -> dict[KerasFunction, list[tuple[type[Activation], Counterpart]]]:
    """Return the records and counterparts of each function of Keras and TensorFlow."""
    found: dict[KerasFunction, list[tuple[type[Activation], Counterpart]]] = {}
    for record in RECORDS:
        for counterpart in record.counterparts:
            for function in _functions(counterpart.name):
                found.setdefault(function, []).append((record, counterpart))
    return found


def _functions(name: str) -> Iterator[KerasFunction]:
    """Return the functions of Keras and TensorFlow that a counterpart's name stands for."""
    if name.partition(".")[0] not in ("keras", "tf"):
        return
    # keras.ops has the functions of keras.activations by the same names.
    names = {name, name.replace("keras.activations.", "keras.ops.")}
    for each in sorted(names):
        try:
            function = find(each)
        except LookupError:  # this version of the framework does not have it
            continue
        if not inspect.isclass(function):
            yield function


def _activation(
    record: type[Activation],
    counterpart: Counterpart,
    function: KerasFunction,
    keywords: Mapping[str, object],
) -> Activation | None:
    """Return the record with a function's arguments, if the counterpart covers all of them."""
    _, *arguments = inspect.signature(function).parameters.values()
    given = {each.name: keywords.get(each.name, each.default) for each in arguments}
    others = {
        each.name: each.default
        for each in arguments
        if each.name not in (*counterpart.parameters.values(), *counterpart.fixed)
    }
    expected = others | dict(counterpart.fixed)
    if any(given.get(name) != value for name, value in expected.items()):
        return None
    if not set(keywords) <= set(given):
        return None
    values = {
        name: finite_number(given[argument])
        for name, argument in counterpart.parameters.items()
    }
    parameters = {name: value for name, value in values.items() if value is not None}
    if len(parameters) < len(values):
        return None
    try:
        return get(record.name, **parameters)
    except ValueError:  # outside the domain of the parameter
        return None


def _path(function: object) -> str | None:
    """Return the public name of a function of Keras or TensorFlow; None for any other."""
    return _public_names().get(function) if isinstance(function, Hashable) else None


@cache
def _public_names() -> dict[object, str]:
    """Return the public name of each function, such as "tf.nn.silu"."""
    modules = {
        "keras.activations": keras.activations,
        "keras.ops": keras.ops,
        "tf.nn": tf.nn,
        "tf.math": tf.math,
        "tf": tf,
    }
    found: dict[object, str] = {}
    for path, module in modules.items():
        for name in sorted(dir(module)):
            value = getattr(module, name)
            if is_function(value):
                found.setdefault(value, f"{path}.{name}")
    return found
