"""Keras models with activations of actbench, on the backend that KERAS_BACKEND names.

`python -m tests.keras_models` runs all functions named check_…. Keras reads its backend
once, so each backend needs a process of its own.
"""

import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest

import actbench
import actbench.keras

RNG = np.random.default_rng(0)
X = RNG.normal(0, 2, (32, 5)).astype(np.float32)
Y = RNG.normal(0, 1, (32, 1)).astype(np.float32)


def _array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def _saved_and_loaded(model):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return keras.models.load_model(path)


def check_a_dense_layer_trains_is_saved_and_loaded():
    for activation in (
        actbench.get("mish"),
        actbench.get("swish", beta=1.5),
        "actbench>gelu",
        actbench.from_formula("x * sin(a * x)", a=0.5),
    ):
        dense = keras.layers.Dense(4, activation=activation)
        model = keras.Sequential([keras.Input((5,)), dense, keras.layers.Dense(1)])
        record = actbench.get("gelu") if isinstance(activation, str) else activation
        before = X @ _array(dense.kernel) + _array(dense.bias)
        np.testing.assert_allclose(_array(dense(X)), record(before), rtol=1e-4, atol=1e-5)
        model.compile("adam", "mse")
        history = model.fit(X, Y, epochs=4, verbose=0).history["loss"]
        assert history[-1] < history[0]
        loaded = _saved_and_loaded(model)
        np.testing.assert_allclose(
            loaded.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
        )


def check_a_symbolic_tensor_and_a_variable_are_evaluated():
    inputs = keras.Input((5,))
    mish = actbench.get("mish")
    model = keras.Model(inputs, [mish(inputs), mish.derivative(inputs)])
    value, slope = model.predict(X, verbose=0)
    np.testing.assert_allclose(value, mish(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slope, mish.derivative(X), rtol=1e-5, atol=1e-6)
    value, slope = _saved_and_loaded(model).predict(X, verbose=0)
    np.testing.assert_allclose(slope, mish.derivative(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(_array(mish(keras.Variable(X))), mish(X), rtol=1e-5, atol=1e-6)
    with pytest.raises(TypeError, match="expected a tensor of float16, "):
        mish(keras.KerasTensor((3,), "complex64"))


def check_a_mixed_policy_gives_its_compute_dtype():
    for dtype in ("mixed_bfloat16", "mixed_float16"):
        layer = keras.layers.Dense(4, activation=actbench.get("mish"), dtype=dtype)
        assert keras.backend.standardize_dtype(layer(X).dtype) == dtype.removeprefix("mixed_")
        trainable = actbench.keras.Trainable("swish", dtype=dtype)
        assert keras.backend.standardize_dtype(trainable(X).dtype) == dtype.removeprefix(
            "mixed_"
        )


def check_the_layers_have_the_values_of_their_records():
    for name in ("swish", "elu", "prelu", "squareplus"):
        record = actbench.get(name)
        layer = actbench.keras.Trainable(record, shared_axes="all")
        np.testing.assert_allclose(_array(layer(X)), record(X), rtol=1e-5, atol=1e-6)
    prelu = actbench.keras.PReLU(keras.initializers.Constant(0.25))
    edges = np.array([[-4.0, 2.0, 0.0, -np.inf, np.inf]], np.float32)
    assert _array(prelu(edges)).tolist() == [[-1.0, 2.0, 0.0, -np.inf, np.inf]]
    flat = actbench.keras.PReLU()
    assert _array(flat(edges)).tolist() == [[0.0, 2.0, 0.0, 0.0, np.inf]]


def check_the_layers_train_as_difference_quotients_say():
    """One step of gradient descent moves each parameter by the slope of the loss."""
    layers = (
        actbench.keras.Trainable("swish"),
        actbench.keras.Trainable("squareplus", shared_axes="all"),
        actbench.keras.PReLU(keras.initializers.Constant(0.25)),
        actbench.keras.PReLU(keras.initializers.Constant(0.25), shared_axes=[1]),
    )
    for layer in layers:
        model = keras.Sequential([keras.Input((5,)), layer])
        target = np.zeros_like(X)
        model.compile(keras.optimizers.SGD(1.0), "mse")
        (weight,) = layer.trainable_variables
        start = _array(weight).copy()

        def loss(values, weight=weight, model=model, target=target):
            weight.assign(values)
            return float(np.mean((model.predict(X, verbose=0) - target) ** 2, dtype=float))

        step = np.zeros_like(start)
        step.flat[0] = 1e-2
        expected = (loss(start + step) - loss(start - step)) / 2e-2
        weight.assign(start)
        model.fit(X, target, batch_size=len(X), epochs=1, verbose=0)
        moved = (start - _array(weight)).flat[0]
        np.testing.assert_allclose(moved, expected, rtol=5e-3)
        loaded = _saved_and_loaded(model)
        np.testing.assert_allclose(
            loaded.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
        )


def check_the_slope_of_prelu_at_0_is_alpha():
    prelu = actbench.keras.PReLU(keras.initializers.Constant(0.25))
    dense = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((1,)), dense, prelu])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.fit(np.zeros((4, 1)), np.ones((4, 1)), epochs=1, verbose=0)
    # The loss (f(b) − 1)² has the slope −2α at b = 0.
    assert _array(dense.bias).tolist() == [0.5]


def main():
    """Run all checks, and print the backend and their number."""
    checks = [check for name, check in globals().items() if name.startswith("check_")]
    for check in checks:
        check()
    print(keras.backend.backend(), len(checks))


if __name__ == "__main__":
    main()
