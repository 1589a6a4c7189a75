"""The same function in frameworks: names, parameters, defaults, derivatives at kinks.

What a record says of it (`elsewhere`) is names; the rest was found by running the frameworks
(`python -m actbench.frameworks.counterparts`) and lies in counterparts.json, so that it can be
read where none of them is installed.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

FRAMEWORKS = ("keras", "tensorflow", "torch", "jax")
"""In the order of all tables."""


@dataclass(frozen=True)
class Row:
    """One function in one version of one framework.

    Args:
        function: its name here.
        framework: one of `FRAMEWORKS`.
        version: of the framework.
        backend: what computed and differentiated it, with its version.
        name: its name there.
        parameters: our name ↦ their name.
        defaults: our name ↦ their default; None where they have none or no number.
        fixed: arguments that make it this function.
        formula: what it computes, in the language of formulas.
        kinks: pairs of x and the derivative there, at their defaults, wherever pieces meet.
        wrong: those of them at which no choice makes that derivative right.
        agrees: whether it gave our values at its defaults, to 10⁻⁴, for |x| ≤ 8.
        note: what else to know.
    """

    function: str
    framework: str
    version: str
    backend: str
    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, float | None] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    formula: str = ""
    kinks: list[list[float]] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)
    agrees: bool = True
    note: str = ""

    @property
    def call(self) -> str:
        """How it is called for this function, with its defaults.

        Example:
            >>> [row.call for row in counterparts_of("squareplus") if row.framework == "jax"]
            ['jax.nn.squareplus(b=4)']
        """
        defaults = {
            theirs: "" if self.defaults[ours] is None else f"={self.defaults[ours]:g}"
            for ours, theirs in self.parameters.items()
        }
        arguments = [f"{name}{default}" for name, default in defaults.items()]
        arguments += [f"{name}={value!r}" for name, value in self.fixed.items()]
        return f"{self.name}({', '.join(arguments)})" if arguments else self.name


def counterparts_of(function: str | None = None) -> list[Row]:
    """Return the rows of a function, or all, by function, framework and backend.

    Args:
        function: a record's name (not an alias).

    Example:
        >>> sorted({row.framework for row in counterparts_of("mish")})
        ['jax', 'keras', 'torch']
    """
    return [row for row in _rows() if function in (None, row.function)]


@cache
def _rows() -> tuple[Row, ...]:
    text = (files("actbench.activations") / "counterparts.json").read_text(encoding="utf-8")
    return tuple(Row(**row) for row in json.loads(text))
