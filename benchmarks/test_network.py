"""What an activation costs in a real network: its share of a training step."""

from typing import Any

import keras
import numpy as np
import pytest

import actbench
from actbench import provenance
from actbench.frameworks.counterparts import find
from actbench.models import sequential_network
from actbench.statistics import paired_ratio
from benchmarks.paired import Paired

FUNCTIONS = ("relu", "silu", "mish", "gelu", "gelu_tanh")
BATCH = 128


def _step(activation: Any) -> Any:
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


@pytest.mark.parametrize("function", FUNCTIONS)
def test_share_of_a_training_step(paired: Paired, benchmark: Any, function: str) -> None:
    """Time a step of Keras with ours, with Keras's own function, and with none.

    The network is the study's: two convolutions, 331,776 and 254,016 outputs for a batch of
    128. `share` in the saved file is what a step without activations is shorter by, with its
    95% interval.
    """
    activation = actbench.get(function)
    there = next(row for row in activation.counterparts if row.name.startswith("keras."))
    fixed = dict(there.fixed)
    own = find(there.name)
    timings = paired(
        {
            "ours": _step(activation),
            "keras": _step(lambda x: own(x, **fixed)),
            "none": _step(keras.activations.linear),
        },
        seconds=4.0,
    )
    if timings is None:
        return
    figures = {}
    for name in ("ours", "keras"):
        ratio, (low, high) = paired_ratio(timings.seconds["none"], timings.seconds[name])
        figures[name] = {
            "seconds_per_step": timings.median(name),
            "share": 1 - ratio,
            "interval": [1 - high, 1 - low],
        }
    keras_to_ours = timings.comparisons["keras"]
    benchmark.extra_info |= {
        "network": "two convolutions",
        "activation": function,
        "batch": BATCH,
        "steps": figures,
        "keras_times_ours": keras_to_ours.ratio,
        "interval": keras_to_ours.interval,
        "ours_is": keras_to_ours.conclusion,
        "noise": keras_to_ours.noise,
        "versions": provenance.versions(),
    }
