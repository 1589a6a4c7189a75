"""Metrics of one trial that the claims compare."""

import math

from actbench.results import Trial
from analysis.results import curve, measured, measured_array
from analysis.training.gradient_flow import epochs_to_learn
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


def generalisation_gap(trial: Trial) -> float:
    """Return training accuracy over the last epoch − validation accuracy after it."""
    return curve(trial, "accuracy")[-1] - curve(trial, "val_accuracy")[-1]


def log_first_gradient(trial: Trial) -> float:
    """Return log₁₀ of the norm of the first kernel's gradient before training.

    It is not divided by the norm of the last kernel's gradient: if values shrink from layer to
    layer, all gradients shrink with them.
    """
    return math.log10(
        max(measured_array(trial, "gradient_norm", dimensions=2, lower=0)[0, 0], _MINIMUM_NORM)
    )


def learning_speed(trial: Trial) -> float:
    """Return minus the epochs to `LEARNED` accuracy; −(epochs + 1) if it is never reached."""
    return -min(epochs_to_learn(trial), len(curve(trial, "val_accuracy")) + 1.0)


def log_smoothness(trial: Trial) -> float:
    """Return minus log₁₀ of the largest eigenvalue of the Hessian of the loss."""
    return -math.log10(max(measured(trial, "top_eigenvalue"), _MINIMUM_EIGENVALUE))


def log_overfitting(trial: Trial) -> float:
    """Return ln(validation loss / training loss) after the last epoch."""
    return math.log(curve(trial, "val_loss")[-1] / curve(trial, "loss")[-1])


def epochs_to_90_percent(trial: Trial) -> float:
    """Return the first epoch with 90% validation accuracy; epochs + 1 if there is none."""
    accuracies = curve(trial, "val_accuracy")
    reached = (epoch for epoch, accuracy in enumerate(accuracies, 1) if accuracy >= 0.9)
    return float(next(reached, len(accuracies) + 1))


def has_best_epoch(trial: Trial) -> bool:
    """Return whether the validation loss has a minimum and is finite after the last epoch."""
    return math.isfinite(best_epoch(trial) + curve(trial, "val_loss")[-1])


def agreement(trial: Trial) -> float:
    """Return the share of test images with the same predicted class as their inverse."""
    return measured(trial, "agreement", lower=0, upper=1)
