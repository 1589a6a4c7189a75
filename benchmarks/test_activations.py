"""Throughput of every activation, beside a copy of the same array.

Outputs are allocated anew in every call, page faults included, as a user's are.
"""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import actbench

NAMES = actbench.names()

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
