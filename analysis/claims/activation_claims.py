"""Claims that the source makes about several pairs of activations in the same words."""

import numpy as np

from actbench.statistics import estimate
from analysis.claims.claim import REFUTED, Claim, ClaimTest, Verdict
from analysis.claims.claim_tests import (
    all_supported,
    compare_activations,
    compare_conditions,
    describe_setting,
    is_greater_in_all_pairs,
    is_within,
)
from analysis.claims.metrics import (
    generalisation_gap,
    learning_speed,
    log_first_gradient,
    log_smoothness,
)
from analysis.results import Results, accuracy_on_originals
from analysis.training.dying_units import dead_share_after
from analysis.training.gradient_flow import LEARNED

_DEAD_AT_MOST = 0.01
"""Largest share of dead units with which units count as not dying."""


def is_more_accurate(section: str, first: str, second: str, text: str) -> Claim:
    """Claim that the first activation has a higher test accuracy on the ranking's network."""
    test = compare_conditions(
        "ranking", {"activation": first}, {"activation": second}, accuracy_on_originals,
        "test accuracy (points)",
    )  # fmt: skip
    return Claim(section, text, "ranking", test)


def regularises(section: str, first: str, second: str, text: str) -> Claim:
    """Claim that the first activation has the smaller generalisation gap."""
    quantity = "training accuracy of the last epoch − validation accuracy after it (points)"
    test = compare_conditions(
        "ranking", {"activation": second}, {"activation": first}, generalisation_gap, quantity
    )
    return Claim(section, text, "ranking", test)


def passes_more_gradient(section: str, first: str, second: str, depth: int) -> Claim:
    """Claim that the first kernel gets a larger gradient with the first activation."""
    return Claim(
        section,
        f"The gradient of the first layer is larger with {first} than with {second}: "
        f"{depth} layers, before training",
        "gradient-flow",
        compare_conditions(
            "gradient-flow",
            {"activation": first, "depth": depth}, {"activation": second, "depth": depth},
            log_first_gradient, "log₁₀ of the norm of the first kernel's gradient", scale=1,
        ),
    )  # fmt: skip


def learns_faster(section: str, first: str, second: str, depth: int) -> Claim:
    """Claim that the first activation needs fewer epochs to learn."""
    return Claim(
        section,
        f"{first} converges faster than {second}: {depth} layers, epochs until "
        f"{LEARNED:.0%} validation accuracy",
        "gradient-flow",
        compare_conditions(
            "gradient-flow",
            {"activation": first, "depth": depth}, {"activation": second, "depth": depth},
            learning_speed, "−epochs to learn (−(epochs + 1) if it never learns)", scale=1,
        ),
    )  # fmt: skip


def has_smoother_loss(section: str, first: str, second: str, text: str) -> Claim:
    """Claim that the Hessian of the loss has a smaller largest eigenvalue."""
    test = compare_conditions(
        "smoothness", {"activation": first}, {"activation": second}, log_smoothness,
        "−log₁₀ of the largest eigenvalue of the Hessian", scale=1,
    )  # fmt: skip
    return Claim(section, text, "smoothness", test)


def has_fewer_dead_units(section: str, first: str, second: str, text: str) -> Claim:
    """Claim that fewer units are dead after training with the first activation."""
    test = compare_activations(
        "dying-units", second, first, dead_share_after, "dead units (points)"
    )
    return Claim(section, text, "dying-units", test)


def does_not_die(section: str, activation: str) -> Claim:
    """Claim that at most 1% of the units are dead after training in every setting."""
    return Claim(
        section,
        f"Units of {activation} do not die",
        "dying-units",
        lambda results: _test_dead_share(results, activation),
    )


def _test_dead_share(results: Results, activation: str) -> Verdict:
    found = results.experiment("dying-units")
    conditions = found.conditions_with(activation=activation)
    dead = found.values_by_seed(conditions, dead_share_after)
    # Bonferroni's correction: all intervals together have 95% confidence.
    confidence = 1 - 0.05 / max(1, len(conditions))
    shares = [estimate(row.tolist(), confidence=confidence, upper=1.0) for row in dead]
    outcome = all_supported([is_within(share, 0.0, _DEAD_AT_MOST) for share in shares])
    worst = int(np.argmax(dead.mean(axis=1)))
    low, high = shares[worst].interval
    return Verdict(
        outcome,
        f"largest share of dead units in {len(conditions)} settings, at "
        f"{describe_setting(found.factors_of(conditions[worst]))}: {shares[worst].mean:.1%} "
        f"[{low:.1%}, {high:.1%}] (95% for all settings together), {shares[worst].count} "
        f"seeds; expected: at most {_DEAD_AT_MOST:.0%}",
        alternative="units die in some settings" if outcome == REFUTED else "",
    )


def beats_relu_at_every_batch_size(activation: str) -> ClaimTest:
    """Return a test of "the test accuracy is higher than ReLU's at every batch size"."""

    def test(results: Results) -> Verdict:
        found = results.experiment("batch-size")
        pairs = {
            f"batch {found.factors_of(relu)['batch_size']}": (
                found.counterpart(relu, activation=activation),
                relu,
            )
            for relu in found.conditions_with(activation="relu")
        }
        quantity = f"test accuracy, {activation} − relu, points"
        return is_greater_in_all_pairs(
            results, "batch-size", pairs, accuracy_on_originals, quantity
        )

    return test
