"""The layer PReLU: values, gradients, shared axes, saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench.keras import PReLU


def built(slopes, shape, shared_axes=None):
    layer = PReLU(shared_axes=shared_axes)
    layer.build((None, *shape))
    layer.alpha.assign(np.reshape(slopes, layer.alpha.shape))
    return layer


@pytest.mark.parametrize("slope", [-1.0, -0.5, 0.0, 0.25, 1.0])
def test_value_and_gradient_equal_those_of_leaky_relu(slope):
    x = tf.constant([[-np.inf, -3e38, -2.0, -0.0, 0.0, 1.5, 3e38, np.inf]])
    layer = built([slope] * 8, (8,))
    leaky = actbench.get("leaky_relu", negative_slope=slope)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    np.testing.assert_array_equal(y, leaky(x))
    np.testing.assert_array_equal(tape.gradient(y, x), leaky.derivative(x))


def test_only_nan_gives_nan():
    x = tf.constant([[np.nan, -np.inf, 1.0]])
    np.testing.assert_array_equal(np.isnan(built([0.0] * 3, (3,))(x)), [[True, False, False]])


@pytest.mark.parametrize(
    ("shape", "shared_axes"),
    [((4,), None), ((5, 6, 3), [1, 2]), ((5, 6, 3), None), ((1, 1, 3), [1, 2]), ((5, 3), [2])],
)
def test_gradients_of_slopes_equal_those_of_the_definition(shape, shared_axes):
    rng = np.random.default_rng(3)
    layer = PReLU(shared_axes=shared_axes, alpha_initializer="random_normal")
    layer.build((None, *shape))
    x = tf.constant(rng.normal(size=(7, *shape)).astype(np.float32))
    weights = tf.constant(rng.normal(size=(7, *shape)).astype(np.float32))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(weights * layer(x))
    got = tape.gradient(loss, layer.alpha.value)
    with tf.GradientTape() as tape:
        slopes = tf.convert_to_tensor(layer.alpha)
        tape.watch(slopes)
        loss = tf.reduce_sum(weights * tf.where(x > 0, x, slopes * x))
    np.testing.assert_allclose(got, tape.gradient(loss, slopes), rtol=1e-5, atol=1e-5)


def test_axes_in_shared_axes_share_a_slope():
    layer = built([0.0, 0.5, -1.0], (2, 2, 3), shared_axes=[1, 2])
    assert layer.count_params() == 3
    np.testing.assert_array_equal(layer(-tf.ones((1, 2, 2, 3)))[0, 1, 1], [0, -0.5, 1])


def test_a_saved_model_loads_with_its_slopes(tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 2)), built([0.1, -0.2], (4, 4, 2), [1, 2])])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.layers[0], PReLU)
    np.testing.assert_array_equal(loaded.layers[0].alpha, model.layers[0].alpha)
