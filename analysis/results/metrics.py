"""Metrics: functions from a trial to the number that is compared."""

from collections.abc import Callable

from actbench.results import Trial

Metric = Callable[[Trial], float]
"""A number that is compared between conditions; a greater value is better."""


class IncompleteError(LookupError):
    """The documents lack trials or values that a claim, a table or a figure needs."""


def curve(trial: Trial, name: str) -> list[float]:
    """Return one value per epoch, such as `val_accuracy`.

    Raises:
        IncompleteError: the trial has no such curve. A profile that holds no images out has
            no curve whose name starts with `val_`.
    """
    try:
        return trial.curves[name]
    except KeyError:
        raise IncompleteError(f"profile {trial.profile} has no {name}") from None


def accuracy_on_originals(trial: Trial) -> float:
    """Return the test accuracy on the original images."""
    return trial.test_accuracy_original


def accuracy_on_all_images(trial: Trial) -> float:
    """Return the test accuracy on the original and the inverted images together."""
    return trial.test_accuracy
