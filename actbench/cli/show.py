"""`actbench show`: the properties of one activation."""

import json

import click

from actbench.activations import get, get_vector, vector_names
from actbench.cli.describe import activation_page, vector_activation_page
from actbench.cli.parameters import parse_parameters
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

    NAME is a name from `actbench list`, a formula as "formula:x * tanh(x)", or a user function
    as package.module:attribute. Parameters follow it, such as beta=1.5.
    """
    given = parse_parameters(parameters)
    if name in vector_names():
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


def _whole(name: str, value: float) -> int:
    if not value.is_integer():
        raise RequestError(f"parameter {name}: expected an integer, got {value:g}")
    return int(value)
