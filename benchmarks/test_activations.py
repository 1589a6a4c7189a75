"""Throughput of the activations that Keras has too, beside a copy of the same array.

Outputs are allocated anew in every call, page faults included, as a user's are.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import actbench
from actbench.activations.rosetta import rosetta

NAMES = [
    name for name in actbench.names() if "keras" in {row.framework for row in rosetta(name)}
]

# What one writes first; both overflow, and lose their left tails.
NAIVE: dict[str, Callable[[Any], Any]] = {
    "mish": lambda x: x * np.tanh(np.log(1 + np.exp(x))),
    "swish": lambda x: x / (1 + np.exp(-x)),
}

pytestmark = pytest.mark.benchmark(warmup=True, disable_gc=True, min_rounds=10, max_time=0.5)


def test_copy(throughput: Any, inputs: Any) -> None:
    """Time what no function can beat: reading and writing the array."""
    np.testing.assert_array_equal(throughput(np.copy, inputs), inputs)


@pytest.mark.parametrize("name", NAMES)
def test_numpy_value(throughput: Any, inputs: Any, name: str) -> None:
    """Time f(x) on an array."""
    activation = actbench.get(name)
    result = throughput(activation, inputs)
    np.testing.assert_array_equal(result[:100], activation(inputs[:100]))


@pytest.mark.parametrize("name", NAIVE)
def test_numpy_value_against_the_naive_formula(benchmark: Any, name: str) -> None:
    """Time f(x) and the textbook's NumPy expression in turn, at 4 M elements of float32.

    `times_faster` in the saved file is the median of the paired ratios with its 95%
    bootstrap interval. (scipy's BCa interval; one pair per round.)
    """
    activation = actbench.get(name)
    x = np.float32(3) * np.random.default_rng(0).standard_normal(4_194_304, dtype=np.float32)
    naive = NAIVE[name]
    expected = naive(x)
    ratios = []
    for _ in range(1 if benchmark.disabled else 30):
        started = time.perf_counter()
        naive(x)
        between = time.perf_counter()
        activation(x)
        ratios.append((between - started) / (time.perf_counter() - between))
    if len(ratios) > 1:
        interval = stats.bootstrap((ratios,), np.median).confidence_interval
        benchmark.extra_info["times_faster"] = [interval.low, np.median(ratios), interval.high]
    result = benchmark(activation, x)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_numpy_derivative(throughput: Any, inputs: Any, name: str) -> None:
    """Time f'(x) on an array."""
    activation = actbench.get(name)
    result = throughput(activation.derivative, inputs)
    np.testing.assert_array_equal(result[:100], activation.derivative(inputs[:100]))


@pytest.mark.parametrize("name", NAMES)
def test_tensorflow_value(throughput: Any, inputs: Any, name: str) -> None:
    """Time f(x) on a tensor, in a traced function."""
    activation = actbench.get(name)
    x = tf.constant(inputs)
    traced = tf.function(activation, input_signature=[tf.TensorSpec.from_tensor(x)])
    traced(x)
    result = throughput(traced, x)
    np.testing.assert_allclose(result[:100], activation(inputs[:100]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_tensorflow_value_and_gradient(throughput: Any, inputs: Any, name: str) -> None:
    """Time f(x) and its gradient together, in a traced function."""
    activation = actbench.get(name)
    x = tf.constant(inputs)

    @tf.function(input_signature=[tf.TensorSpec.from_tensor(x)])  # type: ignore[untyped-decorator]
    def traced(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = activation(x)
        return value, tape.gradient(value, x)

    traced(x)
    _, gradient = throughput(traced, x)
    want = activation.derivative(inputs[:100])
    np.testing.assert_allclose(gradient[:100], want, rtol=1e-5, atol=1e-6)
