"""Part B of the source: mean squared error (MSE) and binary cross-entropy (BCE)."""

from collections.abc import Mapping

import numpy as np

from actbench.statistics import Estimate, estimate
from analysis.claims.verdict import FAILS, HOLDS, Claim, Verdict, of_conditions, proved
from analysis.questions.loss_functions import best_epoch, rise
from analysis.trials import Found, curve

_MSE, _BCE = "relu, mse", "relu, crossentropy"


def _steepest() -> bool:
    e = np.linspace(0, 1, 3_001)
    slopes = 2 * e**2 * (1 - e)
    return bool(np.isclose(slopes.max(), 8 / 27) and -np.log1p(-e[-2]) > 8 > slopes.max())


def _shown(found: Estimate, form: str) -> str:
    low, high = found.interval
    return f"{found.mean:{form}} [{low:{form}}, {high:{form}}]"


def _before_training(found: Mapping[str, Found]) -> Verdict:
    trials = found["loss-functions"].of(_MSE)
    mse, bce = (
        estimate([trial.measured[name][0] for trial in trials])
        for name in ("mse", "crossentropy")
    )
    near = mse.interval[0] <= 0.25 <= mse.interval[1]
    return Verdict(
        HOLDS if near else FAILS,
        f"MSE {_shown(mse, '.3f')}, BCE {_shown(bce, '.3f')}, {mse.count} seeds",
        instead=""
        if near
        else "of an output of ½ alone, as of weights of 0; with random weights it is more",
    )


def _still_falls(found: Mapping[str, Found]) -> Verdict:
    trials = found["loss-functions"].of(_MSE)
    epochs = len(curve(trials[0], "val_loss"))
    best, risen = estimate(list(map(best_epoch, trials))), estimate(list(map(rise, trials)))
    falls = best.interval[1] >= 0.95 * epochs
    return Verdict(
        HOLDS if falls else FAILS,
        f"validation MSE is least at epoch {_shown(best, '.0f')} of {epochs}, and "
        f"{_shown(risen, '.0%')} above that at the end",
        instead="" if falls else "MSE overfits as well",
    )


def _rises_after_sixty(found: Mapping[str, Found]) -> Verdict:
    trials = found["loss-functions"].of(_BCE)
    best, risen = estimate(list(map(best_epoch, trials))), estimate(list(map(rise, trials)))
    around = best.interval[0] <= 60 <= best.interval[1]
    return Verdict(
        HOLDS if around else FAILS,
        f"validation BCE is least at epoch {_shown(best, '.0f')}, and {_shown(risen, '.0%')} "
        "above that at the end",
        instead="" if around else "when it rises depends on data, network and learning rate",
    )


CLAIMS = (
    Claim(
        "B.1",
        "MSE of a probability is at most 1 and its gradient small; BCE is unbounded",
        "",
        proved("|d MSE / d logit| = 2e²(1 − e) ≤ 8/27; BCE = −ln(1 − e)", _steepest),
    ),
    Claim(
        "B.1",
        "MSE learns more slowly: its validation loss is least at a later epoch",
        "loss-functions",
        of_conditions("loss-functions", _MSE, _BCE, best_epoch, "epochs later", "+.1f", 1),
    ),
    Claim(
        "B.2", "Before training MSE is 0.25 and BCE ln 2", "loss-functions", _before_training
    ),
    Claim(
        "B.3",
        "Under MSE validation loss still falls at the end",
        "loss-functions",
        _still_falls,
    ),
    Claim(
        "B.3",
        "Under BCE validation loss rises after about epoch 60",
        "loss-functions",
        _rises_after_sixty,
    ),
)
