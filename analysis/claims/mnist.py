"""Part C of the source: LeakyReLU slopes and PReLU on MNIST with inverted copies."""

from collections.abc import Mapping

import numpy as np

from actbench.results import Trial
from actbench.statistics import estimate
from analysis.claims.verdict import (
    FAILS,
    HOLDS,
    UNSHOWN,
    Claim,
    Verdict,
    greater,
    of_conditions,
)
from analysis.source_table import ROUNDING, TEST_ACCURACY
from analysis.trials import Found, IncompleteError, curve, on_all, on_originals


def _single_runs(found: Mapping[str, Found]) -> Verdict:
    outside = []
    for condition, value in TEST_ACCURACY.items():
        values = found["alpha-sweep"].values(condition, on_all)
        low, high = estimate(values, upper=1.0).prediction
        margin = ROUNDING["test_accuracy"]
        if not low - margin <= value <= high + margin:
            outside.append(f"{condition} ({value:.2%}, ours [{low:.2%}, {high:.2%}])")
    inside = len(TEST_ACCURACY) - len(outside)
    return Verdict(
        FAILS if outside else HOLDS,
        f"{inside} of {len(TEST_ACCURACY)} lie in the 95% prediction interval of one run"
        + (f"; not {', '.join(outside)}" if outside else ""),
    )


def _validated(trial: Trial) -> float:
    return curve(trial, "val_accuracy")[-1]


def _zero_is_best(found: Mapping[str, Found]) -> Verdict:
    there = found["alpha-sweep"]
    slopes = [name for name in there.conditions if name.startswith("alpha=")]
    if len(slopes) < 2:
        raise IncompleteError("there are no two slopes")
    means = {name: np.mean(there.values(name, _validated)) for name in slopes}
    best, second, *_ = sorted(slopes, key=lambda name: -means[name])
    rival = second if best == "alpha=0" else best
    ours, theirs = there.pairs("alpha=0", rival, on_all)
    verdict = greater(f"test accuracy, alpha=0 − {rival}, points", ours, theirs, "+.2f", 100)
    text = f"on validation images {best} has the highest mean; {verdict.statistic}"
    return Verdict(UNSHOWN, text, verdict.p, verdict.agrees, verdict.needed)


def _because_linear(found: Mapping[str, Found]) -> Verdict:
    there = found["inversion"]
    plain = estimate(there.values("alpha=1, plain", on_originals), upper=1.0)
    both = estimate(there.values("alpha=1, inverted", on_all), upper=1.0)
    pool = estimate(there.values("alpha=1, inverted, max pool", on_all), upper=1.0)
    fails = plain.interval[0] > 0.8 > both.interval[1]
    return Verdict(
        FAILS if fails else UNSHOWN,
        f"the linear network gets {plain.mean:.1%} on plain images, {both.mean:.1%} with "
        "inverted "
        f"copies, {pool.mean:.1%} with copies and a max pool, {plain.count} seeds",
        instead="because of the copies: an affine classifier gets both of a pair right for one "
        "class only, and the optimum of cross-entropy is the same output for every image"
        if fails
        else "",
    )


def _alike(trial: Trial) -> float:
    return float(trial.measured["agreement"])


def _same_slopes(found: Mapping[str, Found]) -> Verdict:
    there = found["prelu"]
    one, own = (
        [trial.slopes[0] == trial.slopes[1] for trial in there.of(f"{who}, from 0")]
        for who in ("one object", "per filter")
    )
    fails = all(one) and not any(own)
    return Verdict(
        FAILS if fails else UNSHOWN,
        f"one object in both places: equal in {sum(one)} of {len(one)} seeds; an object for "
        "each: "
        f"in {sum(own)} of {len(own)}",
        instead="one layer object was used twice, and its slopes were printed twice"
        if fails
        else "",
    )


CLAIMS = (
    Claim("C.7", "The table of six single runs", "alpha-sweep", _single_runs),
    Claim("C.8", "α = 0 is the best slope", "alpha-sweep", _zero_is_best),
    Claim(
        "C.8",
        "PReLU is better than α = 0",
        "alpha-sweep",
        of_conditions("alpha-sweep", "prelu", "alpha=0", on_all, "test accuracy, points"),
    ),
    Claim("C.8", "α = 1 fails because the activation is linear", "inversion", _because_linear),
    Claim(
        "C.8",
        "With α = −1 an image and its inverse are more alike to the network than with α = 0",
        "inversion",
        of_conditions(
            "inversion", "alpha=-1, inverted", "alpha=0, inverted", _alike, "alike, points"
        ),
    ),
    Claim("C.8", "Both layers learn the same eight slopes", "prelu", _same_slopes),
)
