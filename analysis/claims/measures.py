"""What claims are tested by: a number of each trial, and means over several conditions."""

import math
from collections.abc import Callable

from actbench.results import Trial
from analysis.claims.verdict import Judge, Verdict, greater
from analysis.results import Results, curve
from analysis.training.gradient_flow import epochs_until


def final_training_loss(trial: Trial) -> float:
    """Return the training loss of the last epoch."""
    return curve(trial, "loss")[-1]


def gap(trial: Trial) -> float:
    """Return how much better the last training accuracy is than the validation accuracy."""
    return curve(trial, "accuracy")[-1] - curve(trial, "val_accuracy")[-1]


def gradient_left(trial: Trial) -> float:
    """Return the power of ten of the first kernel's gradient before training.

    Not beside the last's: where values shrink from layer to layer, so does every gradient.
    """
    return math.log10(max(trial.measured["gradient_norm"][0][0], 1e-38))


def soon(trial: Trial) -> float:
    """Return minus the epochs until it has learned; one more than all if it has not."""
    return -min(epochs_until(trial), len(curve(trial, "val_accuracy")) + 1.0)


def smooth(trial: Trial) -> float:
    """Return minus the power of ten of the Hessian's greatest eigenvalue."""
    return -math.log10(max(trial.measured["top_eigenvalue"], 1e-12))


def over_conditions(
    experiment: str,
    first: str,
    second: str,
    quantity: Callable[[Trial], float],
    what: str,
    wanted: Callable[[str], bool] = lambda _: True,
) -> Judge:
    """Return a judge of "the first activation has more than the second", in percentage points.

    Of each seed the means over the conditions "first, …" and "second, …" are compared.

    Args:
        experiment: its name.
        first: an activation.
        second: another.
        quantity: of a trial.
        what: the quantity's name.
        wanted: which conditions count, by name.
    """

    def judge(results: Results) -> Verdict:
        there = results.experiment(experiment)
        settings = [
            condition.removeprefix(f"{first}, ")
            for condition in there.conditions
            if condition.startswith(f"{first}, ") and wanted(condition)
        ]
        pairs = [(f"{first}, {setting}", f"{second}, {setting}") for setting in settings]
        found = there.differences(pairs, quantity)
        means = found.mean(axis=0)
        over = f", mean of {len(pairs)}" if len(pairs) > 1 else f", {settings[0]}"
        return greater(
            f"{what}, {first} − {second}{over}", means.tolist(), [0.0] * len(means), "+.2f",
            100.0,
        )  # fmt: skip

    return judge
