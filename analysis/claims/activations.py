"""Part A of the source as far as training decides it: what Swish, Mish and ReLU do."""

import numpy as np

from actbench.results import Trial
from actbench.statistics import estimate
from analysis.claims.measures import (
    final_training_loss,
    gap,
    gradient_left,
    over_conditions,
    smooth,
    soon,
)
from analysis.claims.verdict import (
    FAILS,
    HOLDS,
    UNSHOWN,
    Claim,
    Judge,
    Verdict,
    greater,
    of_all,
    of_conditions,
    of_each,
    of_rows,
    within,
)
from analysis.results import BENCHMARKS, IncompleteError, Results, accuracy_on_originals
from analysis.training.dying_units import dead_before, dead_units
from analysis.training.robustness import THRESHOLDS, right

# Where |β| is at most this x·σ(βx) is within 0.1 of x/2 on [−6, 6], or from this on within 0.03
# of ReLU.
_LINEAR, _RELU = 0.01, 10.0


def _falls_with_batch(results: Results) -> Verdict:
    pairs = {name: (f"{name}, batch 32", f"{name}, batch 4096") for name in ("relu", "swish")}
    what = "test accuracy at 32 − at 4,096 after as many epochs, points"
    return of_all(results, "batch-size", pairs, accuracy_on_originals, what)


def _at_every_batch(name: str) -> Judge:
    def judge(results: Results) -> Verdict:
        conditions = results.experiment("batch-size").conditions
        sizes = [
            each.removeprefix("relu, ") for each in conditions if each.startswith("relu, ")
        ]
        pairs = {size: (f"{name}, {size}", f"relu, {size}") for size in sizes}
        what = f"test accuracy, {name} − relu, points"
        return of_all(results, "batch-size", pairs, accuracy_on_originals, what)

    return judge


def _more_robust(results: Results) -> Verdict:
    there = results.experiment("robustness")
    settings = [
        name.removeprefix("relu, ") for name in there.conditions if name.startswith("relu, ")
    ]
    names = [f"{who}, {setting}" for who in ("swish", "relu") for setting in settings]
    ours, theirs = np.split(there.values_by_seed(names, right), 2)
    rows = [
        (ours >= least).mean(axis=0) - (theirs >= least).mean(axis=0) for least in THRESHOLDS
    ]
    levels = [f"{least:.0%}" for least in THRESHOLDS]
    reach = f"those of {len(settings)} settings that reach {', '.join(levels)}"
    what = f"{reach}, swish − relu, points"
    return of_rows([f"{each} accuracy" for each in levels], np.array(rows), what)


def _mish_costs_more(results: Results) -> Verdict:
    if "mish" not in results.costs:
        raise IncompleteError("there is no mish")
    mish = results.costs["mish"]
    more = mish.low > 1 + mish.noise
    return Verdict(
        HOLDS if more else UNSHOWN,
        f"our forward + backward of the study's first layer take {mish.ratio:.2f} "
        f"[{mish.low:.2f}, {mish.high:.2f}] times as long; ReLU differs from itself by "
        f"{mish.noise:.0%}",
    )


def _depends_on_model(results: Results) -> Verdict:
    pairs = [(f"swish, depth {depth}", f"relu, depth {depth}") for depth in (2, 20)]
    gains = results.experiment("gradient-flow").differences(pairs, accuracy_on_originals)
    # Any difference is one: the sign says only which of them is named first.
    named = sorted(zip((2, 20), gains, strict=True), key=lambda each: -each[1].mean())
    (more, ours), (less, theirs) = named
    return greater(
        f"test accuracy, swish − relu, with {more} layers − with {less}, points",
        ours.tolist(), theirs.tolist(), "+.2f", 100.0,
    )  # fmt: skip


def _died(trial: Trial) -> float:
    return dead_units(trial) - dead_before(trial)


def _die(results: Results) -> Verdict:
    there = results.experiment("dying-units")
    names = [name for name in there.conditions if name.startswith("relu, ")]
    died = there.values_by_seed(names, _died).mean(axis=0)
    what = f"dead units after − before, points, mean of {len(names)} conditions"
    return greater(what, died.tolist(), [0.0] * len(died), "+.2f", 100.0)


def _goes_to_an_end(results: Results) -> Verdict:
    there = results.experiment("beta")
    found = [
        slopes
        for name in there.conditions
        if name.startswith("trained")
        for trial in there.trials_of(name)
        for slopes in trial.trained_parameters
    ]
    if not found:
        raise IncompleteError("there is no trained β")
    betas = np.concatenate(found)
    ends = float(((np.abs(betas) <= _LINEAR) | (betas >= _RELU)).mean())
    return Verdict(
        HOLDS if ends > 0.5 else UNSHOWN,
        f"of {len(betas):,} trained β {ends:.0%} end within {_LINEAR:g} of 0 or from {_RELU:g} "
        f"on, where x·σ(βx) is linear or ReLU; they lie from {betas.min():.2f} to "
        f"{betas.max():.2f}",
        instead="" if ends > 0.5 else "so many steps from 1 do not tell where more would lead",
    )


def _regularises(where: str, first: str, second: str, text: str) -> Claim:
    what = "training accuracy over the last epoch − validation accuracy after it, points"
    judge = of_conditions("ranking", second, first, gap, what)
    return Claim(where, text, "ranking", judge)


def _left(first: str, second: str, depth: int) -> Claim:
    conditions = f"{first}, depth {depth}", f"{second}, depth {depth}"
    return Claim(
        "A.3" if first == "relu" else "A.4",
        f"{first} lets more gradient through than {second}: {depth} layers, before training",
        "gradient-flow",
        of_conditions(
            "gradient-flow", *conditions, gradient_left,
            "first kernel's gradient, powers of ten", scale=1,
        ),
    )  # fmt: skip


def _sooner(second: str) -> Claim:
    conditions = "relu, depth 5", f"{second}, depth 5"
    return Claim(
        "A.3",
        f"relu converges faster than {second}: 5 layers, epochs until 97%",
        "gradient-flow",
        of_conditions(
            "gradient-flow",
            *conditions,
            soon,
            "epochs sooner, never being one more than all",
            scale=1,
        ),
    )


def _avoids_dying(where: str, name: str) -> Claim:
    def judge(results: Results) -> Verdict:
        there = results.experiment("dying-units")
        conditions = [each for each in there.conditions if each.startswith(f"{name}, ")]
        dead = there.values_by_seed(conditions, dead_units)
        # So that of all of them none errs 95 times in 100.
        confidence = 1 - 0.05 / max(1, len(conditions))
        found = [estimate(row.tolist(), confidence=confidence, upper=1.0) for row in dead]
        outcome = of_each([within(each, 0.0, 0.01) for each in found])
        place = int(dead.mean(axis=1).argmax())
        low, high = found[place].interval
        return Verdict(
            outcome,
            f"of {len(conditions)} conditions most are dead with "
            f"{conditions[place].removeprefix(f'{name}, ')}: {found[place].mean:.1%} "
            f"[{low:.1%}, {high:.1%}], with 95% for all together, {found[place].count} seeds; "
            "asked: at most 1%",
            instead="some do" if outcome == FAILS else "",
        )

    return Claim(where, f"Units of {name} do not die", "dying-units", judge)


def _more_accurate(where: str, first: str, second: str, text: str) -> Claim:
    judge = of_conditions(
        "ranking", first, second, accuracy_on_originals, "test accuracy, points"
    )
    return Claim(where, text, "ranking", judge)


CLAIMS = (
    _left("relu", "sigmoid", 10),
    _left("relu", "tanh", 10),
    Claim(
        "A.3",
        "What Swish gains over ReLU depends on the model: dense layers, 2 or 20",
        "gradient-flow",
        _depends_on_model,
    ),
    _more_accurate(
        "A.3",
        "relu",
        "sigmoid",
        "ReLU generalises better than sigmoid: more test images are right",
    ),
    _more_accurate(
        "A.3", "relu", "tanh", "ReLU generalises better than tanh: more test images are right"
    ),
    _sooner("sigmoid"),
    _sooner("tanh"),
    _regularises(
        "A.4",
        "elu",
        "leaky_relu",
        "Bounded below regularises: from training to validation ELU loses less than LeakyReLU, "
        "which is not bounded",
    ),
    _left("swish", "relu", 20),
    Claim(
        "A.4",
        "Units of ReLU die in training: more are dead after it than before",
        "dying-units",
        _die,
    ),
    Claim(
        "A.4",
        "After training fewer units of Swish are dead than of ReLU",
        "dying-units",
        over_conditions("dying-units", "relu", "swish", dead_units, "dead units, points"),
    ),
    _avoids_dying("A.4", "swish"),
    Claim(
        "A.4",
        "Swish is more robust to initial weights and learning rate than ReLU",
        "robustness",
        _more_robust,
    ),
    Claim(
        "A.4",
        "Swish's loss is smoother than ReLU's",
        "smoothness",
        of_conditions(
            "smoothness", "swish", "relu", smooth, "less curvature, powers of ten", scale=1
        ),
    ),
    Claim(
        "A.4",
        "A smooth function makes a smoother loss: softplus's, too, is smoother than ReLU's",
        "smoothness",
        of_conditions(
            "smoothness", "softplus", "relu", smooth, "less curvature, powers of ten", scale=1
        ),
    ),
    Claim(
        "A.4",
        "Swish is easier to optimise than ReLU: less training loss after the same steps",
        "ranking",
        of_conditions(
            "ranking", "relu", "silu", final_training_loss, "loss, nats", "+.4f", scale=1
        ),
    ),
    Claim("A.4", "Accuracy falls as batches grow", "batch-size", _falls_with_batch),
    Claim(
        "A.4",
        "Swish is better than ReLU at every batch size",
        "batch-size",
        _at_every_batch("swish"),
    ),
    _regularises(
        "A.5",
        "mish",
        "relu",
        "Mish regularises itself: from training to validation it loses less than ReLU",
    ),
    Claim(
        "A.5",
        "After training fewer units of Mish are dead than of ReLU",
        "dying-units",
        over_conditions("dying-units", "relu", "mish", dead_units, "dead units, points"),
    ),
    _avoids_dying("A.5", "mish"),
    _more_accurate("A.5", "mish", "relu", "Mish is more accurate than ReLU"),
    Claim(
        "A.5",
        "Mish is more accurate than ReLU at every batch size",
        "batch-size",
        _at_every_batch("mish"),
    ),
    _more_accurate("A.5", "mish", "silu", "Mish is more accurate than Swish"),
    Claim("A.5", "Mish costs more than ReLU", BENCHMARKS, _mish_costs_more),
    Claim(
        "A.6",
        "A trained β does better than β = 1",
        "beta",
        of_conditions(
            "beta",
            "trained per channel",
            "beta=1",
            accuracy_on_originals,
            "test accuracy, points",
        ),
    ),
    Claim(
        "A.6",
        "A trained β chooses between the linear function and ReLU",
        "beta",
        _goes_to_an_end,
    ),
    _regularises(
        "A.7",
        "mish",
        "silu",
        "Δ regularises: from training to validation Mish loses less than Swish",
    ),
    Claim(
        "A.7",
        "Δ smooths gradients: Mish's loss is smoother than Swish's",
        "smoothness",
        of_conditions(
            "smoothness", "mish", "swish", smooth, "less curvature, powers of ten", scale=1
        ),
    ),
    Claim(
        "A.7",
        "Mish is better than Swish in deep networks: of more than 20 layers",
        "depth",
        over_conditions(
            "depth",
            "mish",
            "swish",
            accuracy_on_originals,
            "test accuracy, points",
            lambda name: int(name.split()[-1]) > 20,
        ),
    ),
)
