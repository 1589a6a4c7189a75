"""Claims that the source makes about several pairs of activations in the same words."""

import numpy as np

from actbench.experiments.preregistration import PREREGISTRATION
from actbench.statistics import estimate
from analysis.claims.claim import REFUTED, Claim, Evidence, Unit, Verdict
from analysis.claims.claim_tests import (
    all_supported,
    compare_activations,
    compare_conditions,
    compare_on_tasks,
    describe_setting,
    is_greater_in_all_pairs,
    is_within,
)
from analysis.claims.metrics import (
    log_first_gradient,
    log_smoothness,
    mean_validation_accuracy,
)
from analysis.results import Results, accuracy_on_originals
from analysis.training.dying_units import dead_share_after
from analysis.training.generalisation import change_of_accuracy

_DEAD_AT_MOST = PREREGISTRATION.thresholds.dead_units

_USUAL_RATES = (0.001, 0.01)
"""Learning rates of Adam that are in common use: its default, and ten times it."""


def is_more_accurate(section: str, first: str, second: str, text: str, name: str = "") -> Claim:
    """Claim that the first activation has a higher test accuracy, as a mean over tasks."""
    test = compare_on_tasks(first, second, accuracy_on_originals, "test accuracy (points)")
    return Claim(section, text, "ranking", test, name)


def regularises(section: str, first: str, second: str, text: str, name: str) -> Claim:
    """Claim that accuracy falls less from training to validation with the first activation."""
    test = compare_conditions(
        "regularisation", {"activation": first}, {"activation": second}, change_of_accuracy,
        "validation − training accuracy of networks that overfit (points)",
    )  # fmt: skip
    return Claim(section, text, "regularisation", test, name)


def passes_more_gradient(
    section: str, first: str, second: str, depth: int, name: str = ""
) -> Claim:
    """Claim that the first kernel gets a larger gradient, with Glorot's initial weights."""
    return _has_larger_gradient(
        section, first, second, depth, "gradient-flow", "Glorot's initial weights", name
    )


def passes_more_gradient_with_gains(
    section: str, first: str, second: str, depth: int, name: str = ""
) -> Claim:
    """Claim the same, with initial weights that keep the size of values for each activation."""
    weights = "initial weights with the gain of each activation"
    return _has_larger_gradient(section, first, second, depth, "gradient-gain", weights, name)


def _has_larger_gradient(
    section: str, first: str, second: str, depth: int, experiment: str, weights: str, name: str
) -> Claim:
    return Claim(
        section,
        f"The gradient of the first layer is larger with {first} than with {second}: "
        f"{depth} layers, {weights}, before training",
        experiment,
        compare_conditions(
            experiment,
            {"activation": first, "depth": depth}, {"activation": second, "depth": depth},
            log_first_gradient, "log₁₀ of the norm of the first kernel's gradient", Unit(),
        ),
        name,
    )  # fmt: skip


def learns_faster(section: str, first: str, second: str, depth: int, name: str = "") -> Claim:
    """Claim that validation accuracy is higher on average over the epochs."""
    return Claim(
        section,
        f"{first} converges faster than {second}: {depth} layers, validation accuracy as a "
        "mean over all epochs",
        "gradient-flow",
        compare_conditions(
            "gradient-flow",
            {"activation": first, "depth": depth}, {"activation": second, "depth": depth},
            mean_validation_accuracy, "mean validation accuracy (points)",
        ),
        name,
    )  # fmt: skip


def has_smoother_loss(
    section: str, first: str, second: str, text: str, name: str = ""
) -> Claim:
    """Claim that the Hessian of the loss has a smaller largest eigenvalue."""
    test = compare_conditions(
        "smoothness", {"activation": first}, {"activation": second}, log_smoothness,
        "−log₁₀ of the largest eigenvalue of the Hessian", Unit(),
    )  # fmt: skip
    return Claim(section, text, "smoothness", test, name)


def has_fewer_dead_units(
    section: str, first: str, second: str, text: str, name: str = ""
) -> Claim:
    """Claim that fewer units are dead after training with the first activation."""
    test = compare_activations(
        "dying-units", second, first, dead_share_after, "dead units (points)"
    )
    return Claim(section, text, "dying-units", test, name)


def does_not_die(section: str, activation: str) -> Claim:
    """Claim that at most 1% of the units are dead after training at usual learning rates."""
    return Claim(
        section,
        f"Units of {activation} do not die at learning rates up to {max(_USUAL_RATES):g}",
        "dying-units",
        lambda results: _test_dead_share(results, activation),
    )


def _test_dead_share(results: Results, activation: str) -> Verdict:
    found = results.experiment("dying-units")
    conditions = found.conditions_with(activation=activation)
    dead = found.values_by_seed(conditions, dead_share_after)
    is_usual = [found.factor(each, "learning_rate") in _USUAL_RATES for each in conditions]
    # Bonferroni's correction: all intervals together have 95% confidence.
    confidence = 1 - PREREGISTRATION.level / max(1, sum(is_usual))
    usual = dead[is_usual]
    shares = [estimate(row.tolist(), confidence=confidence, upper=1.0) for row in usual]
    outcome = all_supported([is_within(share, 0.0, _DEAD_AT_MOST) for share in shares])
    worst = int(np.argmax(usual.mean(axis=1)))
    low, high = shares[worst].interval
    name = [each for each, kept in zip(conditions, is_usual, strict=True) if kept][worst]
    others = dead[np.invert(is_usual)]
    at_other_rates = (
        f"at larger rates the share is up to {others.mean(axis=1).max():.0%}"
        if len(others)
        else ""
    )
    return Verdict(
        outcome,
        f"largest share of dead units in {len(usual)} settings, at "
        f"{describe_setting(found.factors_of(name))}: {shares[worst].mean:.1%} "
        f"[{low:.1%}, {high:.1%}] (95% for all settings together), {shares[worst].count} "
        f"seeds; expected: at most {_DEAD_AT_MOST:.0%}",
        at_other_rates if outcome != REFUTED else "units die in some settings",
    )


BATCH_SIZE_EXPERIMENTS = {
    "batch-size": "",
    "batch-size-epochs": ", with a tuned learning rate for each size",
    "batch-size-steps": ", with equal steps and a tuned learning rate for each size",
}
"""Experiment ↦ how its protocol differs from the source's, for the text of a claim."""


def accuracy_falls_with_batch_size(section: str, experiment: str, name: str) -> Claim:
    """Claim that accuracy is lower with the largest batches than with the smallest ones."""

    def test(results: Results) -> Evidence:
        found = results.experiment(experiment)
        sizes = [int(found.factor(each, "batch_size")) for each in found.conditions]
        small, large = min(sizes, default=0), max(sizes, default=0)
        firsts = {
            each: found.condition_with({"activation": each, "batch_size": small})
            for each in ("relu", "swish")
        }
        pairs = {
            each: (condition, found.counterpart(condition, batch_size=large))
            for each, condition in firsts.items()
        }
        quantity = f"test accuracy, batch {small:,} − batch {large:,}, points"
        return is_greater_in_all_pairs(
            results, experiment, pairs, accuracy_on_originals, quantity
        )

    text = f"Accuracy falls as the batch size grows{BATCH_SIZE_EXPERIMENTS[experiment]}"
    return Claim(section, text, experiment, test, name)


def beats_relu_at_every_batch_size(
    section: str, activation: str, experiment: str, name: str
) -> Claim:
    """Claim that the test accuracy is higher than that of ReLU at every batch size."""

    def test(results: Results) -> Evidence:
        found = results.experiment(experiment)
        pairs = {
            f"batch {found.factor(relu, 'batch_size')}": (
                found.counterpart(relu, activation=activation),
                relu,
            )
            for relu in found.conditions_with(activation="relu")
        }
        quantity = f"test accuracy, {activation} − relu, points"
        return is_greater_in_all_pairs(
            results, experiment, pairs, accuracy_on_originals, quantity
        )

    text = (
        f"{activation.capitalize()} is more accurate than ReLU at every batch size"
        f"{BATCH_SIZE_EXPERIMENTS[experiment]}"
    )
    return Claim(section, text, experiment, test, name)
