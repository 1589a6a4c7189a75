"""Metrics of one trial that the claims compare."""

import math

import numpy as np

from actbench.results import Trial
from analysis.results import curve, measured, measured_array
from analysis.training.loss_functions import best_epoch

_MINIMUM_NORM = 1e-38
"""Smallest normal float32; a gradient that underflows to 0 would have no logarithm."""

_MINIMUM_EIGENVALUE = 1e-12


def final_training_loss(trial: Trial) -> float:
    """Return the training loss of the last epoch, in nats."""
    return curve(trial, "loss")[-1]


def final_validation_accuracy(trial: Trial) -> float:
    """Return the validation accuracy after the last epoch."""
    return curve(trial, "val_accuracy")[-1]


def log_first_gradient(trial: Trial) -> float:
    """Return log₁₀ of the norm of the first kernel's gradient before training.

    It is not divided by the norm of the last kernel's gradient: if values shrink from layer to
    layer, all gradients shrink with them.
    """
    return math.log10(
        max(measured_array(trial, "gradient_norm", dimensions=2, lower=0)[0, 0], _MINIMUM_NORM)
    )


def mean_validation_accuracy(trial: Trial) -> float:
    """Return the mean of the validation accuracies after all epochs: the area under the curve.

    Unlike the epoch in which an accuracy is reached, it has no ties and uses the whole curve.
    """
    return float(np.mean(curve(trial, "val_accuracy")))


def log_smoothness(trial: Trial) -> float:
    """Return minus log₁₀ of the largest eigenvalue of the Hessian of the loss."""
    return -math.log10(max(measured(trial, "top_eigenvalue"), _MINIMUM_EIGENVALUE))


def log_overfitting(trial: Trial) -> float:
    """Return ln(validation loss / training loss) after the last epoch."""
    return math.log(curve(trial, "val_loss")[-1] / curve(trial, "loss")[-1])


def has_best_epoch(trial: Trial) -> bool:
    """Return whether the validation loss has a minimum and is finite after the last epoch."""
    return math.isfinite(best_epoch(trial) + curve(trial, "val_loss")[-1])


def agreement(trial: Trial) -> float:
    """Return the share of test images with the same predicted class as their inverse."""
    return measured(trial, "agreement", lower=0, upper=1)
