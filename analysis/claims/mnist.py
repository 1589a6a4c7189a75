"""Part C of the source: LeakyReLU slopes and PReLU on MNIST with inverted copies."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from actbench.data import load_mnist
from actbench.models.network import STUDY, Convolution
from actbench.results import Trial
from actbench.statistics import estimate
from analysis.claims.verdict import (
    FAILS,
    HOLDS,
    UNSHOWN,
    Claim,
    Judge,
    Verdict,
    of_all,
    of_conditions,
    proved,
)
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


def _images(results: Results) -> Verdict:
    del results
    data = load_mnist()
    train, test = data.x_train.shape, data.x_test.shape
    right = (train, test) == ((60_000, 28, 28), (10_000, 28, 28))
    return Verdict(
        HOLDS if right else FAILS,
        f"{train[0]:,} and {test[0]:,} of {train[1]} × {train[2]}, and with inverses "
        f"{2 * train[0]:,} and {2 * test[0]:,}",
    )


def _parameters(results: Results) -> Verdict:
    counts = {
        trial.parameters for trial in results.experiment("alpha-sweep").trials_of("alpha=0")
    }
    shown = ", ".join(f"{count:,}" for count in sorted(counts))
    return Verdict(HOLDS if counts == {27_938} else FAILS, f"{shown} are trained")


def _layers() -> bool:
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


def _an_epoch_takes() -> bool:
    steps = math.ceil(120_000 / 128)
    return steps == 938 and steps * 0.007 < 8 and steps * 0.008 > 7


def _as_printed(
    runs: Mapping[str, Sequence[float]], ours: Callable[[Trial], Sequence[float]],
    rounding: float, form: str, upper: float = math.inf, lower: float = 0.0,
) -> Judge:  # fmt: skip
    """Return a judge of whether printed single runs are such as ours.

    Args:
        runs: what is printed of each condition: one number, or one per epoch or place in order.
        ours: as many of a trial.
        rounding: half a unit of the last printed decimal.
        form: how numbers are shown.
        upper: the greatest possible number.
        lower: the least.
    """

    def judge(results: Results) -> Verdict:
        outside, count = [], sum(map(len, runs.values()))
        # So that with all being right, none is outside 95 times in 100.
        confidence = 1 - 0.05 / count
        for condition, printed in runs.items():
            trained = np.array(
                [ours(t) for t in results.experiment("alpha-sweep").trials_of(condition)]
            )
            if trained.shape[1] != len(printed):
                raise IncompleteError(
                    f"there are not {len(printed)} numbers of each {condition}"
                )
            for number, values in zip(printed, trained.T, strict=True):
                found = estimate(
                    values.tolist(), confidence=confidence, lower=lower, upper=upper
                )
                low, high = found.prediction
                if math.isnan(low):
                    raise IncompleteError(f"there are no two seeds of {condition}")
                if not low - rounding <= number <= high + rounding:
                    ours_is = f"ours [{low:{form}}, {high:{form}}]"
                    outside.append(f"{condition} ({number:{form}}, {ours_is})")
        return Verdict(
            FAILS if outside else HOLDS,
            f"{count - len(outside)} of {count} lie where one more run of ours would, with 95% "
            "for all together" + (f"; not {', '.join(outside)}" if outside else ""),
        )

    return judge


def _one_each(numbers: Mapping[str, float]) -> dict[str, list[float]]:
    return {condition: [number] for condition, number in numbers.items()}


def _negative_or_zero(results: Results) -> Verdict:
    pairs = {name: (name, "alpha=0.5") for name in ("alpha=0", "alpha=-0.5")}
    return of_all(
        results,
        "alpha-sweep",
        pairs,
        accuracy_on_all_images,
        "test accuracy − α = 0.5's, points",
    )


def _validated(trial: Trial) -> float:
    return curve(trial, "val_accuracy")[-1]


def _zero_is_best(results: Results) -> Verdict:
    there = results.experiment("alpha-sweep")
    slopes = [name for name in there.conditions if name.startswith("alpha=")]
    rivals = {name: ("alpha=0", name) for name in slopes if name != "alpha=0"}
    means = {name: float(np.mean(there.values(name, _validated))) for name in slopes}
    verdict = of_all(
        results, "alpha-sweep", rivals, accuracy_on_all_images, "test accuracy − theirs, points"
    )
    best = max(means, key=lambda name: means[name])
    text = f"on validation images {best} has the highest mean; {verdict.statistic}"
    return replace(verdict, statistic=text)


def _because_linear(results: Results) -> Verdict:
    there = results.experiment("inversion")
    plain = estimate(there.values("alpha=1, plain", accuracy_on_originals), upper=1.0)
    both = estimate(there.values("alpha=1, inverted", accuracy_on_all_images), upper=1.0)
    pool = estimate(
        there.values("alpha=1, inverted, max pool", accuracy_on_all_images), upper=1.0
    )
    fails = plain.interval[0] > 0.8 > both.interval[1]
    return Verdict(
        FAILS if fails else UNSHOWN,
        f"the linear network gets {plain.mean:.1%} on plain images, {both.mean:.1%} with "
        f"inverted copies, {pool.mean:.1%} with copies and a max pool, {plain.count} seeds",
        instead="because of the copies: an affine classifier gets both of a pair right for one "
        "class only, and the optimum of cross-entropy is the same output for every image"
        if fails
        else "",
    )


def _alike(trial: Trial) -> float:
    return float(trial.measured["agreement"])


def _same_slopes(results: Results) -> Verdict:
    there = results.experiment("prelu")
    both = [there.trials_of(f"{who}, from 0") for who in ("one object", "per filter")]
    one, own = (
        [trial.trained_parameters[0] == trial.trained_parameters[1] for trial in trials]
        for trials in both
    )
    counts = [f"{trials[0].parameters:,}" for trials in both]
    fails = all(one) and not any(own)
    return Verdict(
        FAILS if fails else UNSHOWN,
        f"one object in both places, {counts[0]} parameters: equal in {sum(one)} of "
        f"{len(one)} seeds; an object for each, {counts[1]}: in {sum(own)} of {len(own)}",
        instead="one layer object was used twice, and its slopes were printed twice"
        if fails
        else "",
    )


CLAIMS = (
    Claim(
        "C.1",
        "MNIST has 60,000 and 10,000 images of 28 × 28; with inverses 120,000 and 20,000",
        DATA,
        _images,
    ),
    Claim("C.5", "The network has 27,938 parameters", "alpha-sweep", _parameters),
    Claim(
        "C.5",
        "Its layers have 400, 1,608, 25,930, and give (22, 22, 8), (18, 18, 8), 2,592",
        MATHEMATICS,
        proved("(7² + 1)·8, (8·5² + 1)·8 and (2,592 + 1)·10; 28 − 6 = 22, − 4 = 18", _layers),
    ),
    Claim(
        "C.7",
        "The test accuracies of six single runs",
        "alpha-sweep",
        _as_printed(
            _one_each(TEST_ACCURACY),
            lambda trial: [trial.test_accuracy],
            ROUNDING["test_accuracy"],
            ".2%",
            1.0,
        ),
    ),
    Claim(
        "C.7",
        "Their test losses",
        "alpha-sweep",
        _as_printed(
            _one_each(TEST_LOSS), lambda trial: [trial.test_loss], ROUNDING["test_loss"], ".2f"
        ),
    ),
    Claim(
        "C.7",
        "Their training accuracies, epoch by epoch",
        "alpha-sweep",
        _as_printed(
            TRAINING_ACCURACY,
            lambda trial: curve(trial, "accuracy"),
            ROUNDING["test_accuracy"],
            ".2%",
            1.0,
        ),
    ),
    Claim(
        "C.7",
        "Steps of 7–8 ms and epochs of 7–8 s go together",
        MATHEMATICS,
        proved("938 steps of 128 images take 6.6 to 7.5 s", _an_epoch_takes),
    ),
    Claim("C.8", "α = 0 is the best slope", "alpha-sweep", _zero_is_best),
    Claim(
        "C.8",
        "PReLU is better than α = 0",
        "alpha-sweep",
        of_conditions(
            "alpha-sweep", "prelu", "alpha=0", accuracy_on_all_images, "test accuracy, points"
        ),
    ),
    Claim(
        "C.8",
        "Slopes from slightly negative to 0 are best: −0.5 and 0 are better than 0.5",
        "alpha-sweep",
        _negative_or_zero,
    ),
    Claim("C.8", "α = 1 fails because the activation is linear", "inversion", _because_linear),
    Claim(
        "ours",
        "With α = −1 an image and its inverse are more alike to the network than with α = 0",
        "inversion",
        of_conditions(
            "inversion", "alpha=-1, inverted", "alpha=0, inverted", _alike, "alike, points"
        ),
    ),
    Claim(
        "C.8",
        "The eight slopes that are printed",
        "alpha-sweep",
        _as_printed(
            {"prelu-shared": sorted(PRELU_SLOPES)},
            lambda trial: sorted(trial.trained_parameters[0]),
            ROUNDING["slopes"],
            ".2f",
            lower=-math.inf,
        ),
    ),
    Claim("C.8", "Both layers learn the same eight slopes", "prelu", _same_slopes),
)
