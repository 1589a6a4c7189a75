"""The catalogue: all records, and the look-up of an activation by name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import NamedTuple, cast

from actbench.activations import (
    algebraic,
    exponentials,
    gaussian,
    periodic,
    quadratics,
    rectifiers,
    self_gated,
    shrinkage,
    sigmoids,
)
from actbench.activations.foreign.prefixes import is_foreign
from actbench.activations.record import Activation
from actbench.activations.user_functions import as_record, load, plug_ins
from actbench.activations.vector import vector_names
from actbench.errors import RequestError
from actbench.numerics.dispatch import prepare_for_torch

FAMILIES = (
    rectifiers,
    quadratics,
    shrinkage,
    sigmoids,
    algebraic,
    exponentials,
    self_gated,
    gaussian,
    periodic,
)


def find_records() -> tuple[type[Activation], ...]:
    """Return the records of all families, in the order of their definitions."""
    return tuple(
        value
        for family in FAMILIES
        for value in vars(family).values()
        if isinstance(value, type)
        and issubclass(value, Activation)
        and value.__module__ == family.__name__
        and not value.__name__.startswith("_")
    )


RECORDS = find_records()


class _Entry(NamedTuple):
    """The record that a name stands for, and the parameters that the name fixes."""

    record: type[Activation]
    fixed: Mapping[str, float]


def _entries() -> dict[str, _Entry]:
    found: dict[str, _Entry] = {}
    for record in RECORDS:
        found[record.name] = _Entry(record, {})
        for alias, parameters in record.aliases.items():
            found[alias] = _Entry(record, parameters)
    return found


_ENTRIES = _entries()
_FORMULA = "formula:"


def names() -> tuple[str, ...]:
    """Return the names of all activations in catalogue order, with aliases and plug-ins.

    Example:
        >>> import actbench
        >>> actbench.names()[:4]
        ('linear', 'absolute', 'relu', 'clipped_relu')
    """
    return (*_ENTRIES, *plug_ins())


def get(name: str, /, **parameters: float | str) -> Activation:
    """Return the activation of that name.

    Args:
        name: one of `names()`, in any spelling, such as "LeakyReLU"; or a name in another
            framework, such as "torch:gelu", "keras.layers.LeakyReLU" or "nn.ELU(1.3)", with
            the defaults of that framework; or `formula:` and a formula, as `from_formula`
            takes it; or `pkg.module:attribute`, the location of an activation, a record or a
            callable.
        parameters: finite real numbers; a parameter that is not given has its default. A
            name in another framework takes the arguments of its function as well.

    Raises:
        RequestError: there is no such activation or parameter, or a value is outside its
            domain.

    Example:
        >>> import actbench
        >>> print(actbench.get("swish", beta=1.5))
        swish(beta=1.5)
        >>> actbench.get("silu") == actbench.get("swish")
        True
        >>> print(actbench.get("LeakyReLU"), actbench.get("keras.layers.LeakyReLU"))
        leaky_relu(negative_slope=0.2) leaky_relu(negative_slope=0.3)
        >>> actbench.get("formula:x * sin(a * x)", a=2).derivative(0.0)
        np.float64(0.0)
    """
    if not isinstance(name, str):
        raise RequestError(f"activation name: expected a string, got {name!r}")
    prepare_for_torch()
    if name.startswith(_FORMULA):
        from actbench.activations.formula_activation import from_formula

        numbers = cast(Mapping[str, float], parameters)  # it refuses text
        return from_formula(name.removeprefix(_FORMULA), **numbers)
    if name in _ENTRIES:
        record, fixed = _ENTRIES[name]
        return _create(record, name, parameters, fixed)
    if ":" in name and not is_foreign(name):
        return _with_parameters(as_record(load(name), name), name, parameters)
    if name in plug_ins():
        return _with_parameters(plug_ins()[name], name, parameters)
    # The tables of other frameworks are read only for other names.
    from actbench.activations.foreign.names import resolve

    function = resolve(name, parameters)
    if function.name in vector_names():
        raise RequestError(
            f"activation name: expected an elementwise function, got {name!r}, a function of "
            f"vectors; use actbench.get_vector({function.name!r})"
        )
    return get(function.name, **function.parameters)


def _with_parameters(
    found: Activation | type[Activation], name: str, parameters: Mapping[str, float | str]
) -> Activation:
    """Create an activation from a record; an activation takes no more parameters."""
    if isinstance(found, type):
        return _create(found, name, parameters, {})
    if parameters:
        raise RequestError(f"parameter of {name}: expected none, got {min(parameters)!r}")
    return found


def _create(
    record: type[Activation],
    name: str,
    parameters: Mapping[str, float | str],
    fixed: Mapping[str, float],
) -> Activation:
    """Create an activation from a record; `fixed` are the parameters that its name fixes."""
    known = [field.name for field in fields(record) if field.name not in fixed]
    for given in parameters:
        if given not in known:
            expected = " or ".join(known) or "none"
            raise RequestError(f"parameter of {name}: expected {expected}, got {given!r}")
    try:
        return record(**fixed, **parameters)
    except TypeError as error:  # an abstract record, or a parameter without a default
        raise RequestError(
            f"{name}: expected a record with defaults for all parameters, got {error}"
        ) from None
