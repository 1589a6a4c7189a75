"""`actbench list`: a table of activations, filtered by their properties, or of experiments."""

import json
import math
import sys
from collections.abc import Callable
from typing import NamedTuple

import click

from actbench.activations import Activation, get, get_vector, names, vector_names
from actbench.activations.catalogue import FAMILIES
from actbench.activations.counterparts import FRAMEWORKS, counterparts_of
from actbench.cli.experiments import print_experiments
from actbench.cli.requests import Choice, Command, integer
from actbench.display.properties import (
    format_parameters,
    properties_of,
    vector_properties_of,
    when_known,
)


class Filter(NamedTuple):
    """A property that `--NAME` requires and `--no-NAME` excludes."""

    name: str
    meaning: str
    holds: Callable[[Activation], bool | None]


FILTERS = (
    Filter("smooth", "all derivatives exist everywhere", lambda a: a.smooth),
    Filter("monotone", "f never decreases", lambda a: a.monotone),
    Filter("bounded", "both bounds are finite", lambda a: all(map(math.isfinite, a.bounds))),
    Filter("zero_at_zero", "f(0) = 0", lambda a: a.zero_at_zero),
    Filter("sign_preserving", "f(x) has the sign of x", lambda a: a.sign_preserving),
)

_FAMILY_NAMES = tuple(family.__name__.rpartition(".")[2] for family in FAMILIES)


def _add_filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add a pair of options for each filter."""
    for each in reversed(FILTERS):
        dashed = each.name.replace("_", "-")
        command = click.option(
            f"--{dashed}/--no-{dashed}",
            default=None,
            help=f"Only activations for which {each.meaning} (or not).",
        )(command)
    return command


@click.command("list", cls=Command)
@_add_filter_options
@click.option("--family", type=Choice(_FAMILY_NAMES), help="Only activations of this family.")
@click.option(
    "--in",
    "framework",
    type=Choice(FRAMEWORKS, {"tf": "tensorflow", "pytorch": "torch"}),
    help="Only activations that this framework has as well.",
)
@click.option(
    "--since",
    metavar="YEAR",
    type=integer,
    help="Only activations whose source is of this year or later.",
)
@click.option(
    "--experiments", is_flag=True, help="List the experiments of `actbench run` instead."
)
@click.option(
    "--vector", is_flag=True, help="List vector activations, such as softmax, instead."
)
@click.option("--json", "as_json", is_flag=True, help="Print all properties as JSON.")
def list_activations(
    *,
    family: str | None,
    framework: str | None,
    since: int | None,
    experiments: bool,
    vector: bool,
    as_json: bool,
    **requested: bool | None,
) -> None:
    """List activations with formula, default parameters and source."""
    if experiments:
        print_experiments(as_json=as_json)
        return
    if vector:
        _list_vector_activations(as_json=as_json)
        return
    required = [
        (each, requested[each.name]) for each in FILTERS if requested[each.name] is not None
    ]
    listed = {}
    for name in names():
        activation = get(name)
        if (
            family in (None, activation.family)
            and (framework is None or _is_in(activation, framework))
            and (since is None or _is_since(activation, since))
            and all(_matches(activation, each, holds) for each, holds in required)
        ):
            listed[name] = activation
    if as_json:
        documents = [properties_of(activation).document() for activation in listed.values()]
        print(json.dumps(documents, indent=1))
    else:
        _print_table(listed)


def _matches(activation: Activation, each: Filter, holds: bool | None) -> bool:
    """Return whether a filter selects an activation; an unknown property matches nothing."""
    return when_known(lambda: each.holds(activation)) == holds


def _is_since(activation: Activation, year: int) -> bool:
    """Return whether the source is of a year or later; a user function may state no year."""
    known = getattr(activation, "year", None)
    return known is not None and known >= year


def _is_in(activation: Activation, framework: str) -> bool:
    return any(row.framework == framework for row in counterparts_of(activation.name))


def _list_vector_activations(*, as_json: bool) -> None:
    listed = [vector_properties_of(get_vector(name)) for name in vector_names()]
    if as_json:
        print(json.dumps([each.document() for each in listed], indent=1))
    else:
        print("\n".join(f"{each.name:<12} {each.description}" for each in listed))


def _print_table(listed: dict[str, Activation]) -> None:
    # rich takes 0.1 s to import and only this table needs it.
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "formula", "parameters", "source", box=None)
    for name, activation in listed.items():
        formula = activation.formula or "—"
        if name != activation.name:
            formula = f"= {activation}"
        table.add_row(
            name, formula, format_parameters(activation.parameters), activation.source
        )
    # Lines are wrapped on a terminal only, so that programs such as grep get whole lines.
    is_terminal = sys.stdout.isatty()
    console = Console(width=None if is_terminal else 1000)
    console.print(table)
    if is_terminal:
        console.print(f"{len(listed)} of {len(names())} names")
