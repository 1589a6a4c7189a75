"""`accelerate`: models compute the same values, and keep weights and optimizer."""

import keras
import numpy as np
import pytest

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
