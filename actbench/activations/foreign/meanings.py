"""The function that a call computes, and the call that computes a function."""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import cast

from actbench.activations.catalogue import RECORDS
from actbench.activations.foreign.calls import Call, bind_arguments
from actbench.activations.foreign.signatures import (
    VECTOR_NAMES,
    Function,
    Meaning,
    Required,
    Signature,
    Value,
)
from actbench.errors import RequestError

_RECORDS = {kind.name: kind for kind in RECORDS}

_INITIALISERS = {"zeros": 0.0, "ones": 1.0}
"""Initialisers of Keras by name ↦ the value of the weights."""


def meaning_of(signature: Signature, call: Call) -> tuple[Function, Meaning]:
    """Return the function that a call computes.

    Raises:
        RequestError: the arguments do not fit, or the call has no known function.
    """
    bound = bind_arguments(signature, call)
    for meaning in signature.meanings:
        parameters = {name: _value(v, bound) for name, v in meaning.parameters.items()}
        if all(_equals(bound[name], value) for name, value in meaning.when.items()) and (
            None not in parameters.values() or meaning.function in VECTOR_NAMES
        ):
            known = {k: v for k, v in parameters.items() if v is not None}
            for name, domain in meaning.domains.items():
                if known[name] not in domain:
                    raise RequestError(
                        f"{signature.name}: expected {meaning.parameters[name]} {domain}, "
                        f"got {known[name]:g}"
                    )
            return complete(meaning.function, known), meaning
    shown = ", ".join(f"{name}={value!r}" for name, value in bound.items())
    raise RequestError(f"{signature.name}: expected arguments of an activation, got {shown}")


def complete(name: str, parameters: Mapping[str, float]) -> Function:
    """Return a function with the defaults of its record for the other parameters."""
    kind = _RECORDS.get(name)
    if kind is None:
        return Function(name, dict(parameters))
    return Function(name, kind(**parameters).parameters)


def _value(source: str | float, bound: Mapping[str, Value]) -> float | None:
    """Return the value of a parameter of a function, or None without a number."""
    value = bound[source] if isinstance(source, str) else source
    if isinstance(value, str):
        return _INITIALISERS.get(value.lower())
    return None if value is None else float(value)


def _equals(value: Value, wanted: object) -> bool:
    if isinstance(value, float | int) and isinstance(wanted, float | int):
        return math.isclose(value, wanted, rel_tol=1e-7)
    return value == wanted


def arguments_for(signature: Signature, function: Function) -> dict[str, Value] | None:
    """Return the arguments with which a callable computes a function.

    Arguments that equal their defaults are left out.

    Returns:
        The arguments by name; None if the callable does not compute the function.
    """
    for meaning in signature.meanings:
        if meaning.function == function.name:
            given = _inverse(meaning, function)
            if given is None:
                continue
            defaults = signature.parameters
            if all(name in given or v is not Required for name, v in defaults.items()):
                return {
                    name: given[name]
                    for name, default in defaults.items()
                    if name in given and not _is_default(given[name], default)
                }
    return None


def _is_default(value: Value, default: Value | type[Required]) -> bool:
    if isinstance(default, type):
        return False
    if isinstance(default, str) and isinstance(value, float):
        default = _INITIALISERS.get(default.lower())
    return _equals(value, default) and (value is None) == (default is None)


def _inverse(meaning: Meaning, function: Function) -> dict[str, Value] | None:
    given: dict[str, Value] = {}
    for name, value in function.parameters.items():
        if name in meaning.domains and value not in meaning.domains[name]:
            return None
        source = meaning.parameters.get(name, _default(function.name, name))
        if isinstance(source, str):
            given[source] = value
        elif not math.isclose(source, value, rel_tol=1e-12):
            return None
    for name, wanted in meaning.when.items():
        given[name] = cast(Value, wanted)
    return given


def _default(function: str, parameter: str) -> float:
    for f in fields(_RECORDS[function]) if function in _RECORDS else ():
        if f.name == parameter and isinstance(f.default, float | int):
            return float(f.default)
    return -1.0 if parameter == "axis" else math.nan
