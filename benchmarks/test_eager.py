"""Calls from Python on small arrays: what it costs to start a function, not to compute it."""

from typing import Any

import pytest
import tensorflow as tf

import actbench
from actbench import provenance
from actbench.activations.record import Counterpart
from actbench.frameworks.counterparts import apply
from benchmarks.paired import Paired

FUNCTIONS = (
    "relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "softsign",
    "silu", "gelu", "gelu_tanh", "mish",
)  # fmt: skip
SIZE, CALLS = 1_024, 100


def _preferred(there: Counterpart) -> int:
    return ["tf", "keras", "torch", "jax"].index(there.name.partition(".")[0])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_eager_call(paired: Paired, benchmark: Any, function: str) -> None:
    """Time a hundred calls of ours and of tf.nn's, or Keras's where there is none."""
    activation = actbench.get(function)
    x = tf.random.stateless_normal([SIZE], [0, 0])
    there = min(activation.counterparts, key=_preferred)
    own = apply(there.name, dict(there.fixed))

    def calls(call: Any) -> Any:
        return lambda: [call(x) for _ in range(CALLS)]

    timings = paired({"ours": calls(activation), there.name: calls(own)}, seconds=1.0)
    if timings is None:
        return
    comparison = timings.comparisons[there.name]
    benchmark.extra_info |= {
        "eager": function,
        "elements": SIZE,
        "peer": there.name,
        "seconds_per_call": {
            name: timings.median(name) / CALLS for name in ("ours", there.name)
        },
        "peer_times_ours": comparison.ratio,
        "interval": comparison.interval,
        "ours_is": comparison.conclusion,
        "noise": comparison.noise,
        "versions": provenance.versions(),
    }
