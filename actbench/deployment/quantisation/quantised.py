"""The results of a function that a runtime has quantised to int8."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CALIBRATION_COUNT = 256
"""Number of evenly spaced calibration inputs, both ends of the range included."""


class Quantised(NamedTuple):
    """A quantised function: its grids, and its results at all 256 inputs.

    Args:
        input_scale: step of the inputs.
        input_zero_point: integer of the input 0.
        output_scale: step of the outputs.
        output_zero_point: integer of the output 0.
        results: the output integers of the inputs −128 … 127.
        operators: the operators of the quantised graph.
    """

    input_scale: float
    input_zero_point: int
    output_scale: float
    output_zero_point: int
    results: list[int]
    operators: list[str]


def calibration_inputs(calibration: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Return the calibration inputs of a range."""
    return np.linspace(*calibration, CALIBRATION_COUNT, dtype=np.float32)
