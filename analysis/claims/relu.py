"""Section A.3 of the source: claims about ReLU that training decides."""

import numpy as np
from scipy import stats

from actbench.experiments.preregistration import PREREGISTRATION
from analysis.claims.activation_claims import (
    is_more_accurate,
    learns_faster,
    passes_more_gradient,
)
from analysis.claims.claim import INCONCLUSIVE, POINTS, SUPPORTED, Claim, Verdict
from analysis.results import IncompleteError, Results, accuracy_on_originals


def _gain_depends_on_depth(results: Results) -> Verdict:
    """Test that the gain differs between depths, with all depths of the experiment.

    The claim names no direction and no depths. Friedman's test compares the gains of all depths
    within each seed; a comparison of the two most different depths would favour the claim.
    """
    found = results.experiment("gradient-flow")
    relus = found.conditions_with(activation="relu")
    if len(relus) < 3:
        raise IncompleteError("there is no third depth")
    pairs = [(found.counterpart(relu, activation="swish"), relu) for relu in relus]
    gains = found.differences(pairs, accuracy_on_originals)
    varies = gains.shape[1] > 1 and bool((np.ptp(gains, axis=0) > 0).any())
    p = float(stats.friedmanchisquare(*gains).pvalue) if varies else 1.0
    means = ", ".join(
        f"{found.factor(relu, 'depth')} layers {POINTS.text(row.mean())}"
        for relu, row in zip(relus, gains, strict=True)
    )
    return Verdict(
        SUPPORTED if p <= PREREGISTRATION.level else INCONCLUSIVE,
        f"gain in test accuracy, swish − relu, points: {means}; Friedman's test, "
        f"{gains.shape[1]} seeds",
        p=p,
    )


CLAIMS = (
    passes_more_gradient(
        "A.3", "relu", "sigmoid", depth=10, name="relu-passes-more-gradient-than-sigmoid"
    ),
    passes_more_gradient("A.3", "relu", "tanh", depth=10),
    Claim(
        "A.3",
        "The gain of Swish over ReLU depends on the model: dense networks of 2 to 40 layers",
        "gradient-flow",
        _gain_depends_on_depth,
    ),
    is_more_accurate(
        "A.3", "relu", "sigmoid",
        "ReLU generalises better than sigmoid: its test accuracy is higher",
        "relu-beats-sigmoid",
    ),
    is_more_accurate(
        "A.3", "relu", "tanh",
        "ReLU generalises better than tanh: its test accuracy is higher",
    ),
    learns_faster("A.3", "relu", "sigmoid", depth=5, name="relu-learns-faster-than-sigmoid"),
    learns_faster("A.3", "relu", "tanh", depth=5),
)  # fmt: skip
