"""The result of a port, as typed records."""

from dataclasses import asdict, dataclass

from actbench.deployment.porting.activation_errors import LargestError
from actbench.deployment.porting.model_comparison import ModelComparison
from actbench.provenance import machine

SCHEMA = 1


@dataclass(frozen=True)
class ActivationReport:
    """One activation of a model after conversion.

    Args:
        layer: name of the layer, or of the node of the graph.
        function: name in the framework of the model.
        record: the record that it was compared with; None if there is none.
        occurring: largest error over the values that occur on the data.
        everywhere: largest error over all values: all 256 of int8, a dense sample of float32.
        as_in_model: whether the converted model quantises the input of this activation as it
            was measured; None for float models.
        replacement: what to use instead; None if the activation conforms.
        note: why something was not measured.
    """

    layer: str
    function: str
    record: str | None
    occurring: LargestError | None = None
    everywhere: LargestError | None = None
    as_in_model: bool | None = None
    replacement: str | None = None
    note: str = ""


@dataclass(frozen=True)
class TargetReport:
    """A model that was converted for one target and executed there.

    Args:
        target: name of the target.
        version: version of the runtime.
        tolerance: the tolerance, as the option takes it.
        comparison: the outputs compared with the original; None if there is no converted model.
        falls_short: why the model falls short; None if it does not.
        error: why there is no comparison; None if there is one.
        activations: the activations in the order of execution.
    """

    target: str
    version: str
    tolerance: str
    comparison: ModelComparison | None
    falls_short: str | None
    error: str | None
    activations: tuple[ActivationReport, ...]


@dataclass(frozen=True)
class PortReport:
    """A model and the targets that it was ported to.

    Args:
        model: name of the file.
        kind: kind of the file.
        framework: the library that executed the original, in words.
        data: where the data come from, in words.
        versions: package ↦ version.
        targets: one report each.
        unused: targets that lack a package: name ↦ package.
    """

    model: str
    kind: str
    framework: str
    data: str
    versions: dict[str, str]
    targets: tuple[TargetReport, ...]
    unused: dict[str, str]

    @property
    def conforms(self) -> bool:
        """Whether no target falls short."""
        return all(target.falls_short is None for target in self.targets)

    def document(self) -> dict[str, object]:
        """Return the report, ready for JSON."""
        return {
            "schema": SCHEMA,
            "kind_of_document": "port",
            **asdict(self),
            "machine": machine(),
        }
