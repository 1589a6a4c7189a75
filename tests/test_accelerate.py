"""`accelerate`: models compute the same values, and keep weights and optimizer."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench import RequestError
from actbench.keras import PReLU

X = np.linspace(-9, 9, 72, dtype=np.float32).reshape(6, 12)
FUNCTIONS = sorted(
    name
    for name, value in vars(keras.activations).items()
    if callable(value) and name not in {"get", "serialize", "deserialize", "threshold"}
)

NATIVE = {
    "relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softsign", "exponential"
}  # fmt: skip


def model_of(*layers):
    return keras.Sequential([keras.Input((12,)), *layers])


def accelerated(model):
    return actbench.accelerate(model, print_fn=None)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_keras_function_keeps_its_values(name):
    model = model_of(keras.layers.Activation(name))
    before = model(X)
    replaced = accelerated(model)
    if name == "linear":
        assert replaced == ()
    elif name in {"softmax", "log_softmax", "sparsemax", "glu"}:
        assert [one.successor for one in replaced] == [None]
        assert "stays" in str(replaced[0])
    elif name in NATIVE:
        assert "TensorFlow computes it by one operation" in str(replaced[0])
    else:
        assert isinstance(model.layers[0].activation, actbench.Activation)
    np.testing.assert_allclose(model(X), before, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("layer", "successor"),
    [
        (keras.layers.ReLU(), None),
        (keras.layers.ReLU(max_value=6), None),
        (keras.layers.ReLU(max_value=2), actbench.get("clipped_relu", max_value=2)),
        (keras.layers.ReLU(negative_slope=0.1), None),
        (keras.layers.ReLU(threshold=1), None),
        (keras.layers.ReLU(max_value=2, negative_slope=0.1), None),
        (keras.layers.LeakyReLU(), None),
        (keras.layers.ELU(), None),
        (keras.layers.ELU(alpha=2.0), actbench.get("elu", alpha=2)),
        (keras.layers.PReLU(alpha_initializer="random_normal"), PReLU),
        (keras.layers.Softmax(), None),
    ],
)
def test_activation_layers_keep_their_values_and_load_from_a_saved_model(
    layer, successor, tmp_path
):
    model = model_of(layer)
    before = model(X)
    found = [one.successor for one in accelerated(model)]
    assert found == ([] if isinstance(layer, keras.layers.Softmax) else [successor])
    np.testing.assert_allclose(model(X), before, rtol=1e-6, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0]) is type(model.layers[0])
    np.testing.assert_array_equal(loaded(X), model(X))


def shifted(x):
    return keras.activations.silu(x) + 1


class Shift:
    def __call__(self, x):
        return x + 1


NO_RECORD = "expected the counterpart of a record"
UNKNOWN = "expected a function of keras.activations, keras.ops or tf.nn"


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (tf.nn.silu, "tf.nn.silu is now actbench's swish(beta=1)"),
        (tf.nn.swish, "tf.nn.silu is now actbench's swish(beta=1)"),
        (tf.nn.gelu, "tf.nn.gelu is now actbench's gelu"),
        (tf.nn.relu, "tf.nn.relu stays (TensorFlow computes it by one operation)"),
        (tf.nn.softmax, f"tf.nn.softmax stays ({NO_RECORD})"),
        (tf.sin, f"tf.math.sin stays ({NO_RECORD})"),
        (keras.ops.silu, "keras.ops.silu is now actbench's swish(beta=1)"),
        (keras.ops.gelu, "keras.ops.gelu is now actbench's gelu_tanh"),
        (keras.ops.celu, "keras.ops.celu is now actbench's celu(alpha=1)"),
        (
            partial(keras.activations.gelu, approximate=True),
            "partial(gelu, approximate=True) is now actbench's gelu_tanh",
        ),
        (
            partial(tf.nn.silu, beta=2.0),
            "partial(tf.nn.silu, beta=2.0) is now actbench's swish(beta=2)",
        ),
        (
            partial(keras.activations.relu, max_value=2.0),
            "partial(relu, max_value=2.0) is now actbench's clipped_relu(max_value=2)",
        ),
        (
            partial(keras.activations.relu, max_value=2.0, threshold=1.0),
            f"partial(relu, max_value=2.0, threshold=1.0) stays ({NO_RECORD})",
        ),
        (
            partial(keras.activations.celu, alpha=-1.0),
            f"partial(celu, alpha=-1.0) stays ({NO_RECORD})",
        ),
        (lambda x: x, f"a lambda stays ({UNKNOWN}, got another function)"),
        (shifted, f"shifted stays ({UNKNOWN}, got another function)"),
        (Shift(), f"Shift stays ({UNKNOWN}, got an object of Shift)"),
    ],
    ids=lambda case: case.partition(" ")[0] if isinstance(case, str) else "",
)
def test_every_callable_of_a_layer_is_replaced_or_named(function, line):
    class Layer(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self):
            super().__init__(name="layer")
            self.activation = function

        def call(self, x):
            return self.activation(x)

    model = model_of(Layer())
    before = model(X)
    lines: list[str] = []
    actbench.accelerate(model, print_fn=lines.append)
    assert lines == [f"layer: {line}"]
    np.testing.assert_allclose(model(X), before, rtol=2e-5, atol=2e-6)


def test_initializers_constraints_and_losses_are_not_reported():
    layer = keras.layers.Dense(
        12, kernel_initializer=lambda shape, dtype=None: tf.zeros(shape, dtype),
        kernel_constraint=lambda w: w, kernel_regularizer=lambda w: tf.reduce_sum(w),
    )  # fmt: skip
    model = model_of(layer)
    model.compile("sgd", lambda y, z: tf.reduce_mean(y - z), metrics=["mae"])
    model.fit(X, X, verbose=0)
    model.predict(X, verbose=0)
    assert accelerated(model) == ()


def test_the_function_of_a_lambda_layer_is_named_and_stays():
    (found,) = accelerated(model_of(keras.layers.Lambda(tf.nn.silu)))
    assert found.successor is None
    assert "Lambda layer" in str(found)


def test_a_trained_model_keeps_its_weights_and_optimizer(capsys):
    def trained_model():
        keras.utils.set_random_seed(0)
        model = model_of(keras.layers.Dense(8, "mish", name="hidden"), keras.layers.Dense(1))
        model.compile("adam", "mse")
        model.fit(X, X[:, :1], epochs=2, verbose=0, shuffle=False)
        return model

    plain, fused = trained_model(), trained_model()
    actbench.accelerate(fused)
    assert capsys.readouterr().out == "hidden: mish is now actbench's mish\n"
    losses = [
        model.fit(X, X[:, :1], epochs=3, verbose=0, shuffle=False).history["loss"]
        for model in (plain, fused)
    ]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    assert fused.optimizer.iterations == 5
    assert accelerated(fused) == ()


def test_layers_inside_other_layers_are_found():
    inner = keras.Sequential([keras.layers.Dense(3, "gelu", name="dense")], name="inner")
    wrapped = keras.layers.TimeDistributed(keras.layers.Dense(3, "silu", name="each"))
    inputs = keras.Input((12,))
    x = keras.layers.Reshape((4, 3))(inputs)
    x = keras.layers.LSTM(3, return_sequences=True, recurrent_activation="hard_sigmoid")(x)
    model = keras.Model(inputs, inner(wrapped(x)))
    found = {one.function: one for one in accelerated(model)}
    assert found["gelu"].successor == actbench.get("gelu")
    assert found["gelu"].layer == "dense"
    assert found["silu"].successor == actbench.get("silu")
    assert found["tanh"].successor is found["hard_sigmoid"].successor is None
    assert "recurrent" in str(found["hard_sigmoid"])


def test_one_layer_in_two_places_is_replaced_once():
    layer = keras.layers.Dense(12, "mish")
    assert len(accelerated(model_of(layer, layer))) == 1


def test_an_object_that_is_no_model_is_rejected():
    with pytest.raises(RequestError, match="model: expected a Keras model, got list"):
        actbench.accelerate([])
