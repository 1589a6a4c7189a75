"""Metrics: functions from a trial to the number that is compared."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.results import Trial

Metric = Callable[[Trial], float]
"""A number that is compared between conditions; a greater value is better."""


class IncompleteError(LookupError):
    """The documents lack trials or values that a claim, a table or a figure needs."""


_LARGEST = 1e100
"""Measurements beyond this are no measurements; their squares may overflow."""


def curve(trial: Trial, name: str) -> list[float]:
    """Return one value per epoch, such as `val_accuracy`.

    Raises:
        IncompleteError: the trial has no such curve, or an accuracy is above 1. A profile that
            holds no images out has no curve whose name starts with `val_`.
    """
    values = trial.curves.get(name)
    if not values:
        raise IncompleteError(f"profile {trial.profile} has no {name}")
    if not _are_between(np.array(values), 0, 1 if name.endswith("accuracy") else _LARGEST):
        raise IncompleteError(f"{_key(trial)} has no possible numbers as {name}")
    return values


def trained_layers(trial: Trial, layers: int = 1) -> list[list[float]]:
    """Return the trained parameters of the activation: a list for each activation layer.

    Args:
        trial: the trial.
        layers: smallest number of layers.

    Raises:
        IncompleteError: there are fewer layers.
    """
    found = trial.trained_parameters
    if len(found) < layers:
        raise IncompleteError(f"{_key(trial)} has no list of numbers as trained_parameters")
    return found


def measured(
    trial: Trial, name: str, *, lower: float = -_LARGEST, upper: float = _LARGEST
) -> float:
    """Return a measured number, NaN if it was not finite.

    Raises:
        IncompleteError: the trial has no such measurement, or it is no number of the range.
    """
    return float(measured_array(trial, name, dimensions=0, lower=lower, upper=upper))


def measured_array(
    trial: Trial,
    name: str,
    *,
    dimensions: int,
    lower: float = -_LARGEST,
    upper: float = _LARGEST,
) -> npt.NDArray[np.float64]:
    """Return a measured list of numbers, or a list of lists of equal lengths.

    Args:
        trial: the trial.
        name: name of the measurement.
        dimensions: 0 for a number, 1 for a list, 2 for a list of lists.
        lower: smallest possible number.
        upper: largest possible number.

    Raises:
        IncompleteError: the trial has no such measurement, it is empty, it has another number
            of dimensions, or it is out of range. NaN is in every range.
    """
    values: Any = _at(trial, name)
    try:
        array = np.array(values, float)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0)
    if array.ndim != dimensions or not array.size or not _are_between(array, lower, upper):
        low, high = (
            "" if abs(end) == _LARGEST else f" {word} {end:g}"
            for word, end in (("from", lower), ("to", upper))
        )
        raise IncompleteError(f"{_key(trial)} has no {_FORMS[dimensions]}{low}{high} as {name}")
    return array


def _are_between(values: npt.NDArray[np.float64], lower: float, upper: float) -> bool:
    numbers = values[~np.isnan(values)]
    return bool(((lower <= numbers) & (numbers <= upper)).all())


_FORMS = ("number", "list of numbers", "list of lists of numbers")


def _at(trial: Trial, name: str) -> object:
    if name not in trial.measured:
        raise IncompleteError(f"{_key(trial)} has no {name}")
    return trial.measured[name]


def _key(trial: Trial) -> str:
    return f"{trial.condition}, seed {trial.seed}"


def finite(values: Sequence[float]) -> list[float]:
    """Return the finite values; [NaN] if there are none."""
    return [value for value in values if math.isfinite(value)] or [math.nan]


def accuracy_on_originals(trial: Trial) -> float:
    """Return the test accuracy on the original images."""
    return trial.test_accuracy_original


def accuracy_on_all_images(trial: Trial) -> float:
    """Return the test accuracy on the original and the inverted images together."""
    return trial.test_accuracy
