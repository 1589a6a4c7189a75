"""Sections A.5 and A.7 of the source: claims about Mish that training or timing decides."""

from analysis.claims.activation_claims import (
    beats_relu_at_every_batch_size,
    does_not_die,
    has_fewer_dead_units,
    has_smoother_loss,
    is_more_accurate,
    regularises,
)
from analysis.claims.claim import INCONCLUSIVE, SUPPORTED, Claim, Verdict
from analysis.claims.claim_tests import compare_activations
from analysis.results import BENCHMARKS, IncompleteError, Results, accuracy_on_originals


def _costs_more_than_relu(results: Results) -> Verdict:
    if "mish" not in results.costs:
        raise IncompleteError("there is no mish")
    mish = results.costs["mish"]
    return Verdict(
        SUPPORTED if mish.low > 1 + mish.noise else INCONCLUSIVE,
        "time of Mish / time of ReLU, forward + backward of actbench on the first layer of the "
        f"source's network: {mish.ratio:.2f} [{mish.low:.2f}, {mish.high:.2f}]; noise floor "
        f"{mish.noise:.0%}",
    )


CLAIMS = (
    regularises(
        "A.5", "mish", "relu",
        "Mish regularises itself: accuracy falls less from training to validation than with "
        "ReLU",
        "mish-regularises",
    ),
    has_fewer_dead_units(
        "A.5", "mish", "relu", "After training, fewer units are dead with Mish than with ReLU",
        "mish-has-fewer-dead-units-than-relu",
    ),
    does_not_die("A.5", "mish"),
    is_more_accurate(
        "A.5", "mish", "relu", "Mish is more accurate than ReLU", "mish-beats-relu"
    ),
    beats_relu_at_every_batch_size(
        "A.5", "mish", "batch-size", "mish-beats-relu-at-every-batch-size"
    ),
    beats_relu_at_every_batch_size(
        "A.5", "mish", "batch-size-epochs", "mish-beats-relu-at-every-tuned-batch-size"
    ),
    beats_relu_at_every_batch_size(
        "A.5", "mish", "batch-size-steps", "mish-beats-relu-at-equal-steps"
    ),
    is_more_accurate(
        "A.5", "mish", "swish", "Mish is more accurate than Swish", "mish-beats-swish"
    ),
    Claim("A.5", "Mish costs more time than ReLU", BENCHMARKS, _costs_more_than_relu),
    regularises(
        "A.7", "mish", "swish",
        "Δ regularises: accuracy falls less from training to validation with Mish than with "
        "Swish",
        "delta-regularises",
    ),
    has_smoother_loss(
        "A.7", "mish", "swish",
        "Δ smooths gradients: the loss is smoother with Mish than Swish",
        "mish-is-smoother-than-swish",
    ),
    Claim(
        "A.7",
        "Mish is more accurate than Swish in deep networks: more than 20 layers",
        "depth",
        compare_activations(
            "depth", "mish", "swish", accuracy_on_originals, "test accuracy (points)",
            include=lambda found, each: float(found.factor(each, "depth")) > 20,
        ),
        "mish-beats-swish-in-deep-networks",
    ),
    Claim(
        "added",
        "Mish is more accurate than ReLU with noisy inputs, as a mean over all noise levels",
        "noise",
        compare_activations(
            "noise", "mish", "relu", accuracy_on_originals, "test accuracy (points)"
        ),
        "mish-beats-relu-with-noise",
    ),
    Claim(
        "added",
        "Mish is more accurate than ReLU as a mean over Keras's initialisers",
        "initialisers",
        compare_activations(
            "initialisers", "mish", "relu", accuracy_on_originals, "test accuracy (points)"
        ),
        "mish-beats-relu-with-all-initialisers",
    ),
)  # fmt: skip
