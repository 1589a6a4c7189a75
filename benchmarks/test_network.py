"""The share of an activation in the time of a training step of the study's network."""

import keras
import numpy as np
import pytest

import actbench
from actbench import provenance
from actbench.frameworks.counterparts import bind
from actbench.frameworks.libraries import Function
from actbench.models import sequential_network
from actbench.statistics import paired_ratio
from actbench.testing.paired import Benchmark, Paired
from benchmarks.passes import Call

FUNCTIONS = ("relu", "silu", "mish", "gelu", "gelu_tanh")
BATCH = 128


def _training_step(activation: Function) -> Call:
    """Return a call that trains the study's network on one batch."""
    model = sequential_network(0.0, seed=0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Activation):
            layer.activation = activation
    model.compile("adam", "categorical_crossentropy")
    rng = np.random.default_rng(0)
    images = rng.random((BATCH, 28, 28, 1), np.float32)
    labels = np.eye(10, dtype=np.float32)[rng.integers(10, size=BATCH)]
    return lambda: model.train_on_batch(images, labels)


@pytest.mark.axes(passes="both", dtypes="float32")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_share_of_a_training_step(paired: Paired, benchmark: Benchmark, function: str) -> None:
    """Time a training step with actbench, with Keras's function, and without activations.

    The network has two convolutions. They have 331,776 and 254,016 outputs for a batch of 128.
    `share` in the saved file is the relative decrease of the time of a step if both activations
    are left out, and `interval` its 95% interval.
    """
    activation = actbench.get(function)
    counterpart = next(
        each for each in activation.counterparts if each.name.startswith("keras.")
    )
    timings = paired(
        {
            "actbench": _training_step(activation),
            "keras": _training_step(bind(counterpart.name, dict(counterpart.fixed))),
            "none": _training_step(keras.activations.linear),
        },
        seconds=4.0,
    )
    if timings is None:
        return
    steps = {}
    for name in ("actbench", "keras"):
        ratio, (low, high) = paired_ratio(timings.seconds["none"], timings.seconds[name])
        steps[name] = {
            "seconds_per_step": timings.median(name),
            "share": 1 - ratio,
            "interval": [1 - high, 1 - low],
        }
    comparison = timings.comparisons["keras"]
    benchmark.extra_info |= {
        "network": "two convolutions",
        "activation": function,
        "batch": BATCH,
        "steps": steps,
        "ratio_to_actbench": comparison.ratio,
        "interval": comparison.interval,
        "actbench_is": comparison.conclusion,
        "noise": comparison.noise,
        "versions": provenance.versions(),
    }
