"""Operators of runtimes: names, attributes, and the record that each should compute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.errors import RequestError, suggest

Attributes = Mapping[str, object]
"""Name of an attribute ↦ a number, a string or a Boolean."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """An operator of a runtime that computes a record, at some values of its attributes.

    An operator has a row for each record that it can compute.

    Args:
        name: name in the runtime, such as "com.microsoft.QuickGelu".
        record: name of the record.
        parameters: name of an attribute ↦ the parameter of the record that it is. Attributes
            of the same parameter have equal values.
        defaults: name of an attribute ↦ its default; attributes without one are left out.
        fixed: name of an attribute ↦ the value with which the operator computes the record.
        values: values of parameters that are no attributes.
        usual: attributes with which `audit --all` checks the operator, besides `fixed`.
    """

    name: str
    record: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    defaults: Attributes = field(default_factory=dict)
    fixed: Attributes = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    usual: Attributes = field(default_factory=dict)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of all attributes."""
        return tuple(dict.fromkeys([*self.defaults, *self.fixed, *self.parameters]))

    @property
    def request(self) -> dict[str, object]:
        """The attributes that select this row, and differ from the defaults."""
        chosen = {**self.fixed, **self.usual}
        return {key: chosen[key] for key in chosen if chosen[key] != self.defaults.get(key)}

    def all_attributes(self, given: Attributes) -> dict[str, object]:
        """Return the given attributes, and the defaults of the others."""
        return dict(self.defaults) | dict(given)

    def activation(self, attributes: Attributes) -> Activation:
        """Return the activation that the operator should compute.

        Raises:
            RequestError: the record refuses a value.
        """
        given: dict[str, Any] = {
            parameter: attributes[name]
            for name, parameter in self.parameters.items()
            if name in attributes
        }
        return get(self.record, **{**self.values, **given})

    def fits(self, given: Attributes) -> bool:
        """Return whether the operator computes the record with the given attributes."""
        attributes = self.all_attributes(given)
        if not all(_equal(attributes.get(key), self.fixed[key]) for key in self.fixed):
            return False
        values: dict[str, object] = {}
        return not set(given) - set(self.attributes) and all(
            values.setdefault(parameter, attributes.get(name)) == attributes.get(name)
            for name, parameter in self.parameters.items()
        )


def _equal(given: object, value: object) -> bool:
    """Return whether a given attribute has a value, up to the rounding of float32."""
    if isinstance(given, (int, float)) and isinstance(value, (int, float)):
        return abs(given - value) <= abs(value) * 2.0**-24
    return given == value


def plain(name: str) -> str:
    """Return a name without case, underscores and other marks.

    Example:
        >>> plain("Hard_Swish") == plain("hardswish")
        True
    """
    return "".join(each for each in name.casefold() if each.isalnum())


def find_operator(
    subject: str,
    operators: Sequence[Operator],
    name: str,
    given: Attributes,
    *,
    expected: Activation | None = None,
) -> Operator:
    """Return the operator with a name, in the row that its attributes select.

    Args:
        subject: the target, for error messages.
        operators: the operators of a runtime.
        name: name in any spelling, with or without its domain.
        given: the given attributes.
        expected: the activation that it should compute, if the user states one.

    Raises:
        RequestError: there is no such operator or attribute, or no record is known.
    """
    rows = [row for row in operators if plain(row.name) == plain(name)]
    rows = rows or [row for row in operators if plain(_last(row.name)) == plain(name)]
    if not rows:
        names = tuple(dict.fromkeys(_last(row.name) for row in operators))
        raise RequestError(
            f"{subject}: expected an operator that a record is known for, got {name!r}; "
            f"{suggest(name, names)}"
        )
    for row in rows:
        if row.fits(given):
            return row
    attributes = dict.fromkeys(each for row in rows for each in row.attributes)
    unknown = [key for key in given if key not in attributes]
    if unknown:
        raise RequestError(
            f"{subject}: expected attributes among {', '.join(attributes) or 'none'}, got "
            f"{', '.join(unknown)}"
        )
    if expected is not None:
        return rows[0]
    choices = " or ".join(dict.fromkeys(words(row.request) or "none" for row in rows))
    raise RequestError(
        f"{subject}: expected attributes for which a record is known, such as {choices}, got "
        f"{words(given) or 'none'}; try --as NAME"
    )


def words(attributes: Attributes) -> str:
    """Return attributes as PARAMETER=VALUE words."""
    return " ".join(
        f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"
        for key, value in attributes.items()
    )


def _last(name: str) -> str:
    return name.rpartition(".")[2]
