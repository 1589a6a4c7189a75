"""Look-up by name."""

from collections.abc import Iterator
from dataclasses import fields

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
from actbench.activations.record import Activation
from actbench.activations.user_functions import as_record, load, plug_ins
from actbench.activations.vector import vector_names
from actbench.errors import RequestError, suggest

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
    """Return the records of all families, in the order they are written."""
    return tuple(_records())


def _records() -> Iterator[type[Activation]]:
    for family in FAMILIES:
        for value in vars(family).values():
            if (
                isinstance(value, type)
                and issubclass(value, Activation)
                and value.__module__ == family.__name__
                and not value.__name__.startswith("_")
            ):
                yield value


RECORDS = find_records()


_Named = dict[str, tuple[type[Activation], dict[str, float]]]


def _by_name() -> _Named:
    """Return each name with its record and the parameters that it fixes."""
    found: _Named = {}
    for kind in RECORDS:
        found[kind.name] = kind, {}
        for alias, parameters in kind.aliases.items():
            found[alias] = kind, dict(parameters)
    return found


_BY_NAME = _by_name()
_FORMULA = "formula:"


def names() -> tuple[str, ...]:
    """Return the names of all activations in catalogue order, aliases and plug-ins included.

    Example:
        >>> import actbench
        >>> actbench.names()[:4]
        ('linear', 'absolute', 'relu', 'clipped_relu')
    """
    return (*_BY_NAME, *plug_ins())


def get(name: str, /, **parameters: float) -> Activation:
    """Return the activation of that name.

    Args:
        name: one of `names()`; or `formula:` and a formula, as `from_formula` takes it; or
            `pkg.module:attribute`, an activation, a record or a callable there.
        parameters: finite real numbers, by name; those left out have their defaults.

    Raises:
        RequestError: no such activation, no such parameter, or a value outside its domain.

    Example:
        >>> import actbench
        >>> print(actbench.get("swish", beta=1.5))
        swish(beta=1.5)
        >>> actbench.get("silu") == actbench.get("swish")
        True
        >>> actbench.get("formula:x * sin(a * x)", a=2).derivative(0.0)
        np.float64(0.0)
    """
    if not isinstance(name, str):
        raise RequestError(f"{name!r} is no name of an activation; a text would be right")
    if name.startswith(_FORMULA):
        from actbench.activations.formula_activation import from_formula

        return from_formula(name.removeprefix(_FORMULA), **parameters)
    if ":" in name:
        return _made(as_record(load(name), name), name, parameters)
    if name in _BY_NAME:
        kind, fixed = _BY_NAME[name]
        return _build(kind, name, parameters, fixed)
    if name in plug_ins():
        return _made(plug_ins()[name], name, parameters)
    if name in vector_names():
        raise RequestError(
            f"{name!r} is a function of vectors; actbench.get_vector({name!r}) would be right"
        )
    raise RequestError(f"unknown activation {name!r}: {suggest(name, names())}")


def _made(
    found: Activation | type[Activation], name: str, parameters: dict[str, float]
) -> Activation:
    if isinstance(found, type):
        return _build(found, name, parameters, {})
    if parameters:
        raise RequestError(f"unknown parameter {min(parameters)!r}: {name} takes none")
    return found


def _build(
    kind: type[Activation], name: str, parameters: dict[str, float], fixed: dict[str, float]
) -> Activation:
    """Return a record with parameters, some of which its name may have fixed."""
    known = tuple(field.name for field in fields(kind) if field.name not in fixed)
    for given in parameters:
        if given not in known:
            right = f"{name} takes {', '.join(known)}" if known else f"{name} takes none"
            raise RequestError(f"unknown parameter {given!r}: {right}")
    try:
        return kind(**fixed, **parameters)
    except TypeError as error:  # abstract, or not all parameters have defaults
        raise RequestError(f"{name}: cannot be made ({error})") from None
