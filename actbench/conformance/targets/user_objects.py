"""User functions in each format: objects with a dtype of their own are made again for it.

A layer of Keras, a module of PyTorch and a tree of JAX have a dtype. They convert their input
to it, or fail for another one. So they are made again for every format, and an object that
cannot be made again is used in its own format only.
"""

import copy
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from actbench.activations.user_code import attribute_of, user_code
from actbench.activations.user_functions import has_callable_instances
from actbench.frameworks.libraries import DTYPES, Function

Arguments = Mapping[str, object]

FORMATS = tuple(DTYPES)


class UserFunction(NamedTuple):
    """A user function in the formats that it has.

    Args:
        make: name of a format ↦ the function in that format.
        formats: names of the formats.
        call: the call in Python, with FUNCTION for the function and {x} for its tensor.
    """

    make: Callable[[str], Function]
    formats: tuple[str, ...] = FORMATS
    call: str = "FUNCTION({x})"


def user_function(name: str, found: Any, arguments: Arguments, device: str) -> UserFunction:
    """Return a user function with its arguments bound, in every format that it has.

    Args:
        name: its location, for error messages.
        found: the function, layer or module, or a class of these.
        arguments: arguments of the function, or of the class.
        device: device on which modules of PyTorch are placed.

    Raises:
        RequestError: the class cannot be called with these arguments, or the object has
            another dtype.
    """
    made_from = ""
    if isinstance(found, type) and has_callable_instances(found):
        made_from = f"({_as_code(arguments)})"
        with user_code(f"{name}: expected arguments of the class {found.__qualname__}"):
            found, arguments = found(**arguments), {}
    stated = _stated_formats(found)
    if stated:
        return UserFunction(_bound(found, arguments), stated, _call(made_from, arguments))
    known = (kind(found, device) for kind in (_keras_layer, _torch_module, _jax_tree))
    made = next((each for each in known if each is not None), None)
    if made is not None:
        call = made.call.replace("FUNCTION", f"FUNCTION{made_from}")
        return UserFunction(
            lambda dtype: _with_arguments(made.make(dtype), arguments),
            made.formats,
            call.replace("({x})", f"({{x}}{_later(arguments)})"),
        )
    own = _own_formats(found) or FORMATS
    return UserFunction(_bound(found, arguments), own, _call(made_from, arguments))


def accepts(found: Any, argument: str) -> bool:
    """Return whether a function, or the constructor of a class, takes a keyword argument."""
    if not isinstance(found, type) and _is_instance(found, "torch.nn", "keras"):
        # Such an object takes any argument, and passes it to one of these methods.
        found = attribute_of(found, "forward") or attribute_of(found, "call") or found
    try:
        known = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):  # a built-in function without a signature
        return False
    return any(
        each.kind == each.VAR_KEYWORD
        or (each.name == argument and each.kind != each.VAR_POSITIONAL)
        for each in known
    )


def _stated_formats(found: object) -> tuple[str, ...]:
    """Return the formats that a user function states in its attribute `dtypes`."""
    stated = attribute_of(found, "dtypes")
    if not isinstance(stated, (tuple, list, set, frozenset)):
        return ()
    names = {str(each) for each in stated}
    return tuple(each for each in FORMATS if each in names)


def _bound(function: Function, arguments: Arguments) -> Callable[[str], Function]:
    bound = _with_arguments(function, arguments)
    return lambda _: bound


def _with_arguments(function: Any, arguments: Arguments) -> Function:
    """Return a function with its arguments bound; its derivatives get those that they take."""
    if not arguments:
        return function  # type: ignore[no-any-return]

    def bound(x: Any) -> Any:
        return function(x, **arguments)

    for name in ("derivative", "second_derivative"):
        derivative = attribute_of(function, name)
        if callable(derivative):
            taken = {key: arguments[key] for key in arguments if accepts(derivative, key)}
            setattr(bound, name, functools.partial(derivative, **taken))
    bound.__wrapped__ = function  # type: ignore[attr-defined]
    return bound


def _as_code(arguments: Arguments) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def _later(arguments: Arguments) -> str:
    return f", {_as_code(arguments)}" if arguments else ""


def _call(made_from: str, arguments: Arguments) -> str:
    return f"FUNCTION{made_from}({{x}}{_later(arguments)})"


def _keras_layer(layer: Any, device: str) -> UserFunction | None:
    """Return a layer of Keras: made from its configuration with another dtype."""
    del device
    keras = sys.modules.get("keras")
    if keras is None or not isinstance(layer, keras.Layer):
        return None

    def make(dtype: str) -> Any:
        config = layer.get_config()
        if dtype != own:
            config = _with_dtype(config, dtype)
        made = type(layer).from_config(config)
        if layer.built and layer.weights:
            made.build_from_config(layer.get_build_config())
            made.set_weights(
                [np.asarray(weight).astype(dtype) for weight in layer.get_weights()]
            )
        return made

    own = str(layer.compute_dtype)
    formats = tuple(dtype for dtype in FORMATS if _has_format(make, dtype, _keras_dtypes))
    if own not in formats:  # it cannot even be copied
        return UserFunction(lambda _: layer, tuple(d for d in FORMATS if d == own))
    call = "type(FUNCTION).from_config(FUNCTION.get_config() | {'dtype': '{dtype}'})({x})"
    return UserFunction(make, formats, call)


def _with_dtype(config: Any, dtype: str) -> Any:
    """Return a configuration of Keras with this dtype in all its layers."""
    if isinstance(config, Mapping):
        return {
            key: dtype if key == "dtype" and value is not None else _with_dtype(value, dtype)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return [_with_dtype(each, dtype) for each in config]
    return config


def _keras_dtypes(layer: Any) -> Iterator[str]:
    flat = layer._flatten_layers()  # noqa: SLF001 - `layers` lacks those in wrappers
    return (str(each.compute_dtype) for each in flat)


def _torch_module(module: Any, device: str) -> UserFunction | None:
    """Return a module of PyTorch: a copy of it with another dtype."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        return None

    def make(dtype: str) -> Any:
        return copy.deepcopy(module).to(device=device, dtype=getattr(torch, dtype))

    def dtypes(module: Any) -> Iterator[str]:
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                yield str(tensor.dtype).removeprefix("torch.")

    formats = tuple(dtype for dtype in FORMATS if _has_format(make, dtype, dtypes))
    if formats:
        return UserFunction(make, formats, "FUNCTION.to(torch.{dtype})({x})")
    own = set(dtypes(module))
    return UserFunction(lambda _: module, tuple(each for each in FORMATS if each in own))


def _jax_tree(found: Any, device: str) -> UserFunction | None:
    """Return a callable tree of arrays of JAX, with arrays of another dtype."""
    del device
    jax = sys.modules.get("jax")
    if jax is None or jax.tree_util.all_leaves([found]):
        return None

    def cast(leaf: Any, dtype: str) -> Any:
        floats = hasattr(leaf, "dtype") and jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating)
        return leaf.astype(dtype) if floats else leaf

    def make(dtype: str) -> Any:
        return jax.tree_util.tree_map(lambda leaf: cast(leaf, dtype), found)

    return UserFunction(make)


def _has_format(
    make: Callable[[str], Any], dtype: str, dtypes: Callable[[Any], Iterator[str]]
) -> bool:
    """Return whether an object can be made in a format, and really has it then."""
    try:
        return set(dtypes(make(dtype))) <= {dtype}
    except Exception:  # a user's layer may raise any error
        return False


def _own_formats(found: Any) -> tuple[str, ...]:
    """Return the formats of a function's tensors, as far as they can be seen; () if unknown.

    Tensors are looked for in the attributes of an object, of the object of a bound method and
    in the arguments of a partial function.
    """
    parts: list[object] = []
    while isinstance(found, functools.partial):
        parts += [*found.args, *found.keywords.values()]
        found = found.func
    owner = found.__self__ if inspect.ismethod(found) else found
    if not inspect.isroutine(owner):
        parts += [owner] if _format_name(owner) else _attributes(owner)
    names = {_format_name(part) for part in parts}
    return tuple(each for each in FORMATS if each in names)


def _attributes(found: object) -> list[object]:
    try:
        return list(vars(found).values())
    except Exception:  # it has slots, or raises an error for any attribute
        return []


def _format_name(part: object) -> str | None:
    """Return the name of the format of a tensor or of an object with a dtype."""
    if isinstance(part, (np.ndarray, np.generic, type)):
        return None  # arrays of NumPy accept every format
    if _is_instance(part, "torch") and attribute_of(part, "ndim") == 0:
        return None  # PyTorch converts it to the dtype of the other operand
    dtype = attribute_of(part, "compute_dtype") or attribute_of(part, "dtype")
    name = attribute_of(dtype, "name") or dtype
    text = str(name).removeprefix("torch.")
    return text if text in FORMATS else None


def _is_instance(found: object, *modules: str) -> bool:
    """Return whether a class in the hierarchy of an object is defined in one of the modules."""
    return any(kind.__module__.startswith(modules) for kind in type(found).__mro__)
