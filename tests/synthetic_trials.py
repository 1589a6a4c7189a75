"""Synthetic trials of any experiment, with the measurements that its documents contain."""

import math
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest

from actbench.data import Dataset
from actbench.experiments.catalogue import EXPERIMENTS
from actbench.models.network import Activate
from actbench.results import Trial
from analysis.results import Cost, ExperimentResults, Results
from tests.conftest import FULL

SEEDS = 12
COSTS = {"relu": Cost(1, 1, 1, 0), "mish": Cost(1.2, 1.1, 1.3, 0.05)}

_IMAGES, _LABELS = np.zeros((20, 4, 4), np.uint8), np.arange(20, dtype=np.uint8) % 10
DATA = Dataset(_IMAGES, _LABELS, _IMAGES, _LABELS)


def random_accuracy(condition, seed):
    """A number near 97% that depends only on the condition and the seed."""
    rng = np.random.default_rng([seed, *condition.encode()])
    return 0.97 + 0.003 * rng.standard_normal() + 0.002 * np.sin(seed)


def _measured(experiment, condition, rng):
    network = condition.network or experiment.network
    layers = sum(isinstance(layer, Activate) for layer in network.layers)
    return {
        "gradient_norm": rng.uniform(0.1, 1, (3, layers + 1)).tolist(),
        "dead": rng.integers(0, 2, (3, layers)).astype(float).tolist(),
        "saturated": rng.uniform(0, 1, (3, layers)).tolist(),
        "mse": [0.26, 0.1, 0.09], "crossentropy": [0.71, 0.3, 0.25],
        "calibration_error": 0.02, "gradient_of_errors": 0.3,
        "agreement": rng.uniform(0.5, 0.6), "logit_correlation": 0.1,
        "train_accuracy": rng.uniform(0.99, 1), "train_loss": 0.01,
        "noisy_accuracy": 0.5, "loss": 0.1, "top_eigenvalue": rng.uniform(1, 2), "trace": 5.0,
        "plane": np.full((21, 21), 0.1).tolist(),
    }  # fmt: skip


def synthetic_trial(experiment, condition, seed, accuracy=None):
    """A trial with this accuracy; None takes `random_accuracy`."""
    rng = np.random.default_rng([seed, len(condition.name)])
    if accuracy is None:
        accuracy = random_accuracy(condition.name, seed)
    is_tied = condition.factors.get("sharing") == "tied"
    slopes = [[0.1, 0.2] * 4, [0.1 if is_tied else 0.3, 0.2] * 4]
    return Trial(
        experiment=experiment.name, profile="full", condition=condition.name,
        factors=condition.factors, seed=seed,
        test_accuracy=accuracy, test_accuracy_original=accuracy,
        test_accuracy_inverted=accuracy,
        test_loss=0.1, test_loss_original=0.1, test_loss_inverted=0.1,
        curves={
            "accuracy": [0.9] * 4 + [accuracy],
            "loss": [0.3] * 4 + [0.1 * (1 + rng.uniform())],
            "val_accuracy": [0.9] * 4 + [accuracy], "val_loss": [0.3] * 4 + [0.2],
        },
        trained_parameters=slopes if condition.member.trained_parameters else [],
        measured=_measured(experiment, condition, rng),
        correct_images=None, parameters=27_938,
        configuration={"epochs": 5, "test_images": 10_000}, setup={},
        versions={"python": "3.11.7"},
        machine={"cpu": "a processor", "cores": 2, "system": "Linux"},
        started="2026-01-01T00:00:00+00:00", seconds=60.0, seconds_per_step=0.01,
    )  # fmt: skip


def synthetic_results(experiment, *, seeds=SEEDS, accuracy=None):
    """Trials of all conditions without a task; `accuracy` takes a condition and a seed."""
    trials = [
        synthetic_trial(experiment, condition, seed, accuracy and accuracy(condition, seed))
        for seed in range(seeds)
        for condition in experiment.conditions
        if condition.task is None
    ]
    return ExperimentResults(experiment, tuple(trials))


def results_of(*experiments, costs=None):
    """Results with the documents of these experiments only."""
    by_name = {each.name: ExperimentResults(each, ()) for each in EXPERIMENTS}
    by_name |= {each.experiment.name: each for each in experiments}
    return Results(by_name, DATA, costs or {})


def _with_nan(value):
    if isinstance(value, dict):
        return {name: _with_nan(each) for name, each in value.items()}
    return [_with_nan(each) for each in value] if isinstance(value, list) else math.nan


INCOMPLETE = {
    "one trial": lambda trials: trials[:1],
    "one condition": lambda trials: [t for t in trials if t.condition == trials[-1].condition],
    "no validation": lambda trials: [
        replace(t, curves={k: v for k, v in t.curves.items() if not k.startswith("val_")})
        for t in trials
    ],
    "diverged": lambda trials: [
        replace(t, test_loss=math.nan, curves={k: [math.nan] * 2 for k in t.curves})
        for t in trials
    ],
    "NaN": lambda trials: [replace(t, measured=_with_nan(t.measured)) for t in trials],
    "missing trials": lambda trials: [t for n, t in enumerate(trials) if n % 3],
}  # fmt: skip
"""Ways in which documents may be incomplete."""

REASON = (
    r"(expected one condition with .+, got none|there is no .+|there are not \d+ numbers .+|"
    r"there is only one seed of .+|no seed has finite values.*|profile full has no val_\w+|"
    r".+, seed \d+ has no (number as |list of .+ as )?\w+)"
)
"""Texts that name the missing parts of incomplete documents."""


def incomplete_cases(experiments, always=()):
    """Pairs (experiment, way) to test: all of them in the long form.

    The short form has one pair of each experiment, and those that are always tested.
    """
    one_of_each = {
        (each.name, way) for each, way in zip(experiments, cycle(INCOMPLETE), strict=False)
    }
    return [
        pytest.param(experiment, way, id=f"{experiment.name}-{way}")
        for experiment in experiments
        for way in INCOMPLETE
        if FULL or (experiment.name, way) in one_of_each.union(always)
    ]


def incomplete_results(experiment, way):
    """Trials of three seeds, some of which are missing or lack numbers."""
    found = synthetic_results(experiment, seeds=3)
    return replace(found, trials=tuple(INCOMPLETE[way](found.trials)))
