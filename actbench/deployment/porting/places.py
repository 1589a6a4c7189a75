"""The activations in a model, and the results of executing it, as plain records."""

from dataclasses import dataclass
from typing import NamedTuple

from actbench.activations.record import Activation
from actbench.activations.vector import VectorActivation

IMAGES_FOR_ACTIVATIONS = 500
"""Inputs of the model of which the values at each activation are kept; all would take GB."""


@dataclass(frozen=True)
class Place:
    """One activation in a model.

    Args:
        layer: name of the layer, or of the node of the graph.
        function: name of the function in the framework of the model.
        activation: its record; None if there is none, or if its parameters are trained.
        shape: the shape of its input without the batch.
    """

    layer: str
    function: str
    activation: Activation | VectorActivation | None
    shape: tuple[int, ...]


class Examination(NamedTuple):
    """A model that was loaded and executed on its data.

    The arrays are files in the working folder: x.npy, y.npy if there are labels,
    calibration.npy and outputs.npy; inputs_3.npy and calibration_3.npy of place 3.

    Args:
        places: its activations in the order of execution.
        origin: where the data come from, in words.
        packages: the packages that loaded and executed it.
        framework: the library that executed it, in words.
    """

    places: tuple[Place, ...]
    origin: str
    packages: tuple[str, ...]
    framework: str


class Quantization(NamedTuple):
    """Real number = scale · (integer − zero_point)."""

    scale: float
    zero_point: int


class Execution(NamedTuple):
    """A converted model that was executed.

    Args:
        input: quantisation of the input of an int8 model; None of a float model.
        output: quantisation of its output.
        tensors: the quantisations of all its tensors.
    """

    input: Quantization | None = None
    output: Quantization | None = None
    tensors: tuple[Quantization, ...] = ()
