"""User functions with their arguments bound, in every format that they have."""

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from actbench.activations.user_code import attribute_of, user_code
from actbench.activations.user_functions import has_callable_instances
from actbench.conformance.targets.user_objects import (
    FORMATS,
    UserFunction,
    is_instance,
    made_again,
    own_formats,
)
from actbench.frameworks.libraries import Function

Arguments = Mapping[str, object]


def user_function(name: str, found: Any, arguments: Arguments, device: str) -> UserFunction:
    """Return a user function with its arguments bound, in every format that it has.

    A function may state its formats in its attribute `dtypes`, such as ("float32",).

    Args:
        name: its location, for error messages.
        found: the function, layer or module, or a class of these.
        arguments: arguments of the function, or of the class.
        device: device on which modules of PyTorch are placed.

    Raises:
        RequestError: the class cannot be called with these arguments.
    """
    made_from, create = "", None
    if isinstance(found, type) and has_callable_instances(found):
        made_from, create = f"({_as_code(arguments)})", functools.partial(found, **arguments)
        with user_code(f"{name}: expected arguments of the class {found.__qualname__}"):
            found, arguments = create(), {}
    stated = _stated_formats(found)
    made = None if stated else made_again(found, device, create)
    if made is None:
        made = UserFunction(lambda _: found, stated or own_formats(found) or FORMATS)
    call = made.call.replace("FUNCTION", f"FUNCTION{made_from}")
    later = f", {_as_code(arguments)}" if arguments else ""
    return UserFunction(
        lambda dtype: _with_arguments(made.make(dtype), arguments),
        made.formats,
        call.replace("({x})", f"({{x}}{later})"),
    )


def accepts(found: Any, argument: str) -> bool:
    """Return whether a function, or the constructor of a class, takes a keyword argument."""
    if not isinstance(found, type) and is_instance(found, "torch.nn", "keras"):
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
