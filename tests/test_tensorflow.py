"""Activations on TensorFlow and Keras tensors. The audit tests their accuracy."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.frameworks import tensorflow, xla
from actbench.frameworks.kernel_table import KERNEL_TABLE, kernel_choice
from tests.cases import ACTIVATIONS

X = np.concatenate([np.linspace(-80, 80, 321), np.linspace(-6, 6, 200)])
EDGES = np.array([-np.inf, -1e30, -200.0, -0.0, 0.0, 200.0, 1e30, np.inf])


# With default parameters, the audit compares the gradients of tapes with the oracle.
@pytest.mark.parametrize("activation", ACTIVATIONS[len(RECORDS) :], ids=str)
def test_gradients_equal_the_analytic_derivatives(activation):
    x = tf.constant(np.concatenate([EDGES, X[::7]]))
    with tf.GradientTape() as second, tf.GradientTape() as first:
        first.watch(x)
        second.watch(x)
        value = activation(x)
        slope = first.gradient(value, x)
    for got, expected in (
        (slope, activation.derivative(x)),
        (second.gradient(slope, x), activation.second_derivative(x)),
    ):
        # XLA may fuse the product with the upstream gradient into the last operation.
        np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("activation", ACTIVATIONS[::9], ids=str)
def test_third_derivatives_come_from_automatic_differentiation(activation):
    x = tf.constant([-1.7, -0.3, 0.7, 2.7], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        second = activation.second_derivative(x)
    third = tape.gradient(second, x, unconnected_gradients="zero")
    h = 1e-5
    numeric = activation.second_derivative(x + h) - activation.second_derivative(x - h)
    np.testing.assert_allclose(third, numeric / (2 * h), atol=1e-4)


@pytest.mark.parametrize("name", ["mish", "hard_silu", "gelu"])
def test_a_kernel_is_traced_once_for_all_shapes(name):
    activation = actbench.get(name)
    tensorflow._kernel.cache_clear()
    for shape in ((3,), (4, 2), (), (7, 1, 2)):
        x = tf.ones(shape)
        assert activation(x).shape == shape
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = activation(x)
        assert tape.gradient(value, x).shape == shape
    assert (
        tensorflow._kernel.cache_info().misses == 2
    )  # one for the value, one for the gradient


def test_the_static_shape_is_known_in_a_graph():
    @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32)])
    def graph(x):
        value = actbench.get("mish")(x)
        assert value.shape.as_list() == [None, 3]
        return value

    assert graph(tf.ones((2, 3))).shape == (2, 3)


def test_without_xla_values_are_the_same_and_one_warning_is_logged(monkeypatch, caplog):
    x = tf.constant([-2.0, 0.0, 1.0, np.inf, np.nan])
    fused = actbench.get("mish")(x)

    def no_xla(*_, **options):
        assert options == {"jit_compile": True}
        raise ValueError("there is none\nreally")

    xla.has_xla.cache_clear()
    monkeypatch.setattr(tf, "function", no_xla)
    for _ in range(2):
        np.testing.assert_allclose(actbench.get("mish")(x), fused, rtol=1e-7)
    xla.has_xla.cache_clear()
    assert caplog.messages == [
        "XLA is not available, so activations are not fused: there is none"
    ]


def test_variables_of_tensorflow_and_keras_give_tensors():
    mish = actbench.get("mish")
    for x in (tf.Variable([1.0, -1.0]), keras.Variable([1.0, -1.0])):
        assert tf.is_tensor(mish(x))
        np.testing.assert_allclose(mish(x), mish([1.0, -1.0]), rtol=1e-6)


INTEGERS = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("order", ["__call__", "derivative", "second_derivative"])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_tensors_of_integers_become_float64_as_arrays_do(dtype, order):
    function = getattr(actbench.get("mish"), order)
    x = np.array([0, 1, 1]).astype(dtype)
    for tensor in (tf.constant(x), tf.Variable(x)):
        result = function(tensor)
        assert result.dtype == tf.float64
        np.testing.assert_allclose(result, function(x), rtol=1e-14)
    assert function(keras.KerasTensor((3,), dtype)).dtype == "float64"


@pytest.mark.parametrize("dtype", ["complex64", "string", "qint8", "float8_e5m2"])
def test_tensors_of_other_dtypes_are_rejected(dtype):
    x = tf.zeros(2)
    x = tf.constant(["a"]) if dtype == "string" else x
    x = tf.cast(x, dtype) if dtype in ("complex64", "float8_e5m2") else x
    x = tf.quantization.quantize([0.0, 1.0], 0.0, 1.0, tf.qint8)[0] if dtype == "qint8" else x
    with pytest.raises(TypeError, match=f"mish: expected a tensor .* or integers, got {dtype}"):
        actbench.get("mish")(x)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("order", ["__call__", "derivative", "second_derivative"])
def test_symbolic_tensors_keep_their_dtype(dtype, order):
    function = getattr(actbench.get("mish"), order)
    inputs = keras.Input((3,), dtype=dtype)
    model = keras.Model(inputs, function(inputs))
    x = tf.constant([[-1, 0, 1]], dtype)
    assert model.outputs[0].dtype == model(x).dtype == function(x).dtype == dtype


def test_symbolic_tensors_give_models():
    inputs = keras.Input((3,))
    swish = actbench.get("swish", beta=2)
    model = keras.Model(inputs, [swish(inputs), swish.derivative(inputs)])
    x = np.array([[-1, 0, 1]], np.float32)
    value, slope = model.predict(x, verbose=0)
    np.testing.assert_allclose(value, swish(x), rtol=1e-6)
    np.testing.assert_allclose(slope, swish.derivative(x), rtol=1e-6)


def test_models_that_contain_derivatives_save_and_load(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, actbench.get("swish", beta=2).derivative(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = np.array([[-1, 0, 1]], np.float32)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_models_train_equally_with_actbench_and_with_keras_activations(jit_compile):
    x = np.random.default_rng(0).normal(size=(70, 3)).astype(np.float32)
    losses = []
    for activation in ("silu", actbench.get("silu")):
        keras.utils.set_random_seed(0)
        layers = [keras.Input((3,)), keras.layers.Dense(8, activation=activation)]
        model = keras.Sequential([*layers, keras.layers.Dense(1)])
        model.compile("adam", "mse", jit_compile=jit_compile)
        # The last of the batches is smaller.
        fitted = model.fit(x, x.sum(axis=1), epochs=3, batch_size=32, verbose=0)
        losses.append(fitted.history["loss"])
    with_keras, with_actbench = losses
    np.testing.assert_allclose(with_actbench, with_keras, rtol=1e-4)


@pytest.mark.parametrize("given", [None, "--xla_a=1", "--xla_cpu_prefer_vector_width=256"])
def test_the_flag_for_wide_vectors_is_set_only_while_xla_reads_its_flags(monkeypatch, given):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    if given is not None:
        monkeypatch.setenv("XLA_FLAGS", given)
    with xla.wide_vectors():
        inside = os.environ["XLA_FLAGS"]
    assert ("512" in inside) is (given is None or "width" not in given)
    assert inside.startswith(given or "--xla")
    assert os.environ.get("XLA_FLAGS") == given


def test_native_functions_of_tensorflow_compute_the_values_of_their_records():
    x = tf.constant([-2.0, 0.0, 3.0, np.nan])
    checked = 0
    for activation in ACTIVATIONS:
        native = kernel_choice(activation).native(activation, x.dtype)
        if native is not None:
            np.testing.assert_array_equal(activation(x), native(x))
            np.testing.assert_allclose(activation(x), activation(x.numpy()))
            checked += 1
    assert checked


def test_leaky_relu_in_float64_or_with_slope_0_is_not_native():
    """TensorFlow rounds the slope to float32, and 0 · −∞ is NaN."""
    leaky = actbench.get("leaky_relu")
    native = kernel_choice(leaky).native
    assert native(leaky, tf.float64) is None
    assert native(actbench.get("leaky_relu", negative_slope=0), tf.float32) is None
    assert native(leaky, tf.float32) is not None


def test_the_kernel_table_names_records_and_other_records_have_the_default():
    assert set(KERNEL_TABLE) < {record.name for record in RECORDS}
    other = next(record for record in RECORDS if record.name not in KERNEL_TABLE)()
    choice = kernel_choice(other)
    assert choice.float32_orders == ()
    assert choice.native(other, tf.float32) is None
    assert not choice.native_in_keras(other)
