"""Section C of the source: LeakyReLU slopes and PReLU on MNIST with inverted copies."""

import math
import operator
from dataclasses import replace

import numpy as np

from actbench.data import load_mnist
from actbench.models.network import STUDY, Convolution
from actbench.results import Factors
from actbench.statistics import Estimate, estimate
from analysis.claims.claim import (
    INCONCLUSIVE,
    REFUTED,
    SUPPORTED,
    Claim,
    Evidence,
    Verdict,
)
from analysis.claims.claim_tests import (
    compare_conditions,
    is_greater_in_all_pairs,
    proved,
)
from analysis.claims.metrics import agreement, final_validation_accuracy
from analysis.claims.single_runs import PublishedNumbers, Quantity, agrees_with_single_runs
from analysis.results import (
    DATA,
    MATHEMATICS,
    Metric,
    Results,
    accuracy_on_all_images,
    accuracy_on_originals,
    curve,
    trained_layers,
)
from analysis.training.slopes.source_table import PRELU_SLOPES, ROUNDING, RUNS, TIED_PRELU


def _data_has_the_stated_size(results: Results) -> Verdict:
    del results
    data = load_mnist()
    train, test = data.x_train.shape, data.x_test.shape
    is_equal = (train, test) == ((60_000, 28, 28), (10_000, 28, 28))
    return Verdict(
        SUPPORTED if is_equal else REFUTED,
        f"{train[0]:,} and {test[0]:,} images of {train[1]} × {train[2]} pixels; with inverted "
        f"copies {2 * train[0]:,} and {2 * test[0]:,}",
    )


def _network_has_the_stated_parameters(results: Results) -> Verdict:
    sweep = results.experiment("alpha-sweep")
    counts = {each.parameters for each in sweep.trials_of(sweep.condition_with(_slope(0.0)))}
    text = ", ".join(f"{count:,}" for count in sorted(counts))
    return Verdict(SUPPORTED if counts == {27_938} else REFUTED, f"{text} trained parameters")


def _layers_have_the_stated_shapes() -> bool:
    shapes = STUDY.shapes((28, 28, 1))
    convolutions = [layer for layer in STUDY.layers if isinstance(layer, Convolution)]
    inputs = shapes[0][-1], convolutions[0].filters
    counts = [
        (layer.size**2 * count + 1) * layer.filters
        for layer, count in zip(convolutions, inputs, strict=True)
    ]
    return (
        counts == [400, 1_608]
        and (shapes[-1][0] + 1) * 10 == 25_930
        and set(shapes[1:]) == {(22, 22, 8), (18, 18, 8), (2_592,)}
    )


def _step_and_epoch_times_agree() -> bool:
    steps = math.ceil(120_000 / 128)
    return steps == 938 and steps * 0.007 < 8 and steps * 0.008 > 7


def _slope(alpha: float) -> Factors:
    return {"activation": "leaky_relu", "negative_slope": alpha}


def _zero_and_negative_slopes_are_better(results: Results) -> Evidence:
    sweep = results.experiment("alpha-sweep")
    half, *others = (sweep.condition_with(_slope(alpha)) for alpha in (0.5, 0.0, -0.5))
    pairs = {name: (name, half) for name in others}
    return is_greater_in_all_pairs(
        results, "alpha-sweep", pairs, accuracy_on_all_images,
        "test accuracy − that of α = 0.5, points",
    )  # fmt: skip


def _zero_is_the_best_slope(results: Results) -> Evidence:
    found = results.experiment("alpha-sweep")
    slopes = [name for name in found.conditions if "negative_slope" in found.factors_of(name)]
    zero = found.condition_with(_slope(0.0))
    pairs = {name: (zero, name) for name in slopes if name != zero}
    means = {
        name: float(np.mean(found.values(name, final_validation_accuracy))) for name in slopes
    }
    evidence = is_greater_in_all_pairs(
        results, "alpha-sweep", pairs, accuracy_on_all_images,
        "test accuracy of α = 0 − that of another slope, points",
    )  # fmt: skip
    best = max(means, key=lambda name: means[name])
    return replace(evidence, note=f"{best} has the highest mean validation accuracy")


def _inversion(alpha: float, *, inverted: bool, pool: str = "none") -> Factors:
    return {**_slope(alpha), "inverted": inverted, "loss": "crossentropy", "pool": pool}


def _accuracy_of_the_linear_network(
    results: Results, metric: Metric, *, inverted: bool, pool: str = "none"
) -> Estimate:
    found = results.experiment("inversion")
    condition = found.condition_with(_inversion(1.0, inverted=inverted, pool=pool))
    return estimate(found.values(condition, metric), upper=1.0)


def _linear_network_fails_because_it_is_linear(results: Results) -> Verdict:
    plain = _accuracy_of_the_linear_network(results, accuracy_on_originals, inverted=False)
    inverted = _accuracy_of_the_linear_network(results, accuracy_on_all_images, inverted=True)
    pooled = _accuracy_of_the_linear_network(
        results, accuracy_on_all_images, inverted=True, pool="max"
    )
    is_refuted = plain.interval[0] > 0.8 > inverted.interval[1]
    return Verdict(
        REFUTED if is_refuted else INCONCLUSIVE,
        f"test accuracy of the linear network: {plain.mean:.1%} on plain images, "
        f"{inverted.mean:.1%} with inverted copies, {pooled.mean:.1%} with copies and max "
        f"pooling, {plain.count} seeds",
        "it fails because of the inverted copies: an affine classifier gets both "
        "images of a pair right for one class only, and its cross-entropy is smallest if the "
        "output is the same for every image"
        if is_refuted
        else "",
    )


def _both_layers_learn_the_same_slopes(results: Results) -> Verdict:
    found = results.experiment("prelu")
    tied, separate = (
        found.trials_of(found.condition_with({"sharing": sharing, "initial_slope": 0.0}))
        for sharing in ("tied", "channel")
    )
    tied_equal, separate_equal = (
        [operator.eq(*trained_layers(trial, 2)[:2]) for trial in trials]
        for trials in (tied, separate)
    )
    is_refuted = all(tied_equal) and not any(separate_equal)
    return Verdict(
        REFUTED if is_refuted else INCONCLUSIVE,
        f"one layer object in both places ({tied[0].parameters:,} parameters): equal in "
        f"{sum(tied_equal)} of {len(tied)} seeds; one object for each place "
        f"({separate[0].parameters:,} parameters): in {sum(separate_equal)} of {len(separate)}",
        "one layer object was used in both places, so its slopes were printed twice"
        if is_refuted
        else "",
    )


CLAIMS = (
    Claim(
        "C.1",
        "MNIST has 60,000 and 10,000 images of 28 × 28 pixels; with inverted copies 120,000 "
        "and 20,000",
        DATA,
        _data_has_the_stated_size,
    ),
    Claim(
        "C.5",
        "The network has 27,938 parameters",
        "alpha-sweep",
        _network_has_the_stated_parameters,
    ),
    Claim(
        "C.5",
        "Its layers have 400, 1,608 and 25,930 parameters, and outputs of (22, 22, 8), "
        "(18, 18, 8) and 2,592",
        MATHEMATICS,
        proved(
            "(7² + 1)·8, (8·5² + 1)·8 and (2,592 + 1)·10; 28 − 6 = 22, 22 − 4 = 18",
            _layers_have_the_stated_shapes,
        ),
    ),
    Claim(
        "C.7",
        "Single runs reproduce the six printed test accuracies",
        "alpha-sweep",
        agrees_with_single_runs(
            [PublishedNumbers(run.factors, [run.test_accuracy]) for run in RUNS],
            Quantity(
                lambda trial: [trial.test_accuracy], ROUNDING["test_accuracy"], ".2%", upper=1.0
            ),
        ),
    ),
    Claim(
        "C.7",
        "Single runs reproduce the six printed test losses",
        "alpha-sweep",
        agrees_with_single_runs(
            [PublishedNumbers(run.factors, [run.test_loss]) for run in RUNS],
            Quantity(lambda trial: [trial.test_loss], ROUNDING["test_loss"], ".2f"),
        ),
    ),
    Claim(
        "C.7",
        "Single runs reproduce the printed training accuracies of six runs, epoch by epoch",
        "alpha-sweep",
        agrees_with_single_runs(
            [PublishedNumbers(run.factors, run.training_accuracy) for run in RUNS],
            Quantity(
                lambda trial: curve(trial, "accuracy"), ROUNDING["test_accuracy"], ".2%",
                upper=1.0,
            ),
        ),
    ),
    Claim(
        "C.7",
        "Steps of 7–8 ms are consistent with epochs of 7–8 s",
        MATHEMATICS,
        proved("938 steps of 128 images take 6.6 to 7.5 s", _step_and_epoch_times_agree),
    ),
    Claim(
        "C.8",
        "α = 0 is the best slope",
        "alpha-sweep",
        _zero_is_the_best_slope,
        "zero-is-the-best-slope",
    ),
    Claim(
        "C.8",
        "PReLU is better than α = 0",
        "alpha-sweep",
        compare_conditions(
            "alpha-sweep", {"activation": "prelu", "sharing": "channel"}, _slope(0.0),
            accuracy_on_all_images, "test accuracy (points)",
        ),
        "prelu-beats-zero",
    ),
    Claim(
        "C.8",
        "Slopes from slightly negative to 0 are best: −0.5 and 0 are better than 0.5",
        "alpha-sweep",
        _zero_and_negative_slopes_are_better,
        "small-slopes-beat-half",
    ),
    Claim(
        "C.8",
        "α = 1 fails because the activation is linear",
        "inversion",
        _linear_network_fails_because_it_is_linear,
    ),
    Claim(
        "added",
        "α = −1 makes a network treat an image and its inverse more alike than α = 0 does",
        "inversion",
        compare_conditions(
            "inversion", _inversion(-1.0, inverted=True), _inversion(0.0, inverted=True),
            agreement, "images with the same class as their inverse (points)",
        ),
        "minus-one-treats-inverses-alike",
    ),
    Claim(
        "C.8",
        "Single runs reproduce the eight printed slopes of PReLU",
        "alpha-sweep",
        agrees_with_single_runs(
            [PublishedNumbers(TIED_PRELU, sorted(PRELU_SLOPES))],
            Quantity(
                lambda trial: sorted(trained_layers(trial)[0]), ROUNDING["slopes"], ".2f",
                lower=-math.inf,
            ),
        ),
    ),
    Claim(
        "C.8",
        "Both layers learn the same eight slopes",
        "prelu",
        _both_layers_learn_the_same_slopes,
    ),
    Claim(
        "added",
        "PReLU with slopes of its own in each layer is more accurate than with shared slopes",
        "prelu",
        compare_conditions(
            "prelu", {"sharing": "channel", "initial_slope": 0.0},
            {"sharing": "tied", "initial_slope": 0.0},
            accuracy_on_all_images, "test accuracy (points)",
        ),
        "separate-slopes-beat-tied-ones",
    ),
)  # fmt: skip
