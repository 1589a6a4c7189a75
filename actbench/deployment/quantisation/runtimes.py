"""Runtimes that quantise a function by their own standard recipe, each in its own process."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from actbench.activations import Activation
from actbench.deployment.packages import pip_name, require
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
        needs: packages that must be installed, as they are imported.
        call_of: returns the runtime's function for an activation, or None.
        quantise: quantises a function; called in a process of its own.
        reproducer: returns a program that needs only the runtime.
    """

    name: str
    needs: tuple[str, ...]
    call_of: Callable[[Activation], tuple[str, dict[str, float | bool | str]] | None]
    quantise: Callable[..., Quantised]
    reproducer: Callable[[str, dict[str, float | bool | str], tuple[float, float], int], str]

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the packages."""
        return {pip_name(package): version(pip_name(package)) for package in self.needs}


RUNTIMES = {
    "litert": Runtime(
        "litert",
        ("ai_edge_litert", "tensorflow", "keras"),
        litert_int8.call_of,
        litert_int8.quantise,
        litert_int8.reproducer,
    ),
    "onnxruntime": Runtime(
        "onnxruntime",
        ("onnxruntime", "onnx"),
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
    require(runtime.name, runtime.needs)
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
