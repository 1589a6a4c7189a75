"""Sections A.4 and A.6 of the source: claims about Swish and its β that training decides."""

import math

import numpy as np

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.results import Trial
from analysis.claims.activation_claims import (
    beats_relu_at_every_batch_size,
    does_not_die,
    has_fewer_dead_units,
    has_smoother_loss,
    passes_more_gradient,
    passes_more_gradient_with_gains,
    regularises,
)
from analysis.claims.claim import INCONCLUSIVE, SUPPORTED, Claim, Evidence, Unit, Verdict
from analysis.claims.claim_tests import (
    compare_activations,
    compare_conditions,
    compare_on_tasks,
    is_greater,
    is_greater_in_all_pairs,
)
from analysis.claims.metrics import final_training_loss
from analysis.results import IncompleteError, Results, accuracy_on_originals
from analysis.training.dying_units import dead_share_after, dead_share_before
from analysis.training.robustness import accuracy_or_0

_LINEAR_BELOW = PREREGISTRATION.thresholds.beta_is_linear
_RELU_FROM = PREREGISTRATION.thresholds.beta_is_relu


def _accuracy_falls_with_batch_size(results: Results) -> Evidence:
    found = results.experiment("batch-size")
    small = {
        name: found.condition_with({"activation": name, "batch_size": 32})
        for name in ("relu", "swish")
    }
    pairs = {
        name: (condition, found.counterpart(condition, batch_size=4096))
        for name, condition in small.items()
    }
    quantity = "test accuracy, batch 32 − batch 4,096, same number of epochs, points"
    return is_greater_in_all_pairs(
        results, "batch-size", pairs, accuracy_on_originals, quantity
    )


def _units_died(trial: Trial) -> float:
    return dead_share_after(trial) - dead_share_before(trial)


def _units_of_relu_die(results: Results) -> Evidence:
    found = results.experiment("dying-units")
    conditions = found.conditions_with(activation="relu")
    died = found.values_by_seed(conditions, _units_died).mean(axis=0).tolist()
    quantity = (
        f"dead units, after training − before, mean of {len(conditions)} settings, points"
    )
    return is_greater(quantity, died, [0.0] * len(died))


def _trained_beta_becomes_extreme(results: Results) -> Verdict:
    found = results.experiment("beta")
    trials = [
        trial
        for condition in found.conditions_with(beta="trained")
        for trial in found.trials_of(condition)
    ]
    values = [layer for trial in trials for layer in trial.trained_parameters]
    if not values:
        raise IncompleteError("there is no trained β")
    betas = np.concatenate(values)
    share = float(((np.abs(betas) <= _LINEAR_BELOW) | (betas >= _RELU_FROM)).mean())
    is_supported = share > 0.5
    farthest = 1 + max(map(_longest_way, trials))
    return Verdict(
        SUPPORTED if is_supported else INCONCLUSIVE,
        f"{share:.0%} of {len(betas):,} trained β are within {_LINEAR_BELOW:g} of 0 (linear) "
        f"or at least {_RELU_FROM:g} (ReLU); their range is {betas.min():.2f} to "
        f"{betas.max():.2f}",
        ""
        if is_supported or math.isnan(farthest)
        else f"the steps are too few to tell: β starts at 1 and can reach about {farthest:.1f}",
    )


def _longest_way(trial: Trial) -> float:
    """Return about how far Adam can move a parameter, steps · learning rate; NaN if unknown."""
    numbers = trial.configuration | trial.setup
    try:
        epochs, images, batch, rate = (
            float(numbers[name])
            for name in ("epochs", "train_images", "batch_size", "learning_rate")
        )
    except (KeyError, TypeError, ValueError):
        return math.nan
    return epochs * math.ceil(images / max(1.0, batch)) * rate


CLAIMS = (
    regularises(
        "A.4", "elu", "leaky_relu",
        "A lower bound regularises: accuracy falls less from training to validation with ELU "
        "than with LeakyReLU, which has no lower bound",
    ),
    passes_more_gradient("A.4", "swish", "relu", depth=20),
    passes_more_gradient_with_gains(
        "A.4", "swish", "relu", depth=20, name="swish-passes-more-gradient-than-relu"
    ),
    Claim(
        "A.4",
        "Units of ReLU die in training: more units are dead after training than before",
        "dying-units",
        _units_of_relu_die,
        "relu-units-die",
    ),
    has_fewer_dead_units(
        "A.4", "swish", "relu",
        "After training, fewer units are dead with Swish than with ReLU",
        "swish-has-fewer-dead-units-than-relu",
    ),
    does_not_die("A.4", "swish"),
    Claim(
        "A.4",
        "Swish is more robust to initial weights and learning rate than ReLU: its mean test "
        "accuracy over all settings is higher",
        "robustness",
        compare_activations(
            "robustness", "swish", "relu", accuracy_or_0, "test accuracy (points)"
        ),
        "swish-is-more-robust-than-relu",
    ),
    has_smoother_loss(
        "A.4", "swish", "relu", "The loss is smoother with Swish than with ReLU",
        "swish-is-smoother-than-relu",
    ),
    has_smoother_loss(
        "A.4", "softplus", "relu",
        "A smooth activation makes the loss smoother: with softplus, the loss is also smoother "
        "than with ReLU",
        "softplus-is-smoother-than-relu",
    ),
    Claim(
        "A.4",
        "Swish is easier to optimise than ReLU: training loss is lower after the same steps",
        "ranking",
        compare_on_tasks(
            "relu", "swish", final_training_loss, "training loss (nats)", Unit(1, "+.4f")
        ),
    ),
    Claim(
        "A.4",
        "Accuracy falls as the batch size grows",
        "batch-size",
        _accuracy_falls_with_batch_size,
        "accuracy-falls-with-batch-size",
    ),
    Claim(
        "A.4",
        "Swish is more accurate than ReLU at every batch size",
        "batch-size",
        beats_relu_at_every_batch_size("swish"),
        "swish-beats-relu-at-every-batch-size",
    ),
    Claim(
        "A.6",
        "A trained β is more accurate than β = 1",
        "beta",
        compare_conditions(
            "beta", {"beta": "trained", "sharing": "channel"}, {"beta": 1.0},
            accuracy_on_originals, "test accuracy (points)",
        ),
        "trained-beta-beats-one",
    ),
    Claim(
        "A.6",
        "A trained β chooses between the linear function and ReLU",
        "beta",
        _trained_beta_becomes_extreme,
    ),
)  # fmt: skip
