"""Runtimes that quantise a function by their own standard recipe, each in its own process."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec

from actbench.activations import Activation
from actbench.deployment.quantisation import litert_int8, onnxruntime_int8
from actbench.deployment.quantisation.quantised import Quantised
from actbench.errors import RequestError
from actbench.processes.isolated import CallFailedError, IsolatedProcess

# Seconds for the imports and one conversion.
_PATIENCE = 300.0


@dataclass(frozen=True)
class Runtime:
    """A runtime and its recipe.

    Args:
        name: name in commands and documents.
        packages: packages that must be installed ↦ their modules.
        call_of: returns the runtime's function for an activation, or None.
        quantise: quantises a function; called in a process of its own.
        reproducer: returns a program that needs only the runtime.
    """

    name: str
    packages: dict[str, str]
    call_of: Callable[[Activation], tuple[str, dict[str, float | bool | str]] | None]
    quantise: Callable[..., Quantised]
    reproducer: Callable[[str, dict[str, float | bool | str], tuple[float, float], int], str]

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [name for name, module in self.packages.items() if find_spec(module) is None]

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the packages."""
        return {name: version(name) for name in self.packages}


RUNTIMES = {
    "litert": Runtime(
        "litert",
        {"ai-edge-litert": "ai_edge_litert", "tensorflow": "tensorflow", "keras": "keras"},
        litert_int8.call_of,
        litert_int8.quantise,
        litert_int8.reproducer,
    ),
    "onnxruntime": Runtime(
        "onnxruntime",
        {"onnxruntime": "onnxruntime", "onnx": "onnx"},
        onnxruntime_int8.call_of,
        onnxruntime_int8.quantise,
        onnxruntime_int8.reproducer,
    ),
}
"""The runtimes by name."""


def process() -> IsolatedProcess:
    """Return a process that quantises functions; a crash ends only that process."""
    return IsolatedProcess(_nothing, calls=50)


def quantise(
    running: IsolatedProcess,
    runtime: Runtime,
    activation: Activation,
    calibration: tuple[float, float],
) -> Quantised:
    """Return an activation as a runtime quantises it.

    Raises:
        RequestError: the runtime is not installed, has no such operator, or fails.
    """
    if runtime.missing:
        names = " ".join(runtime.missing)
        raise RequestError(
            f"{runtime.name}: expected an installed runtime, got no {runtime.missing[0]}; "
            f"try pip install {names}"
        )
    call = runtime.call_of(activation)
    if call is None:
        raise RequestError(
            f"{runtime.name}: expected a function that the runtime has an operator or a "
            f"conversion for, got {activation}"
        )
    try:
        return running.call(
            runtime.quantise,
            *call,
            calibration,
            patience=_PATIENCE,
            on_report=_ignore,
        )
    except CallFailedError as error:
        raise RequestError(
            f"{runtime.name}: expected a quantised {activation}, got a failure: {error}"
        ) from None


def _nothing() -> None:
    pass


def _ignore(content: object) -> None:
    del content
