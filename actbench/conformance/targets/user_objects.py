"""Objects with a dtype of their own: made again for each format, or used in their own only.

A layer of Keras, a module of PyTorch and a tree of JAX convert their input to their dtype, or
fail for another one. Such an object is made again for every format in which its weights keep
their precision.
"""

import copy
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from actbench.activations.user_code import attribute_of
from actbench.frameworks.libraries import DTYPES, Function

FORMATS = tuple(DTYPES)

# The formats in the order of their precision.
_BY_PRECISION = ("bfloat16", "float16", "float32", "float64")


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


def made_again(
    found: Any, device: str, create: Callable[[], Any] | None = None
) -> UserFunction | None:
    """Return an object that can be made again for a format; None for other objects.

    Args:
        found: a layer of Keras, a module of PyTorch, a tree of JAX, or a method of these.
        device: device on which modules of PyTorch are placed.
        create: makes another object like this one, if it comes from a class.
    """
    if inspect.ismethod(found):
        owner, name = made_again(found.__self__, device), found.__name__
        if owner is None:
            return None
        return owner._replace(
            make=lambda dtype: getattr(owner.make(dtype), name), call="FUNCTION({x})"
        )
    return _keras_layer(found) or _torch_module(found, device, create) or _jax_tree(found)


def _no_wider(own: set[str]) -> tuple[str, ...]:
    """Return the formats that are not more precise than weights of these formats."""
    widest = min((_BY_PRECISION.index(name) for name in own if name in FORMATS), default=3)
    return tuple(name for name in FORMATS if _BY_PRECISION.index(name) <= widest)


def _keras_layer(layer: Any) -> UserFunction | None:
    """Return a layer of Keras: made from its configuration with another dtype."""
    keras = sys.modules.get("keras")
    if keras is None or not isinstance(layer, keras.Layer):
        return None
    own, has_weights = str(layer.compute_dtype), bool(layer.built and layer.weights)

    def make(dtype: str) -> Any:
        config = layer.get_config()
        made = type(layer).from_config(config if dtype == own else _with_dtype(config, dtype))
        if has_weights:
            if not made.built:
                made.build_from_config(layer.get_build_config())
            made.set_weights(layer.get_weights())
        return made

    allowed = _no_wider({own}) if has_weights else FORMATS
    formats = tuple(dtype for dtype in allowed if _has_format(make, dtype, _keras_dtypes))
    if own not in formats:  # it cannot even be copied
        return UserFunction(lambda _: layer, tuple(name for name in FORMATS if name == own))
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


def _torch_module(
    module: Any, device: str, create: Callable[[], Any] | None
) -> UserFunction | None:
    """Return a module of PyTorch: another one with the default dtype, or a copy."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        return None

    @functools.cache  # because weights may be random
    def make(dtype: str) -> Any:
        torch_dtype = getattr(torch, dtype)
        with _default_dtype(torch, torch_dtype):
            made = copy.deepcopy(module) if create is None else create()
        return made.to(device=device, dtype=torch_dtype)

    own = set(_torch_dtypes(module))
    allowed = _no_wider(own) if create is None else FORMATS
    formats = tuple(dtype for dtype in allowed if _has_format(make, dtype, _torch_dtypes))
    if formats:
        return UserFunction(make, formats, "FUNCTION.to(torch.{dtype})({x})")
    return UserFunction(lambda _: module, tuple(name for name in FORMATS if name in own))


@contextmanager
def _default_dtype(torch: Any, dtype: Any) -> Iterator[None]:
    """Let PyTorch make tensors of this dtype."""
    given = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(given)


def _torch_dtypes(module: Any) -> Iterator[str]:
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            yield str(tensor.dtype).removeprefix("torch.")


def _jax_tree(found: Any) -> UserFunction | None:
    """Return a callable tree of arrays of JAX, with arrays of another dtype."""
    jax = sys.modules.get("jax")
    if jax is None or jax.tree_util.all_leaves([found]):
        return None

    def is_float(leaf: Any) -> bool:
        return hasattr(leaf, "dtype") and jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating)

    def make(dtype: str) -> Any:
        return jax.tree_util.tree_map(
            lambda leaf: leaf.astype(dtype) if is_float(leaf) else leaf, found
        )

    leaves = jax.tree_util.tree_leaves(found)
    return UserFunction(make, _no_wider({leaf.dtype.name for leaf in leaves if is_float(leaf)}))


def _has_format(
    make: Callable[[str], Any], dtype: str, dtypes: Callable[[Any], Iterator[str]]
) -> bool:
    """Return whether an object can be made in a format, and really has it then."""
    try:
        return set(dtypes(make(dtype))) <= {dtype}
    except Exception:  # a user's layer may raise any error
        return False


def own_formats(found: Any) -> tuple[str, ...]:
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
    if is_instance(part, "torch") and attribute_of(part, "ndim") == 0:
        return None  # PyTorch converts it to the dtype of the other operand
    dtype = attribute_of(part, "compute_dtype") or attribute_of(part, "dtype")
    name = attribute_of(dtype, "name") or dtype
    text = str(name).removeprefix("torch.")
    return text if text in FORMATS else None


def is_instance(found: object, *modules: str) -> bool:
    """Return whether a class in the hierarchy of an object is defined in one of the modules."""
    return any(kind.__module__.startswith(modules) for kind in type(found).__mro__)
