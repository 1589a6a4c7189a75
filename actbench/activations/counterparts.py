"""The table of counterparts: the same function in other frameworks.

A row states the name, the parameters and their defaults, and the derivatives at breakpoints.
A record names its counterparts (`Activation.counterparts`); all other facts were measured by
running the frameworks (`python -m actbench.frameworks.counterparts`). They are stored in
counterparts.json, so that the table can be read without any framework.
"""

import json
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from actbench.activations.record import Activation, Counterpart
from actbench.activations.vector.record import VectorActivation

FRAMEWORKS = ("keras", "tensorflow", "torch", "jax", "mlx")
"""The frameworks in the order of all tables."""


@dataclass(frozen=True)
class CounterpartRow:
    """One function in one version of one framework.

    Args:
        function: name of the record.
        framework: one of `FRAMEWORKS`.
        version: version of the framework.
        backend: library that computed and differentiated the function, with its version.
        name: full name in the framework.
        parameters: name in the record ↦ name in the framework.
        defaults: name in the record ↦ default in the framework; None if the framework has no
            default or one that is not a number.
        fixed: arguments in the framework that select this function.
        formula: formula of the function, in the formula language.
        kinks: pairs of a breakpoint x and the derivative there, at the framework's defaults.
        wrong: the breakpoints whose derivative is outside the interval of one-sided
            derivatives.
        agrees: whether its values at its defaults equal those of the record, to 10⁻⁴, for
            |x| ≤ 8.
        note: a remark.
    """

    function: str
    framework: str
    version: str
    backend: str
    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, float | None] = field(default_factory=dict)
    fixed: dict[str, object] = field(default_factory=dict)
    formula: str = ""
    kinks: list[list[float]] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)
    agrees: bool = True
    note: str = ""


@dataclass(frozen=True)
class CounterpartCall:
    """The call of a counterpart that computes a record at given parameters.

    Args:
        row: the measured facts.
        arguments: the arguments in the framework.
        lacking: parameters of the record that the framework does not offer, with the values
            that it uses in place of the given ones; empty if the call computes the function.
        measured: whether `row.kinks` were measured at the given parameters.
        installed: the installed version of the framework; None if it is not installed.
    """

    row: CounterpartRow
    arguments: dict[str, object]
    lacking: dict[str, float]
    measured: bool
    installed: str | None

    @property
    def call(self) -> str:
        """The call as source code, without the tensor.

        Example:
            >>> import actbench
            >>> squareplus = actbench.get("squareplus", b=2)
            >>> sorted({found.call for found in calls_of(squareplus)})
            ['jax.nn.squareplus(b=2)', 'keras.activations.squareplus(b=2)']
        """
        arguments = [f"{name}={_literal(value)}" for name, value in self.arguments.items()]
        return f"{self.row.name}({', '.join(arguments)})" if arguments else self.row.name

    @property
    def place(self) -> str:
        """The framework, its installed version, and the measured one if it is another."""
        row = self.row
        version = self.installed or row.version
        remark = "" if self.installed == row.version else f" (measured with {row.version})"
        library = row.backend.partition(" ")[0]
        if self.installed is None or installed_version(library) is None:
            remark = " (not installed)"
        backend = f" on {library}" if row.framework == "keras" else ""
        return f"{row.framework} {version}{backend}{remark}"


def counterparts_of(function: str | None = None) -> list[CounterpartRow]:
    """Return the rows of a function, or all rows, by function, framework and backend.

    Args:
        function: name of a record, not an alias.

    Example:
        >>> sorted({row.framework for row in counterparts_of("mish")})
        ['jax', 'keras', 'mlx', 'torch']
    """
    return [row for row in _table() if function in (None, row.function)]


def calls_of(activation: Activation | VectorActivation) -> list[CounterpartCall]:
    """Return the calls of all counterparts at the parameters of an activation.

    A counterpart that refuses one of the parameters is left out.
    """
    calls = []
    for row in counterparts_of(activation.name):
        for counterpart in activation.counterparts:
            if counterpart.name == row.name and dict(counterpart.fixed) == row.fixed:
                refused = [
                    name
                    for name, domain in counterpart.domains.items()
                    if getattr(activation, name) not in domain
                ]
                calls += [] if refused else [_call_of(row, activation, counterpart)]
    return calls


def _call_of(
    row: CounterpartRow, activation: Activation | VectorActivation, counterpart: Counterpart
) -> CounterpartCall:
    default = type(activation)()
    defaults = {f.name: float(getattr(default, f.name)) for f in fields(activation)}
    defaults |= counterpart.initial_values
    arguments: dict[str, object] = {}
    lacking: dict[str, float] = {}
    fixed = dict(row.fixed)
    measured = True
    for name, usual in defaults.items():
        value, own = getattr(activation, name), row.defaults.get(name)
        used = usual if own is None else own
        measured &= value == used
        axes = {"axis", "dim"} & fixed.keys() if name == "axis" else set[str]()
        if name in row.parameters:
            arguments[row.parameters[name]] = value
        elif axes:
            fixed |= dict.fromkeys(axes, value)
        elif value != used:
            lacking[name] = used
    return CounterpartCall(
        row=row,
        arguments=arguments | fixed,
        lacking=lacking,
        measured=measured,
        installed=installed_version(row.framework),
    )


@cache
def installed_version(package: str) -> str | None:
    """Return the installed version of a framework, which is not imported; None without one."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _literal(value: object) -> str:
    """Return a number in its shortest form that is exact."""
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return repr(value)


@cache
def _table() -> tuple[CounterpartRow, ...]:
    text = (files("actbench.activations") / "counterparts.json").read_text(encoding="utf-8")
    return tuple(CounterpartRow(**row) for row in json.loads(text))
