"""Sections A.4 and A.6 of the source: claims about Swish and its β that training decides."""

import numpy as np

from actbench.results import Trial
from analysis.claims.activation_claims import (
    beats_relu_at_every_batch_size,
    does_not_die,
    has_fewer_dead_units,
    has_smoother_loss,
    passes_more_gradient,
    regularises,
)
from analysis.claims.claim import INCONCLUSIVE, SUPPORTED, Claim, Verdict
from analysis.claims.claim_tests import (
    all_are_positive,
    compare_conditions,
    is_greater,
    is_greater_in_all_pairs,
)
from analysis.claims.metrics import final_training_loss
from analysis.results import IncompleteError, Results, accuracy_on_originals
from analysis.training.dying_units import dead_share_after, dead_share_before
from analysis.training.robustness import THRESHOLDS, accuracy_or_0

_LINEAR_BELOW = 0.01
"""For |β| up to this, x·σ(βx) differs from x/2 by at most 0.1 on [−6, 6]."""

_RELU_FROM = 10.0
"""For β of at least this, x·σ(βx) differs from ReLU by less than 0.03."""


def _accuracy_falls_with_batch_size(results: Results) -> Verdict:
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


def _is_more_robust(results: Results) -> Verdict:
    found = results.experiment("robustness")
    relu = found.conditions_with(activation="relu")
    swish = [found.counterpart(condition, activation="swish") for condition in relu]
    of_swish, of_relu = np.split(found.values_by_seed([*swish, *relu], accuracy_or_0), 2)
    gains = [
        (of_swish >= threshold).mean(axis=0) - (of_relu >= threshold).mean(axis=0)
        for threshold in THRESHOLDS
    ]
    levels = [f"{threshold:.0%}" for threshold in THRESHOLDS]
    quantity = (
        f"share of {len(relu)} settings with at least {', '.join(levels)} test accuracy, "
        "swish − relu, points"
    )
    return all_are_positive([f"{each} accuracy" for each in levels], np.array(gains), quantity)


def _units_died(trial: Trial) -> float:
    return dead_share_after(trial) - dead_share_before(trial)


def _units_of_relu_die(results: Results) -> Verdict:
    found = results.experiment("dying-units")
    conditions = found.conditions_with(activation="relu")
    died = found.values_by_seed(conditions, _units_died).mean(axis=0).tolist()
    quantity = (
        f"dead units, after training − before, mean of {len(conditions)} settings, points"
    )
    return is_greater(quantity, died, [0.0] * len(died))


def _trained_beta_becomes_extreme(results: Results) -> Verdict:
    found = results.experiment("beta")
    values = [
        layer
        for condition in found.conditions_with(beta="trained")
        for trial in found.trials_of(condition)
        for layer in trial.trained_parameters
    ]
    if not values:
        raise IncompleteError("there is no trained β")
    betas = np.concatenate(values)
    share = float(((np.abs(betas) <= _LINEAR_BELOW) | (betas >= _RELU_FROM)).mean())
    is_supported = share > 0.5
    return Verdict(
        SUPPORTED if is_supported else INCONCLUSIVE,
        f"{share:.0%} of {len(betas):,} trained β are within {_LINEAR_BELOW:g} of 0 (linear) "
        f"or at least {_RELU_FROM:g} (ReLU); their range is {betas.min():.2f} to "
        f"{betas.max():.2f}",
        alternative="" if is_supported else "with longer training, β might move farther from 1",
    )


CLAIMS = (
    regularises(
        "A.4", "elu", "leaky_relu",
        "A lower bound regularises: accuracy falls less from training to validation with ELU "
        "than with LeakyReLU, which has no lower bound",
    ),
    passes_more_gradient("A.4", "swish", "relu", depth=20),
    Claim(
        "A.4",
        "Units of ReLU die in training: more units are dead after training than before",
        "dying-units",
        _units_of_relu_die,
    ),
    has_fewer_dead_units(
        "A.4", "swish", "relu", "After training, fewer units are dead with Swish than with ReLU"
    ),
    does_not_die("A.4", "swish"),
    Claim(
        "A.4",
        "Swish is more robust to initial weights and learning rate than ReLU",
        "robustness",
        _is_more_robust,
    ),
    has_smoother_loss("A.4", "swish", "relu", "The loss is smoother with Swish than with ReLU"),
    has_smoother_loss(
        "A.4", "softplus", "relu",
        "A smooth activation makes the loss smoother: with softplus, the loss is also smoother "
        "than with ReLU",
    ),
    Claim(
        "A.4",
        "Swish is easier to optimise than ReLU: training loss is lower after the same steps",
        "ranking",
        compare_conditions(
            "ranking", {"activation": "relu"}, {"activation": "silu"}, final_training_loss,
            "training loss (nats)", "+.4f", scale=1,
        ),
    ),
    Claim(
        "A.4",
        "Accuracy falls as the batch size grows",
        "batch-size",
        _accuracy_falls_with_batch_size,
    ),
    Claim(
        "A.4",
        "Swish is more accurate than ReLU at every batch size",
        "batch-size",
        beats_relu_at_every_batch_size("swish"),
    ),
    Claim(
        "A.6",
        "A trained β is more accurate than β = 1",
        "beta",
        compare_conditions(
            "beta", {"beta": "trained", "sharing": "channel"}, {"beta": 1.0},
            accuracy_on_originals, "test accuracy (points)",
        ),
    ),
    Claim(
        "A.6",
        "A trained β chooses between the linear function and ReLU",
        "beta",
        _trained_beta_becomes_extreme,
    ),
)  # fmt: skip
