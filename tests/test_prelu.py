"""The layer PReLU: values, gradients, shared axes, saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench import RequestError
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


# Keras takes an axis i as index i − 1 of the shape without the batch, so 0 and −1 count from
# the end there.
FORMS = [None, [], 1, np.int64(1), (1,), [1, 1], [2, 1], [3], [1, 2, 3], [0], -1, [-2], [0, 1]]


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("axes", FORMS, ids=repr)
def test_every_form_of_shared_axes_survives_accelerate_saving_and_loading(
    axes, policy, tmp_path
):
    x = np.random.default_rng(0).normal(size=(2, 4, 3, 5)).astype(np.float32)
    layer = keras.layers.PReLU("random_normal", shared_axes=axes, dtype=policy)
    model = keras.Sequential([keras.Input((4, 3, 5)), layer])
    expected, shape = model(x), layer.alpha.shape
    actbench.accelerate(model, print_fn=None)
    assert type(model.layers[0]) is PReLU
    np.testing.assert_allclose(model(x), expected, rtol=1e-3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].alpha.shape == shape
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize("axes", FORMS, ids=repr)
def test_a_layer_that_is_accelerated_before_it_is_built_shares_the_same_axes(axes):
    plain, fused = (keras.layers.PReLU(shared_axes=axes) for _ in range(2))
    model = keras.Sequential([fused])
    actbench.accelerate(model, print_fn=None)
    for layer in (plain, fused):
        layer.build((None, 4, 3, 5))
    assert plain.alpha.shape == fused.alpha.shape


@pytest.mark.parametrize(
    ("axes", "shape"),
    [(-1, (4, 3, 1)), ([-3, 2], (1, 1, 5)), (np.int8(2), (4, 1, 5)), (None, (4, 3, 5))],
)
def test_negative_axes_count_from_the_end(axes, shape):
    layer = PReLU(shared_axes=axes)
    layer.build((None, 4, 3, 5))
    assert layer.alpha.shape == shape


@pytest.mark.parametrize("axes", [[5], 0, [4], -4, [1, 9]])
def test_axes_that_the_input_does_not_have_raise_an_error(axes):
    with pytest.raises(RequestError, match=r"shared_axes of .*: expected axes from 1 to 3"):
        PReLU(shared_axes=axes).build((None, 4, 3, 5))


@pytest.mark.parametrize("axes", ["1", "all", 1.0, [None], [True], {"a": 1}])
def test_axes_that_are_no_integers_raise_an_error(axes):
    with pytest.raises(RequestError, match=r"shared_axes.*: expected .*integers"):
        PReLU(shared_axes=axes)


def test_an_axis_of_unknown_size_must_be_shared():
    PReLU(shared_axes=[1]).build((None, None, 3))
    with pytest.raises(RequestError, match="expected a fixed size along axis 1"):
        PReLU().build((None, None, 3))


def test_a_saved_model_loads_with_its_slopes(tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 2)), built([0.1, -0.2], (4, 4, 2), [1, 2])])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.layers[0], PReLU)
    np.testing.assert_array_equal(loaded.layers[0].alpha, model.layers[0].alpha)
