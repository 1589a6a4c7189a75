"""Part A of the source: Swish, Mish, ReLU and their derivatives."""

import math
from functools import partial
from typing import Any

import numpy as np

import actbench
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
    proved,
    refuted,
    within,
)
from analysis.evidence import BENCHMARKS, MATHEMATICS, Evidence
from analysis.questions.dying_units import dead_before, dead_units
from analysis.questions.robustness import THRESHOLDS, right
from analysis.trials import IncompleteError, on_originals

_X = np.linspace(-6, 6, 2_001)
# Where |β| is at most this x·σ(βx) is within 0.1 of x/2 on [−6, 6], or from this on within 0.03
# of ReLU.
_LINEAR, _RELU = 0.01, 10.0
# Where x = 0 is no divisor.
_NOT_0 = _X[np.abs(_X) > 1e-9]
_SWISH, _MISH = actbench.get("swish"), actbench.get("mish")
_close = partial(np.allclose, rtol=1e-9, atol=1e-12)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _delta(x: Any) -> Any:
    return 1 / np.cosh(np.log1p(np.exp(x))) ** 2


def _swish_derivative() -> bool:
    return bool(_close(_SWISH.derivative(_X), _SWISH(_X) + _sigmoid(_X) * (1 - _SWISH(_X))))


def _mish_derivative() -> bool:
    x = _NOT_0
    return bool(_close(_MISH.derivative(x), _MISH(x) / x + x * _delta(x) * _sigmoid(x)))


def _mish_by_swish() -> bool:
    x = _NOT_0
    return bool(_close(_MISH.derivative(x), _delta(x) * _SWISH(x) + _MISH(x) / x))


def _relu_saturates() -> bool:
    slopes = actbench.get("relu").derivative([1e30, 1e-30, -1e-30, -1e30])
    # Unbounded, and flatter the farther out.
    logarithm = actbench.get("nlrelu").derivative([1e3, 1e6])
    return bool((slopes == [1, 1, 0, 0]).all() and (logarithm < 1e-2).all())


def _swish_saturates() -> bool:
    far = _SWISH.derivative([-20.0, 20.0])
    return bool(-1e-6 < far[0] < 0 and math.isclose(far[1], 1, abs_tol=1e-6))


def _swish_forgets() -> bool:
    values = _SWISH([-10.0, -20.0, -40.0])
    return bool((np.diff(values) > 0).all() and -1e-15 < values[-1] < 0)


def _overflows_as_written() -> bool:
    x = np.float32(100)
    with np.errstate(over="ignore", invalid="ignore"):
        written = np.exp(x) / (1 + np.exp(x))
    return bool(np.isnan(written) and _MISH.derivative(x) == 1 and _SWISH(-x) < 0)


def _mish_shape() -> bool:
    least, most = _MISH.bounds
    right = math.isclose(least, -0.30884341301725043, rel_tol=1e-9) and most == math.inf
    return right and bool(_MISH.smooth) and _MISH.monotone is False


def _swish_shape() -> bool:
    least, most = _SWISH.bounds
    right = math.isclose(least, -0.2784645427610738, rel_tol=1e-9) and most == math.inf
    return right and bool(_SWISH.smooth) and _SWISH.monotone is False


def _doubled_at_0() -> bool:
    return bool((actbench.get("doubled_swish", beta=0)(_X) == _X).all())


def _doubled_far_out() -> bool:
    found = actbench.get("doubled_swish", beta=1e6)(_X)
    return bool(np.allclose(found, 2 * np.maximum(_X, 0), atol=1e-5))


def _between_linear_and_relu() -> bool:
    linear, far = actbench.get("swish", beta=0), actbench.get("swish", beta=1e6)
    return bool(_close(linear(_X), _X / 2) and np.abs(far(_X) - np.maximum(_X, 0)).max() < 3e-7)


def _mish_bends_more() -> bool:
    mish, swish = (np.abs(each.second_derivative(_X)).max() for each in (_MISH, _SWISH))
    return bool(0.6441 < mish < 0.6443 and 0.4999 < swish < 0.5001)


def _falls_with_batch(evidence: Evidence) -> Verdict:
    pairs = {name: (f"{name}, batch 32", f"{name}, batch 4096") for name in ("relu", "swish")}
    what = "test accuracy at 32 − at 4,096 after as many epochs, points"
    return of_all(evidence, "batch-size", pairs, on_originals, what)


def _at_every_batch(name: str) -> Judge:
    def judge(evidence: Evidence) -> Verdict:
        conditions = evidence.trials["batch-size"].conditions
        sizes = [
            each.removeprefix("relu, ") for each in conditions if each.startswith("relu, ")
        ]
        pairs = {size: (f"{name}, {size}", f"relu, {size}") for size in sizes}
        what = f"test accuracy, {name} − relu, points"
        return of_all(evidence, "batch-size", pairs, on_originals, what)

    return judge


def _more_robust(evidence: Evidence) -> Verdict:
    there = evidence.trials["robustness"]
    settings = [
        name.removeprefix("relu, ") for name in there.conditions if name.startswith("relu, ")
    ]
    names = [f"{who}, {setting}" for who in ("swish", "relu") for setting in settings]
    ours, theirs = np.split(there.together(names, right), 2)
    rows = [
        (ours >= least).mean(axis=0) - (theirs >= least).mean(axis=0) for least in THRESHOLDS
    ]
    levels = [f"{least:.0%}" for least in THRESHOLDS]
    reach = f"those of {len(settings)} settings that reach {', '.join(levels)}"
    what = f"{reach}, swish − relu, points"
    return of_rows([f"{each} accuracy" for each in levels], np.array(rows), what)


def _mish_costs_more(evidence: Evidence) -> Verdict:
    if "mish" not in evidence.costs:
        raise IncompleteError("there is no mish")
    mish = evidence.costs["mish"]
    more = mish.low > 1 + mish.noise
    return Verdict(
        HOLDS if more else UNSHOWN,
        f"our forward + backward of the study's first layer take {mish.times:.2f} "
        f"[{mish.low:.2f}, {mish.high:.2f}] times as long; ReLU differs from itself by "
        f"{mish.noise:.0%}",
    )


def _depends_on_model(evidence: Evidence) -> Verdict:
    pairs = [(f"swish, depth {depth}", f"relu, depth {depth}") for depth in (2, 20)]
    gains = evidence.trials["gradient-flow"].differences(pairs, on_originals)
    # Any difference is one: the sign says only which of them is named first.
    named = sorted(zip((2, 20), gains, strict=True), key=lambda each: -each[1].mean())
    (more, ours), (less, theirs) = named
    return greater(
        f"test accuracy, swish − relu, with {more} layers − with {less}, points",
        ours.tolist(), theirs.tolist(), "+.2f", 100.0,
    )  # fmt: skip


def _die(evidence: Evidence) -> Verdict:
    there = evidence.trials["dying-units"]
    names = [name for name in there.conditions if name.startswith("relu, ")]
    after = there.together(names, dead_units).mean(axis=0)
    before = there.together(names, dead_before).mean(axis=0)
    what = f"dead units after − before, points, mean of {len(names)} conditions"
    return greater(what, after.tolist(), before.tolist(), "+.2f", 100.0)


def _goes_to_an_end(evidence: Evidence) -> Verdict:
    there = evidence.trials["beta"]
    found = [
        slopes
        for name in there.conditions
        if name.startswith("trained")
        for trial in there.of(name)
        for slopes in trial.slopes
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
    def judge(evidence: Evidence) -> Verdict:
        there = evidence.trials["dying-units"]
        conditions = [each for each in there.conditions if each.startswith(f"{name}, ")]
        dead = there.together(conditions, dead_units)
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
    judge = of_conditions("ranking", first, second, on_originals, "test accuracy, points")
    return Claim(where, text, "ranking", judge)


CLAIMS = (
    Claim(
        "A.1",
        "Swish and Mish can be computed as they are written",
        MATHEMATICS,
        refuted(
            "in float32 eˣ overflows at 88.7, and the derivative of ln(1 + eˣ) is then ∞/∞",
            "with n = eˣ(eˣ + 2), tanh(ln(1 + eˣ)) = n/(n + 2), which is 1 for large x",
            _overflows_as_written,
        ),
    ),
    Claim(
        "A.2",
        "swish′ = swish + σ·(1 − swish)",
        MATHEMATICS,
        proved("equal on [−6, 6] to 9 digits", _swish_derivative),
    ),
    Claim(
        "A.2",
        "mish′ = mish/x + x·sech²(softplus(x))·σ(x)",
        MATHEMATICS,
        proved("equal to 9 digits but at 0, where it is 0/0 as written", _mish_derivative),
    ),
    _left("relu", "sigmoid", 10),
    _left("relu", "tanh", 10),
    Claim(
        "A.3",
        "ReLU does not saturate, since it is unbounded above",
        MATHEMATICS,
        refuted(
            "its derivative is 1 for all x > 0, and 0 for all x < 0",
            "it does not above 0 and is saturated below; ln(1 + max(x, 0)) is unbounded too, "
            "and saturates",
            _relu_saturates,
        ),
    ),
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
    Claim(
        "A.4",
        "Swish is unbounded above, bounded below, smooth and not monotone",
        MATHEMATICS,
        proved("bounds −0.2785 and ∞", _swish_shape),
    ),
    Claim(
        "A.4",
        "Swish does not saturate, since it is unbounded above",
        MATHEMATICS,
        refuted(
            "its derivative is 1 far above 0 and 0 far below: −4·10⁻⁸ at −20",
            "it does not above 0; below, it saturates as ReLU does",
            _swish_saturates,
        ),
    ),
    Claim(
        "A.4",
        "Swish forgets large negative inputs",
        MATHEMATICS,
        proved("it rises to 0 as x → −∞: −2·10⁻¹⁶ at −40", _swish_forgets),
    ),
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
    Claim(
        "A.5",
        "Mish is smooth, continuous and not monotone",
        MATHEMATICS,
        proved("bounds −0.3088 and ∞", _mish_shape),
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
    Claim("A.6", "2x·σ(βx) is x for β = 0", MATHEMATICS, proved("exactly", _doubled_at_0)),
    Claim(
        "A.6",
        "2x·σ(βx) resembles ReLU as β → ∞",
        MATHEMATICS,
        refuted(
            "for β = 10⁶ it is 2·max(x, 0) to 5 digits",
            "2·ReLU; x·σ(βx), without the 2, becomes ReLU",
            _doubled_far_out,
        ),
    ),
    Claim(
        "A.6",
        "x·σ(βx), without the 2, lies between a linear function and ReLU",
        MATHEMATICS,
        proved(
            "x/2 for β = 0; at most 0.278/β from ReLU, for β = 10⁶ too",
            _between_linear_and_relu,
        ),
    ),
    Claim(
        "A.6",
        "A trained β does better than β = 1",
        "beta",
        of_conditions(
            "beta", "trained per channel", "beta=1", on_originals, "test accuracy, points"
        ),
    ),
    Claim(
        "A.6",
        "A trained β chooses between the linear function and ReLU",
        "beta",
        _goes_to_an_end,
    ),
    Claim(
        "A.7",
        "mish′ = Δ·swish + mish/x with Δ = sech²(softplus(x))",
        MATHEMATICS,
        proved("equal on [−6, 6] to 9 digits", _mish_by_swish),
    ),
    Claim(
        "A.7",
        "Mish is a smoother function than Swish",
        MATHEMATICS,
        refuted(
            "max |f″| is 0.644 for Mish and 0.5 for Swish",
            "pointwise Mish bends more",
            _mish_bends_more,
        ),
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
            on_originals,
            "test accuracy, points",
            lambda name: int(name.split()[-1]) > 20,
        ),
    ),
)
