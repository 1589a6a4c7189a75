"""Section C of the source: LeakyReLU slopes and PReLU on MNIST with inverted copies."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from actbench.data import load_mnist
from actbench.models.network import STUDY, Convolution
from actbench.results import Trial
from actbench.statistics import estimate
from analysis.claims.claim import (
    INCONCLUSIVE,
    REFUTED,
    SUPPORTED,
    Claim,
    ClaimTest,
    Verdict,
)
from analysis.claims.claim_tests import (
    compare_conditions,
    is_greater_in_all_pairs,
    proved,
)
from analysis.claims.metrics import agreement, final_validation_accuracy
from analysis.results import (
    DATA,
    MATHEMATICS,
    IncompleteError,
    Results,
    accuracy_on_all_images,
    accuracy_on_originals,
    curve,
)
from analysis.training.source_table import (
    PRELU_SLOPES,
    ROUNDING,
    TEST_ACCURACY,
    TEST_LOSS,
    TRAINING_ACCURACY,
)


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
    trials = results.experiment("alpha-sweep").trials_of("alpha=0")
    counts = {trial.parameters for trial in trials}
    shown = ", ".join(f"{count:,}" for count in sorted(counts))
    return Verdict(SUPPORTED if counts == {27_938} else REFUTED, f"{shown} trained parameters")


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


def _agrees_with_single_runs(
    published: Mapping[str, Sequence[float]], measure: Callable[[Trial], Sequence[float]],
    rounding: float, number_format: str, *, lower: float = 0.0, upper: float = math.inf,
) -> ClaimTest:  # fmt: skip
    """Return a test of "each published number lies in the prediction interval of one run".

    The prediction intervals have Bonferroni's correction: if all published numbers were runs
    of actbench, none would be outside with 95% probability.

    Args:
        published: condition ↦ its published numbers.
        measure: returns the same numbers of a trial, in the same order.
        rounding: half a unit of the last published decimal.
        number_format: format of the printed numbers.
        lower: smallest possible number.
        upper: largest possible number.
    """

    def test(results: Results) -> Verdict:
        outside, count = [], sum(map(len, published.values()))
        confidence = 1 - 0.05 / count
        for condition, numbers in published.items():
            trials = results.experiment("alpha-sweep").trials_of(condition)
            measured = np.array([measure(trial) for trial in trials])
            if measured.shape[1] != len(numbers):
                raise IncompleteError(
                    f"there are not {len(numbers)} numbers for each trial of {condition}"
                )
            for number, values in zip(numbers, measured.T, strict=True):
                found = estimate(
                    values.tolist(), confidence=confidence, lower=lower, upper=upper
                )
                low, high = found.prediction
                if math.isnan(low):
                    raise IncompleteError(f"there is only one seed of {condition}")
                if not low - rounding <= number <= high + rounding:
                    interval = f"[{low:{number_format}}, {high:{number_format}}]"
                    outside.append(f"{condition} ({number:{number_format}}, not in {interval})")
        return Verdict(
            REFUTED if outside else SUPPORTED,
            f"{count - len(outside)} of {count} are in the prediction interval of one run of "
            "actbench (95% for all together)"
            + (f"; outside: {', '.join(outside)}" if outside else ""),
        )

    return test


def _single_numbers(numbers: Mapping[str, float]) -> dict[str, list[float]]:
    return {condition: [number] for condition, number in numbers.items()}


def _zero_and_negative_slopes_are_better(results: Results) -> Verdict:
    pairs = {name: (name, "alpha=0.5") for name in ("alpha=0", "alpha=-0.5")}
    return is_greater_in_all_pairs(
        results, "alpha-sweep", pairs, accuracy_on_all_images,
        "test accuracy − that of α = 0.5, points",
    )  # fmt: skip


def _zero_is_the_best_slope(results: Results) -> Verdict:
    found = results.experiment("alpha-sweep")
    slopes = [name for name in found.conditions if "negative_slope" in found.factors_of(name)]
    pairs = {name: ("alpha=0", name) for name in slopes if name != "alpha=0"}
    means = {
        name: float(np.mean(found.values(name, final_validation_accuracy))) for name in slopes
    }
    verdict = is_greater_in_all_pairs(
        results, "alpha-sweep", pairs, accuracy_on_all_images,
        "test accuracy of α = 0 − that of another slope, points",
    )  # fmt: skip
    best = max(means, key=lambda name: means[name])
    statistic = f"{best} has the highest mean validation accuracy; {verdict.statistic}"
    return replace(verdict, statistic=statistic)


def _linear_network_fails_because_it_is_linear(results: Results) -> Verdict:
    found = results.experiment("inversion")
    plain = estimate(found.values("alpha=1, plain", accuracy_on_originals), upper=1.0)
    inverted = estimate(found.values("alpha=1, inverted", accuracy_on_all_images), upper=1.0)
    pooled = estimate(
        found.values("alpha=1, inverted, max pool", accuracy_on_all_images), upper=1.0
    )
    is_refuted = plain.interval[0] > 0.8 > inverted.interval[1]
    return Verdict(
        REFUTED if is_refuted else INCONCLUSIVE,
        f"test accuracy of the linear network: {plain.mean:.1%} on plain images, "
        f"{inverted.mean:.1%} with inverted copies, {pooled.mean:.1%} with copies and max "
        f"pooling, {plain.count} seeds",
        alternative="it fails because of the inverted copies: an affine classifier gets both "
        "images of a pair right for one class only, and its cross-entropy is smallest if the "
        "output is the same for every image"
        if is_refuted
        else "",
    )


def _both_layers_learn_the_same_slopes(results: Results) -> Verdict:
    found = results.experiment("prelu")
    tied = found.trials_of("one object, from 0")
    separate = found.trials_of("per filter, from 0")
    tied_equal, separate_equal = (
        [trial.trained_parameters[0] == trial.trained_parameters[1] for trial in trials]
        for trials in (tied, separate)
    )
    is_refuted = all(tied_equal) and not any(separate_equal)
    return Verdict(
        REFUTED if is_refuted else INCONCLUSIVE,
        f"one layer object in both places ({tied[0].parameters:,} parameters): equal in "
        f"{sum(tied_equal)} of {len(tied)} seeds; one object for each place "
        f"({separate[0].parameters:,} parameters): in {sum(separate_equal)} of {len(separate)}",
        alternative="one layer object was used in both places, so its slopes were printed twice"
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
        "The test accuracies of six single runs",
        "alpha-sweep",
        _agrees_with_single_runs(
            _single_numbers(TEST_ACCURACY),
            lambda trial: [trial.test_accuracy],
            ROUNDING["test_accuracy"],
            ".2%",
            upper=1.0,
        ),
    ),
    Claim(
        "C.7",
        "The test losses of six single runs",
        "alpha-sweep",
        _agrees_with_single_runs(
            _single_numbers(TEST_LOSS),
            lambda trial: [trial.test_loss],
            ROUNDING["test_loss"],
            ".2f",
        ),
    ),
    Claim(
        "C.7",
        "The training accuracies of six single runs, epoch by epoch",
        "alpha-sweep",
        _agrees_with_single_runs(
            TRAINING_ACCURACY,
            lambda trial: curve(trial, "accuracy"),
            ROUNDING["test_accuracy"],
            ".2%",
            upper=1.0,
        ),
    ),
    Claim(
        "C.7",
        "Steps of 7–8 ms and epochs of 7–8 s agree",
        MATHEMATICS,
        proved("938 steps of 128 images take 6.6 to 7.5 s", _step_and_epoch_times_agree),
    ),
    Claim("C.8", "α = 0 is the best slope", "alpha-sweep", _zero_is_the_best_slope),
    Claim(
        "C.8",
        "PReLU is better than α = 0",
        "alpha-sweep",
        compare_conditions(
            "alpha-sweep", "prelu", "alpha=0", accuracy_on_all_images, "test accuracy (points)"
        ),
    ),
    Claim(
        "C.8",
        "Slopes from slightly negative to 0 are best: −0.5 and 0 are better than 0.5",
        "alpha-sweep",
        _zero_and_negative_slopes_are_better,
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
            "inversion", "alpha=-1, inverted", "alpha=0, inverted", agreement,
            "images with the same class as their inverse (points)",
        ),
    ),
    Claim(
        "C.8",
        "The eight printed slopes of PReLU",
        "alpha-sweep",
        _agrees_with_single_runs(
            {"prelu-shared": sorted(PRELU_SLOPES)},
            lambda trial: sorted(trial.trained_parameters[0]),
            ROUNDING["slopes"],
            ".2f",
            lower=-math.inf,
        ),
    ),
    Claim(
        "C.8",
        "Both layers learn the same eight slopes",
        "prelu",
        _both_layers_learn_the_same_slopes,
    ),
)  # fmt: skip
