"""Targets of the audit: operators of runtimes, and exported functions of frameworks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from actbench.activations.record import Activation
from actbench.conformance.targets.source import AuditEntry
from actbench.conformance.targets.target import Target
from actbench.deployment.operators import Operator, find_operator, words
from actbench.deployment.runtimes import RUNTIMES, RuntimeKind, require
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES, Function, NotPossibleError, installed


@dataclass(frozen=True, kw_only=True)
class RuntimeTarget(Target):
    """A function in a runtime; `call` makes the model in float32.

    Args:
        program: name of a dtype ↦ lines of Python that make `model`, for the reproducer.
    """

    program: Callable[[str], str] = field(compare=False)

    def reproducer(self, x: str, dtype: str, order: int, *, compiled: bool) -> str:
        """Return lines of Python that make and execute the model, and print the result at x."""
        made = replace(self, call=self.program(dtype))
        return Target.reproducer(made, x, dtype, order, compiled=compiled)


@dataclass(frozen=True)
class RuntimeEntry:
    """An operator of a runtime to audit, in one of its rows.

    Args:
        kind: the runtime.
        operator: the operator.
    """

    kind: RuntimeKind
    operator: Operator

    @property
    def package(self) -> str:
        """The package of the runtime, which names the process."""
        return self.kind.package

    @property
    def name(self) -> str:
        """The name of the target with its arguments."""
        return _name(self.kind, self.operator, self.operator.request)

    def target(self, device: str = "cpu") -> Target:
        """Return the target.

        Raises:
            RequestError: the runtime lacks the operator, or has no such device.
        """
        return operator_target(self.kind, self.operator, self.operator.request, device=device)


def operator_target(
    kind: RuntimeKind,
    operator: Operator,
    given: Mapping[str, object],
    *,
    expected: Activation | None = None,
    device: str = "cpu",
) -> Target:
    """Return an operator of a runtime as a target.

    Args:
        kind: the runtime.
        operator: the row of the operator.
        given: the given attributes.
        expected: the activation that it should compute; by default that of the row.
        device: the device of the runtime.

    Raises:
        RequestError: the runtime has no such operator, attribute or device.
        NotInstalledError: the runtime is not installed.
    """
    name = _name(kind, operator, given)
    require(name, kind.needs)
    adapter = kind.adapter(device)
    attributes = kind.stored(operator.all_attributes(given))

    make = once_per_format(
        lambda dtype: adapter.function(kind.model(operator.name, attributes, dtype), dtype)
    )
    check_runs(name, make)
    return RuntimeTarget(
        name=name,
        location=f"{kind.package}.{operator.name}",
        package=kind.package,
        library=adapter,
        expected=expected or operator.activation(attributes),
        make=make,
        program=lambda dtype: kind.program(operator.name, attributes, dtype),
        call=kind.program(operator.name, attributes, "float32"),
    )


def once_per_format(create: Callable[[str], Function]) -> Callable[[str], Function]:
    """Return a function that makes each format once, also if that is not possible."""

    @cache
    def result(dtype: str) -> Function | NotPossibleError:
        try:
            return create(dtype)
        except NotPossibleError as reason:
            return reason

    def make(dtype: str) -> Function:
        found = result(dtype)
        if isinstance(found, NotPossibleError):
            raise found
        return found

    return make


def check_runs(name: str, make: Callable[[str], Function]) -> None:
    """Raise an error for a function that runs in no format, with the reason in float32.

    Raises:
        RequestError: there is no such format.
    """
    reasons = []
    for dtype in ("float32", *DTYPES):
        try:
            make(dtype)
        except NotPossibleError as reason:
            reasons.append(str(reason))
        else:
            return
    raise RequestError(f"{name}: expected a function that can be executed, got {reasons[0]}")


def _name(kind: RuntimeKind, operator: Operator, given: Mapping[str, object]) -> str:
    return " ".join(part for part in (f"{kind.prefix}:{operator.name}", words(given)) if part)


class DeploymentTargets:
    """The targets of this room, for the command `actbench audit`."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages of the runtimes; "litert" is a shorter name of ai-edge-litert."""
        return (*(kind.package for kind in RUNTIMES.values()), "litert")

    def package_of(self, name: str) -> str | None:
        """Return the package of the runtime in "onnx:Gelu"; None for other targets."""
        prefix, colon, _ = name.partition(":")
        kind = RUNTIMES.get(prefix) if colon else None
        return None if kind is None else kind.package

    def target(
        self,
        name: str,
        arguments: Mapping[str, object],
        *,
        expected: Activation | None = None,
        device: str = "cpu",
    ) -> Target:
        """Return an operator of a runtime.

        Raises:
            RequestError: the runtime has no such operator, attribute or device.
            NotInstalledError: the runtime is not installed.
        """
        prefix, _, rest = name.partition(":")
        kind = RUNTIMES[prefix]
        require(name, kind.needs)
        operator = find_operator(name, kind.operators, rest, arguments, expected=expected)
        return operator_target(kind, operator, arguments, expected=expected, device=device)

    def entries(self, packages: tuple[str, ...] = ()) -> list[AuditEntry]:
        """Return the operators of some runtimes; by default of all that are installed.

        Raises:
            NotInstalledError: a runtime is not installed.
        """
        found: list[AuditEntry] = []
        for kind in RUNTIMES.values():
            if kind.package in packages or kind.prefix in packages:
                require(f"--all {kind.package}", kind.needs)
            elif packages or not all(installed(package) for package in kind.needs):
                continue
            found += [RuntimeEntry(kind, operator) for operator in kind.operators]
        return found
