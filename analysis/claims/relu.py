"""Section A.3 of the source: claims about ReLU that training decides."""

from analysis.claims.activation_claims import (
    is_more_accurate,
    learns_faster,
    passes_more_gradient,
)
from analysis.claims.claim import Claim, Verdict
from analysis.claims.claim_tests import is_greater
from analysis.results import Results, accuracy_on_originals

_DEPTHS = (2, 20)


def _gain_depends_on_depth(results: Results) -> Verdict:
    found = results.experiment("gradient-flow")
    relus = [found.condition_with({"activation": "relu", "depth": n}) for n in _DEPTHS]
    pairs = [(found.counterpart(relu, activation="swish"), relu) for relu in relus]
    gains = found.differences(pairs, accuracy_on_originals)
    # The claim names no direction, so the depth with the larger mean gain comes first.
    ordered = sorted(zip(_DEPTHS, gains, strict=True), key=lambda each: -each[1].mean())
    (best_depth, larger), (other_depth, smaller) = ordered
    return is_greater(
        f"gain in test accuracy, swish − relu, with {best_depth} layers − with {other_depth}, "
        "points",
        larger.tolist(),
        smaller.tolist(),
    )


CLAIMS = (
    passes_more_gradient("A.3", "relu", "sigmoid", depth=10),
    passes_more_gradient("A.3", "relu", "tanh", depth=10),
    Claim(
        "A.3",
        "The gain of Swish over ReLU depends on the model: dense networks with 2 or 20 layers",
        "gradient-flow",
        _gain_depends_on_depth,
    ),
    is_more_accurate(
        "A.3", "relu", "sigmoid",
        "ReLU generalises better than sigmoid: its test accuracy is higher",
    ),
    is_more_accurate(
        "A.3", "relu", "tanh",
        "ReLU generalises better than tanh: its test accuracy is higher",
    ),
    learns_faster("A.3", "relu", "sigmoid", depth=5),
    learns_faster("A.3", "relu", "tanh", depth=5),
)  # fmt: skip
