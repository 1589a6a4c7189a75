"""Part B of the source: mean squared error (MSE) and binary cross-entropy (BCE)."""

import math

import numpy as np

from actbench.results import Trial
from actbench.statistics import Estimate, difference, estimate
from analysis.claims.verdict import (
    FAILS,
    HOLDS,
    UNSHOWN,
    Claim,
    Judge,
    Verdict,
    greater,
    of_conditions,
    of_each,
    proved,
    within,
)
from analysis.results import MATHEMATICS, IncompleteError, Results, curve
from analysis.training.loss_functions import best_epoch, rise

_MSE, _BCE = "relu, mse", "relu, crossentropy"


def _steepest() -> bool:
    e = np.linspace(0, 1, 3_001)
    slopes = 2 * e**2 * (1 - e)
    return bool(np.isclose(slopes.max(), 8 / 27) and -np.log1p(-e[-2]) > 8 > slopes.max())


def _until_learned(trial: Trial) -> float:
    """Return the first epoch with 90% of held out images right; one more than all if none."""
    right = curve(trial, "val_accuracy")
    return float(next((n for n, each in enumerate(right, 1) if each >= 0.9), len(right) + 1))


def _at_best_and_last(
    results: Results, name: str, condition: str = _BCE
) -> tuple[list[float], list[float]]:
    """Return a curve's values at the epoch of the least validation loss, and at the last."""
    curves = [
        (curve(trial, name), int(best_epoch(trial)) - 1)
        for trial in results.experiment("loss-functions").trials_of(condition)
        if math.isfinite(best_epoch(trial) + curve(trial, "val_loss")[-1])
    ]
    if not curves:
        raise IncompleteError("no seed has numbers")
    return [values[best] for values, best in curves], [values[-1] for values, _ in curves]


def _value_and_accuracy(results: Results) -> Verdict:
    risen = difference(*reversed(_at_best_and_last(results, "val_loss")))
    lost = difference(*_at_best_and_last(results, "val_accuracy"))
    return Verdict(
        HOLDS if risen.interval[0] > 0 >= lost.interval[0] else UNSHOWN,
        f"from the best epoch to the last, validation BCE rises by {risen.mean:.3f} nats "
        f"[{risen.interval[0]:.3f}, {risen.interval[1]:.3f}], and accuracy changes by "
        f"{-100 * lost.mean:+.2f} points [{-100 * lost.interval[1]:+.2f}, "
        f"{-100 * lost.interval[0]:+.2f}], {risen.count} seeds",
    )


def _overfits(trial: Trial) -> float:
    """Return by which factor validation loss is above training loss at the end, as a log."""
    return math.log(curve(trial, "val_loss")[-1] / curve(trial, "loss")[-1])


def _keeps_falling(results: Results) -> Verdict:
    best, last = _at_best_and_last(results, "loss")
    return greater("training BCE, best epoch − last, nats", best, last, "+.4f")


def _stopping_helps(condition: str) -> Judge:
    def judge(results: Results) -> Verdict:
        best, last = _at_best_and_last(results, "val_accuracy", condition)
        what = "validation accuracy, best epoch − last, points"
        return greater(what, best, last, "+.2f", 100)

    return judge


def _shown(found: Estimate, form: str) -> str:
    low, high = found.interval
    return f"{found.mean:{form}} [{low:{form}}, {high:{form}}]"


def _before_training(results: Results) -> Verdict:
    trials = results.experiment("loss-functions").trials_of(_MSE)
    mse, bce = (
        estimate([trial.measured[name][0] for trial in trials])
        for name in ("mse", "crossentropy")
    )
    # Of what is printed to two decimals.
    outcome = of_each([within(mse, 0.25, 0.005), within(bce, 0.69, 0.005)])
    return Verdict(
        outcome,
        f"MSE {_shown(mse, '.3f')}, BCE {_shown(bce, '.3f')}, {mse.count} seeds; asked: 0.25 "
        "and 0.69, ± 0.005",
        instead="of an output of ½ alone, as of weights of 0; with random weights it is more"
        if outcome == FAILS
        else "",
    )


def _first_epoch(results: Results) -> Verdict:
    there = results.experiment("loss-functions")
    found = [
        estimate(
            [
                curve(trial, "loss")[0] / trial.measured[name][0]
                for trial in there.trials_of(condition)
            ]
        )
        for name, condition in (("mse", _MSE), ("crossentropy", _BCE))
    ]
    outcome = of_each([within(each, 1.0, 0.05) for each in found])
    return Verdict(
        outcome,
        f"the first epoch's training loss is {_shown(found[0], '.0%')} of what MSE is before, "
        f"and {_shown(found[1], '.0%')} of what BCE is; asked: 100% ± 5%",
        instead="it is a mean over steps, between which the network learns"
        if outcome == FAILS
        else "",
    )


def _still_falls(results: Results) -> Verdict:
    trials = results.experiment("loss-functions").trials_of(_MSE)
    epochs = len(curve(trials[0], "val_loss"))
    best, risen = estimate(list(map(best_epoch, trials))), estimate(list(map(rise, trials)))
    outcome = within(best, epochs, 0.05 * epochs)
    return Verdict(
        outcome,
        f"validation MSE is least at epoch {_shown(best, '.0f')} of {epochs}, and "
        f"{_shown(risen, '.0%')} above that at the end",
        instead="it is least before" if outcome == FAILS else "",
    )


def _rises_after_sixty(results: Results) -> Verdict:
    trials = results.experiment("loss-functions").trials_of(_BCE)
    best, risen = estimate(list(map(best_epoch, trials))), estimate(list(map(rise, trials)))
    outcome = within(best, 60, 10)
    return Verdict(
        outcome,
        f"validation BCE is least at epoch {_shown(best, '.0f')}, and {_shown(risen, '.0%')} "
        "above that at the end; asked: 60 ± 10",
        instead="when it rises depends on data, network and learning rate"
        if outcome == FAILS
        else "",
    )


CLAIMS = (
    Claim(
        "B.1",
        "MSE of a probability is at most 1 and its gradient small; BCE is unbounded",
        MATHEMATICS,
        proved("|d MSE / d logit| = 2e²(1 − e) ≤ 8/27; BCE = −ln(1 − e)", _steepest),
    ),
    Claim(
        "B.1",
        "A loss's value is not accuracy",
        "loss-functions",
        _value_and_accuracy,
    ),
    Claim(
        "B.1",
        "MSE learns more slowly: 90% of validation images are right at a later epoch",
        "loss-functions",
        of_conditions("loss-functions", _MSE, _BCE, _until_learned, "epochs later", "+.1f", 1),
    ),
    Claim(
        "B.2", "Before training MSE is 0.25 and BCE 0.69", "loss-functions", _before_training
    ),
    Claim(
        "B.2",
        "The first epoch of the curves shows the values before training",
        "loss-functions",
        _first_epoch,
    ),
    Claim(
        "B.3",
        "MSE overfits later: its validation loss is least at a later epoch",
        "loss-functions",
        of_conditions("loss-functions", _MSE, _BCE, best_epoch, "epochs later", "+.1f", 1),
    ),
    Claim(
        "B.3",
        "Under MSE validation loss still falls at the end",
        "loss-functions",
        _still_falls,
    ),
    Claim(
        "B.3",
        "Under MSE training and validation loss stay closer than under BCE",
        "loss-functions",
        of_conditions(
            "loss-functions", _BCE, _MSE, _overfits, "ln(validation / training)", scale=1
        ),
    ),
    Claim(
        "B.3",
        "Under BCE training loss falls on while validation loss rises",
        "loss-functions",
        _keeps_falling,
    ),
    Claim(
        "B.3",
        "Under BCE one should stop at the least validation loss: accuracy is better there",
        "loss-functions",
        _stopping_helps(_BCE),
    ),
    Claim(
        "B.3",
        "Under MSE one should train until validation loss is least: accuracy is better there",
        "loss-functions",
        _stopping_helps(_MSE),
    ),
    Claim(
        "B.3",
        "Under BCE validation loss rises after about epoch 60",
        "loss-functions",
        _rises_after_sixty,
    ),
)
