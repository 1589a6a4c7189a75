"""The check of an int8 function: all 256 inputs, in steps of its output."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from actbench.activations import Activation
from actbench.deployment.quantisation.exact import (
    errors_in_steps,
    exact_values,
    nearest_entries,
)
from actbench.deployment.quantisation.grid import Grid
from actbench.deployment.quantisation.quantised import CALIBRATION_COUNT
from actbench.deployment.quantisation.runtimes import Runtime, quantise
from actbench.files import InvalidFileError, is_temporary, read_document
from actbench.processes.isolated import IsolatedProcess
from actbench.results import Fault, file_stem, write_document

FOLDER = "int8"
"""The folder of these documents in a store."""

SCHEMA = 1

TOLERANCE = 1.0
"""Steps that an error may exceed ½.

A kernel that looks a result up, or computes it in wide arithmetic, has at most ½. A kernel of
integer arithmetic rounds once more, in the format of its output: one step for that.
"""

Integer8 = Annotated[int, Meta(ge=-128, le=127)]
NotNegative = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True)
class Int8Document:
    """All results of one int8 function.

    Args:
        schema: version of this form.
        function: the activation with its parameters.
        formula: its formula.
        runtime: name of the runtime.
        versions: versions of the packages.
        call: the function or operator, with its arguments.
        operators: the operators of the quantised graph.
        calibration: ends and number of the evenly spaced calibration inputs.
        input: grid of the inputs.
        output: grid of the outputs.
        results: the output integers of the inputs −128 … 127.
        nearest: the nearest output integers to the true values.
        largest_error: largest distance from the true value, clipped to the grid, in steps.
        at: the input integer of that error.
        expected: the true value there.
        failing: number of inputs with an error above ½ + tolerance.
        end_error: largest error at the two ends of the calibration range, in steps. It is large
            if the runtime chose an input grid that leaves out a part of the range.
        tolerance: steps that an error may exceed ½.
        reproducer: a program that prints x and the result of the largest error.
    """

    schema: Literal[1]
    function: str
    formula: str | None
    runtime: str
    versions: Mapping[str, str]
    call: str
    operators: tuple[str, ...]
    calibration: tuple[float, float, int]
    input: Grid
    output: Grid
    results: Annotated[tuple[Integer8, ...], Meta(min_length=256, max_length=256)]
    nearest: Annotated[tuple[Integer8, ...], Meta(min_length=256, max_length=256)]
    largest_error: NotNegative
    at: Integer8
    expected: float
    failing: Annotated[int, Meta(ge=0, le=256)]
    end_error: NotNegative
    tolerance: NotNegative
    reproducer: str

    @property
    def conforms(self) -> bool:
        """Whether all results are within ½ + tolerance, also at the ends of the range."""
        return self.failing == 0 and self.end_error <= 0.5 + self.tolerance

    @property
    def x(self) -> float:
        """The input of the largest error."""
        return (self.at - self.input.zero_point) * self.input.scale

    @property
    def got(self) -> float:
        """The result of the largest error."""
        return (self.results[self.at + 128] - self.output.zero_point) * self.output.scale

    @property
    def best(self) -> float:
        """The best number of the output grid there."""
        return (self.nearest[self.at + 128] - self.output.zero_point) * self.output.scale


def check(
    running: IsolatedProcess,
    runtime: Runtime,
    activation: Activation,
    calibration: tuple[float, float],
    tolerance: float = TOLERANCE,
) -> Int8Document:
    """Quantise an activation by the recipe of a runtime, and compare all 256 results.

    Args:
        running: the process for the runtime.
        runtime: the runtime.
        activation: the activation.
        calibration: range of the calibration inputs.
        tolerance: steps that an error may exceed ½.

    Raises:
        RequestError: the runtime is missing, lacks the operator, or fails; or the activation
            has no finite real value at an input.
    """
    made = quantise(running, runtime, activation, calibration)
    grid = Grid(made.input_scale, made.input_zero_point)
    output = Grid(made.output_scale, made.output_zero_point)
    values = exact_values(activation, grid)
    nearest = nearest_entries(values, output)
    errors = errors_in_steps(values, nearest * 0 + made.results, output)
    worst = max(range(256), key=errors.__getitem__)
    call = runtime.call_of(activation)
    name, arguments = call or ("", {})
    settings = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return Int8Document(
        schema=1,
        function=str(activation),
        formula=activation.formula,
        runtime=runtime.name,
        versions=runtime.versions,
        call=f"{name}({settings})" if settings else name,
        operators=tuple(made.operators),
        calibration=(*calibration, CALIBRATION_COUNT),
        input=grid,
        output=output,
        results=tuple(made.results),
        nearest=tuple(nearest.tolist()),
        largest_error=errors[worst],
        at=worst - 128,
        expected=float(values[worst]),
        failing=sum(error > 0.5 + tolerance for error in errors),
        end_error=end_error(activation, grid, output, made.results, calibration),
        tolerance=tolerance,
        reproducer=runtime.reproducer(name, arguments, calibration, worst - 128),
    )


def end_error(
    activation: Activation,
    grid: Grid,
    output: Grid,
    results: Sequence[int],
    ends: tuple[float, float],
) -> float:
    """Return the largest error in steps at ends of the range outside the input grid."""
    numbers = grid.numbers()
    errors = [0.0]
    for end in ends:
        if not numbers[0] - grid.scale <= end <= numbers[-1] + grid.scale:
            got = results[0 if end < numbers[0] else -1]
            true = Fraction(float(activation(end)))
            errors += errors_in_steps([true], np.array([got]), output)
    return max(errors)


def write(store: Path, document: Int8Document) -> Path:
    """Write a document; it replaces that of the same function, runtime, version and range."""
    version = next(iter(document.versions.values()))
    low, high, _ = document.calibration
    name = file_stem(f"{document.function}_{low:g},{high:g}")
    path = store / FOLDER / f"{document.runtime}-{version}" / f"{name}.json"
    return write_document(path, asdict(document))


def read(store: Path) -> tuple[list[Int8Document], list[Fault]]:
    """Return all documents of a store, and the files that are not such documents."""
    found, faults = [], []
    for path in sorted((store / FOLDER).rglob("*.json")):
        if is_temporary(path):
            continue
        try:
            found.append(read_document(path, Int8Document, prepare=_consistent))
        except InvalidFileError as error:
            faults.append(Fault(path, error.reason))
    return found, faults


def _consistent(document: dict[str, object]) -> dict[str, object]:
    if document.get("schema") != SCHEMA:
        raise ValueError(f"schema: expected {SCHEMA}, got {document.get('schema')!r}")
    return document
