"""Sections A.4 and A.6 of the source: claims about Swish and its β that training decides."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.results import Trial
from actbench.statistics import estimate
from analysis.claims.activation_claims import (
    accuracy_falls_with_batch_size,
    beats_relu_at_every_batch_size,
    does_not_die,
    has_fewer_dead_units,
    has_smoother_loss,
    passes_more_gradient,
    passes_more_gradient_with_gains,
    regularises,
)
from analysis.claims.claim import (
    INCONCLUSIVE,
    REFUTED,
    SUPPORTED,
    Claim,
    Evidence,
    Unit,
    Verdict,
)
from analysis.claims.claim_tests import (
    compare_activations,
    compare_conditions,
    compare_on_tasks,
    is_greater,
)
from analysis.claims.metrics import final_training_loss
from analysis.results import IncompleteError, Results, accuracy_on_originals
from analysis.training.dying_units import dead_share_after, dead_share_before
from analysis.training.robustness import accuracy_or_0

_LINEAR_BELOW = PREREGISTRATION.thresholds.beta_is_linear
_RELU_FROM = PREREGISTRATION.thresholds.beta_is_relu


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
    trained = found.conditions_with(beta="trained")
    if not trained:
        raise IncompleteError("there is no trained β")
    # The conditions with a start have a rate with which β can reach both ends.
    chosen = [each for each in trained if "start" in found.factors_of(each)] or trained
    shares, ranges, farthest = [], [], math.inf
    for condition in chosen:
        start = float(found.factors_of(condition).get("start", 1.0))
        trials = found.trials_of(condition)
        betas = _trained_betas(trials)
        is_extreme = (np.abs(betas) <= _LINEAR_BELOW) | (betas >= _RELU_FROM)
        shares.append(is_extreme.mean(axis=1))
        ranges.append(f"from {start:g}: {betas.min():.2f} to {betas.max():.2f}")
        farthest = min(farthest, start + min(map(_longest_way, trials)))
    seeds = min(map(len, shares))
    share = estimate(np.mean([each[:seeds] for each in shares], axis=0).tolist(), upper=1.0)
    low, high = share.interval
    can_reach = farthest >= _RELU_FROM
    is_refuted = high < 0.5 and can_reach
    outcome = SUPPORTED if low > 0.5 else REFUTED if is_refuted else INCONCLUSIVE
    note = ""
    if outcome == REFUTED:
        note = "most trained β stay between the linear function and ReLU"
    elif outcome == INCONCLUSIVE and farthest < _RELU_FROM:
        note = f"the steps are too few to tell: β can reach about {farthest:.1f}"
    return Verdict(
        outcome,
        f"{share.mean:.0%} [{low:.0%}, {high:.0%}] of the trained β are within "
        f"{_LINEAR_BELOW:g} of 0 (linear) or at least {_RELU_FROM:g} (ReLU), {share.count} "
        f"seeds; {'; '.join(ranges)}",
        note,
    )


def _trained_betas(trials: Sequence[Trial]) -> npt.NDArray[np.float64]:
    """Return the trained β of all layers, (seeds, channels)."""
    try:
        return np.array([np.concatenate(trial.trained_parameters) for trial in trials])
    except ValueError:  # other numbers of layers or channels
        raise IncompleteError("the trials have no β, or different numbers of them") from None


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
        "a-lower-bound-regularises",
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
    accuracy_falls_with_batch_size("A.4", "batch-size", "accuracy-falls-with-batch-size"),
    accuracy_falls_with_batch_size(
        "A.4", "batch-size-epochs", "accuracy-falls-with-batch-size-when-tuned"
    ),
    accuracy_falls_with_batch_size(
        "A.4", "batch-size-steps", "accuracy-falls-with-batch-size-at-equal-steps"
    ),
    beats_relu_at_every_batch_size(
        "A.4", "swish", "batch-size", "swish-beats-relu-at-every-batch-size"
    ),
    beats_relu_at_every_batch_size(
        "A.4", "swish", "batch-size-epochs", "swish-beats-relu-at-every-tuned-batch-size"
    ),
    beats_relu_at_every_batch_size(
        "A.4", "swish", "batch-size-steps", "swish-beats-relu-at-equal-steps"
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
