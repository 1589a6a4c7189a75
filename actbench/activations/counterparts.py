"""The table of counterparts: the same function in other frameworks.

A row states the name, the parameters and their defaults, and the derivatives at breakpoints.
A record names its counterparts (`Activation.counterparts`); all other facts were measured by
running the frameworks (`python -m actbench.frameworks.counterparts`). They are stored in
counterparts.json, so that the table can be read without any framework.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

FRAMEWORKS = ("keras", "tensorflow", "torch", "jax")
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

    @property
    def call(self) -> str:
        """The call of this function in the framework, with its defaults.

        Example:
            >>> [row.call for row in counterparts_of("squareplus") if row.framework == "jax"]
            ['jax.nn.squareplus(b=4)']
        """
        arguments = []
        for parameter, argument in self.parameters.items():
            default = self.defaults[parameter]
            arguments.append(argument if default is None else f"{argument}={default:g}")
        arguments += [f"{argument}={value!r}" for argument, value in self.fixed.items()]
        return f"{self.name}({', '.join(arguments)})" if arguments else self.name


def counterparts_of(function: str | None = None) -> list[CounterpartRow]:
    """Return the rows of a function, or all rows, by function, framework and backend.

    Args:
        function: name of a record, not an alias.

    Example:
        >>> sorted({row.framework for row in counterparts_of("mish")})
        ['jax', 'keras', 'torch']
    """
    return [row for row in _table() if function in (None, row.function)]


@cache
def _table() -> tuple[CounterpartRow, ...]:
    text = (files("actbench.activations") / "counterparts.json").read_text(encoding="utf-8")
    return tuple(CounterpartRow(**row) for row in json.loads(text))
