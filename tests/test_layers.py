import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench import RequestError
from actbench.activations.catalogue import RECORDS
from actbench.frameworks.parametric import domain, trainable
from actbench.keras.layers import PReLU, Trainable

X = np.random.default_rng(0).normal(0, 2, (7, 4)).astype(np.float32)
TRAINABLE = [kind() for kind in RECORDS if kind().parameters and trainable(kind())]


def gradients(layer, x, outer=tf.sin):
    layer(x)
    tensors = list(layer.parameters.values())
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(outer(layer(x)))
    return tape.gradient(loss, [x, *(each.value for each in tensors)])


@pytest.mark.parametrize("activation", TRAINABLE, ids=str)
def test_value_and_gradients_are_those_of_the_record(activation):
    layer = Trainable(activation, shared_axes="all")
    x = tf.constant(np.linspace(-4.13, 3.91, 41).reshape(-1, 1))
    np.testing.assert_allclose(layer(x), activation(x), rtol=1e-6, atol=1e-6)
    by_x, *by_parameters = gradients(layer, x)
    expected = activation.derivative(x.numpy()) * np.cos(activation(x.numpy()))
    np.testing.assert_allclose(by_x, expected, rtol=1e-5, atol=1e-5)
    for name, got in zip(layer.trained, by_parameters, strict=True):
        step = 1e-5
        wherever = domain(activation, name)

        def loss(value, name=name):
            changed = type(activation)(**(activation.parameters | {name: value}))
            return np.sum(np.sin(changed(x.numpy())))

        value = activation.parameters[name]
        ends = [v for v in (value - step, value, value + step) if v in wherever]
        rise = (loss(ends[-1]) - loss(ends[0])) / (ends[-1] - ends[0])
        np.testing.assert_allclose(got, rise, rtol=2e-3, atol=2e-4, err_msg=name)


@pytest.mark.parametrize("name", ["swish", "aptx", "srelu", "softclip"])
@pytest.mark.parametrize("far", [-1e30, -np.inf, 1e30, np.inf, np.nan, 0.0])
def test_far_out_values_are_the_records_and_gradients_are_numbers(name, far):
    x = tf.constant([[far]], tf.float32)
    layer = Trainable(name)
    np.testing.assert_allclose(layer(x), layer.activation(x), rtol=1e-6)
    if not np.isnan(far):
        assert not any(np.isnan(g).any() for g in gradients(layer, x, tf.identity))


@pytest.mark.parametrize("name", ["swish", "isru", "star_relu", "pserf", "squareplus"])
@pytest.mark.parametrize("far", [1e155, 1e200, 1e308, np.inf])
def test_far_out_gradients_of_float64_are_numbers(name, far):
    layer = Trainable(name, dtype="float64")
    for x in (far, -far):
        assert not any(
            np.isnan(g).any()
            for g in gradients(layer, tf.constant([[x]], tf.float64), tf.identity)
        )


def test_parameters_of_float64_begin_where_the_record_is():
    layer = Trainable("leaky_relu", dtype="float64")
    layer(np.ones((1, 1)))
    assert layer.parameters["negative_slope"].numpy().item() == 0.2


@pytest.mark.parametrize(
    "made",
    [
        lambda: PReLU(shared_axes=[1, 2], dtype="mixed_float16"),
        lambda: Trainable("prelu", dtype="mixed_float16"),
    ],
)
def test_gradients_of_many_are_summed_in_a_wide_format(made):
    layer = made()
    x = -tf.ones((128, 26, 26, 1), tf.float16)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.cast(layer(x), tf.float32))
    (slopes,) = layer.trainable_weights
    np.testing.assert_array_equal(
        tape.gradient(total, slopes.value), np.full(slopes.shape, -86528)
    )


def test_layers_load_after_import_of_actbench_alone(tmp_path):
    inputs = keras.Input((4,))
    x = Trainable("swish")(PReLU()(inputs))
    model = keras.Model(inputs, actbench.get("tanh").derivative(x))
    model.save(tmp_path / "model.keras")
    program = (
        "import sys, actbench, keras; model = keras.models.load_model(sys.argv[1]);"
        "print([type(layer).__name__ for layer in model.layers])"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program, tmp_path / "model.keras"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "'PReLU', 'Trainable'" in done.stdout


def test_importing_layers_leaves_tensorflow_unstarted():
    program = (
        "import tensorflow as tf; from actbench import accelerate;"
        "tf.config.threading.set_intra_op_parallelism_threads(1)"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)  # noqa: S603


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        (None, (1, 1, 3)), ("all", (1, 1, 1)), ((), (5, 4, 3)), ([1], (1, 4, 3)),
        ([-1], (5, 4, 1)), (2, (5, 1, 3)),
    ],
)  # fmt: skip
def test_parameters_are_shared_along_axes(axes, shape):
    layer = Trainable("swish", shared_axes=axes)
    layer.build((None, 5, 4, 3))
    beta = layer.parameters["beta"]
    assert beta.shape == shape
    np.testing.assert_array_equal(beta, np.ones(shape))


def test_a_gradient_is_summed_over_what_shares_the_parameter():
    x = tf.constant(np.random.default_rng(1).normal(size=(6, 5, 4, 3)))
    per_element = gradients(Trainable("swish", shared_axes=(), dtype="float64"), x)[1]
    per_channel = gradients(Trainable("swish", dtype="float64"), x)[1]
    np.testing.assert_allclose(per_channel, np.sum(per_element, (0, 1), keepdims=True))


def test_a_trained_beta_goes_where_the_data_say():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), Trainable("swish", shared_axes="all")])
    model.compile(keras.optimizers.Adam(0.2), "mse")
    model.fit(X, actbench.get("swish", beta=3)(X), epochs=300, verbose=0)
    assert model.layers[0].parameters["beta"].numpy().item() == pytest.approx(3, abs=0.02)


def test_a_constraint_keeps_parameters_in_their_domain():
    model = keras.Sequential([keras.Input((4,)), Trainable("elu", shared_axes="all")])
    model.compile(keras.optimizers.SGD(100.0), "mse")
    model.fit(X, np.full_like(X, 9), epochs=2, verbose=0)
    alpha = model.layers[0].parameters["alpha"].numpy().item()
    assert alpha in domain(actbench.get("elu"), "alpha")
    free = Trainable("elu", constraint=None)
    free.build((None, 4))
    assert free.parameters["alpha"].constraint is None


def test_there_is_no_regularizer_unless_asked_for():
    layer = Trainable("swish")
    layer(X)
    assert layer.losses == []
    decayed = Trainable("swish", regularizer=keras.regularizers.L2(0.1))
    decayed(X)
    assert float(decayed.losses[0]) == pytest.approx(0.4)


def test_what_is_asked_for_by_name():
    layer = Trainable(
        "srelu", trained=["a_left"], initializer={"a_left": keras.initializers.Constant(0.5)}
    )
    layer(X)
    assert list(layer.parameters) == ["a_left"]
    np.testing.assert_allclose(
        layer(X), actbench.get("srelu", a_left=0.5)(X), rtol=1e-6, atol=1e-6
    )


def study(*activations):
    inputs = keras.Input((6, 6, 1))
    x = inputs
    for activation in activations:
        x = keras.layers.Conv2D(2, 3, padding="same")(x)
        x = activation(x) if isinstance(activation, keras.Layer) else activate(activation, x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(3, "softmax", dtype="float32")(x))


def activate(activation, x):
    return keras.layers.Activation(activation)(x)


def trained(model, epochs=2):
    rng = np.random.default_rng(2)
    images, labels = rng.normal(size=(40, 6, 6, 1)), rng.integers(0, 3, 40)
    history = model.fit(images, labels, batch_size=16, epochs=epochs, verbose=0)
    return images, history.history["loss"]


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_a_model_is_trained_saved_loaded_cloned_and_trained_on(policy, tmp_path):
    keras.utils.set_random_seed(3)
    kept = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = study(
            actbench.get("mish"),
            "actbench>swish",
            Trainable("swish"),
            PReLU(shared_axes=[1, 2]),
        )
        model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
        images, losses = trained(model)
        model.save(tmp_path / "model.keras")
        model.save_weights(tmp_path / "model.weights.h5")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        cloned = keras.models.clone_model(model)
        cloned.load_weights(tmp_path / "model.weights.h5")
        for other in (loaded, cloned):
            np.testing.assert_array_equal(other(images), model(images))
        assert loaded.layers[6].parameters["beta"].dtype == "float32"
        assert loaded.optimizer.iterations == model.optimizer.iterations
        more = trained(loaded, epochs=3)[1]
        assert np.isfinite([*losses, *more]).all()
        assert more[-1] < losses[0]
        said: list[str] = []
        loaded.summary(print_fn=said.append)
        assert "swish" in "".join(said)
    finally:
        keras.config.set_dtype_policy(kept)


def test_a_model_compiled_by_xla_gives_the_same():
    keras.utils.set_random_seed(4)
    model = study(actbench.get("mish"), Trainable("swish"))
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for each, jit in ((model, False), (clone, True)):
        each.compile("sgd", "sparse_categorical_crossentropy", jit_compile=jit)
    np.testing.assert_allclose(trained(model)[1], trained(clone)[1], rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": "relu"}, "relu has no parameters to train"),
        ({"activation": "swish", "trained": ["bta"]}, "no parameter 'bta': .*beta"),
        ({"activation": "swish", "trained": []}, "nothing is trained"),
        ({"activation": "swish", "shared_axes": "some"}, "names no axes"),
        ({"activation": "swish", "initializer": {"alpha": "ones"}}, "no trained parameter"),
        ({"activation": "threshold", "trained": ["threshold"]}, "no gradient trains it"),
        ({"activation": "swisch"}, "swish"),
    ],
)
def test_wrong_requests_are_one_line(arguments, message):
    with pytest.raises(RequestError, match=message) as raised:
        Trainable(**arguments)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("axes", "shape", "message"),
    [
        ([3], (None, 4), "axes from 1 to 1"),
        ([0], (None, 4), "the batch"),
        ((), (None, None, 4), "no fixed size along axis 1"),
    ],
)
def test_axes_that_inputs_do_not_have_are_refused(axes, shape, message):
    with pytest.raises(RequestError, match=message):
        Trainable("swish", shared_axes=axes).build(shape)
