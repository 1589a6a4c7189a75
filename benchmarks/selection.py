"""Options that select benchmarks, and the selection that runs without them."""

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

import pytest

import actbench
from actbench.frameworks.libraries import DTYPES
from benchmarks.cases import INPUTS, SIZES, Case
from benchmarks.implementations import NAMES
from benchmarks.passes import BOTH, FORWARD, PASSES


class Option(NamedTuple):
    """An option that takes words separated by commas.

    Args:
        name: name of the option without its dashes.
        allowed: words that it accepts; empty for names of activations.
        help: text of `pytest benchmarks --help`.
    """

    name: str
    allowed: tuple[str, ...]
    help: str


OPTIONS = (
    Option("functions", (), "activations (default: eight; with -m full all with counterparts)"),
    Option("implementations", NAMES, "implementations to time (default: all installed ones)"),
    Option("passes", PASSES, "passes to compute"),
    Option("dtypes", tuple(DTYPES), "dtypes of the arrays"),
    Option("sizes", tuple(map(str, SIZES)), "elements of an array; any positive integer"),
    Option("inputs", tuple(INPUTS), "kinds of inputs"),
)

DEFAULTS: Mapping[str, tuple[str | int, ...]] = {
    "functions": ("relu", "leaky_relu", "elu", "softplus", "silu", "mish", "gelu", "gelu_tanh"),
    "passes": (FORWARD, BOTH),
    "dtypes": ("float32",),
    "sizes": (32_768, 331_776, 4_194_304),
    "inputs": ("mixed",),
    "members": (1, 6),
    "members_measured": (6,),
    "jobs": (1_000,),
    "documents": (1_000,),
    "originals": (500,),
    "batch": (128,),
    "rounds": (),
}
"""Values of options and of test parameters that run without `-m full`."""


def add_options(parser: pytest.Parser) -> None:
    """Add the options that select benchmarks to pytest."""
    group = parser.getgroup("actbench", "actbench: selection of benchmarks")
    group.addoption(
        "--activation",
        action="append",
        default=[],
        metavar="NAME",
        help="time this user function (package.module:name or formula:TEXT) instead of "
        "activations of the catalogue; may be repeated",
    )
    for option in OPTIONS:
        group.addoption(f"--{option.name}", metavar="A,B,…", help=option.help)


def check_options(config: pytest.Config) -> None:
    """Check the values of all options before anything runs.

    Raises:
        UsageError: a value is unknown.
    """
    for name in requested_functions(config):
        try:
            actbench.get(name)
        except actbench.RequestError as error:
            raise pytest.UsageError(str(error)) from None
    for option in OPTIONS:
        for word in requested(config, option.name) if option.allowed else ():
            is_size = option.name == "sizes" and word.isdigit() and int(word) > 0
            if word not in option.allowed and not is_size:
                choice = ", ".join(option.allowed)
                raise pytest.UsageError(
                    f"--{option.name}: expected one of {choice}, got {word!r}"
                )


def requested(config: pytest.Config, name: str) -> list[str]:
    """Return the words of an option; [] without it."""
    value: str | None = config.getoption(name)
    return [word.strip() for word in value.split(",")] if value else []


def requested_functions(config: pytest.Config) -> list[str]:
    """Return the functions that options name."""
    return [*config.getoption("activation"), *requested(config, "functions")]


def all_cases(config: pytest.Config) -> list[Case]:
    """Return the whole grid of throughput benchmarks; options replace its axes."""
    with_counterparts = [name for name in actbench.names() if actbench.get(name).counterparts]
    grid = product(
        dict.fromkeys(requested_functions(config) or with_counterparts),
        requested(config, "passes") or PASSES,
        requested(config, "dtypes") or DTYPES,
        [int(size) for size in requested(config, "sizes")] or SIZES,
        requested(config, "inputs") or INPUTS,
    )
    return [Case(*values) for values in grid]


AXES = ("functions", "passes", "dtypes", "sizes", "inputs")
"""Options that restrict all benchmarks."""

ANY_FUNCTION = "any"
"""Value of the axis `functions` of a benchmark that times all requested functions itself."""

_PARAMETERS = {"function": "functions", "activation": "functions"}
"""Parameters of benchmarks ↦ the axis whose value they are."""


def is_selected(
    config: pytest.Config,
    parameters: Mapping[str, object],
    axes: Mapping[str, object] = MappingProxyType({}),
) -> bool:
    """Return whether a benchmark with these parameters runs.

    With `-m full` all benchmarks run, otherwise those with default or requested values. An
    option of `AXES` leaves out benchmarks that have no requested value on that axis. With
    --benchmark-disable one size is enough, because nothing is timed.

    Args:
        config: the configuration with the options.
        parameters: parameters of the benchmark.
        axes: further values of the benchmark by axis; a tuple has several.
    """
    full = config.getoption("markexpr") == "full"
    case = parameters.get("case")
    if not isinstance(case, Case) and not _is_on_axes(config, parameters, axes):
        return False
    if isinstance(case, Case):
        return _is_case_selected(config, case, full=full)
    return full or all(
        value in DEFAULTS[name] for name, value in parameters.items() if name in DEFAULTS
    )


def _is_on_axes(
    config: pytest.Config, parameters: Mapping[str, object], axes: Mapping[str, object]
) -> bool:
    """Return whether a benchmark has a requested value on each axis that options name."""
    of_parameters = {_PARAMETERS.get(name, name): value for name, value in parameters.items()}
    for axis in AXES:
        wanted = requested_values(config, axis)
        given = {**of_parameters, **axes}.get(axis, ())
        values = given if isinstance(given, tuple) else (given,)
        if wanted and given != ANY_FUNCTION and wanted.isdisjoint(map(str, values)):
            return False
    return True


def requested_values(config: pytest.Config, axis: str) -> set[str]:
    """Return the values that options name on an axis; nothing without options."""
    words = requested_functions(config) if axis == "functions" else requested(config, axis)
    return set(words)


def _is_case_selected(config: pytest.Config, case: Case, *, full: bool) -> bool:
    sizes = [*map(int, requested(config, "sizes")), *DEFAULTS["sizes"]]
    if config.getoption("benchmark_disable") and case.size != sizes[0]:
        return False
    axes: dict[str, str | int] = {
        "functions": case.function,
        "passes": case.pass_name,
        "dtypes": case.dtype,
        "sizes": case.size,
        "inputs": case.inputs,
    }
    return full or all(
        value in DEFAULTS[name] or _is_requested(config, name) for name, value in axes.items()
    )


def _is_requested(config: pytest.Config, name: str) -> bool:
    """Return whether an option sets an axis of the grid; all its values are selected then."""
    return bool(requested_values(config, name))
