"""Activations on TensorFlow and Keras tensors; that they are right is shown by the audit."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.frameworks import tensorflow
from tests.cases import ACTIVATIONS

X = np.concatenate([np.linspace(-80, 80, 321), np.linspace(-6, 6, 200)])
EDGES = np.array([-np.inf, -1e30, -200.0, -0.0, 0.0, 200.0, 1e30, np.inf])


# At the defaults the audit holds what tapes give to the oracle.
@pytest.mark.parametrize("activation", ACTIVATIONS[len(RECORDS) :], ids=str)
def test_gradients_are_the_analytic_derivatives(activation):
    x = tf.constant(np.concatenate([EDGES, X[::7]]))
    with tf.GradientTape() as second, tf.GradientTape() as first:
        first.watch(x)
        second.watch(x)
        value = activation(x)
        slope = first.gradient(value, x)
    for got, want in (
        (slope, activation.derivative(x)),
        (second.gradient(slope, x), activation.second_derivative(x)),
    ):
        # The product with what comes from above may be fused into the derivative's last step.
        np.testing.assert_allclose(got, want, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("activation", ACTIVATIONS[::9], ids=str)
def test_third_derivatives_follow_by_automatic_differentiation(activation):
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
    assert tensorflow._kernel.cache_info().misses == 2  # the value's and the gradient's


def test_in_a_graph_the_shape_is_known():
    @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32)])
    def graph(x):
        value = actbench.get("mish")(x)
        assert value.shape.as_list() == [None, 3]
        return value

    assert graph(tf.ones((2, 3))).shape == (2, 3)


def test_without_xla_the_formulas_are_the_same_and_it_is_said_once(monkeypatch, caplog):
    x = tf.constant([-2.0, 0.0, 1.0, np.inf, np.nan])
    fused = actbench.get("mish")(x)

    def no_xla(*_, **options):
        assert options == {"jit_compile": True}
        raise ValueError("there is none\nreally")

    tensorflow.has_xla.cache_clear()
    monkeypatch.setattr(tf, "function", no_xla)
    for _ in range(2):
        np.testing.assert_allclose(actbench.get("mish")(x), fused, rtol=1e-7)
    tensorflow.has_xla.cache_clear()
    assert caplog.messages == ["no XLA here, activations are unfused: there is none"]


def test_variables_and_keras_variables_are_tensors_too():
    mish = actbench.get("mish")
    for x in (tf.Variable([1.0, -1.0]), keras.Variable([1.0, -1.0])):
        assert tf.is_tensor(mish(x))
        np.testing.assert_allclose(mish(x), mish([1.0, -1.0]), rtol=1e-6)


def test_tensors_of_integers_are_refused():
    with pytest.raises(TypeError, match="int32: float16, bfloat16, float32 or float64"):
        actbench.get("mish")(tf.constant([1, 2]))


def test_symbolic_tensors_build_models():
    inputs = keras.Input((3,))
    swish = actbench.get("swish", beta=2)
    model = keras.Model(inputs, [swish(inputs), swish.derivative(inputs)])
    x = np.array([[-1, 0, 1]], np.float32)
    value, slope = model.predict(x, verbose=0)
    np.testing.assert_allclose(value, swish(x), rtol=1e-6)
    np.testing.assert_allclose(slope, swish.derivative(x), rtol=1e-6)


def test_models_with_derivatives_in_them_save_and_load(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, actbench.get("swish", beta=2).derivative(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = np.array([[-1, 0, 1]], np.float32)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


LOAD = """
import sys
import {imports}
import keras
model = keras.models.load_model(sys.argv[1])
print(keras.activations.get("actbench>silu"))
print(model.layers[0].activation, float(model(keras.ops.ones((1, 3)))[0, 0]))
"""


@pytest.mark.parametrize(
    "imports",
    # TensorFlow first asks whether there is a Keras.
    ["actbench, keras", "keras, actbench", "actbench, tensorflow"],
)
def test_models_train_save_and_load_in_a_new_process(tmp_path, imports):
    activation = actbench.get("swish", beta=1.5)
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation=activation), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    losses = model.fit(x, x.sum(axis=1), epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    path = tmp_path / "model.keras"
    model.save(path)
    program = LOAD.format(imports=imports)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    by_name, name, value = done.stdout.split()[-3:]
    assert by_name == "swish(beta=1)"
    assert name == "swish(beta=1.5)"
    assert float(value) == pytest.approx(float(model(np.ones((1, 3)))[0, 0]), rel=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_models_train_alike_with_ours_and_with_kerass_own(jit_compile):
    x = np.random.default_rng(0).normal(size=(70, 3)).astype(np.float32)
    losses = []
    for activation in ("silu", actbench.get("silu")):
        keras.utils.set_random_seed(0)
        layers = [keras.Input((3,)), keras.layers.Dense(8, activation=activation)]
        model = keras.Sequential([*layers, keras.layers.Dense(1)])
        model.compile("adam", "mse", jit_compile=jit_compile)
        # The last batch is a partial one.
        fitted = model.fit(x, x.sum(axis=1), epochs=3, batch_size=32, verbose=0)
        losses.append(fitted.history["loss"])
    theirs, ours = losses
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.parametrize("given", [None, "--xla_a=1", "--xla_cpu_prefer_vector_width=256"])
def test_wide_vectors_are_asked_for_while_flags_are_read_only(monkeypatch, given):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    if given is not None:
        monkeypatch.setenv("XLA_FLAGS", given)
    with tensorflow._wide_vectors():
        inside = os.environ["XLA_FLAGS"]
    assert ("512" in inside) is (given is None or "width" not in given)
    assert inside.startswith(given or "--xla")
    assert os.environ.get("XLA_FLAGS") == given


def test_tensorflows_own_functions_stand_in_where_they_are_right():
    x = tf.constant([-2.0, 0.0, 3.0, np.nan])
    for name in ("relu", "relu6", "leaky_relu"):
        activation = actbench.get(name)
        assert tensorflow._of_tensorflow(activation, x.dtype) is not None
        np.testing.assert_allclose(activation(x), activation(x.numpy()))
    assert tensorflow._of_tensorflow(actbench.get("leaky_relu"), tf.float64) is None
    assert tensorflow._of_tensorflow(actbench.get("mish"), tf.float32) is None
