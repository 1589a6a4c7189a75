"""Section B of the source: mean squared error (MSE) and binary cross-entropy (BCE)."""

from dataclasses import replace

import numpy as np

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.results import Factors, Trial
from actbench.statistics import Estimate, difference, estimate
from analysis.claims.claim import (
    INCONCLUSIVE,
    REFUTED,
    SUPPORTED,
    Claim,
    ClaimTest,
    Evidence,
    Unit,
    Verdict,
)
from analysis.claims.claim_tests import (
    all_supported,
    compare_conditions,
    is_greater,
    is_within,
    proved,
)
from analysis.claims.metrics import has_best_epoch, log_overfitting, mean_validation_accuracy
from analysis.results import MATHEMATICS, IncompleteError, Results, curve, measured_array
from analysis.training.loss_functions import best_epoch, relative_rise

_LEAST_LOSS = 1e-9
"""A loss before training is not below this; quotients with it are finite."""

_MSE: Factors = {"activation": "relu", "loss": "mse"}
_BCE: Factors = {"activation": "relu", "loss": "crossentropy"}


def _gradient_of_mse_is_bounded() -> bool:
    e = np.linspace(0, 1, 3_001)
    slopes = 2 * e**2 * (1 - e)
    return bool(np.isclose(slopes.max(), 8 / 27) and -np.log1p(-e[-2]) > 8 > slopes.max())


def _trials(results: Results, factors: Factors) -> list[Trial]:
    found = results.experiment("loss-functions")
    return found.trials_of(found.condition_with(factors))


def _at_best_and_last_epoch(
    results: Results, curve_name: str, factors: Factors = _BCE
) -> tuple[list[float], list[float]]:
    """Return a curve at the epoch of the smallest validation loss, and at the last epoch."""
    curves = [
        (curve(trial, curve_name), int(best_epoch(trial)) - 1)
        for trial in _trials(results, factors)
        if has_best_epoch(trial)
    ]
    if not curves:
        raise IncompleteError("no seed has finite values")
    return [values[best] for values, best in curves], [values[-1] for values, _ in curves]


def _loss_rises_without_loss_of_accuracy(results: Results) -> Verdict:
    rise = difference(*_at_best_and_last_epoch(results, "val_loss")[::-1])
    drop = difference(*_at_best_and_last_epoch(results, "val_accuracy"))
    return Verdict(
        SUPPORTED if rise.interval[0] > 0 >= drop.interval[0] else INCONCLUSIVE,
        f"from the best epoch to the last, validation BCE rises by {rise.mean:.3f} nats "
        f"[{rise.interval[0]:.3f}, {rise.interval[1]:.3f}], and accuracy changes by "
        f"{-100 * drop.mean:+.2f} points [{-100 * drop.interval[1]:+.2f}, "
        f"{-100 * drop.interval[0]:+.2f}], {rise.count} seeds",
    )


def _training_loss_keeps_falling(results: Results) -> Evidence:
    best, last = _at_best_and_last_epoch(results, "loss")
    evidence = is_greater("training BCE, best epoch − last, nats", best, last, Unit(1, "+.4f"))
    of_mse = np.subtract(*_at_best_and_last_epoch(results, "loss", _MSE))
    return replace(
        evidence,
        note=f"no difference between the losses: with MSE it falls by {of_mse.mean():.4f} too"
        if of_mse.mean() > 0
        else "",
    )


def _accuracy_is_higher_at_best_epoch(factors: Factors) -> ClaimTest:
    def test(results: Results) -> Evidence:
        best, last = _at_best_and_last_epoch(results, "val_accuracy", factors)
        return is_greater(
            "validation accuracy, best epoch − last, points",
            best,
            last,
            margin=PREREGISTRATION.accuracy_margin,
        )

    return test


def _format(found: Estimate, number_format: str) -> str:
    mean, low, high = (format(each, number_format) for each in (found.mean, *found.interval))
    return f"{mean} [{low}, {high}]"


def _losses_before_training(results: Results) -> Verdict:
    trials = _trials(results, _MSE)
    mse, bce = (
        estimate(
            [
                measured_array(trial, name, dimensions=1, lower=_LEAST_LOSS)[0]
                for trial in trials
            ]
        )
        for name in ("mse", "crossentropy")
    )
    # The source prints two decimals, so its values are uncertain by half of the last one.
    outcome = all_supported([is_within(mse, 0.25, 0.005), is_within(bce, 0.69, 0.005)])
    return Verdict(
        outcome,
        f"MSE {_format(mse, '.3f')}, BCE {_format(bce, '.3f')}, {mse.count} seeds; expected: "
        "0.25 and 0.69, ± 0.005",
        "these values need an output of exactly ½, as with zero weights; they are "
        "larger with random weights"
        if outcome == REFUTED
        else "",
    )


def _first_epoch_shows_initial_loss(results: Results) -> Verdict:
    mse, bce = (
        estimate(
            [
                curve(trial, "loss")[0]
                / measured_array(trial, name, dimensions=1, lower=_LEAST_LOSS)[0]
                for trial in _trials(results, factors)
            ]
        )
        for name, factors in (("mse", _MSE), ("crossentropy", _BCE))
    )
    outcome = all_supported([is_within(ratio, 1.0, 0.05) for ratio in (mse, bce)])
    return Verdict(
        outcome,
        f"training loss of the first epoch / loss before training: MSE {_format(mse, '.0%')}, "
        f"BCE {_format(bce, '.0%')}; expected: 100% ± 5%",
        "the training loss of an epoch is a mean over its steps, and the network "
        "learns during these steps"
        if outcome == REFUTED
        else "",
    )


def _mse_still_falls(results: Results) -> Verdict:
    trials = _trials(results, _MSE)
    epochs = len(curve(trials[0], "val_loss"))
    best = estimate(list(map(best_epoch, trials)))
    rise = estimate(list(map(relative_rise, trials)))
    outcome = is_within(best, epochs, 0.05 * epochs)
    return Verdict(
        outcome,
        f"validation MSE is smallest at epoch {_format(best, '.0f')} of {epochs}, and "
        f"{_format(rise, '.0%')} larger after the last",
        "it is smallest before the last epoch" if outcome == REFUTED else "",
    )


def _bce_rises_after_epoch_60(results: Results) -> Verdict:
    trials = _trials(results, _BCE)
    best = estimate(list(map(best_epoch, trials)))
    rise = estimate(list(map(relative_rise, trials)))
    outcome = is_within(best, 60, 10)
    return Verdict(
        outcome,
        f"validation BCE is smallest at epoch {_format(best, '.0f')}, and "
        f"{_format(rise, '.0%')} larger after the last; expected: 60 ± 10",
        "the epoch depends on the data, the network and the learning rate"
        if outcome == REFUTED
        else "",
    )


CLAIMS = (
    Claim(
        "B.1",
        "MSE of a probability is at most 1 and its gradient is small; BCE is unbounded",
        MATHEMATICS,
        proved(
            "|d MSE / d logit| = 2e²(1 − e) ≤ 8/27; BCE = −ln(1 − e)",
            _gradient_of_mse_is_bounded,
        ),
    ),
    Claim(
        "B.1",
        "The value of a loss is not the accuracy",
        "loss-functions",
        _loss_rises_without_loss_of_accuracy,
    ),
    Claim(
        "B.1",
        "MSE learns more slowly: validation accuracy is lower, as a mean over all epochs",
        "loss-functions",
        compare_conditions(
            "loss-functions", _BCE, _MSE, mean_validation_accuracy,
            "mean validation accuracy (points)",
        ),
        "mse-learns-more-slowly",
    ),
    Claim(
        "B.2",
        "Before training, MSE is 0.25 and BCE is 0.69",
        "loss-functions",
        _losses_before_training,
    ),
    Claim(
        "B.2",
        "The first epoch of the curves shows the loss before training",
        "loss-functions",
        _first_epoch_shows_initial_loss,
    ),
    Claim(
        "B.3",
        "MSE overfits later: its validation loss is smallest at a later epoch",
        "loss-functions",
        compare_conditions(
            "loss-functions", _MSE, _BCE, best_epoch, "epoch of the smallest validation loss",
            Unit(1, "+.1f"),
        ),
        "mse-overfits-later",
    ),
    Claim(
        "B.3",
        "With MSE, validation loss still falls at the last epoch",
        "loss-functions",
        _mse_still_falls,
    ),
    Claim(
        "B.3",
        "With MSE, training and validation loss are closer than with BCE",
        "loss-functions",
        compare_conditions(
            "loss-functions", _BCE, _MSE, log_overfitting, "ln(validation / training)", Unit()
        ),
        "mse-curves-stay-closer",
    ),
    Claim(
        "B.3",
        "With BCE, training loss keeps falling while validation loss rises",
        "loss-functions",
        _training_loss_keeps_falling,
    ),
    Claim(
        "B.3",
        "With BCE, training should stop where validation loss is smallest: accuracy is higher "
        "there",
        "loss-functions",
        _accuracy_is_higher_at_best_epoch(_BCE),
    ),
    Claim(
        "B.3",
        "With MSE, training should continue until validation loss is smallest: accuracy is "
        "higher there",
        "loss-functions",
        _accuracy_is_higher_at_best_epoch(_MSE),
    ),
    Claim(
        "B.3",
        "With BCE, validation loss rises after about epoch 60",
        "loss-functions",
        _bce_rises_after_epoch_60,
    ),
)  # fmt: skip
