"""Measure a converted model and each of its activations on one target."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from actbench.activations.record import Activation
from actbench.deployment.porting.activation_errors import (
    LargestError,
    dense_sample,
    float_error,
    int8_error,
)
from actbench.deployment.porting.model_comparison import compare_models
from actbench.deployment.porting.places import Examination, Execution, Place
from actbench.deployment.porting.port_report import ActivationReport, TargetReport
from actbench.deployment.porting.replacement import float_replacement, table_replacement
from actbench.deployment.porting.runtimes import quantize
from actbench.deployment.porting.targets import PortTarget
from actbench.deployment.porting.tolerance import FLOAT, INT8, PortTolerance
from actbench.deployment.porting.workshop import Workshop
from actbench.errors import RequestError
from actbench.provenance import versions

ALL_CODES = np.arange(-128, 128).astype(np.int8)


def measure_target(
    workshop: Workshop,
    target: PortTarget,
    examination: Examination,
    tolerance: PortTolerance | None,
) -> TargetReport:
    """Convert the model for a target, execute it there, and compare.

    A model that does not convert has a report that says so.
    """
    limit = tolerance or (INT8 if target.is_int8 else FLOAT)
    comparison = falls_short = error = None
    execution = Execution()
    try:
        file = workshop.convert(target.form)
        outputs, execution = workshop.execute(target.form, file, workshop.path_of("x"))
        labels = workshop.load("y") if workshop.path_of("y").exists() else None
        comparison = compare_models(
            workshop.load("outputs").astype(np.float64),
            outputs.astype(np.float64),
            None if labels is None else labels.astype(np.int64),
        )
        falls_short = limit.excess(comparison)
    except RequestError as failure:
        error = str(failure)
    return TargetReport(
        target=target.name,
        version=versions(target.package)[target.package],
        tolerance=limit.text,
        comparison=comparison,
        falls_short=falls_short,
        error=error,
        activations=tuple(
            _measure_activation(workshop, target, number, place, execution)
            for number, place in enumerate(examination.places)
        ),
    )


def _measure_activation(
    workshop: Workshop, target: PortTarget, number: int, place: Place, model: Execution
) -> ActivationReport:
    """Convert one activation alone, execute it on its values, and compare the results."""
    record = None if place.activation is None else str(place.activation)
    if place.activation is None:
        return ActivationReport(
            place.layer, place.function, record, note="not compared: no record computes it"
        )
    try:
        file = workshop.convert(target.form, number)
        if target.is_int8:
            return _int8_activation(workshop, target, number, place, model, file)
        return _float_activation(workshop, target, number, place, file)
    except RequestError as error:
        return ActivationReport(
            place.layer, place.function, record, note=f"not measured: {error}"
        )


def _float_activation(
    workshop: Workshop, target: PortTarget, number: int, place: Place, file: Path
) -> ActivationReport:
    x = workshop.load(f"inputs_{number}").astype(np.float32)
    got, _ = workshop.execute(target.form, file, workshop.path_of(f"inputs_{number}"))
    activation = place.activation
    if activation is None:
        raise TypeError("place: expected a record, got none")
    occurring = float_error(activation, x, got.astype(np.float64))
    everywhere = replacement = None
    if isinstance(activation, Activation):
        sample = dense_sample(activation)
        results, _ = workshop.execute(target.form, file, _shaped(sample, place.shape))
        everywhere = float_error(
            activation, sample, results.astype(np.float64).ravel()[: sample.size]
        )
        if not _conform(occurring, everywhere):
            replacement = float_replacement(workshop, target, activation, everywhere)
    return ActivationReport(
        place.layer, place.function, str(activation), occurring, everywhere,
        replacement=replacement,
    )  # fmt: skip


def _int8_activation(
    workshop: Workshop,
    target: PortTarget,
    number: int,
    place: Place,
    model: Execution,
    file: Path,
) -> ActivationReport:
    activation = place.activation
    if not isinstance(activation, Activation):
        return ActivationReport(
            place.layer, place.function, str(activation),
            note="not compared in int8: it is a function of vectors",
        )  # fmt: skip
    got, execution = workshop.execute(target.form, file, _shaped(ALL_CODES, place.shape))
    of_input, of_output = execution.input, execution.output
    if of_input is None or of_output is None:
        raise RequestError("int8: expected a quantised activation, got a float one")
    table = got.ravel()[: ALL_CODES.size].astype(np.int8)
    everywhere = int8_error(activation, ALL_CODES, table, of_input, of_output)
    values = workshop.load(f"inputs_{number}").astype(np.float64)
    codes = np.unique(quantize(values, of_input))
    occurring = int8_error(
        activation, codes, table[codes.astype(int) + 128], of_input, of_output
    )
    replacement = None
    if not _conform(occurring, everywhere):
        replacement = table_replacement(activation, of_input, of_output)
    return ActivationReport(
        place.layer, place.function, str(activation), occurring, everywhere,
        as_in_model=of_input in model.tensors if model.tensors else None,
        replacement=replacement,
    )  # fmt: skip


def _conform(*errors: LargestError | None) -> bool:
    return all(error is None or error.conforms for error in errors)


def _shaped(values: npt.NDArray[np.generic], shape: tuple[int, ...]) -> npt.NDArray[np.generic]:
    """Return values as inputs of a shape; the last value fills the rest of the last input."""
    size = int(np.prod(shape))
    return np.pad(values, (0, -values.size % size), mode="edge").reshape(-1, *shape)
