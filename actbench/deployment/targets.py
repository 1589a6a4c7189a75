"""Targets of the audit: operators of runtimes, and exported functions of frameworks."""

from collections.abc import Mapping
from dataclasses import dataclass

from actbench.activations.catalogue import RECORDS
from actbench.activations.record import Activation, Counterpart
from actbench.conformance.targets.framework_targets import (
    counterpart_target,
    framework_target,
)
from actbench.conformance.targets.source import AuditEntry
from actbench.conformance.targets.target import NotExportedError, Target
from actbench.deployment.export import EXPORTERS, Exporter
from actbench.deployment.operators import Operator, find_operator, words
from actbench.deployment.packages import missing, require
from actbench.deployment.runtime_target import RuntimeTarget, made_once
from actbench.deployment.runtimes import RUNTIMES, RuntimeKind
from actbench.errors import RequestError


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

    return RuntimeTarget(
        name=name,
        location=f"{kind.package}.{operator.name}",
        package=kind.package,
        library=adapter,
        expected=expected or operator.activation(attributes),
        make=made_once(
            lambda dtype: adapter.function(kind.model(operator.name, attributes, dtype), dtype)
        ),
        program=lambda dtype: kind.program(operator.name, attributes, dtype),
        call=kind.program(operator.name, attributes, "float32"),
    )


def _name(kind: RuntimeKind, operator: Operator, given: Mapping[str, object]) -> str:
    return " ".join(part for part in (f"{kind.prefix}:{operator.name}", words(given)) if part)


@dataclass(frozen=True)
class ExportEntry:
    """A counterpart of a record to audit after export.

    Args:
        exporter: index of the exporter.
        record: the record that it should compute.
        counterpart: the function of the framework.
    """

    exporter: int
    record: type[Activation]
    counterpart: Counterpart

    @property
    def package(self) -> str:
        """The framework and the runtime, which name the process."""
        return _process(EXPORTERS[self.exporter])

    @property
    def name(self) -> str:
        """The name of the function with the runtime."""
        exporter = EXPORTERS[self.exporter]
        return f"{self.counterpart.name} on {RUNTIMES[exporter.runtime].package}"

    def target(self, device: str = "cpu") -> Target:
        """Return the target.

        Raises:
            LookupError: the installed version has no such function.
            RequestError: the device is unknown.
        """
        source = counterpart_target(self.record, self.counterpart)
        return exported_target(EXPORTERS[self.exporter], source, device)


def exported_target(exporter: Exporter, source: Target, device: str = "cpu") -> Target:
    """Return a function of a framework after export as a target.

    Args:
        exporter: the exporter.
        source: the function in its framework.
        device: the device of the runtime.

    Raises:
        RequestError: the runtime has no such device.
        NotInstalledError: a package is not installed.
    """
    name = f"{exporter.framework}>{exporter.runtime}:{source.name.partition(':')[2]}"
    require(name, exporter.needs)
    adapter = RUNTIMES[exporter.runtime].adapter(device)

    def program(dtype: str) -> str:
        call = source.call.replace("({x}", "(x")
        is_layer = source.location.startswith("keras.layers.")
        activation = f"keras.layers.Activation(lambda x: {call}, dtype='{{dtype}}')"
        layer = call.removesuffix("(x)") if is_layer else activation
        text = exporter.program.replace("{call}", call).replace("{layer}", layer)
        return text.replace("{dtype}", dtype)

    return RuntimeTarget(
        name=name,
        location=source.location,
        package=source.package,
        library=adapter,
        expected=source.expected,
        make=made_once(
            lambda dtype: adapter.function(exporter.export(source.make(dtype), dtype), dtype)
        ),
        program=program,
        refusal=NotExportedError,
        call=program("float32"),
    )


def _process(exporter: Exporter) -> str:
    return f"{exporter.framework}>{exporter.runtime}"


def _exporter(name: str) -> Exporter | None:
    """Return the exporter of "torch>onnx:gelu", also in the form "torch-to-onnx:gelu".

    Raises:
        RequestError: the name has the form of an export, but there is no such exporter.
    """
    prefix, colon, _ = name.partition(":")
    framework, arrow, runtime = prefix.replace("-to-", ">").partition(">")
    if not (colon and arrow):
        return None
    for exporter in EXPORTERS:
        if (exporter.framework, exporter.runtime) == (framework, runtime):
            return exporter
    known = ", ".join(_process(exporter) for exporter in EXPORTERS)
    raise RequestError(f"{name}: expected one of {known}, got {framework}>{runtime}")


class DeploymentTargets:
    """The targets of this room, for the command `actbench audit`."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages of the runtimes, "litert" for ai-edge-litert, and "torch>onnx"."""
        runtimes = (kind.package for kind in RUNTIMES.values())
        return (*runtimes, "litert", "iree", *map(_process, EXPORTERS))

    def package_of(self, name: str) -> str | None:
        """Return the process of "onnx:Gelu" or "torch>onnx:gelu"; None for other targets.

        Raises:
            RequestError: there is no such exporter.
        """
        exporter = _exporter(name)
        if exporter is not None:
            return _process(exporter)
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
        """Return an operator of a runtime, or an exported function.

        Raises:
            RequestError: the runtime has no such operator, attribute or device.
            NotInstalledError: the runtime is not installed.
        """
        prefix, _, rest = name.partition(":")
        exporter = _exporter(name)
        if exporter is not None:
            require(name, exporter.needs)
            source = framework_target(exporter.framework, rest, arguments, expected=expected)
            return exported_target(exporter, source, device)
        kind = RUNTIMES[prefix]
        require(name, kind.needs)
        operator = find_operator(name, kind.operators, rest, arguments, expected=expected)
        return operator_target(kind, operator, arguments, expected=expected, device=device)

    def entries(self, packages: tuple[str, ...] = ()) -> list[AuditEntry]:
        """Return the functions of some runtimes and exporters; by default of all.

        Raises:
            NotInstalledError: a runtime is not installed.
        """
        found: list[AuditEntry] = []
        for kind in RUNTIMES.values():
            if kind.package in packages or kind.prefix in packages:
                require(f"--all {kind.package}", kind.needs)
            elif packages or missing(kind.needs):
                continue
            found += [RuntimeEntry(kind, operator) for operator in kind.operators]
        for index, exporter in enumerate(EXPORTERS):
            if _process(exporter) in packages:
                require(f"--all {_process(exporter)}", exporter.needs)
            elif packages or missing(exporter.needs):
                continue
            found += [
                ExportEntry(index, record, counterpart)
                for record in RECORDS
                for counterpart in record.counterparts
                if counterpart.name.startswith(f"{exporter.framework}.")
            ]
        return found
