"""The form of the tables of signatures: names, parameters with defaults, and meanings."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, cast

from actbench.activations import get
from actbench.activations.catalogue import RECORDS
from actbench.activations.parameter import Domain
from actbench.activations.record import Activation
from actbench.activations.vector import VECTOR_RECORDS, VectorActivation

_KINDS: tuple[type[Activation] | type[VectorActivation], ...] = (*RECORDS, *VECTOR_RECORDS)

Value = float | str | bool | None


class Required:
    """The default of a parameter that has none."""


@dataclass(frozen=True)
class Meaning:
    """The function that a call computes, for some of its arguments.

    Args:
        function: name of a record or of a vector record, or a formula.
        parameters: parameter of the function ↦ the parameter of the call that gives it, or a
            constant.
        when: parameter of the call ↦ the value for which the call has this meaning.
        note: a remark.
        domains: parameter of the function ↦ the values that the callable takes, if it takes
            fewer than the function.
    """

    function: str
    parameters: Mapping[str, str | float]
    when: Mapping[str, object]
    note: str = ""
    domains: Mapping[str, Domain] = field(default_factory=dict)


@dataclass(frozen=True)
class Signature:
    """One callable of one framework.

    Args:
        name: full name, such as "torch.nn.Softplus"; the first part is the framework.
        text: its parameters without the tensor, in order, as Python source.
        stated: its meanings; without any, those of the counterparts of the records.
        like: name of another callable whose counterparts are those of this one.
    """

    name: str
    text: str = ""
    stated: tuple[Meaning, ...] = ()
    like: str = ""

    @property
    def framework(self) -> str:
        """The first part of the name: keras, tf, torch, jax, mlx, onnx, hf, timm."""
        return self.name.partition(".")[0]

    @property
    def is_layer(self) -> bool:
        """Whether the callable is a class whose objects take the tensor."""
        last = self.name.rpartition(".")[2]
        return self.framework != "onnx" and last[0].isupper()

    @cached_property
    def parameters(self) -> Mapping[str, Value | type[Required]]:
        """The parameters in order: name ↦ default."""
        source = ast.parse(f"lambda {self.text}: None", mode="eval").body
        arguments = cast(ast.Lambda, source).args
        names = [argument.arg for argument in arguments.args]
        defaults = [cast(Value, ast.literal_eval(node)) for node in arguments.defaults]
        missing: list[Value | type[Required]] = [Required] * (len(names) - len(defaults))
        return dict(zip(names, [*missing, *defaults], strict=True))

    @cached_property
    def meanings(self) -> tuple[Meaning, ...]:
        """The meanings; the first one that fits the arguments holds."""
        if self.stated:
            return self.stated
        wanted = self.like or self.name
        return tuple(
            Meaning(
                kind.name,
                {**counterpart.initial_values, **counterpart.parameters},
                {k: v for k, v in counterpart.fixed.items() if k in self.parameters},
                counterpart.note,
                counterpart.domains,
            )
            for kind in _KINDS
            for counterpart in kind.counterparts
            if counterpart.name == wanted
        )


def row(name: str, text: str = "", *stated: Meaning, like: str = "") -> Signature:
    """Return a row of a table of signatures."""
    return Signature(name, text, stated, like)


def means(
    function: str,
    when: Mapping[str, object] | None = None,
    note: str = "",
    **parameters: str | float,
) -> Meaning:
    """Return a meaning; keywords are parameters of the function."""
    return Meaning(function, parameters, when or {}, note)


class Function(NamedTuple):
    """An activation by name or formula, with all its parameters."""

    name: str
    parameters: Mapping[str, float]

    @property
    def record(self) -> Activation:
        """The record; a formula gives a generated one."""
        return get(self.name, **self.parameters)

    @property
    def shown(self) -> str:
        """The name with its parameters; a formula is "a formula"."""
        return str(self._replace(name="a formula")) if ":" in self.name else str(self)

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return f"{self.name}({given})" if given else self.name


VECTOR_NAMES: Mapping[str, type[VectorActivation]] = {
    kind.name: kind for kind in VECTOR_RECORDS
}
