"""Eager calls on small arrays, where the time to start a function dominates."""

import pytest
import tensorflow as tf

import actbench
from actbench import provenance
from actbench.activations.record import Counterpart
from actbench.frameworks.counterparts import bind
from actbench.frameworks.libraries import Function
from actbench.testing.paired import Benchmark, Paired
from benchmarks.passes import Call

FUNCTIONS = (
    "relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "softsign",
    "silu", "gelu", "gelu_tanh", "mish",
)  # fmt: skip
SIZE, CALLS = 1_024, 100


def _preference(counterpart: Counterpart) -> int:
    return ["tf", "keras", "torch", "jax", "mlx"].index(counterpart.name.partition(".")[0])


def _calls(function: Function, x: tf.Tensor) -> Call:
    return lambda: [function(x) for _ in range(CALLS)]


@pytest.mark.axes(passes="forward", dtypes="float32", sizes=SIZE, inputs="mixed")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_eager_call(paired: Paired, benchmark: Benchmark, function: str) -> None:
    """Time a hundred calls of actbench and of tf.nn (Keras if tf.nn lacks the function)."""
    activation = actbench.get(function)
    x = tf.random.stateless_normal([SIZE], [0, 0])
    counterpart = min(activation.counterparts, key=_preference)
    function_of_counterpart = bind(counterpart.name, dict(counterpart.fixed))
    timings = paired(
        {
            "actbench": _calls(activation, x),
            counterpart.name: _calls(function_of_counterpart, x),
        },
        seconds=1.0,
    )
    if timings is None:
        return
    comparison = timings.comparisons[counterpart.name]
    benchmark.extra_info |= {
        "eager": function,
        "elements": SIZE,
        "counterpart": counterpart.name,
        "seconds_per_call": {
            name: timings.median(name) / CALLS for name in ("actbench", counterpart.name)
        },
        "ratio_to_actbench": comparison.ratio,
        "interval": comparison.interval,
        "actbench_is": comparison.conclusion,
        "noise": comparison.noise,
        "versions": provenance.versions(),
    }
