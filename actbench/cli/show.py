"""`actbench show`: the properties of one activation."""

import json
from collections.abc import Mapping
from contextlib import suppress

import click

from actbench.activations import get, get_vector, names, vector_names
from actbench.activations.foreign.names import resolve
from actbench.activations.foreign.prefixes import is_foreign
from actbench.cli.describe import activation_page, vector_activation_page
from actbench.cli.parameters import Text, name_and_arguments
from actbench.cli.requests import Command
from actbench.display.properties import (
    Properties,
    VectorProperties,
    properties_of,
    vector_properties_of,
)
from actbench.errors import RequestError


@click.command(cls=Command)
@click.argument("name", metavar="NAME")
@click.argument("parameters", metavar="[PARAMETER=VALUE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print all properties as JSON.")
def show(*, name: str, parameters: tuple[str, ...], as_json: bool) -> None:
    """Show formula, properties, counterparts and curve of an activation.

    NAME is a name from `actbench list`, in any spelling; a name in another framework, such as
    torch:gelu or keras.layers.LeakyReLU, which has the defaults of that framework; a formula
    as "formula:x * tanh(x)"; or a user function as package.module:attribute. Parameters follow
    it, such as beta=1.5.
    """
    name, given = name_and_arguments(name, parameters)
    if _is_vector(name, given):
        vector = get_vector(name, **{key: _whole(key, value) for key, value in given.items()})
        lines = (
            _json_lines(vector_properties_of(vector))
            if as_json
            else vector_activation_page(vector)
        )
    else:
        activation = get(name, **given)
        lines = (
            _json_lines(properties_of(activation)) if as_json else activation_page(activation)
        )
    print("\n".join(lines))


def _json_lines(properties: Properties | VectorProperties) -> list[str]:
    return [json.dumps(properties.document(), indent=1, ensure_ascii=False)]


def _is_vector(name: str, given: Mapping[str, Text]) -> bool:
    """Return whether a name means a function of vectors, also in another framework."""
    if name in vector_names():
        return True
    if name in names() or (":" in name and not is_foreign(name)):
        return False
    with suppress(RequestError):
        return resolve(name, given).name in vector_names()
    return False


def _whole(name: str, value: Text) -> int:
    if isinstance(value, str) or not float(value).is_integer():
        raise RequestError(f"parameter {name}: expected an integer, got {value}")
    return int(value)
