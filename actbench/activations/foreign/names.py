"""The activation that a name means, in any spelling and by its name in other frameworks.

A name with a framework, such as "keras:LeakyReLU", "nn.LeakyReLU" or "jax.nn.gelu", means the
function with the defaults of that framework. A name without one means a record with the
record's own defaults, in any spelling; it may also be the name in other frameworks if that has
one meaning, such as "identity".
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from actbench.activations.catalogue import names
from actbench.activations.foreign.calls import (
    Call,
    description_of,
    parse_call,
    signatures_of,
)
from actbench.activations.foreign.meanings import meaning_of
from actbench.activations.foreign.prefixes import is_foreign, plain
from actbench.activations.foreign.signatures import Function, Signature, Value
from actbench.activations.foreign.table import SIGNATURES
from actbench.activations.vector import vector_names
from actbench.errors import RequestError, suggest

ABBREVIATIONS = {"lrelu": "leaky_relu"}
"""Common names that no framework uses ↦ the record."""

_OWN = ("actbench", "actbench.get")


def own_name(name: str) -> str | None:
    """Return the name in the catalogue that a name without a framework means, if any.

    Example:
        >>> own_name("LeakyReLU"), own_name("hardswish"), own_name("lrelu"), own_name("relux")
        ('leaky_relu', 'hard_swish', 'leaky_relu', None)
    """
    known = (*names(), *vector_names())
    if name in known:
        return name
    spellings = {plain(each): each for each in reversed(known)} | ABBREVIATIONS
    return spellings.get(plain(name))


def resolve(name: str, given: Mapping[str, Value]) -> Function:
    """Return the function that a name means, with the parameters that it states.

    Args:
        name: a name in any spelling, such as "LeakyReLU", "torch:softplus", "nn.ELU(1.3)".
        given: parameters of the record, or arguments of the framework's function.

    Raises:
        RequestError: the name is unknown or has several meanings, or a parameter is unknown.

    Example:
        >>> str(resolve("keras:LeakyReLU", {})), str(resolve("nn.LeakyReLU", {}))
        ('leaky_relu(negative_slope=0.3)', 'leaky_relu(negative_slope=0.01)')
        >>> str(resolve("torch:softplus", {"beta": 2.0}))
        'softplus(beta=2)'
    """
    if not is_foreign(name):
        return _without_framework(name, given)
    call = parse_call(name)
    prefix, _, last = call.name.rpartition(".")
    if not prefix or prefix.lower() in _OWN:
        if call.positional:
            raise RequestError(
                f"{name}: expected parameters by name, such as beta=2, got "
                f"{call.positional[0]!r}"
            )
        return _without_framework(last, {**call.keywords, **given})
    if (description := description_of(call.name)) is not None:
        raise RequestError(
            f"{call.name}: expected an activation of one tensor, got {description}"
        )
    found = signatures_of(call.name)
    exact = [each for each in found if each.name.rpartition(".")[2] == last]
    return _of_signature((exact or list(found))[0], call, given)


def _without_framework(name: str, given: Mapping[str, Value]) -> Function:
    """Return a record with its own defaults, or a function that only frameworks have."""
    own = own_name(name)
    if own is not None:
        return Function(own, _numbers(own, given))
    rows = [each for each in SIGNATURES if plain(each.name.rpartition(".")[2]) == plain(name)]
    meant = {each.function: row for row in reversed(rows) for each in row.meanings}
    if len(meant) == 1:
        ((function, row),) = meant.items()
        if not function.startswith("formula:"):
            return Function(function, _numbers(function, given))
        return _of_signature(row, parse_call(row.name), given)
    if meant:
        shown = " or ".join(dict.fromkeys(row.name for row in rows))
        raise RequestError(
            f"activation name: expected a name with its framework, such as {shown}, "
            f"got {name!r}"
        )
    raise RequestError(
        f"activation name: expected a known name, got {name!r}; {_closest(name, names())}"
    )


def _closest(name: str, known: Sequence[str]) -> str:
    """Return a suggestion that ends an error message, in any spelling of the name."""
    exact, lower = suggest(name, known), suggest(name.lower(), known)
    return exact if "mean" in exact else lower


def _of_signature(signature: Signature, call: Call, given: Mapping[str, Value]) -> Function:
    """Return the function of a framework at its defaults and at the given parameters.

    A parameter has its name in the framework, or its name in the record.
    """
    names_here = {
        ours: theirs
        for meaning in signature.meanings
        for ours, theirs in meaning.parameters.items()
        if isinstance(theirs, str)
    }
    theirs = {
        key if key in signature.parameters else names_here.get(key, key): value
        for key, value in given.items()
    }
    for key in theirs:
        if key not in signature.parameters:
            known = " or ".join(dict.fromkeys([*signature.parameters, *names_here]))
            raise RequestError(
                f"parameter of {signature.name}: expected {known or 'none'}, got {key!r}"
            )
    asked = replace(call, name=signature.name, keywords={**call.keywords, **theirs})
    return meaning_of(signature, asked)[0]


def _numbers(name: str, given: Mapping[str, Value]) -> dict[str, float]:
    """Return parameters of a record; all of them are numbers."""
    for key, value in given.items():
        if isinstance(value, str) or value is None:
            raise RequestError(
                f"parameter {key} of {name}: expected a finite real number, got {value!r}"
            )
    return {key: value for key, value in given.items() if not isinstance(value, str | None)}
